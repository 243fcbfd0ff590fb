/*
 * test_queue.c - updates that wait to be judged, in turn by signer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/queue.h"
#include "tests/unit/store_fixture.h"

#define ROOM 1024

static struct store_job
job_of(const char *signer, uint8_t address)
{
	struct store_job job;

	memset(&job, 0, sizeof(job));
	job.signer = signer;
	job.address.family = 2;
	job.address.octets[0] = address;
	return job;
}

static void
put(struct queue *q, struct store_job *job)
{
	CU_ASSERT_EQUAL(queue_put(q, job), 0);
}

static void
test_signers_take_turns_and_each_keeps_its_order(void)
{
	struct store_job a[3], b[2], c[1];
	struct queue *q = queue_create(ROOM);

	/* Texts that are equal, not the same: each request has its own. */
	a[0] = job_of((char[]){"a"}, 1);
	a[1] = job_of((char[]){"a"}, 2);
	a[2] = job_of((char[]){"a"}, 3);
	b[0] = job_of((char[]){"b"}, 1);
	b[1] = job_of((char[]){"b"}, 1);
	c[0] = job_of("", 1);
	put(q, &a[0]);
	put(q, &a[1]);
	put(q, &a[2]);
	put(q, &b[0]);
	put(q, &b[1]);
	put(q, &c[0]);
	CU_ASSERT_EQUAL(queue_count(q), 6);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &a[0]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &b[0]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &c[0]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &a[1]);
	put(q, &c[0]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &b[1]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &a[2]);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &c[0]); /* it came last */
	CU_ASSERT_PTR_NULL(queue_take(q));
	queue_destroy(q);
}

static void
test_who_does_not_sign_is_an_address(void)
{
	struct store_job one = job_of(NULL, 1), other = job_of("", 2);
	struct store_job again = job_of(NULL, 1), own = job_of(NULL, 1);
	struct queue *q = queue_create(ROOM);

	own.is_own = true;
	put(q, &one);
	put(q, &again);
	put(q, &other);
	put(q, &own);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &one);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &other);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &own);
	CU_ASSERT_PTR_EQUAL(queue_take(q), &again);
	queue_destroy(q);
}

static void
test_a_flood_gets_half_of_the_queue_and_no_more(void)
{
	struct store_job *flood = calloc(ROOM, sizeof(*flood));
	struct store_job others[QUEUE_SHARE + 1], own = job_of(NULL, 0);
	struct queue *q = queue_create(ROOM);
	size_t n = 0;

	own.is_own = true;
	while (n < ROOM) {
		flood[n] = job_of("flood", 1);
		if (queue_put(q, &flood[n]) != 0)
			break;
		n++;
	}
	CU_ASSERT_EQUAL(n, ROOM / 2);
	for (size_t i = 0; i <= QUEUE_SHARE; i++) {
		others[i] = job_of("other", 1);
		CU_ASSERT_EQUAL(queue_put(q, &others[i]),
		    i < QUEUE_SHARE ? 0 : ERR_BUSY);
	}
	CU_ASSERT_EQUAL(queue_put(q, &own), 0);
	CU_ASSERT_EQUAL(queue_put(q, &flood[n]), ERR_BUSY);
	/* The other one is served as fast as the flood. */
	for (size_t i = 0; i < QUEUE_SHARE; i++) {
		CU_ASSERT_PTR_EQUAL(queue_take(q), &flood[i]);
		CU_ASSERT_PTR_EQUAL(queue_take(q), &others[i]);
		if (i == 0)
			CU_ASSERT_PTR_EQUAL(queue_take(q), &own);
	}
	while (queue_take(q) != NULL)
		;
	CU_ASSERT_EQUAL(queue_count(q), 0);
	queue_destroy(q);
	free(flood);
}

static void
test_many_signers_come_and_go(void)
{
	static struct store_job jobs[ROOM];
	static char signers[ROOM][16];
	struct queue *q = queue_create(ROOM);
	unsigned seed = 1, n_wrong = 0;

	for (unsigned round = 0; round < 50; round++) {
		unsigned n = (unsigned)rand_r(&seed) % ROOM + 1, taken = 0;
		uint64_t last[97] = {0};

		for (unsigned i = 0; i < n; i++) {
			unsigned who = (unsigned)rand_r(&seed) % 97;

			(void)snprintf(signers[i], sizeof(signers[i]), "s%u",
			    who);
			jobs[i] = job_of(signers[i], 0);
			jobs[i].queued_ms = i + 1;
			put(q, &jobs[i]);
		}
		for (struct store_job *j; (j = queue_take(q)) != NULL;) {
			unsigned who = (unsigned)atoi(j->signer + 1);

			n_wrong += j->queued_ms <= last[who];
			last[who] = j->queued_ms;
			taken++;
		}
		n_wrong += taken != n;
	}
	CU_ASSERT_EQUAL(n_wrong, 0);
	queue_destroy(q);
}

#define FLOOD 12000

/* Another signer's job, which counts what is done before it. */
struct latecomer {
	struct job job;
	struct job *flood;
	unsigned n_before;
	void (*done)(struct store_job *job);
};

/* In the writer's thread: no more is done meanwhile. */
static void
count_before(struct store_job *job)
{
	struct latecomer *l = (struct latecomer *)job;

	for (unsigned i = 0; i < FLOOD; i++)
		l->n_before += job_is_done(&l->flood[i]);
	l->done(job);
}

/* The store: one signer floods, another one's update comes through. */
static void
test_a_flood_does_not_starve_others(void)
{
	struct job *jobs = calloc(FLOOD, sizeof(*jobs)), first;
	struct latecomer other = {.flood = jobs};
	struct store_status st;
	struct fixture f;
	unsigned refused = 0;

	fixture_init(&f);
	fixture_must_open(&f);
	job_init(&first, f.zone, "first", 1);
	gate_shut(&f.gate);
	job_submit(&f, &first);
	gate_wait(&f.gate);
	for (unsigned i = 0; i < FLOOD; i++) {
		job_init(&jobs[i], f.zone, "pc1", i + 1);
		jobs[i].job.signer = "FLOOD$@AD.EXAMPLE";
		job_submit(&f, &jobs[i]);
	}
	job_init(&other.job, f.zone, "other", 7);
	other.done = other.job.job.done;
	other.job.job.done = count_before;
	job_submit(&f, &other.job);
	gate_open(&f.gate);
	CU_ASSERT_EQUAL(job_wait(&other.job), RCODE_NOERROR);
	for (unsigned i = 0; i < FLOOD; i++) {
		if (job_wait(&jobs[i]) != RCODE_NOERROR) {
			refused++;
			CU_ASSERT_PTR_NOT_NULL(
			    strstr(jobs[i].job.reason.text, "this signer"));
		}
		job_clear(&jobs[i]);
	}
	CU_ASSERT(refused > 1000);
	/* Those refused, and a few groups. */
	CU_ASSERT(other.n_before < FLOOD - 2000);
	store_status(f.store, &st);
	CU_ASSERT_EQUAL(st.n_over_share, refused);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "other"), 7);
	job_clear(&first);
	job_clear(&other.job);
	fixture_clear(&f);
	free(jobs);
}

CU_TestInfo queue_tests[] = {
    {"turns", test_signers_take_turns_and_each_keeps_its_order},
    {"unsigned", test_who_does_not_sign_is_an_address},
    {"share", test_a_flood_gets_half_of_the_queue_and_no_more},
    {"many", test_many_signers_come_and_go},
    {"flood", test_a_flood_does_not_starve_others},
    CU_TEST_INFO_NULL,
};
