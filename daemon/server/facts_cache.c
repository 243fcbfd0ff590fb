/*
 * facts_cache.c - what the directory told of principals, for a while
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/clock.h"
#include "daemon/identity/principal.h"
#include "daemon/server/facts_cache.h"

#define SHARDS 16
#define BUCKETS 1024  /* of each shard */
#define RETRY_MS 1000 /* after a question without an answer */

#define COUNT(counter)                                                         \
	((void)atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed))

struct facts_entry {
	struct principal *principal; /* reference */
	uint64_t hash;
	LIST_ENTRY(facts_entry) chain;
	TAILQ_ENTRY(facts_entry) idle; /* the idlest first */

	struct signer_facts *facts; /* NULL: never told */
	char *note;
	bool is_found;
	bool is_expired; /* judged by rules that have changed */
	uint64_t known_ms;

	uint64_t ticket; /* of the question under way; 0: none */
	bool has_failed; /* the last question had no answer */
	uint64_t retry_ms;
	LIST_HEAD(, facts_waiter) waiters;
};

struct shard {
	pthread_mutex_t lock; /* guards all below, and the entries in it */
	size_t n;
	TAILQ_HEAD(, facts_entry) idle;
	LIST_HEAD(, facts_entry) buckets[BUCKETS];
	struct facts_cache_times times;
	uint64_t last_ticket;
	uint64_t lost_ms; /* when the directory went away; 0: it is there */
};

struct facts_cache {
	struct facts_cache_config config; /* but for the times */
	struct facts_cache_counters counters;
	uint64_t seed;
	struct shard shards[SHARDS];
};

struct facts_ticket {
	struct facts_cache *cache;
	struct principal *principal; /* reference */
	uint64_t number;
};

/* --- Whose facts they are --- */

/* FNV-1a */
static uint64_t
hash_text(const char *text, uint64_t h)
{
	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	return h;
}

static uint64_t
hash_of(const struct facts_cache *c, const struct principal *p)
{
	uint64_t h = hash_text(p->text, c->seed ^ 0xcbf29ce484222325u);

	if (p->account != NULL)
		h = hash_text(p->account->name, h);
	return h ^ h >> 29;
}

/* By name, and by the account that the PAC tells of, or without one. */
static bool
is_same(const struct principal *a, const struct principal *b)
{
	if (strcmp(a->text, b->text) != 0 ||
	    (a->account == NULL) != (b->account == NULL))
		return false;
	return a->account == NULL ||
	    (sid_equal(&a->account->sid, &b->account->sid) &&
		strcmp(a->account->name, b->account->name) == 0);
}

static struct shard *
shard_of(struct facts_cache *c, uint64_t hash)
{
	return &c->shards[hash % SHARDS];
}

static struct facts_entry *
lookup(struct shard *s, const struct principal *p, uint64_t hash)
{
	struct facts_entry *e;

	LIST_FOREACH (e, &s->buckets[hash / SHARDS % BUCKETS], chain)
		if (e->hash == hash && is_same(e->principal, p))
			return e;
	return NULL;
}

static void
remove_entry(struct facts_cache *c, struct shard *s, struct facts_entry *e)
{
	LIST_REMOVE(e, chain);
	TAILQ_REMOVE(&s->idle, e, idle);
	s->n--;
	(void)atomic_fetch_sub(&c->counters.count, 1);
	principal_unref(e->principal);
	signer_facts_unref(e->facts);
	free(e->note);
	free(e);
}

/* The idlest goes that nobody waits for; false: there is none. */
static bool
make_room(struct facts_cache *c, struct shard *s)
{
	struct facts_entry *e;

	if (s->n < (c->config.max + SHARDS - 1) / SHARDS)
		return true;
	TAILQ_FOREACH (e, &s->idle, idle) {
		if (!LIST_EMPTY(&e->waiters))
			continue;
		remove_entry(c, s, e);
		COUNT(c->counters.evicted);
		return true;
	}
	return false;
}

static struct facts_entry *
add_entry(struct facts_cache *c, struct shard *s, struct principal *p,
    uint64_t hash)
{
	struct facts_entry *e;

	if (!make_room(c, s))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->principal = principal_ref(p);
	e->hash = hash;
	LIST_INIT(&e->waiters);
	LIST_INSERT_HEAD(&s->buckets[hash / SHARDS % BUCKETS], e, chain);
	TAILQ_INSERT_TAIL(&s->idle, e, idle);
	s->n++;
	(void)atomic_fetch_add(&c->counters.count, 1);
	return e;
}

/* --- Life of the cache --- */

struct facts_cache *
facts_cache_create(const struct facts_cache_config *config)
{
	struct facts_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->config = *config;
	if (getrandom(&c->seed, sizeof(c->seed), 0) != sizeof(c->seed))
		c->seed = clock_mono_ns();
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];

		(void)pthread_mutex_init(&s->lock, NULL);
		TAILQ_INIT(&s->idle);
		s->times = config->times;
		s->lost_ms = clock_mono_ms();
	}
	return c;
}

