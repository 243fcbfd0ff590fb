/*
 * test_commit.c - jobs: judged, made durable, shown, and only then answered
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/store/keeper.h"
#include "tests/unit/store_fixture.h"

#define THREADS 4
#define UPDATES 250 /* of each thread */

static struct store_status
status(struct fixture *f)
{
	struct store_status st;

	store_status(f->store, &st);
	return st;
}

static void
test_an_acknowledged_update_is_visible_and_has_a_serial(void)
{
	struct fixture f;
	struct job j;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 1);
	job_init(&j, f.zone, "pc1", 7);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_NOERROR);
	CU_ASSERT_TRUE(j.job.changed);
	CU_ASSERT_EQUAL(j.job.serial_from, 1);
	CU_ASSERT_EQUAL(j.job.serial_to, 2);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 2);
	CU_ASSERT_EQUAL(atomic_load(&f.n_published), 1);
	CU_ASSERT_EQUAL(status(&f).n_updates, 1);
	job_clear(&j);
	fixture_clear(&f);
}

/* J2, and: every answer that rests on unpublished state waits for it. */
static void
test_nothing_is_visible_or_answered_before_the_sync(void)
{
	struct fixture f;
	struct job change, no_op, refused;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&change, f.zone, "pc1", 7);
	job_init(&no_op, f.zone, "pc1", 7);
	job_init(&refused, f.zone, "pc1", 7);
	no_op.no_op = true;
	refused.verdict = RCODE_NXRRSET;
	gate_shut(&f.gate);
	job_submit(&f, &change);
	gate_wait(&f.gate);
	job_submit(&f, &no_op);
	job_submit(&f, &refused);
	while (status(&f).queued > 0) /* until both have been judged */
		;
	CU_ASSERT_FALSE(job_is_done(&change));
	CU_ASSERT_FALSE(job_is_done(&no_op));
	CU_ASSERT_FALSE(job_is_done(&refused));
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 0);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 1);
	gate_open(&f.gate);
	CU_ASSERT_EQUAL(job_wait(&change), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&no_op), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&refused), RCODE_NXRRSET);
	CU_ASSERT_FALSE(no_op.job.changed);
	/* The two wrote nothing and gave no serial. */
	CU_ASSERT_EQUAL(status(&f).lsn, 1);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 2);
	fixture_clear(&f);
}

static void
test_a_group_has_one_serial_a_zone(void)
{
	struct fixture f;
	struct job first, jobs[10];
	struct store_zone *ptr;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	job_init(&first, f.zone, "first", 1);
	gate_shut(&f.gate);
	job_submit(&f, &first);
	gate_wait(&f.gate);
	for (unsigned i = 0; i < 10; i++) {
		char label[8];

		(void)snprintf(label, sizeof(label), "pc%u", i);
		job_init(&jobs[i], i % 2 == 0 ? f.zone : ptr, label, 100 + i);
		job_submit(&f, &jobs[i]);
	}
	gate_open(&f.gate);
	for (unsigned i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(job_wait(&jobs[i]), RCODE_NOERROR);
		CU_ASSERT_EQUAL(jobs[i].job.serial_to, i % 2 == 0 ? 3u : 2u);
	}
	CU_ASSERT_EQUAL(status(&f).lsn, 2);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 3);
	CU_ASSERT_EQUAL(fixture_serial(ptr), 2);
	fixture_clear(&f);
}

/* Each raises the other's SOA as far as RFC 1982 goes; together it is back. */
static void
test_a_group_s_serial_is_later_than_the_one_before(void)
{
	struct job first, second, third;
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&first, f.zone, "pc1", 1);
	job_init(&second, f.zone, "pc2", 2);
	job_init(&third, f.zone, "pc3", 3);
	second.raise_soa = third.raise_soa = 0x7fffffff;
	gate_shut(&f.gate);
	job_submit(&f, &first);
	gate_wait(&f.gate);
	job_submit(&f, &second);
	job_submit(&f, &third);
	gate_open(&f.gate);
	CU_ASSERT_EQUAL(job_wait(&first), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&second), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&third), RCODE_NOERROR);
	CU_ASSERT_EQUAL(third.job.serial_from, 2);
	CU_ASSERT_EQUAL(third.job.serial_to, 3);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 3);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc4", 4), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 4);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 4);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc3"), 3);
	fixture_clear(&f);
}

