/*
 * test_crash.c - a store that may be cut off, or denied a call, at any moment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Snapshots, dumps, the log and its indexes, segments used again, and the
 * recovery of it all: J1, J2, J4, J6, J7, J8 for the store as a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"
#include "daemon/store/keeper.h"
#include "daemon/store/zone_text.h"
#include "tests/unit/store_fixture.h"

/* --- Crashes --- */

/*
 * Update i gives "pc" of zone i % 2 the value i, so that what is there after
 * update k follows from k.
 */
struct life {
	struct fixture f;
	struct fixture image;
	_Atomic uint32_t acknowledged, submitted;
	unsigned seed;
	unsigned n_calls, n_images;
	uint64_t noted_lsn; /* the highest that control said to be saved */
	unsigned n_wrong;
};

static void
wrong(struct life *l, const char *what)
{
	if (l->n_wrong++ < 5)
		(void)fprintf(stderr, "call %u: %s; %u acknowledged\n",
		    l->n_calls, what, atomic_load(&l->acknowledged));
}

/* What control says to be in snapshots is there. */
struct saved {
	const struct store *store;
	uint64_t noted_lsn;
	bool is_wrong;
};

static int
check_saved(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct saved *c = arg;
	const struct store_zone *z;

	(void)octets;
	for (size_t i = 0; (z = store_zone_at(c->store, i)) != NULL; i++)
		c->is_wrong |= z->id == head->zone_id &&
		    (head->flags & CHANGESET_CHECKPOINT) == 0 &&
		    where->lsn <= c->noted_lsn && where->lsn > z->snapshot_lsn;
	return 0;
}

static void
check_control(struct life *l, struct store *s)
{
	struct saved c = {s, s->journal->promise.saved_lsn, false};
	struct reason why = {""};

	if (journal_replay(s->journal, check_saved, &c, &why) != 0)
		wrong(l, why.text);
	if (c.is_wrong)
		wrong(l, "control says that more is saved than is");
	if (c.noted_lsn > l->noted_lsn)
		l->noted_lsn = c.noted_lsn;
}

static void
check_zones(struct life *l, struct store *s)
{
	uint32_t value[2], k;
	struct reason why = {""};
	const char *fault;

	for (unsigned i = 0; i < 2; i++) {
		struct store_zone *z =
		    store_find_apex(s, l->image.zones[i].apex.octets);

		if (z == NULL || store_zone_version(z) == NULL) {
			wrong(l, "a zone is not loaded");
			return;
		}
		value[i] = fixture_get(z, "pc");
		fault = fixture_history_fault(z);
		if (fault != NULL)
			wrong(l, fault);
		if (zone_text_check(z, &why) != 0)
			wrong(l, "our own dump looks like an edit");
	}
	k = value[0] > value[1] ? value[0] : value[1];
	if (k < atomic_load(&l->acknowledged))
		wrong(l, "an acknowledged update is lost");
	if (k > atomic_load(&l->submitted))
		wrong(l, "an update that nobody made");
	if (k > 0 && (value[k % 2] != k || value[1 - k % 2] != k - 1))
		wrong(l, "not a prefix of history");
}

static void
check_image(struct life *l, enum shim_crash how)
{
	struct fixture *f = &l->image;
	struct store_status st;
	struct reason why = {""};

	shim_crash(&l->f.shim, l->f.dir, f->dir, how, &l->seed);
	l->n_images++;
	if (fixture_load(f, &why) != 0) {
		wrong(l, why.text);
		return;
	}
	store_status(f->store, &st);
	if (!st.writable)
		wrong(l, st.reason.text);
	check_control(l, f->store);
	check_zones(l, f->store);
	store_close(f->store);
	f->store = NULL;
}

/* After a call that changed something; nothing else happens meanwhile. */
static void
crash_now(void *arg)
{
	static const enum shim_crash how[] = {SHIM_CRASH_NOTHING,
	    SHIM_CRASH_RANDOM, SHIM_CRASH_EVERYTHING, SHIM_CRASH_RANDOM};
	struct life *l = arg;

	check_image(l, how[l->n_calls++ % (sizeof(how) / sizeof(*how))]);
}