void
facts_cache_destroy(struct facts_cache *c)
{
	struct facts_entry *e;

	if (c == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		while ((e = TAILQ_FIRST(&c->shards[i].idle)) != NULL)
			remove_entry(c, &c->shards[i], e);
		(void)pthread_mutex_destroy(&c->shards[i].lock);
	}
	free(c);
}

const struct facts_cache_counters *
facts_cache_counters(const struct facts_cache *c)
{
	return &c->counters;
}

static void
notify_all(struct facts_entry *e)
{
	struct facts_waiter *w;

	while ((w = LIST_FIRST(&e->waiters)) != NULL) {
		LIST_REMOVE(w, link);
		w->entry = NULL;
		w->notify(w);
	}
}

/* Does something to every shard, its lock held. */
static void
each_shard(struct facts_cache *c,
    void (*act)(struct facts_cache *c, struct shard *s, const void *arg),
    const void *arg)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];

		(void)pthread_mutex_lock(&s->lock);
		act(c, s, arg);
		(void)pthread_mutex_unlock(&s->lock);
	}
}

static void
restart_shard(struct facts_cache *c, struct shard *s, const void *times)
{
	struct facts_entry *e;

	while ((e = TAILQ_FIRST(&s->idle)) != NULL) {
		notify_all(e);
		remove_entry(c, s, e);
	}
	s->times = *(const struct facts_cache_times *)times;
}

void
facts_cache_restart(struct facts_cache *c,
    const struct facts_cache_times *times)
{
	each_shard(c, restart_shard, times);
}

/* What had no answer is asked again as soon as somebody wants it. */
static void
set_shard_up(struct facts_cache *c, struct shard *s, const void *is_up)
{
	struct facts_entry *e;

	(void)c;
	if (!*(const bool *)is_up) {
		if (s->lost_ms == 0)
			s->lost_ms = clock_mono_ms();
		return;
	}
	s->lost_ms = 0;
	TAILQ_FOREACH (e, &s->idle, idle) {
		e->has_failed = false;
		e->retry_ms = 0;
	}
}

void
facts_cache_set_up(struct facts_cache *c, bool is_up)
{
	each_shard(c, set_shard_up, &is_up);
}

/* Answers under way are of the old rules, too. */
static void
expire_shard(struct facts_cache *c, struct shard *s, const void *arg)
{
	struct facts_entry *e;

	(void)c;
	(void)arg;
	TAILQ_FOREACH (e, &s->idle, idle) {
		e->is_expired = true;
		e->ticket = 0;
		notify_all(e);
	}
}

void
facts_cache_expire(struct facts_cache *c)
{
	each_shard(c, expire_shard, NULL);
}

/* --- Questions; the shard's lock is held --- */

static void
ask(struct facts_cache *c, struct shard *s, struct facts_entry *e)
{
	struct facts_ticket *t = malloc(sizeof(*t));

	COUNT(c->counters.asked);
	if (t != NULL) {
		t->cache = c;
		t->principal = principal_ref(e->principal);
		t->number = ++s->last_ticket;
		e->ticket = t->number;
		if (c->config.ask(c->config.arg, e->principal, t))
			return;
		principal_unref(t->principal);
		free(t);
	}
	COUNT(c->counters.failed);
	e->ticket = 0;
	e->has_failed = true;
	e->retry_ms = clock_mono_ms() + RETRY_MS;
}

static uint64_t
lifetime_ms(const struct shard *s, const struct facts_entry *e)
{
	return 1000ull *
	    (e->is_found ? s->times.cache_time_s
			 : s->times.negative_cache_time_s);
}

static bool
is_fresh(const struct shard *s, const struct facts_entry *e, uint64_t now_ms)
{
	return e->facts != NULL && !e->is_expired &&
	    now_ms - e->known_ms < lifetime_ms(s, e);
}

/* The directory is away for longer than its word may stand. */
static bool
is_lost_too_long(const struct shard *s, uint64_t now_ms)
{
	return s->lost_ms != 0 &&
	    now_ms - s->lost_ms > 1000ull * s->times.stale_time_s;
}

/* Old, and there is nobody to ask: better than nothing. */
static bool
is_usable(const struct shard *s, const struct facts_entry *e, uint64_t now_ms)
{
	return e->facts != NULL && !e->is_expired &&
	    (e->has_failed || s->lost_ms != 0) &&
	    now_ms - e->known_ms <= 1000ull * s->times.stale_time_s;
}

/* Before the facts are too old, so that nobody has to wait for new ones. */
static bool
is_to_be_asked(const struct shard *s, const struct facts_entry *e,
    uint64_t now_ms)
{
	if (e->ticket != 0 || now_ms < e->retry_ms)
		return false;
	return !is_fresh(s, e, now_ms) ||
	    now_ms - e->known_ms >= lifetime_ms(s, e) / 4 * 3;
}

