/*
 * replays.c - what must not come a second time
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A ring of entries in order of time, and a hash over their places: the
 * oldest is always the next to be overwritten.  Digests are as good as random,
 * so their first octets are the hash.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/gss/replays.h"

#define NOWHERE UINT32_MAX

struct entry {
	uint8_t digest[REPLAY_DIGEST_LEN];
	uint64_t until_ms; /* 0: empty */
	uint32_t chain;    /* place of the next of its bucket */
};

struct replays {
	pthread_mutex_t lock; /* guards all below */
	size_t size;          /* a power of two: entries, and buckets */
	size_t next;          /* place of the oldest */
	struct entry *entries;
	uint32_t *buckets;
};

struct replays *
replays_create(size_t size)
{
	struct replays *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	(void)pthread_mutex_init(&r->lock, NULL);
	r->size = 16;
	while (r->size < size)
		r->size *= 2;
	r->entries = calloc(r->size, sizeof(*r->entries));
	r->buckets = malloc(r->size * sizeof(*r->buckets));
	if (r->entries == NULL || r->buckets == NULL) {
		replays_destroy(r);
		return NULL;
	}
	memset(r->buckets, 0xff, r->size * sizeof(*r->buckets));
	return r;
}

void
replays_destroy(struct replays *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_destroy(&r->lock);
	free(r->entries);
	free(r->buckets);
	free(r);
}

static uint32_t *
bucket_of(struct replays *r, const uint8_t *digest)
{
	uint64_t h;

	memcpy(&h, digest, sizeof(h));
	return &r->buckets[h & (r->size - 1)];
}

static bool
has_locked(struct replays *r, const uint8_t *digest, uint64_t age_ms)
{
	uint64_t now_ms = clock_mono_ms();
	uint32_t at;

	for (at = *bucket_of(r, digest); at != NOWHERE;
	     at = r->entries[at].chain)
		if (memcmp(r->entries[at].digest, digest, REPLAY_DIGEST_LEN) ==
		    0)
			return now_ms < r->entries[at].until_ms &&
			    now_ms + REPLAY_LIFE_MS >=
			    r->entries[at].until_ms + age_ms;
	return false;
}

/* Takes the entry at place out of its bucket. */
static void
forget(struct replays *r, size_t place)
{
	uint32_t *at = bucket_of(r, r->entries[place].digest);

	while (*at != place)
		at = &r->entries[*at].chain;
	*at = r->entries[place].chain;
}

static void
add_locked(struct replays *r, const uint8_t *digest)
{
	struct entry *e = &r->entries[r->next];
	uint32_t *bucket = bucket_of(r, digest);

	if (e->until_ms != 0)
		forget(r, r->next);
	memcpy(e->digest, digest, REPLAY_DIGEST_LEN);
	e->until_ms = clock_mono_ms() + REPLAY_LIFE_MS;
	e->chain = *bucket;
	*bucket = (uint32_t)r->next;
	r->next = (r->next + 1) & (r->size - 1);
}

bool
replays_has(struct replays *r, const uint8_t digest[REPLAY_DIGEST_LEN],
    uint64_t age_ms)
{
	bool has;

	(void)pthread_mutex_lock(&r->lock);
	has = has_locked(r, digest, age_ms);
	(void)pthread_mutex_unlock(&r->lock);
	return has;
}

bool
replays_add(struct replays *r, const uint8_t digest[REPLAY_DIGEST_LEN])
{
	bool has;

	(void)pthread_mutex_lock(&r->lock);
	has = has_locked(r, digest, 0);
	if (!has)
		add_locked(r, digest);
	(void)pthread_mutex_unlock(&r->lock);
	return !has;
}