/* Two updates at a time, of both zones. */
static void
make_updates(struct life *l, unsigned n_pairs)
{
	struct fixture *f = &l->f;

	for (unsigned i = 0; i < n_pairs; i++) {
		struct job jobs[2];

		for (unsigned k = 0; k < 2; k++) {
			uint32_t n = atomic_fetch_add(&l->submitted, 1) + 1;

			job_init(&jobs[k],
			    store_find_apex(f->store,
				f->zones[n % 2].apex.octets),
			    "pc", n);
			job_submit(f, &jobs[k]);
		}
		for (unsigned k = 0; k < 2; k++) {
			CU_ASSERT_EQUAL(job_wait(&jobs[k]), RCODE_NOERROR);
			atomic_fetch_add(&l->acknowledged, 1);
			job_clear(&jobs[k]);
		}
	}
}

static void
index_segments(struct life *l)
{
	(void)pthread_mutex_lock(&l->f.store->upkeep);
	keeper_index_segments(l->f.store);
	(void)pthread_mutex_unlock(&l->f.store->upkeep);
}

static void
keep(struct life *l)
{
	struct reason why;

	CU_ASSERT_EQUAL(store_sync(l->f.store, NULL, 0, &why), 0);
	index_segments(l);
}

static void
use_files(struct fixture *f)
{
	for (size_t i = 0; i < 2; i++)
		f->zones[i].file = f->files[i]; /* beside soa{} */
}

/* Its snapshots must be durable by themselves: no dump comes after them. */
static void
use_one_file(struct fixture *f)
{
	f->zones[0].file = f->files[0];
}

/*
 * After every call of three lives and the recoveries between them, a directory
 * that a crash may leave there is opened: acknowledged is a part of recovered,
 * recovered is a prefix of history.
 */
static void
test_a_crash_at_any_call_loses_nothing_acknowledged(void)
{
	static struct life l; /* its models are large */

	memset(&l, 0, sizeof(l));
	fixture_init(&l.f);
	fixture_init(&l.image);
	use_one_file(&l.f);
	use_one_file(&l.image);
	l.seed = 3;
	l.f.shim.recording = true;
	l.f.shim.each = crash_now;
	l.f.shim.each_arg = &l;
	l.f.config.journal_total_size = 4 * FIXTURE_SEGMENT;
	fixture_must_open(&l.f);
	make_updates(&l, 20);
	keep(&l);
	make_updates(&l, 30);
	index_segments(&l); /* whose changes no snapshot has yet */
	make_updates(&l, 2);
	fixture_crash(&l.f);
	/* Too large from now on: only what is not saved is kept. */
	l.f.config.journal_total_size = FIXTURE_SEGMENT;
	fixture_must_open(&l.f); /* the tail written anew */
	make_updates(&l, 40);
	fixture_stop(&l.f);
	/* Then there is no history at all. */
	l.f.zones[0].max_journal_size = l.f.zones[1].max_journal_size = 1;
	fixture_must_open(&l.f);
	make_updates(&l, 30);
	fixture_stop(&l.f);
	CU_ASSERT_EQUAL(l.n_wrong, 0);
	CU_ASSERT(l.n_images > 200);
	CU_ASSERT(l.noted_lsn > 40);
	fixture_clear(&l.f);
	fixture_clear(&l.image);
}

/* --- Faults --- */

#define UPDATES 10 /* of each life */
#define LIVES 2

struct trial {
	struct fixture f;
	bool acknowledged[LIVES][UPDATES];
	unsigned n_wrong;
};

static void
label_of(char label[16], unsigned life, unsigned i)
{
	(void)snprintf(label, 16, "l%u-%u", life, i);
}

static uint32_t
value_of(struct trial *t, unsigned life, unsigned i)
{
	char label[16];

	label_of(label, life, i);
	return fixture_get(t->f.zone, label);
}

