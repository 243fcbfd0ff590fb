/*
 * test_crash_admin.c - what an admin does, cut off at any moment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone is frozen, its file edited, thawed; another goes out of the
 * configuration, is purged and comes back; histories are forgotten.  After
 * every call of all that, and of the recoveries between, a directory that a
 * power failure may leave there is started: nothing acknowledged is lost or
 * undone, and the zone is frozen or it is not.
 *
 * Every change of a zone, an edit too, gives its name "pc" the next number, so
 * that what is there tells which change was the last.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/zone_text.h"
#include "tests/unit/store_fixture.h"

#define N_ZONES 2
#define EDITED 0 /* the zone with a file */
#define PURGED 1 /* the one that comes and goes */
#define MANY 300 /* names: more than a group of these small segments takes */

enum phase {
	THAWED,
	FREEZING,
	FROZEN,
	THAWING,
};

/* What a start may find; it narrows when something is acknowledged. */
struct expected {
	struct {
		uint32_t least, most; /* last change */
		bool may_lack;        /* it may be a new zone */
	} zones[N_ZONES];
	enum phase phase;
	bool is_edited; /* the file, durably, since the zone is frozen */
	uint32_t many;  /* the change that brings them; 0: not yet */
	uint32_t n;     /* changes so far */
};

struct life {
	struct fixture f;
	struct fixture image;
	pthread_mutex_t lock;
	struct expected expected;
	unsigned seed;
	unsigned n_calls, n_frozen, n_thawed, n_lacking;
	unsigned n_wrong;
};

static void
wrong(struct life *l, const char *what)
{
	if (l->n_wrong++ < 5)
		(void)fprintf(stderr, "call %u: %s\n", l->n_calls, what);
}

/* --- A directory that a crash leaves --- */

static struct store_zone *
zone_of(struct fixture *f, unsigned i)
{
	return store_find_apex(f->store, f->zones[i].apex.octets);
}

static void
check_value(struct life *l, const struct expected *e, unsigned i)
{
	struct store_zone *z = zone_of(&l->image, i);
	uint32_t value = fixture_get(z, "pc");
	const char *fault = fixture_history_fault(z);

	l->n_lacking += value == 0;
	if (fault != NULL)
		wrong(l, fault);
	if (value == 0 && !e->zones[i].may_lack && e->zones[i].least != 0)
		wrong(l, "all of a zone is lost");
	if (value != 0 && value < e->zones[i].least)
		wrong(l, "something acknowledged is lost, or undone");
	if (value > e->zones[i].most)
		wrong(l, "a change that nobody made");
	if (i == EDITED && e->many != 0 && value >= e->many &&
	    fixture_status(z).n_names < MANY)
		wrong(l, "half of an edit");
}

/* The file is in step with the zone, unless somebody is at work on it. */
static void
check_file(struct life *l)
{
	struct store *s = l->image.store;
	struct reason why = {""};

	(void)pthread_mutex_lock(&s->upkeep);
	if (zone_text_check(zone_of(&l->image, EDITED), &why) != 0)
		wrong(l, "our own dump looks like an edit");
	(void)pthread_mutex_unlock(&s->upkeep);
}

/* What is edited must have what was acknowledged. */
static void
check_frozen_file(struct life *l)
{
	uint32_t value = fixture_get(zone_of(&l->image, EDITED), "pc");
	char text[32];

	(void)snprintf(text, sizeof(text), "0.0.%u.%u", value / 256,
	    value % 256);
	if (!file_has(l->image.files[EDITED], text))
		wrong(l, "the file of a frozen zone lags behind it");
}

/* Frozen or not, and not in between; it is not frozen afterwards. */
static void
check_frozen(struct life *l, const struct expected *e)
{
	struct fixture *f = &l->image;
	struct store_zone *z = zone_of(f, EDITED);
	bool frozen = fixture_status(z).frozen;
	struct reason why = {""};

	if (frozen && e->phase == THAWED)
		wrong(l, "the zone is frozen");
	if (!frozen && e->phase == FROZEN)
		wrong(l, "the zone is not frozen any more");
	l->n_frozen += frozen;
	l->n_thawed += !frozen && e->phase == THAWING;
	if (frozen) {
		check_frozen_file(l);
		if (fixture_put(f, z, "pc", 1) != RCODE_REFUSED)
			wrong(l, "a frozen zone takes updates");
		if (store_thaw_zone(f->store, z, &why) != 0)
			wrong(l, why.text);
	}
	if (e->is_edited && fixture_get(z, "pc") != e->zones[EDITED].most)
		wrong(l, "thawed, and the edit is not there");
	check_file(l);
}

