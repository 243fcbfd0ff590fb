/*
 * test_negotiators.c - negotiations, MICs and reloads on many threads at once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "daemon/gss/negotiators.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

#define CLIENTS 4
#define ROUNDS 25

static struct gss_side side;
static struct negotiators *pool;

struct waiting_job {
	struct negotiation_job job;
	sem_t done;
};

static void
job_done(struct negotiation_job *job)
{
	(void)sem_post(&((struct waiting_job *)(void *)job)->done);
}

static bool
submit_and_wait(struct waiting_job *w)
{
	if (!negotiators_submit(pool, &w->job))
		return false;
	while (sem_wait(&w->done) == -1)
		;
	return true;
}

/* CUnit is not for threads: what fails is counted. */
struct client {
	pthread_t thread;
	unsigned number;
	unsigned good;
};

static bool
exchange(struct context *c, struct initiator *i)
{
	struct context_piece piece = {"a request", 9};
	uint8_t ours[CONTEXT_MIC_MAX];
	gss_buffer_desc mic;
	OM_uint32 minor;
	size_t len;
	bool ok;

	if (initiator_sign(i, "a request", 9, &mic) != GSS_S_COMPLETE)
		return false;
	ok = context_verify(c, &piece, 1, mic.value, mic.length, NULL) ==
		CONTEXT_VALID &&
	    context_sign(c, &piece, 1, ours, &len, NULL) == 0 &&
	    initiator_verify(i, "a request", 9, ours, len) == GSS_S_COMPLETE;
	(void)gss_release_buffer(&minor, &mic);
	return ok;
}

static bool
one_round(struct client *client, struct initiator *i, unsigned round)
{
	struct waiting_job w = {.job = {.done = job_done}};
	struct context *found = NULL;
	char key_name[32];
	bool ok = false;

	(void)snprintf(key_name, sizeof(key_name), "key%u.client%u", round,
	    client->number);
	initiator_restart(i);
	if (initiator_step(i, NULL, 0) != GSS_S_CONTINUE_NEEDED)
		return false;
	(void)sem_init(&w.done, 0, 0);
	w.job.leg = gss_side_leg(key_name, i->token.value, i->token.length);
	if (submit_and_wait(&w) && w.job.result.context != NULL &&
	    initiator_step(i, w.job.result.token, w.job.result.token_len) ==
		GSS_S_COMPLETE &&
	    contexts_find(side.contexts, w.job.leg.key_name.octets, &found) ==
		0) {
		ok = true;
		for (int n = 0; n < 10; n++)
			ok = exchange(found, i) && ok;
	} else {
		(void)fprintf(stderr, "%s\n", w.job.result.reason.text);
	}
	context_unref(found);
	negotiation_result_clear(&w.job.result);
	(void)sem_destroy(&w.done);
	return ok;
}

static void *
run_client(void *arg)
{
	struct client *client = arg;
	struct initiator i;

	if (!initiator_init(&i, client->number % 2 == 0 ? "PC1" : "PC2",
		REALM_NS1, client->number >= CLIENTS / 2, INITIATOR_FLAGS))
		return NULL;
	for (unsigned round = 0; round < ROUNDS; round++)
		if (one_round(client, &i, round))
			client->good++;
	initiator_clear(&i);
	return NULL;
}

static int
count_one(void *arg, struct context *c)
{
	if (context_seconds_left(c) > 0)
		(*(unsigned *)arg)++;
	return 0;
}

/* Handshakes and MICs, while keytabs are swapped and lists are made. */
static void
test_many_threads_negotiate_and_sign(void)
{
	struct client clients[CLIENTS] = {{.number = 0}};
	unsigned good = 0, seen = 0;

	gss_side_init(&side, "dns.keytab");
	CU_ASSERT_EQUAL_FATAL(negotiators_create(side.negotiations, 3, 16,
				  &pool),
	    0);
	for (unsigned n = 0; n < CLIENTS; n++) {
		clients[n].number = n;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&clients[n].thread, NULL,
					  run_client, &clients[n]),
		    0);
	}
	for (int n = 0; n < 20; n++) {
		gss_side_keytab(&side, "dns.keytab");
		(void)contexts_walk(side.contexts, count_one, &seen);
		(void)contexts_expire(side.contexts);
		negotiations_expire(side.negotiations);
	}
	for (unsigned n = 0; n < CLIENTS; n++) {
		(void)pthread_join(clients[n].thread, NULL);
		good += clients[n].good;
	}
	CU_ASSERT_EQUAL(good, CLIENTS * ROUNDS);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->added,
	    CLIENTS * ROUNDS);
	negotiators_destroy(pool);
	gss_side_clear(&side);
}

/* Jobs that are queued when the pool ends are done all the same. */
static void
test_the_pool_finishes_what_is_queued(void)
{
	static struct waiting_job jobs[64];
	unsigned n_put = 0;

	gss_side_init(&side, "dns.keytab");
	CU_ASSERT_EQUAL_FATAL(negotiators_create(side.negotiations, 2, 64,
				  &pool),
	    0);
	for (unsigned n = 0; n < 64; n++) {
		(void)sem_init(&jobs[n].done, 0, 0);
		jobs[n].job.done = job_done;
		jobs[n].job.leg = gss_side_leg("k", "garbage", 7);
		if (negotiators_submit(pool, &jobs[n].job))
			n_put++;
	}
	negotiators_destroy(pool);
	CU_ASSERT_EQUAL(n_put, 64);
	for (unsigned n = 0; n < n_put; n++) {
		CU_ASSERT_EQUAL(sem_trywait(&jobs[n].done), 0);
		CU_ASSERT_EQUAL(jobs[n].job.result.cause,
		    NEGOTIATION_MALFORMED);
		negotiation_result_clear(&jobs[n].job.result);
		(void)sem_destroy(&jobs[n].done);
	}
	gss_side_clear(&side);
}

static sem_t goes_on;

static void
job_waits(struct negotiation_job *job)
{
	(void)sem_wait(&goes_on);
	negotiation_result_clear(&job->result);
}

/* One thread, which waits behind its first job. */
static void
test_half_of_the_queue_is_kept(void)
{
	static struct negotiation_job jobs[17];
	unsigned n_put = 0;

	gss_side_init(&side, "dns.keytab");
	(void)sem_init(&goes_on, 0, 0);
	CU_ASSERT_EQUAL_FATAL(negotiators_create(side.negotiations, 1, 16,
				  &pool),
	    0);
	CU_ASSERT(!negotiators_are_pressed(pool));
	for (unsigned n = 0; n < 17; n++) {
		jobs[n].done = job_waits;
		jobs[n].leg = gss_side_leg("k", "garbage", 7);
	}
	while (n_put < 8 && negotiators_submit(pool, &jobs[n_put]))
		n_put++;
	CU_ASSERT(!negotiators_are_pressed(pool));
	while (n_put < 10 && negotiators_submit(pool, &jobs[n_put]))
		n_put++;
	CU_ASSERT(negotiators_are_pressed(pool));
	while (n_put < 17 && negotiators_submit(pool, &jobs[n_put]))
		n_put++;
	CU_ASSERT(n_put >= 16); /* others may come still */
	for (unsigned n = 0; n < n_put; n++)
		(void)sem_post(&goes_on);
	negotiators_destroy(pool);
	(void)sem_destroy(&goes_on);
	gss_side_clear(&side);
}

CU_TestInfo negotiators_tests[] = {
    {"storm", test_many_threads_negotiate_and_sign},
    {"stop", test_the_pool_finishes_what_is_queued},
    {"pressed", test_half_of_the_queue_is_kept},
    CU_TEST_INFO_NULL,
};