/* SERVFAIL is "unknown", but until a restart it is not there. */
static void
check_visible(struct trial *t, unsigned life)
{
	for (unsigned i = 0; i < UPDATES; i++)
		t->n_wrong += value_of(t, life, i) !=
		    (t->acknowledged[life][i] ? i + 1 : 0);
}

static void
check_durable(struct trial *t)
{
	for (unsigned life = 0; life < LIVES; life++)
		for (unsigned i = 0; i < UPDATES; i++)
			t->n_wrong += t->acknowledged[life][i] &&
			    value_of(t, life, i) != i + 1;
}

static void
live(struct trial *t, unsigned life)
{
	struct fixture *f = &t->f;
	struct reason why = {""};
	char label[16];

	if (fixture_open(f, &why) != 0) {
		t->n_wrong += why.text[0] == '\0'; /* it says why not */
		if (f->store != NULL)
			fixture_stop(f);
		return;
	}
	for (unsigned i = 0; i < UPDATES; i++) {
		label_of(label, life, i);
		t->acknowledged[life][i] =
		    fixture_put(f, f->zone, label, i + 1) == RCODE_NOERROR;
		if (i == UPDATES / 2)
			(void)store_sync(f->store, NULL, 0, &why);
	}
	check_visible(t, life);
	if (life % 2 == 0)
		fixture_crash(f);
	else
		fixture_stop(f);
}

/* Two lives in which the n-th call fails; false: there was no n-th call. */
static bool
try_fault(enum shim_fault fault, bool stays, unsigned long n, unsigned *n_wrong)
{
	struct trial *t = calloc(1, sizeof(*t));
	struct store_status st;
	bool struck;

	fixture_init(&t->f);
	use_files(&t->f);
	shim_fail(&t->f.shim, fault, n);
	t->f.shim.fault_stays = stays;
	for (unsigned life = 0; life < LIVES; life++)
		live(t, life);
	struck = t->f.shim.n_faults > 0;
	shim_fail(&t->f.shim, SHIM_FAULT_NONE, 0);
	fixture_must_open(&t->f);
	store_status(t->f.store, &st);
	t->n_wrong += !st.writable;
	check_durable(t);
	t->n_wrong +=
	    fixture_put(&t->f, t->f.zone, "after", 9) != RCODE_NOERROR;
	if (t->n_wrong != 0)
		(void)fprintf(stderr, "fault %d at call %lu%s: wrong\n",
		    (int)fault, n, stays ? " and after" : "");
	*n_wrong += t->n_wrong;
	fixture_clear(&t->f);
	free(t);
	return struck;
}

static void
try_all(enum shim_fault fault, bool stays)
{
	unsigned n_wrong = 0;
	unsigned long n = 1;

	while (try_fault(fault, stays, n, &n_wrong))
		n++;
	CU_ASSERT(n > 100);
	CU_ASSERT_EQUAL(n_wrong, 0);
}

static void
test_an_error_of_any_call_loses_nothing_acknowledged(void)
{
	try_all(SHIM_FAULT_EIO, false);
	try_all(SHIM_FAULT_EIO, true);
}

static void
test_a_full_disk_at_any_call_loses_nothing_acknowledged(void)
{
	try_all(SHIM_FAULT_ENOSPC, true);
}

static void
test_a_short_write_at_any_call_loses_nothing_acknowledged(void)
{
	try_all(SHIM_FAULT_SHORT, false);
}

CU_TestInfo crash_tests[] = {
    {"J1, J2, J4, J8: crashes",
	test_a_crash_at_any_call_loses_nothing_acknowledged},
    {"J6: errors", test_an_error_of_any_call_loses_nothing_acknowledged},
    {"J6: full disk", test_a_full_disk_at_any_call_loses_nothing_acknowledged},
    {"J6: short writes",
	test_a_short_write_at_any_call_loses_nothing_acknowledged},
    CU_TEST_INFO_NULL,
};
