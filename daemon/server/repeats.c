/*
 * repeats.c - requests sent again: the same answer, carried out once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/server/repeats.h"

#define SHARDS 64
#define CHAINS 1024 /* of a shard */

struct note {
	struct repeat_key key;
	uint64_t at_ms;
	uint8_t *answer; /* NULL: in hand */
	size_t len;
	LIST_ENTRY(note) chain;
	TAILQ_ENTRY(note) age;
};

struct shard {
	pthread_mutex_t lock;
	LIST_HEAD(, note) chains[CHAINS];
	TAILQ_HEAD(notes, note) oldest_first;
	size_t n, octets;
};

struct repeats {
	size_t max_entries, max_octets; /* of a shard */
	struct shard shards[SHARDS];
};

struct repeats *
repeats_create(size_t max_entries, size_t max_octets)
{
	struct repeats *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->max_entries = max_entries / SHARDS + 1;
	r->max_octets = max_octets / SHARDS + 1;
	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_init(&r->shards[i].lock, NULL);
		TAILQ_INIT(&r->shards[i].oldest_first);
	}
	return r;
}

static void
remove_note(struct shard *s, struct note *n)
{
	LIST_REMOVE(n, chain);
	TAILQ_REMOVE(&s->oldest_first, n, age);
	s->n--;
	s->octets -= n->len;
	free(n->answer);
	free(n);
}

void
repeats_destroy(struct repeats *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &r->shards[i];

		while (!TAILQ_EMPTY(&s->oldest_first))
			remove_note(s, TAILQ_FIRST(&s->oldest_first));
		(void)pthread_mutex_destroy(&s->lock);
	}
	free(r);
}

struct repeat_digest {
	EVP_MD_CTX *context;
};

struct repeat_digest *
repeat_digest_create(void)
{
	struct repeat_digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->context = EVP_MD_CTX_new();
	if (d->context == NULL ||
	    EVP_DigestInit_ex(d->context, EVP_sha256(), NULL) != 1) {
		repeat_digest_destroy(d);
		return NULL;
	}
	return d;
}

void
repeat_digest_destroy(struct repeat_digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->context);
	free(d);
}

int
repeats_key(struct repeat_digest *d, const struct addr *from,
    const uint8_t *octets, size_t len, struct repeat_key *key_out)
{
	struct addr a;
	unsigned digest_len = 0;

	memset(&a, 0, sizeof(a)); /* padding is digested, too */
	a.family = from->family;
	a.port = from->port;
	a.scope = from->scope;
	memcpy(a.octets, from->octets, sizeof(a.octets));
	if (EVP_DigestInit_ex(d->context, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(d->context, &a, sizeof(a)) != 1 ||
	    EVP_DigestUpdate(d->context, octets, len) != 1 ||
	    EVP_DigestFinal_ex(d->context, key_out->octets, &digest_len) != 1)
		return ERR_CRYPTO;
	return 0;
}

static struct shard *
shard_of(struct repeats *r, const struct repeat_key *key)
{
	return &r->shards[key->octets[0] % SHARDS];
}

static size_t
chain_of(const struct repeat_key *key)
{
	return (size_t)(key->octets[1] << 8 | key->octets[2]) % CHAINS;
}

static struct note *
find_note(struct shard *s, const struct repeat_key *key)
{
	struct note *n;

	LIST_FOREACH (n, &s->chains[chain_of(key)], chain)
		if (memcmp(&n->key, key, sizeof(*key)) == 0)
			return n;
	return NULL;
}

/* Makes room for one more of len octets, and lets go of what is too old. */
static void
expire_notes(struct repeats *r, struct shard *s, size_t len, uint64_t now_ms)
{
	struct note *n;

	while ((n = TAILQ_FIRST(&s->oldest_first)) != NULL) {
		if (n->at_ms + REPEATS_LIFE_MS > now_ms &&
		    s->n < r->max_entries && s->octets + len <= r->max_octets)
			return;
		remove_note(s, n);
	}
}

enum repeat_found
repeats_begin(struct repeats *r, const struct repeat_key *key, uint8_t *answer,
    size_t size, size_t *len_out)
{
	struct shard *s = shard_of(r, key);
	uint64_t now_ms = clock_mono_ms();
	enum repeat_found found = REPEAT_NEW;
	struct note *n;

	*len_out = 0;
	(void)pthread_mutex_lock(&s->lock);
	expire_notes(r, s, 0, now_ms);
	n = find_note(s, key);
	if (n != NULL) {
		found = REPEAT_IN_HAND;
		if (n->answer != NULL && n->len <= size) {
			memcpy(answer, n->answer, n->len);
			*len_out = n->len;
			found = REPEAT_FINISHED;
		}
	} else if ((n = calloc(1, sizeof(*n))) != NULL) {
		n->key = *key;
		n->at_ms = now_ms;
		LIST_INSERT_HEAD(&s->chains[chain_of(key)], n, chain);
		TAILQ_INSERT_TAIL(&s->oldest_first, n, age);
		s->n++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return found;
}

void
repeats_finish(struct repeats *r, const struct repeat_key *key,
    const uint8_t *answer, size_t len)
{
	struct shard *s = shard_of(r, key);
	struct note *n;
	uint8_t *copy = malloc(len);

	(void)pthread_mutex_lock(&s->lock);
	n = find_note(s, key);
	if (n != NULL && copy != NULL && n->answer == NULL) {
		memcpy(copy, answer, len);
		n->answer = copy;
		n->len = len;
		s->octets += len;
		copy = NULL;
		expire_notes(r, s, 0, clock_mono_ms());
	}
	(void)pthread_mutex_unlock(&s->lock);
	free(copy);
}

void
repeats_forget(struct repeats *r, const struct repeat_key *key)
{
	struct shard *s = shard_of(r, key);
	struct note *n;

	(void)pthread_mutex_lock(&s->lock);
	n = find_note(s, key);
	if (n != NULL)
		remove_note(s, n);
	(void)pthread_mutex_unlock(&s->lock);
}

size_t
repeats_count(struct repeats *r)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_lock(&r->shards[i].lock);
		n += r->shards[i].n;
		(void)pthread_mutex_unlock(&r->shards[i].lock);
	}
	return n;
}