static void
test_what_a_group_undoes_is_not_written(void)
{
	struct fixture f;
	struct job first, add, del;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&first, f.zone, "first", 1);
	job_init(&add, f.zone, "pc1", 7);
	job_init(&del, f.zone, "pc1", 0);
	gate_shut(&f.gate);
	job_submit(&f, &first);
	gate_wait(&f.gate);
	job_submit(&f, &add);
	job_submit(&f, &del);
	while (status(&f).queued > 0)
		;
	gate_open(&f.gate);
	CU_ASSERT_EQUAL(job_wait(&add), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&del), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 2);
	CU_ASSERT_EQUAL(status(&f).lsn, 1);
	fixture_clear(&f);
}

static void
test_a_serial_of_the_client_is_kept(void)
{
	struct fixture f;
	struct job j;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&j, f.zone, "pc1", 7);
	j.raise_soa = 10;
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_NOERROR);
	CU_ASSERT_EQUAL(j.job.serial_to, 11);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 11);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 11);
	fixture_clear(&f);
}

/* --- Many at once --- */

struct sender {
	struct fixture *f;
	unsigned number;
	uint32_t acknowledged[UPDATES];
};

static void
label_of(char label[16], unsigned sender, unsigned i)
{
	(void)snprintf(label, 16, "t%u-%u", sender, i);
}

static void *
send_many(void *arg)
{
	struct sender *s = arg;
	struct store_zone *zones[2] = {store_zone_at(s->f->store, 0),
	    store_zone_at(s->f->store, 1)};

	for (unsigned i = 0; i < UPDATES; i++) {
		char label[16];

		label_of(label, s->number, i);
		if (fixture_put(s->f, zones[i % 2], label, i + 1) ==
		    RCODE_NOERROR)
			s->acknowledged[i] = i + 1;
	}
	return NULL;
}

static unsigned
count_missing(struct fixture *f, const struct sender *s)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < UPDATES; i++) {
		char label[16];

		label_of(label, s->number, i);
		missing += s->acknowledged[i] != 0 &&
		    fixture_get(store_zone_at(f->store, i % 2), label) !=
			s->acknowledged[i];
	}
	return missing;
}

static void
test_what_many_threads_changed_outlives_crash_and_stop(void)
{
	struct sender *senders = calloc(THREADS, sizeof(*senders));
	pthread_t threads[THREADS];
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	for (unsigned i = 0; i < THREADS; i++) {
		senders[i].f = &f;
		senders[i].number = i;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL,
					  send_many, &senders[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(status(&f).n_updates, THREADS * UPDATES);
	CU_ASSERT(status(&f).n_segments > 1);
	fixture_crash(&f);
	fixture_must_open(&f);
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL(count_missing(&f, &senders[i]), 0);
	fixture_stop(&f);
	fixture_must_open(&f);
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL(count_missing(&f, &senders[i]), 0);
	fixture_clear(&f);
	free(senders);
}

/* --- Failure --- */

/* J6 */
static void
test_a_failed_sync_ends_writing(void)
{
	struct fixture f;
	struct job in_flight, behind, after;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc0", 5), RCODE_NOERROR);
	job_init(&in_flight, f.zone, "pc1", 7);
	job_init(&behind, f.zone, "pc2", 8);
	job_init(&after, f.zone, "pc3", 9);
	gate_shut(&f.gate);
	job_submit(&f, &in_flight);
	gate_wait(&f.gate);
	job_submit(&f, &behind);
	while (status(&f).queued > 0)
		;
	shim_fail(&f.shim, SHIM_FAULT_EIO, 1);
	gate_open(&f.gate);
	CU_ASSERT_EQUAL(job_wait(&in_flight), RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(job_wait(&behind), RCODE_SERVFAIL);
	CU_ASSERT_FALSE(in_flight.job.changed);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(in_flight.job.reason.text, "Input/output error"));
	shim_fail(&f.shim, SHIM_FAULT_NONE, 0); /* no retry will be believed */
	job_submit(&f, &after);
	CU_ASSERT_EQUAL(job_wait(&after), RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(atomic_load(&f.n_failed), 1);
	CU_ASSERT_FALSE(status(&f).writable);
	CU_ASSERT_PTR_NOT_NULL(strstr(status(&f).reason.text, "cannot write"));
	/* Queries go on, with what is durable. */
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc0"), 5);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 0);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 2);
	fixture_stop(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc0"), 5);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 0);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc3", 9), RCODE_NOERROR);
	fixture_clear(&f);
}

static void
test_without_room_updates_are_refused_with_the_reason(void)
{
	struct fixture f;
	enum rcode rcode = RCODE_NOERROR;
	unsigned n = 0;
	struct job j;

	fixture_init(&f);
	/* Only what makes files longer fails: the log is full of zeros. */
	f.shim.only_fallocate = true;
	fixture_must_open(&f);
	shim_fail(&f.shim, SHIM_FAULT_ENOSPC, 1);
	while (rcode == RCODE_NOERROR && n < 1000)
		rcode = fixture_put(&f, f.zone, "pc1", ++n);
	CU_ASSERT_EQUAL(rcode, RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), n - 1);
	CU_ASSERT_TRUE(status(&f).writable);
	job_init(&j, f.zone, "pc1", 2);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_SERVFAIL);
	CU_ASSERT_PTR_NOT_NULL(strstr(j.job.reason.text, "No space left"));
	shim_fail(&f.shim, SHIM_FAULT_NONE, 0); /* somebody made room */
	do
		rcode = fixture_put(&f, f.zone, "pc1", 3);
	while (rcode != RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 3);
	fixture_clear(&f);
}