/* What is acknowledged now is there after the next crash. */
static void
check_goes_on(struct life *l, const struct expected *e)
{
	struct fixture *f = &l->image;
	uint32_t value = e->n + 1000;
	struct reason why = {""};

	for (unsigned i = 0; i < N_ZONES; i++)
		if (fixture_put(f, zone_of(f, i), "pc", value) != RCODE_NOERROR)
			wrong(l, "updates are not taken");
	fixture_crash(f);
	if (fixture_load(f, &why) != 0) {
		wrong(l, why.text);
		return;
	}
	for (unsigned i = 0; i < N_ZONES; i++)
		if (fixture_get(zone_of(f, i), "pc") != value)
			wrong(l, "what is taken after the crash is lost");
	store_close(f->store);
	f->store = NULL;
}

static void
check_image(struct life *l, const struct expected *e)
{
	struct fixture *f = &l->image;
	struct store_status st;
	struct reason why = {""};

	if (fixture_open(f, &why) != 0) {
		wrong(l, why.text);
		return;
	}
	store_status(f->store, &st);
	if (!st.writable)
		wrong(l, st.reason.text);
	for (unsigned i = 0; i < N_ZONES; i++)
		if (!fixture_status(zone_of(f, i)).loaded) {
			wrong(l, "a zone is not loaded");
			fixture_crash(f);
			return;
		}
	for (unsigned i = 0; i < N_ZONES; i++)
		check_value(l, e, i);
	check_frozen(l, e);
	check_value(l, e, EDITED);
	check_goes_on(l, e);
}

/* After a call that changed something; no other is made meanwhile. */
static void
crash_now(void *arg)
{
	static const enum shim_crash how[] = {SHIM_CRASH_NOTHING,
	    SHIM_CRASH_EVERYTHING, SHIM_CRASH_RANDOM};
	struct life *l = arg;
	struct expected e;

	(void)pthread_mutex_lock(&l->lock);
	e = l->expected;
	(void)pthread_mutex_unlock(&l->lock);
	l->n_calls++;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		shim_crash(&l->f.shim, l->f.dir, l->image.dir, how[i],
		    &l->seed);
		check_image(l, &e);
	}
}

/* --- What is done meanwhile --- */

/* The next change of a zone is on its way; its number. */
static uint32_t
begin_change(struct life *l, unsigned i)
{
	uint32_t n;

	(void)pthread_mutex_lock(&l->lock);
	n = l->expected.zones[i].most = ++l->expected.n;
	(void)pthread_mutex_unlock(&l->lock);
	return n;
}

static void
end_change(struct life *l, unsigned i)
{
	(void)pthread_mutex_lock(&l->lock);
	l->expected.zones[i].least = l->expected.zones[i].most;
	l->expected.zones[i].may_lack = false;
	(void)pthread_mutex_unlock(&l->lock);
}

static void
update(struct life *l, unsigned i)
{
	uint32_t n = begin_change(l, i);

	CU_ASSERT_EQUAL(fixture_put(&l->f, zone_of(&l->f, i), "pc", n),
	    RCODE_NOERROR);
	end_change(l, i);
}

static void
set_phase(struct life *l, enum phase phase)
{
	(void)pthread_mutex_lock(&l->lock);
	l->expected.phase = phase;
	(void)pthread_mutex_unlock(&l->lock);
}

static void
freeze(struct life *l)
{
	struct reason why = {""};

	set_phase(l, FREEZING);
	CU_ASSERT_EQUAL(store_freeze_zone(l->f.store, l->f.zone, &why), 0);
	set_phase(l, FROZEN);
}

static void
thaw(struct life *l)
{
	struct reason why = {""};

	set_phase(l, THAWING);
	CU_ASSERT_EQUAL(store_thaw_zone(l->f.store, l->f.zone, &why), 0);
	(void)pthread_mutex_lock(&l->lock);
	l->expected.phase = THAWED;
	if (l->expected.is_edited)
		l->expected.zones[EDITED].least =
		    l->expected.zones[EDITED].most;
	l->expected.is_edited = false;
	(void)pthread_mutex_unlock(&l->lock);
}

/* The admin's editor puts a new file in place, and syncs it. */
static void
edit(struct life *l, unsigned n_many)
{
	static char text[MANY * 32 + 512];
	const struct storage *st = &l->f.shim.storage;
	uint32_t n = begin_change(l, EDITED);
	size_t len;
	int dirfd =
	    st->open(st->arg, AT_FDCWD, l->f.dir, O_RDONLY | O_DIRECTORY, 0);

	len = (size_t)snprintf(text, sizeof(text),
	    "@ 3605 SOA ns1 ns1 1 3601 602 604803 304\n@ 3605 NS ns1\n"
	    "pc 60 A 0.0.%u.%u\n",
	    n / 256, n % 256);
	for (unsigned i = 0; i < n_many; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "many%u 60 A 0.0.1.%u\n", i, i % 256);
	if (n_many > 0) {
		(void)pthread_mutex_lock(&l->lock);
		l->expected.many = n;
		(void)pthread_mutex_unlock(&l->lock);
	}
	CU_ASSERT_NOT_EQUAL_FATAL(dirfd, -1);
	CU_ASSERT_EQUAL(storage_replace(st, dirfd, "0.zone", text, len), 0);
	(void)st->close(st->arg, dirfd);
	(void)pthread_mutex_lock(&l->lock);
	l->expected.is_edited = true;
	(void)pthread_mutex_unlock(&l->lock);
}