/* Who is away for longer than an answer takes is not waited for. */
static bool
is_worth_waiting(const struct shard *s, const struct facts_entry *e,
    uint64_t now_ms)
{
	return e->ticket != 0 &&
	    (s->lost_ms == 0 ||
		now_ms - s->lost_ms <= 1000ull * s->times.timeout_s);
}

static void
view(struct facts_cache *c, const struct shard *s, const struct facts_entry *e,
    struct facts_view *view_out)
{
	uint64_t now_ms = clock_mono_ms();
	bool fresh = is_fresh(s, e, now_ms);

	if (!is_lost_too_long(s, now_ms) &&
	    (fresh || is_usable(s, e, now_ms))) {
		COUNT(c->counters.hits);
		if (!fresh)
			COUNT(c->counters.stale);
		view_out->state = SIGNER_FACTS_KNOWN;
		view_out->facts = signer_facts_ref(e->facts);
		view_out->is_stale = !fresh;
	} else if (is_worth_waiting(s, e, now_ms)) {
		COUNT(c->counters.coming);
		view_out->state = SIGNER_FACTS_COMING;
	} else {
		COUNT(c->counters.unknown);
	}
}

void
facts_cache_find(struct facts_cache *c, struct principal *p,
    struct facts_waiter *w, struct facts_view *view_out)
{
	uint64_t hash = hash_of(c, p);
	struct shard *s = shard_of(c, hash);
	struct facts_entry *e;

	*view_out = (struct facts_view){.state = SIGNER_FACTS_UNKNOWN};
	(void)pthread_mutex_lock(&s->lock);
	e = lookup(s, p, hash);
	if (e == NULL)
		e = add_entry(c, s, p, hash);
	if (e != NULL) {
		TAILQ_REMOVE(&s->idle, e, idle);
		TAILQ_INSERT_TAIL(&s->idle, e, idle);
		if (is_to_be_asked(s, e, clock_mono_ms()))
			ask(c, s, e);
		view(c, s, e, view_out);
	}
	if (w != NULL && view_out->state == SIGNER_FACTS_COMING) {
		w->entry = e;
		LIST_INSERT_HEAD(&e->waiters, w, link);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

bool
facts_cache_leave(struct facts_cache *c, struct principal *p,
    struct facts_waiter *w)
{
	struct shard *s = shard_of(c, hash_of(c, p));
	bool was_waiting;

	(void)pthread_mutex_lock(&s->lock);
	was_waiting = w->entry != NULL;
	if (was_waiting)
		LIST_REMOVE(w, link);
	w->entry = NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return was_waiting;
}

void
facts_cache_note(struct facts_cache *c, struct principal *p, char *text,
    size_t size)
{
	uint64_t hash = hash_of(c, p);
	struct shard *s = shard_of(c, hash);
	struct facts_entry *e;

	(void)pthread_mutex_lock(&s->lock);
	e = lookup(s, p, hash);
	(void)snprintf(text, size, "%s",
	    e == NULL || e->note == NULL ? "" : e->note);
	(void)pthread_mutex_unlock(&s->lock);
}

/* --- Answers --- */

/* Without an answer the old facts stay. */
static void
take_answer(struct facts_entry *e, enum facts_cache_result result,
    struct signer_facts **facts_io, char **note_io)
{
	struct signer_facts *old = e->facts;
	char *old_note = e->note;

	e->ticket = 0;
	e->has_failed = result == FACTS_CACHE_FAILED;
	if (e->has_failed) {
		e->retry_ms = clock_mono_ms() + RETRY_MS;
		if (old != NULL)
			return;
	} else {
		e->facts = *facts_io;
		*facts_io = old;
		e->is_found = result == FACTS_CACHE_FOUND;
		e->is_expired = false;
		e->known_ms = clock_mono_ms();
	}
	e->note = *note_io;
	*note_io = old_note;
}

void
facts_cache_answer(struct facts_ticket *t, enum facts_cache_result result,
    struct signer_facts *facts, char *note)
{
	struct facts_cache *c = t->cache;
	uint64_t hash = hash_of(c, t->principal);
	struct shard *s = shard_of(c, hash);
	struct facts_entry *e;

	if (result == FACTS_CACHE_FAILED)
		COUNT(c->counters.failed);
	(void)pthread_mutex_lock(&s->lock);
	e = lookup(s, t->principal, hash);
	if (e != NULL && e->ticket == t->number) {
		take_answer(e, result, &facts, &note);
		notify_all(e);
	}
	(void)pthread_mutex_unlock(&s->lock);
	signer_facts_unref(facts);
	free(note);
	principal_unref(t->principal);
	free(t);
}