/* Who looks after the store may wait for the writer: not the other way. */
static void
test_upkeep_under_way_keeps_no_update_waiting(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	(void)pthread_mutex_lock(&f.store->upkeep);
	for (uint32_t i = 1; i <= 100; i++) /* several segments */
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	CU_ASSERT(status(&f).n_segments > 3);
	(void)pthread_mutex_unlock(&f.store->upkeep);
	fixture_clear(&f);
}

static void
test_an_update_that_waited_too_long_is_not_executed(void)
{
	struct fixture f;
	struct job j;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&j, f.zone, "pc1", 7);
	j.job.queued_ms = 0; /* long ago */
	CU_ASSERT_TRUE(ring_put(f.store->commit.ring, &j.job));
	wake_up(&f.store->commit.wake);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_SERVFAIL);
	CU_ASSERT_PTR_NOT_NULL(strstr(j.job.reason.text, "waited"));
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 0);
	CU_ASSERT_EQUAL(status(&f).n_too_old, 1);
	fixture_clear(&f);
}

/* --- Limits --- */

static enum rcode
put_n(struct fixture *f, const char *label, unsigned n, struct reason *reason)
{
	enum rcode rcode;
	struct job j;

	job_init(&j, f->zone, label, 1000);
	j.n_more = n - 1;
	job_submit(f, &j);
	rcode = job_wait(&j);
	*reason = j.job.reason;
	job_clear(&j);
	return rcode;
}

static void
test_limits_refuse_and_leave_nothing(void)
{
	struct fixture f;
	struct reason reason;

	fixture_init(&f);
	f.zones[0].max_records_per_name = 3;
	f.zones[0].max_records = 10; /* SOA and NS count */
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(put_n(&f, "pc1", 3, &reason), RCODE_NOERROR);
	CU_ASSERT_EQUAL(put_n(&f, "pc1", 4, &reason), RCODE_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "max-records-per-name 3"));
	CU_ASSERT_EQUAL(put_n(&f, "pc1", 2, &reason), RCODE_NOERROR);
	CU_ASSERT_EQUAL(put_n(&f, "pc2", 3, &reason), RCODE_NOERROR);
	CU_ASSERT_EQUAL(put_n(&f, "pc3", 3, &reason), RCODE_NOERROR);
	CU_ASSERT_EQUAL(put_n(&f, "pc4", 1, &reason), RCODE_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "max-records 10"));
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc4"), 0);
	CU_ASSERT_EQUAL(put_n(&f, "pc3", 2, &reason), RCODE_NOERROR);
	CU_ASSERT_EQUAL(put_n(&f, "pc4", 1, &reason), RCODE_NOERROR);
	fixture_clear(&f);
}

/* --- History --- */

/* Replays the history from serial on; how many changesets, or -1. */
static int
walk_history(struct fixture *f, uint32_t serial)
{
	const struct zone_version *v = store_zone_pin(f->zone);
	struct store_history *h;
	struct changeset cs;
	struct arena a;
	int n = 0;

	if (store_history_open(f->zone, serial, v, &h) != 0) {
		zone_unpin(v);
		return -1;
	}
	arena_init(&a, 0);
	while (store_history_next(h, &a, &cs) == 0) {
		CU_ASSERT_EQUAL(cs.serial_from, serial);
		CU_ASSERT_EQUAL(cs.n_added, 1);
		CU_ASSERT_EQUAL(cs.n_sources, 1);
		CU_ASSERT_STRING_EQUAL(cs.sources[0].signer, "PC1$@AD.EXAMPLE");
		serial = cs.serial_to;
		n++;
		arena_reset(&a);
	}
	CU_ASSERT_EQUAL(serial, version_serial(v));
	CU_ASSERT(n == 0 || store_history_octets(h) > 0);
	store_history_close(h);
	arena_clear(&a);
	zone_unpin(v);
	return n;
}

