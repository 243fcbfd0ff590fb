/*
 * queue.c - updates that wait to be judged, in turn by signer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/queue.h"

#define BUCKETS ((size_t)4096)

/* The jobs of one signer; there is none without jobs. */
struct lane {
	struct lane *next_in_bucket;
	struct lane *next_turn; /* a ring */
	uint64_t hash;
	struct store_job *first, **end;
	size_t n;
};

struct queue {
	size_t room;
	_Atomic size_t n;
	uint64_t seed;
	struct lane *last_turn; /* had its turn last; NULL: no lanes */
	struct lane *unused;    /* by next_turn */
	struct lane *buckets[BUCKETS];
};

struct queue *
queue_create(size_t room)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->room = room;
	/* Where our memory lies is no secret, but nothing a peer knows. */
	q->seed = (uint64_t)(uintptr_t)q * 0x9e3779b97f4a7c15u;
	return q;
}

void
queue_destroy(struct queue *q)
{
	struct lane *l, *next;

	if (q == NULL)
		return;
	assert(queue_count(q) == 0);
	for (l = q->unused; l != NULL; l = next) {
		next = l->next_turn;
		free(l);
	}
	free(q);
}

size_t
queue_count(const struct queue *q)
{
	return atomic_load_explicit(&q->n, memory_order_relaxed);
}

bool
queue_has_room(const struct queue *q)
{
	return queue_count(q) < q->room;
}

/* --- Whose lane --- */

static bool
is_signed(const struct store_job *job)
{
	return job->signer != NULL && job->signer[0] != '\0';
}

/* FNV-1a, seeded. */
static uint64_t
hash_of(const struct queue *q, const struct store_job *job)
{
	const void *octets = job->address.octets;
	size_t len = sizeof(job->address.octets);
	uint64_t hash = q->seed ^ 0xcbf29ce484222325u ^ job->is_own;

	if (is_signed(job)) {
		octets = job->signer;
		len = strlen(job->signer);
	}
	for (const uint8_t *p = octets; len > 0; len--, p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static bool
same_signer(const struct store_job *a, const struct store_job *b)
{
	if (a->is_own || b->is_own)
		return a->is_own == b->is_own;
	if (is_signed(a) || is_signed(b))
		return is_signed(a) && is_signed(b) &&
		    strcmp(a->signer, b->signer) == 0;
	return memcmp(a->address.octets, b->address.octets,
		   sizeof(a->address.octets)) == 0;
}

static struct lane **
find_lane(struct queue *q, const struct store_job *job, uint64_t hash)
{
	struct lane **at = &q->buckets[hash % BUCKETS];

	while (*at != NULL &&
	    ((*at)->hash != hash || !same_signer((*at)->first, job)))
		at = &(*at)->next_in_bucket;
	return at;
}

/* A new lane at that place of its bucket; its turn comes last. */
static struct lane *
open_lane(struct queue *q, struct lane **at, uint64_t hash)
{
	struct lane *l = q->unused;

	if (l != NULL)
		q->unused = l->next_turn;
	else
		l = malloc(sizeof(*l));
	if (l == NULL)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->hash = hash;
	l->end = &l->first;
	*at = l;
	if (q->last_turn == NULL) {
		l->next_turn = l;
	} else {
		l->next_turn = q->last_turn->next_turn;
		q->last_turn->next_turn = l;
	}
	q->last_turn = l;
	return l;
}

/* l, whose last job is the given one, comes after before in the ring. */
static void
close_lane(struct queue *q, struct lane *before, struct lane *l,
    const struct store_job *job)
{
	struct lane **at = find_lane(q, job, l->hash);

	assert(*at == l);
	*at = l->next_in_bucket;
	before->next_turn = l->next_turn;
	q->last_turn = before == l ? NULL : before;
	l->next_turn = q->unused;
	q->unused = l;
}

/* --- Jobs --- */

int
queue_put(struct queue *q, struct store_job *job)
{
	uint64_t hash = hash_of(q, job);
	struct lane **at = find_lane(q, job, hash);
	struct lane *l = *at;

	assert(queue_has_room(q));
	if (l != NULL && l->n >= QUEUE_SHARE && queue_count(q) >= q->room / 2)
		return ERR_BUSY;
	if (l == NULL)
		l = open_lane(q, at, hash);
	if (l == NULL)
		return ERR_NOMEM;
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
	l->n++;
	atomic_fetch_add_explicit(&q->n, 1, memory_order_relaxed);
	return 0;
}

struct store_job *
queue_take(struct queue *q)
{
	struct lane *before = q->last_turn, *l;
	struct store_job *job;

	if (before == NULL)
		return NULL;
	l = before->next_turn;
	job = l->first;
	if (l->n == 1) {
		close_lane(q, before, l, job);
	} else {
		l->first = job->next;
		l->n--;
		q->last_turn = l;
	}
	job->next = NULL;
	atomic_fetch_sub_explicit(&q->n, 1, memory_order_relaxed);
	return job;
}
