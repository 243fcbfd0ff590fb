/*
 * half_open.c - negotiations that wait for their next leg
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buckets are by what counts as an address, so that those of one are found
 * together.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/gss/half_open.h"

#define BUCKETS 1024

TAILQ_HEAD(half_open_list, half_open);

struct half_open_table {
	pthread_mutex_t lock; /* guards all below */
	struct half_open_limits limits;
	struct half_open_counters counters;
	uint64_t seed;
	size_t n;
	struct half_open_list by_age;           /* oldest first */
	struct half_open_list buckets[BUCKETS]; /* each oldest first */
};

struct half_open_table *
half_open_table_create(const struct half_open_limits *limits,
    const struct half_open_counters *counters)
{
	struct half_open_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	(void)pthread_mutex_init(&t->lock, NULL);
	t->limits = *limits;
	t->counters = *counters;
	t->seed = addr_hash_seed();
	TAILQ_INIT(&t->by_age);
	for (size_t i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&t->buckets[i]);
	return t;
}

void
half_open_table_configure(struct half_open_table *t,
    const struct half_open_limits *limits)
{
	(void)pthread_mutex_lock(&t->lock);
	t->limits = *limits;
	(void)pthread_mutex_unlock(&t->lock);
}

struct half_open *
half_open_create(const struct addr *client, const struct name *key_name)
{
	struct half_open *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->client = *client;
	h->budget = addr_budget(client);
	h->key_name = *key_name;
	h->gss = GSS_C_NO_CONTEXT;
	return h;
}

void
half_open_destroy(struct half_open *h)
{
	OM_uint32 minor;

	if (h == NULL)
		return;
	(void)gss_delete_sec_context(&minor, &h->gss, GSS_C_NO_BUFFER);
	free(h->token);
	free(h);
}

static void
destroy_list(struct half_open_list *dead)
{
	struct half_open *h;

	while ((h = TAILQ_FIRST(dead)) != NULL) {
		TAILQ_REMOVE(dead, h, by_age);
		half_open_destroy(h);
	}
}

static struct half_open_list *
bucket_of(struct half_open_table *t, const struct addr *budget)
{
	return &t->buckets[addr_hash(budget, t->seed) % BUCKETS];
}

static void
take_out(struct half_open_table *t, struct half_open *h)
{
	TAILQ_REMOVE(bucket_of(t, &h->budget), h, by_bucket);
	TAILQ_REMOVE(&t->by_age, h, by_age);
	t->n--;
	atomic_fetch_sub_explicit(t->counters.count, 1, memory_order_relaxed);
}

static struct half_open *
find(struct half_open_table *t, const struct addr *client,
    const struct name *key_name)
{
	struct addr budget = addr_budget(client);
	struct half_open *h;

	TAILQ_FOREACH (h, bucket_of(t, &budget), by_bucket)
		if (addr_equal(&h->client, client) &&
		    name_equal(h->key_name.octets, key_name->octets))
			return h;
	return NULL;
}

/* Moves the expired to dead; they are the first by age. */
static void
expire_locked(struct half_open_table *t, struct half_open_list *dead)
{
	uint64_t now_ms = clock_mono_ms();
	struct half_open *h;

	while ((h = TAILQ_FIRST(&t->by_age)) != NULL && now_ms >= h->until_ms) {
		take_out(t, h);
		TAILQ_INSERT_TAIL(dead, h, by_age);
		atomic_fetch_add_explicit(t->counters.timed_out, 1,
		    memory_order_relaxed);
	}
}

static void
evict(struct half_open_table *t, struct half_open *h,
    struct half_open_list *dead)
{
	take_out(t, h);
	TAILQ_INSERT_TAIL(dead, h, by_age);
	atomic_fetch_add_explicit(t->counters.evicted, 1, memory_order_relaxed);
}

/* The oldest of what counts as one address, and how many it has. */
static struct half_open *
oldest_of(struct half_open_table *t, const struct addr *budget, size_t *n_out)
{
	struct half_open *h, *oldest = NULL;

	*n_out = 0;
	TAILQ_FOREACH (h, bucket_of(t, budget), by_bucket) {
		if (!addr_equal(&h->budget, budget))
			continue;
		if (oldest == NULL)
			oldest = h;
		(*n_out)++;
	}
	return oldest;
}

struct half_open *
half_open_take(struct half_open_table *t, const struct addr *client,
    const struct name *key_name)
{
	struct half_open_list dead = TAILQ_HEAD_INITIALIZER(dead);
	struct half_open *h;

	(void)pthread_mutex_lock(&t->lock);
	expire_locked(t, &dead);
	h = find(t, client, key_name);
	if (h != NULL)
		take_out(t, h);
	(void)pthread_mutex_unlock(&t->lock);
	destroy_list(&dead);
	return h;
}

void
half_open_put(struct half_open_table *t, struct half_open *h)
{
	struct half_open_list dead = TAILQ_HEAD_INITIALIZER(dead);
	struct half_open *old;
	size_t n;

	(void)pthread_mutex_lock(&t->lock);
	expire_locked(t, &dead);
	old = find(t, &h->client, &h->key_name);
	if (old != NULL)
		evict(t, old, &dead);
	old = oldest_of(t, &h->budget, &n);
	if (old != NULL && n >= t->limits.per_address)
		evict(t, old, &dead);
	if (t->n > 0 && t->n >= t->limits.max)
		evict(t, TAILQ_FIRST(&t->by_age), &dead);
	h->until_ms = clock_mono_ms() + (uint64_t)t->limits.timeout_s * 1000;
	TAILQ_INSERT_TAIL(bucket_of(t, &h->budget), h, by_bucket);
	TAILQ_INSERT_TAIL(&t->by_age, h, by_age);
	t->n++;
	atomic_fetch_add_explicit(t->counters.count, 1, memory_order_relaxed);
	(void)pthread_mutex_unlock(&t->lock);
	destroy_list(&dead);
}

void
half_open_expire(struct half_open_table *t)
{
	struct half_open_list dead = TAILQ_HEAD_INITIALIZER(dead);

	(void)pthread_mutex_lock(&t->lock);
	expire_locked(t, &dead);
	(void)pthread_mutex_unlock(&t->lock);
	destroy_list(&dead);
}

void
half_open_table_destroy(struct half_open_table *t)
{
	if (t == NULL)
		return;
	destroy_list(&t->by_age);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}