static void
test_history_gives_exactly_the_changesets(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	for (uint32_t i = 1; i <= 30; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	CU_ASSERT_EQUAL(walk_history(&f, 1), 30);
	CU_ASSERT_EQUAL(walk_history(&f, 20), 11);
	CU_ASSERT_EQUAL(walk_history(&f, 31), 0);
	CU_ASSERT_EQUAL(walk_history(&f, 32), -1);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(walk_history(&f, 1), 30);
	fixture_stop(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(walk_history(&f, 1), 30);
	fixture_clear(&f);
}

static void
test_history_is_cut_at_its_limits_and_the_log_stays_small(void)
{
	struct fixture f;
	struct store_zone *ptr;
	struct store_zone_status st;

	fixture_init(&f);
	f.zones[0].max_journal_size = 8 * JOURNAL_BLOCK;
	f.config.journal_total_size = 6 * FIXTURE_SEGMENT;
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	/* An idle zone must not hold the log. */
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 77), RCODE_NOERROR);
	for (uint32_t i = 1; i <= 400; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	CU_ASSERT_EQUAL(walk_history(&f, 1), -1);
	CU_ASSERT_EQUAL(walk_history(&f, 393), 8);
	store_zone_status(f.zone, &st);
	/* A few more than 8 if marks of the keeper shared their blocks. */
	CU_ASSERT(st.n_changesets >= 8 && st.n_changesets < 50);
	CU_ASSERT(st.journal_octets <= 8 * JOURNAL_BLOCK);
	CU_ASSERT_EQUAL(st.journal_first_serial, 401 - st.n_changesets);
	/* The keeper comes to it in the end. */
	while (status(&f).log_octets > f.config.journal_total_size)
		wake_up(&f.store->keeper.segments_wake);
	fixture_crash(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 77);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 400);
	fixture_clear(&f);
}

/* A group may be on disk and not be published yet: a snapshot lacks it. */
static void
test_a_snapshot_is_of_what_is_published(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_status st;
	struct job durable, slow, last;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 1), RCODE_NOERROR);
	gate_shut(&f.gate);
	job_init(&durable, f.zone, "pc1", 2);
	job_submit(&f, &durable);
	gate_wait(&f.gate);
	job_init(&slow, f.zone, "pc2", 3);
	slow.is_slow = true; /* it keeps the writer until another is queued */
	job_submit(&f, &slow);
	do
		store_status(f.store, &st);
	while (st.queued > 0);
	gate_open(&f.gate);
	while (journal_durable_lsn(f.store->journal) < 2)
		;
	(void)pthread_mutex_lock(&f.store->upkeep);
	CU_ASSERT_EQUAL(keeper_checkpoint(f.zone, &reason), 0);
	CU_ASSERT_EQUAL(f.zone->snapshot_lsn, 1);
	(void)pthread_mutex_unlock(&f.store->upkeep);
	job_init(&last, f.zone, "pc3", 4);
	job_submit(&f, &last);
	CU_ASSERT_EQUAL(job_wait(&durable), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&slow), RCODE_NOERROR);
	CU_ASSERT_EQUAL(job_wait(&last), RCODE_NOERROR);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 2);
	job_clear(&durable);
	job_clear(&slow);
	job_clear(&last);
	fixture_clear(&f);
}

CU_TestInfo commit_tests[] = {
    {"one update", test_an_acknowledged_update_is_visible_and_has_a_serial},
    {"J2: not before the sync",
	test_nothing_is_visible_or_answered_before_the_sync},
    {"one serial", test_a_group_has_one_serial_a_zone},
    {"serial of a group", test_a_group_s_serial_is_later_than_the_one_before},
    {"undone", test_what_a_group_undoes_is_not_written},
    {"client's serial", test_a_serial_of_the_client_is_kept},
    {"many threads", test_what_many_threads_changed_outlives_crash_and_stop},
    {"snapshot", test_a_snapshot_is_of_what_is_published},
    {"limits", test_limits_refuse_and_leave_nothing},
    {"history", test_history_gives_exactly_the_changesets},
    {"retention", test_history_is_cut_at_its_limits_and_the_log_stays_small},
    {"upkeep", test_upkeep_under_way_keeps_no_update_waiting},
    {"too old", test_an_update_that_waited_too_long_is_not_executed},
    {"J6: failed sync", test_a_failed_sync_ends_writing},
    {"no room", test_without_room_updates_are_refused_with_the_reason},
    CU_TEST_INFO_NULL,
};
