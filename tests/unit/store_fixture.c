/*
 * store_fixture.c - a store with small segments, and jobs to give it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/store/commit.h"
#include "daemon/store/keeper.h"
#include "tests/unit/store_fixture.h"

static const char *const apexes[FIXTURE_ZONES] = {"ad.example.",
    "2.0.192.in-addr.arpa.", "other.example."};

/* --- The gate --- */

static int (*shim_sync)(void *arg, int fd);

static int
gated_sync(void *arg, int fd)
{
	struct shim *s = arg;
	struct fixture *f =
	    (struct fixture *)((char *)s - offsetof(struct fixture, shim));
	struct gate *g = &f->gate;
	char name[16] = "";

	(void)pthread_getname_np(pthread_self(), name, sizeof(name));
	if (strcmp(name, "log") != 0)
		return shim_sync(arg, fd); /* the keeper's and the test's */
	(void)pthread_mutex_lock(&g->lock);
	g->n_waiting++;
	(void)pthread_cond_broadcast(&g->changed);
	while (g->shut)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	g->n_waiting--;
	(void)pthread_mutex_unlock(&g->lock);
	return shim_sync(arg, fd);
}

void
gate_shut(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->shut = true;
	(void)pthread_mutex_unlock(&g->lock);
}

void
gate_open(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->shut = false;
	(void)pthread_cond_broadcast(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
}

void
gate_wait(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	while (g->n_waiting == 0)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

/* --- The store --- */

static void
count_published(void *arg, struct store_zone *z, uint32_t serial_from,
    uint32_t serial_to)
{
	struct fixture *f = arg;

	(void)z;
	CU_ASSERT_NOT_EQUAL(serial_from, serial_to);
	atomic_fetch_add(&f->n_published, 1);
}

static void
count_failed(void *arg, const char *reason)
{
	struct fixture *f = arg;

	(void)snprintf(f->failure, sizeof(f->failure), "%s", reason);
	atomic_fetch_add(&f->n_failed, 1);
}

void
fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	shim_make_dir(f->dir);
	(void)snprintf(f->state, sizeof(f->state), "%s/state", f->dir);
	shim_init(&f->shim, false);
	shim_sync = f->shim.storage.fdatasync;
	f->shim.storage.fdatasync = gated_sync;
	(void)pthread_mutex_init(&f->gate.lock, NULL);
	(void)pthread_cond_init(&f->gate.changed, NULL);
	f->config = (struct store_config){.directory = f->state,
	    .published = count_published,
	    .failed = count_failed,
	    .arg = f};
	(void)name_from_text("ns1.ad.example.", NULL, &f->ns);
	for (size_t i = 0; i < FIXTURE_ZONES; i++) {
		struct store_zone_config *z = &f->zones[i];

		(void)name_from_text(apexes[i], NULL, &z->apex);
		z->soa.given = true;
		z->soa.mname = f->ns;
		z->soa.rname = f->ns;
		z->soa.nameservers = &f->ns;
		z->soa.n_nameservers = 1;
		z->soa.refresh_s = 3601;
		z->soa.retry_s = 602;
		z->soa.expire_s = 604803;
		z->soa.minimum_s = 304;
		z->soa.ttl_s = 3605;
		z->dump_interval_s = 3600;
		(void)snprintf(f->files[i], sizeof(f->files[i]), "%s/%zu.zone",
		    f->dir, i);
	}
	f->n_zones = 2;
}

void
fixture_clear(struct fixture *f)
{
	if (f->store != NULL)
		fixture_stop(f);
	shim_clear(&f->shim);
	(void)pthread_mutex_destroy(&f->gate.lock);
	(void)pthread_cond_destroy(&f->gate.changed);
	shim_remove_dir(f->dir);
}

int
fixture_load(struct fixture *f, struct reason *reason)
{
	const struct journal_config journal = {.directory = f->state,
	    .storage = &f->shim.storage,
	    .segment_size = FIXTURE_SEGMENT};
	int ret = store_open_journal(&f->config, &journal, f->zones, f->n_zones,
	    &f->store, reason);

	if (ret == 0)
		f->zone = store_find_apex(f->store, f->zones[0].apex.octets);
	return ret;
}

int
fixture_open(struct fixture *f, struct reason *reason)
{
	int ret = fixture_load(f, reason);

	return ret != 0 ? ret : store_start(f->store);
}

void
fixture_must_open(struct fixture *f)
{
	struct reason reason = {""};
	int ret = fixture_open(f, &reason);

	if (ret != 0)
		(void)fprintf(stderr, "store_open: %s\n", reason.text);
	CU_ASSERT_EQUAL_FATAL(ret, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->zone);
}

void
fixture_stop(struct fixture *f)
{
	store_stop(f->store);
	store_close(f->store);
	f->store = NULL;
	f->zone = NULL;
}

void
fixture_crash(struct fixture *f)
{
	atomic_store(&f->store->closing, true);
	commit_stop(f->store);
	keeper_stop(f->store);
	store_close(f->store);
	f->store = NULL;
	f->zone = NULL;
}

/* --- Files --- */

const char fixture_zone_text[] =
    "@ 3600 IN SOA ns1 admin 100 900 300 1209600 300\n"
    "@ 3600 IN NS ns1\n"
    "ns1 60 IN A 192.0.2.1\n"
    "pc1 60 IN A 0.0.0.7\n";

void
fixture_use_file(struct fixture *f, size_t i, const char *text)
{
	f->zones[i].file = f->files[i];
	f->zones[i].soa.given = false;
	if (text != NULL)
		file_write(f->files[i], text);
}

struct store_zone_status
fixture_status(struct store_zone *z)
{
	struct store_zone_status st;

	store_zone_status(z, &st);
	return st;
}

static void
put_text(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_TRUE(fputs(text, file) >= 0);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

void
file_write(const char *path, const char *text)
{
	put_text(path, "we", text);
}

void
file_append(const char *path, const char *text)
{
	put_text(path, "ae", text);
}

bool
file_has(const char *path, const char *what)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	size_t n;

	if (file == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	return strstr(text, what) != NULL;
}

/* --- Jobs --- */

static void
change_soa(struct job *j, const struct zone_version *view, struct arena *a,
    struct rrset_change *c)
{
	const struct rrset *soa = version_soa(view);
	struct rdata_ref *rdata = arena_calloc(a, 1, sizeof(*rdata));
	struct rdata_ref old = {NULL, 0};
	uint8_t *octets;
	size_t at = 0;

	(void)rrset_next(soa, &at, &old);
	octets = arena_copy(a, old.octets, old.len);
	soa_set_serial(octets, old.len, version_serial(view) + j->raise_soa);
	*rdata = (struct rdata_ref){octets, old.len};
	*c =
	    (struct rrset_change){.owner = store_zone_apex(j->job.zone)->octets,
		.type = TYPE_SOA,
		.ttl = soa->ttl,
		.n = 1,
		.rdatas = rdata};
}

static uint64_t
n_queued(const struct store *s)
{
	struct store_status st;

	store_status(s, &st);
	return st.queued;
}

static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	struct job *j = (struct job *)job;
	struct rrset_change *c = arena_calloc(arena, 2, sizeof(*c));
	unsigned n = j->n_more + 1;
	struct rdata_ref *rdatas = arena_calloc(arena, n, sizeof(*rdatas));

	while (j->is_slow && n_queued(job->zone->store) == 0)
		;
	if (j->verdict != RCODE_NOERROR || j->no_op)
		return j->verdict;
	for (unsigned i = 0; i < n; i++) {
		uint8_t *octets = arena_alloc(arena, 4);

		put_u32(octets, j->value + i);
		rdatas[i] = (struct rdata_ref){octets, 4};
	}
	c->owner = j->owner;
	c->type = TYPE_A;
	c->ttl = 60;
	c->n = j->value == 0 ? 0 : (uint16_t)n;
	c->rdatas = rdatas;
	*n_out = 1;
	if (j->raise_soa != 0)
		change_soa(j, view, arena, &c[(*n_out)++]);
	*changes_out = c;
	return RCODE_NOERROR;
}

static void
set_done(struct store_job *job)
{
	struct job *j = (struct job *)job;

	(void)pthread_mutex_lock(&j->lock);
	j->done = true;
	(void)pthread_cond_broadcast(&j->wake);
	(void)pthread_mutex_unlock(&j->lock);
}

static void
make_owner(const struct store_zone *z, const char *label, uint8_t *owner)
{
	const struct name *apex = store_zone_apex(z);
	size_t len = strlen(label);

	owner[0] = (uint8_t)len;
	memcpy(owner + 1, label, len);
	memcpy(owner + 1 + len, apex->octets, apex->len);
}

void
job_init(struct job *j, struct store_zone *z, const char *label, uint32_t value)
{
	memset(j, 0, sizeof(*j));
	j->job.zone = z;
	j->job.judge = judge;
	j->job.done = set_done;
	j->job.signer = "PC1$@AD.EXAMPLE";
	make_owner(z, label, j->owner);
	j->value = value;
	(void)pthread_mutex_init(&j->lock, NULL);
	(void)pthread_cond_init(&j->wake, NULL);
}

void
job_again(struct job *j, uint32_t value)
{
	j->value = value;
	j->done = false;
}

void
job_submit(struct fixture *f, struct job *j)
{
	CU_ASSERT_TRUE_FATAL(store_submit(f->store, &j->job));
	store_wake(f->store);
}

bool
job_is_done(struct job *j)
{
	bool done;

	(void)pthread_mutex_lock(&j->lock);
	done = j->done;
	(void)pthread_mutex_unlock(&j->lock);
	return done;
}

enum rcode
job_wait(struct job *j)
{
	(void)pthread_mutex_lock(&j->lock);
	while (!j->done)
		(void)pthread_cond_wait(&j->wake, &j->lock);
	(void)pthread_mutex_unlock(&j->lock);
	return j->job.rcode;
}

void
job_clear(struct job *j)
{
	(void)pthread_mutex_destroy(&j->lock);
	(void)pthread_cond_destroy(&j->wake);
}

enum rcode
fixture_put(struct fixture *f, struct store_zone *z, const char *label,
    uint32_t value)
{
	enum rcode rcode;
	struct job j;

	job_init(&j, z, label, value);
	job_submit(f, &j);
	rcode = job_wait(&j);
	job_clear(&j);
	return rcode;
}

uint32_t
fixture_get(struct store_zone *z, const char *label)
{
	const struct zone_version *v = store_zone_pin(z);
	const struct zone_name *n;
	const struct rrset *s;
	struct rdata_ref rdata;
	uint8_t owner[NAME_LEN_MAX];
	size_t at = 0;
	uint32_t value = 0;

	if (v == NULL)
		return 0;
	make_owner(z, label, owner);
	n = zone_get(v, owner);
	s = n == NULL ? NULL : zone_name_rrset(n, TYPE_A);
	if (s != NULL && rrset_next(s, &at, &rdata))
		value = get_u32(rdata.octets);
	zone_unpin(v);
	return value;
}

uint32_t
fixture_serial(struct store_zone *z)
{
	const struct zone_version *v = store_zone_pin(z);
	uint32_t serial = v == NULL ? 0 : version_serial(v);

	if (v != NULL)
		zone_unpin(v);
	return serial;
}

/* The changesets of h lead from the serial to that of v. */
static const char *
walk_history(struct store_history *h, uint32_t serial,
    const struct zone_version *v)
{
	const char *fault = NULL;
	struct changeset cs;
	struct arena a;

	arena_init(&a, 0);
	while (store_history_next(h, &a, &cs) == 0) {
		if (cs.serial_from != serial)
			fault = "a hole in the history";
		serial = cs.serial_to;
		arena_reset(&a);
	}
	arena_clear(&a);
	return serial != version_serial(v) ? "history ends early" : fault;
}

const char *
fixture_history_fault(struct store_zone *z)
{
	const struct zone_version *v = store_zone_pin(z);
	struct store_zone_status st = fixture_status(z);
	const char *fault = "no history";
	struct store_history *h;
	uint32_t serial =
	    st.n_changesets > 0 ? st.journal_first_serial : version_serial(v);

	if (store_history_open(z, serial, v, &h) == 0) {
		fault = walk_history(h, serial, v);
		store_history_close(h);
	}
	zone_unpin(v);
	return fault;
}