static void
configure(struct life *l, size_t n_zones)
{
	struct reason why = {""};

	CU_ASSERT_EQUAL(store_reconfigure(l->f.store, l->f.zones, n_zones,
			    STORE_FILES_LOOK, &why),
	    0);
}

static void
purge(struct life *l)
{
	struct reason why = {""};

	(void)pthread_mutex_lock(&l->lock);
	l->expected.zones[PURGED].may_lack = true;
	(void)pthread_mutex_unlock(&l->lock);
	CU_ASSERT_EQUAL(store_purge_zone(l->f.store, &l->f.zones[PURGED].apex,
			    &why),
	    0);
	(void)pthread_mutex_lock(&l->lock);
	l->expected.zones[PURGED].least =
	    l->expected.n + 1; /* nothing of before */
	(void)pthread_mutex_unlock(&l->lock);
}

static void
sync_clean(struct life *l)
{
	struct reason why = {""};

	CU_ASSERT_EQUAL(store_sync(l->f.store, NULL, STORE_SYNC_CLEAN, &why),
	    0);
}

static void
freeze_edit_thaw(struct life *l)
{
	update(l, EDITED);
	freeze(l);
	edit(l, 0);
	thaw(l);
	update(l, EDITED);
	freeze(l);
	thaw(l); /* nothing was edited */
	sync_clean(l);
	update(l, EDITED);
	freeze(l);
	edit(l, MANY);
	thaw(l);
	sync_clean(l);
}

static void
freeze_over_restarts(struct life *l)
{
	update(l, EDITED);
	freeze(l);
	fixture_crash(&l->f);
	fixture_must_open(&l->f);
	edit(l, 0);
	thaw(l);
	update(l, EDITED);
	freeze(l);
	fixture_stop(&l->f);
	edit(l, 0);
	fixture_must_open(&l->f); /* it is read now */
	thaw(l);
}

static void
come_and_go(struct life *l)
{
	update(l, PURGED);
	configure(l, 1);
	configure(l, 2);
	update(l, PURGED);
	sync_clean(l);
	update(l, PURGED);
	configure(l, 1);
	purge(l);
	configure(l, 2);
	update(l, PURGED);
	configure(l, 1);
	fixture_crash(&l->f);
	l->f.n_zones = 1;
	fixture_must_open(&l->f); /* it is put away */
	purge(l);
	fixture_stop(&l->f);
	l->f.n_zones = 2;
	fixture_must_open(&l->f);
	update(l, PURGED);
}

static void
life_init(struct life *l)
{
	memset(l, 0, sizeof(*l));
	(void)pthread_mutex_init(&l->lock, NULL);
	fixture_init(&l->f);
	fixture_init(&l->image);
	l->f.zones[EDITED].file = l->f.files[EDITED];
	l->image.zones[EDITED].file = l->image.files[EDITED];
	l->seed = 4;
	l->f.shim.recording = true;
	l->f.shim.each = crash_now;
	l->f.shim.each_arg = l;
	fixture_must_open(&l->f);
	update(l, EDITED);
	update(l, PURGED);
}

static void
life_end(struct life *l)
{
	fixture_stop(&l->f);
	CU_ASSERT_EQUAL(l->n_wrong, 0);
	CU_ASSERT(l->n_calls > 100);
	fixture_clear(&l->f);
	fixture_clear(&l->image);
	(void)pthread_mutex_destroy(&l->lock);
}

static void
test_an_edit_is_taken_whole_or_the_zone_is_frozen(void)
{
	static struct life l; /* its models are large */

	life_init(&l);
	freeze_edit_thaw(&l);
	life_end(&l);
	CU_ASSERT(l.n_frozen > 20);
	CU_ASSERT(l.n_thawed > 0);
}

static void
test_a_frozen_zone_is_so_until_it_is_thawed(void)
{
	static struct life l;

	life_init(&l);
	freeze_over_restarts(&l);
	life_end(&l);
	CU_ASSERT(l.n_frozen > 20);
}

static void
test_a_zone_is_there_until_it_is_purged(void)
{
	static struct life l;

	life_init(&l);
	come_and_go(&l);
	life_end(&l);
	CU_ASSERT(l.n_lacking > 20);
}

CU_TestInfo crash_admin_tests[] = {
    {"freeze, edit, thaw", test_an_edit_is_taken_whole_or_the_zone_is_frozen},
    {"frozen over restarts", test_a_frozen_zone_is_so_until_it_is_thawed},
    {"purge", test_a_zone_is_there_until_it_is_purged},
    CU_TEST_INFO_NULL,
};
