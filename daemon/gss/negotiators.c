/*
 * negotiators.c - the threads that carry out legs of negotiations
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A semaphore counts what is in the ring (and one more for each thread that
 * is to end), so any idle thread takes the next job.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "daemon/base/cpus.h"
#include "daemon/base/err.h"
#include "daemon/base/ring.h"
#include "daemon/gss/negotiators.h"

struct negotiators {
	struct ring *jobs;
	sem_t ready;
	atomic_bool is_stopping; /* nothing is submitted any more */
	unsigned n_threads;      /* started */
	pthread_t *threads;
	struct negotiator **negotiators; /* one for each */
};

/* What a thread is started with. */
struct start {
	struct negotiators *pool;
	struct negotiator *negotiator;
};

/*
 * The job that the semaphore promised; NULL: the pool is being destroyed.
 * A job may be hidden for an instant behind a slot that is being filled.
 */
static struct negotiation_job *
take_job(struct negotiators *n)
{
	struct negotiation_job *job;

	for (;;) {
		job = ring_take(n->jobs);
		if (job != NULL || atomic_load(&n->is_stopping))
			return job;
		(void)sched_yield();
	}
}

static void *
run(void *arg)
{
	struct start start = *(struct start *)arg;
	struct negotiation_job *job;

	free(arg);
	for (;;) {
		while (sem_wait(&start.pool->ready) == -1 && errno == EINTR)
			;
		job = take_job(start.pool);
		if (job == NULL)
			return NULL;
		negotiate_leg(start.negotiator, &job->leg, &job->result);
		job->done(job);
	}
}

static int
start_thread(struct negotiators *n, struct negotiations *shared)
{
	unsigned i = n->n_threads;
	struct start *start;
	int ret;

	ret = negotiator_create(shared, &n->negotiators[i]);
	if (ret != 0)
		return ret;
	start = malloc(sizeof(*start));
	ret = ERR_NOMEM;
	if (start != NULL) {
		start->pool = n;
		start->negotiator = n->negotiators[i];
		ret = pthread_create(&n->threads[i], NULL, run, start) == 0
		    ? 0
		    : ERR_BUSY;
	}
	if (ret != 0) {
		free(start);
		negotiator_destroy(n->negotiators[i]);
		return ret;
	}
	(void)pthread_setname_np(n->threads[i], "negotiator");
	n->n_threads++;
	return 0;
}

int
negotiators_create(struct negotiations *shared, unsigned n_threads,
    size_t queue_size, struct negotiators **negotiators_out)
{
	struct negotiators *n;
	int ret = ERR_NOMEM;

	*negotiators_out = NULL;
	if (n_threads == 0)
		n_threads = cpus_usable();
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_NOMEM;
	(void)sem_init(&n->ready, 0, 0);
	n->jobs = ring_create(queue_size);
	n->threads = calloc(n_threads, sizeof(*n->threads));
	n->negotiators = calloc(n_threads, sizeof(struct negotiator *));
	if (n->jobs == NULL || n->threads == NULL || n->negotiators == NULL)
		goto done;
	ret = 0;
	while (ret == 0 && n->n_threads < n_threads)
		ret = start_thread(n, shared);
	if (ret != 0)
		goto done;
	*negotiators_out = n;
	n = NULL;
done:
	negotiators_destroy(n);
	return ret;
}

void
negotiators_destroy(struct negotiators *n)
{
	if (n == NULL)
		return;
	atomic_store(&n->is_stopping, true);
	for (unsigned i = 0; i < n->n_threads; i++)
		(void)sem_post(&n->ready);
	for (unsigned i = 0; i < n->n_threads; i++) {
		(void)pthread_join(n->threads[i], NULL);
		negotiator_destroy(n->negotiators[i]);
	}
	(void)sem_destroy(&n->ready);
	ring_destroy(n->jobs);
	free(n->threads);
	free(n->negotiators);
	free(n);
}

bool
negotiators_submit(struct negotiators *n, struct negotiation_job *job)
{
	if (!ring_put(n->jobs, job))
		return false;
	(void)sem_post(&n->ready);
	return true;
}

bool
negotiators_are_pressed(const struct negotiators *n)
{
	return ring_count(n->jobs) > ring_size(n->jobs) / 2;
}
