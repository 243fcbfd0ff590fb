/*
 * contexts.c - the table of established security contexts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lookups take the lock of one shard.  What links or unlinks a context holds
 * the structure lock first, and then that of the shard; contexts that were
 * unlinked are released when no lock is held.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/owners.h"
#include "daemon/gss/private.h"

#define SHARDS 64
#define CONTEXTS_PER_BUCKET 2
#define NEVER UINT64_MAX
#define AP_REQS_MAX (1 << 17) /* remembered: 6 MB */

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	struct context **buckets;
	struct context_list by_use; /* idlest first */
	uint64_t expiry_ms;         /* none expires before; structure lock */
};

struct contexts {
	pthread_mutex_t structure; /* guards config, owners, links */
	struct contexts_config config;
	uint64_t seed;
	size_t n_buckets; /* of a shard; a power of two */
	struct contexts_counters counters;
	struct replays *ap_reqs; /* that have made a context */
	struct owners owners;
	struct shard shards[SHARDS];

	/* When the idlest of each shard was used; written under its lock. */
	_Atomic uint64_t idlest_ms[SHARDS]; /* NEVER: it is empty */
};

static void
count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static struct shard *
shard_of(struct contexts *t, uint64_t hash)
{
	return &t->shards[hash % SHARDS];
}

static struct context **
bucket_of(struct contexts *t, uint64_t hash)
{
	return &shard_of(t, hash)->buckets[hash / SHARDS & (t->n_buckets - 1)];
}

static bool
config_is_sane(const struct contexts_config *config)
{
	return config->max_contexts > 0 && config->contexts_per_principal > 0 &&
	    config->context_lifetime_s > 0;
}

static int
make_shards(struct contexts *t)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &t->shards[i];

		(void)pthread_mutex_init(&s->lock, NULL);
		TAILQ_INIT(&s->by_use);
		s->expiry_ms = NEVER;
		atomic_init(&t->idlest_ms[i], NEVER);
		s->buckets = calloc(t->n_buckets, sizeof(*s->buckets));
		if (s->buckets == NULL)
			return ERR_NOMEM;
	}
	return 0;
}

int
contexts_create(const struct contexts_config *config,
    struct contexts **contexts_out)
{
	struct contexts *t;
	int ret;

	*contexts_out = NULL;
	if (!config_is_sane(config))
		return ERR_RANGE;
	t = aligned_alloc(64, sizeof(*t));
	if (t == NULL)
		return ERR_NOMEM;
	memset(t, 0, sizeof(*t));
	t->config = *config;
	(void)pthread_mutex_init(&t->structure, NULL);
	if (getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed))
		t->seed = clock_mono_ns();
	t->owners.seed = t->seed;
	t->n_buckets = 16;
	while (
	    t->n_buckets * SHARDS * CONTEXTS_PER_BUCKET < config->max_contexts)
		t->n_buckets *= 2;
	ret = make_shards(t);
	t->ap_reqs = replays_create(AP_REQS_MAX);
	if (t->ap_reqs == NULL)
		ret = ERR_NOMEM;
	if (ret != 0) {
		contexts_destroy(t);
		return ret;
	}
	*contexts_out = t;
	return 0;
}

void
contexts_configure(struct contexts *t, const struct contexts_config *config)
{
	if (!config_is_sane(config))
		return;
	(void)pthread_mutex_lock(&t->structure);
	t->config = *config;
	(void)pthread_mutex_unlock(&t->structure);
}

const struct contexts_counters *
contexts_counters(const struct contexts *t)
{
	return &t->counters;
}

/* The idlest of a shard is another one now; its lock is held. */
static void
note_idlest(struct contexts *t, struct shard *s)
{
	const struct context *c = TAILQ_FIRST(&s->by_use);

	atomic_store_explicit(&t->idlest_ms[s - t->shards],
	    c == NULL ? NEVER : context_used_ms(c), memory_order_relaxed);
}

/* Takes c out; both locks are held.  Its reference goes to *dead_io. */
static void
unlink_locked(struct contexts *t, struct context *c, struct context **dead_io)
{
	struct context **at = bucket_of(t, c->hash);
	struct shard *s = shard_of(t, c->hash);
	bool was_idlest = TAILQ_FIRST(&s->by_use) == c;

	while (*at != c)
		at = &(*at)->chain;
	*at = c->chain;
	TAILQ_REMOVE(&s->by_use, c, by_use);
	if (was_idlest)
		note_idlest(t, s);
	TAILQ_REMOVE(&c->owner->contexts, c, by_owner);
	c->owner->n--;
	owners_drop_if_empty(&t->owners, c->owner);
	c->owner = NULL;
	c->is_linked = false;
	c->dead = *dead_io;
	*dead_io = c;
	atomic_fetch_sub_explicit(&t->counters.count, 1, memory_order_relaxed);
}

/* The same with only the structure lock held. */
static void
unlink_context(struct contexts *t, struct context *c, struct context **dead_io)
{
	struct shard *s = shard_of(t, c->hash);

	(void)pthread_mutex_lock(&s->lock);
	unlink_locked(t, c, dead_io);
	(void)pthread_mutex_unlock(&s->lock);
}

static size_t
release(struct context *dead)
{
	size_t n = 0;

	while (dead != NULL) {
		struct context *next = dead->dead;

		context_unref(dead);
		dead = next;
		n++;
	}
	return n;
}

/* Makes c part of the table, which keeps the reference given to it. */
static void
link_context(struct contexts *t, struct context *c, struct owner *o)
{
	struct shard *s = shard_of(t, c->hash);
	struct context **bucket = bucket_of(t, c->hash);

	c->owner = o;
	o->n++;
	TAILQ_INSERT_TAIL(&o->contexts, c, by_owner);
	(void)pthread_mutex_lock(&s->lock);
	c->chain = *bucket;
	*bucket = c;
	c->is_linked = true;
	TAILQ_INSERT_TAIL(&s->by_use, c, by_use);
	if (TAILQ_FIRST(&s->by_use) == c)
		note_idlest(t, s);
	(void)pthread_mutex_unlock(&s->lock);
	if (c->expiry_ms < s->expiry_ms)
		s->expiry_ms = c->expiry_ms;
	atomic_fetch_add_explicit(&t->counters.count, 1, memory_order_relaxed);
	count(&t->counters.added);
}

/* With the shard's or the structure lock held. */
static struct context *
lookup(struct contexts *t, const uint8_t *key_name, uint64_t hash)
{
	struct context *c;

	for (c = *bucket_of(t, hash); c != NULL; c = c->chain)
		if (c->hash == hash && name_equal(c->key_name.octets, key_name))
			return c;
	return NULL;
}

/* Structure lock held: only the order within a shard may change meanwhile. */
static struct context *
idlest_of_all(struct contexts *t)
{
	uint64_t idlest_ms = NEVER;
	struct shard *s = t->shards;
	struct context *c;

	for (size_t i = 0; i < SHARDS; i++) {
		uint64_t used_ms = atomic_load_explicit(&t->idlest_ms[i],
		    memory_order_relaxed);

		if (used_ms < idlest_ms) {
			idlest_ms = used_ms;
			s = &t->shards[i];
		}
	}
	(void)pthread_mutex_lock(&s->lock);
	c = TAILQ_FIRST(&s->by_use);
	(void)pthread_mutex_unlock(&s->lock);
	return c;
}

/* Takes out victim to make room for one more of o; false: there is none. */
static bool
evict(struct contexts *t, struct owner *o, struct context *victim,
    struct context **dead_io)
{
	if (victim == NULL)
		return false;
	o->n++; /* the owner stays when its last context goes */
	unlink_context(t, victim, dead_io);
	o->n--;
	return true;
}

static void
make_room(struct contexts *t, struct owner *o, struct context **dead_io)
{
	while (o->n >= t->config.contexts_per_principal &&
	    evict(t, o, owner_idlest(o), dead_io))
		count(&t->counters.evicted_principal);
	while (atomic_load_explicit(&t->counters.count, memory_order_relaxed) >=
		t->config.max_contexts &&
	    evict(t, o, idlest_of_all(t), dead_io))
		count(&t->counters.evicted_full);
}

/* Frees the name if only an expired context has it; false: it is in use. */
static bool
claim_name(struct contexts *t, const struct context *c,
    struct context **dead_io)
{
	struct context *old = lookup(t, c->key_name.octets, c->hash);

	if (old == NULL)
		return true;
	if (!context_is_expired(old))
		return false;
	unlink_context(t, old, dead_io);
	count(&t->counters.expired);
	return true;
}

static int
add_locked(struct contexts *t, struct context *c, struct context **dead_io)
{
	struct owner *o;

	if (!claim_name(t, c, dead_io))
		return ERR_EXISTS;
	o = owners_get(&t->owners, c->principal);
	if (o == NULL)
		return ERR_NOMEM;
	make_room(t, o, dead_io);
	owner_share_principal(o, c);
	link_context(t, context_ref(c), o);
	return 0;
}

/* Weak ones tell nothing of their AP-REQ. */
static bool
is_first_of_its_ap_req(struct contexts *t, const struct context *c,
    const uint8_t ap_req[REPLAY_DIGEST_LEN])
{
	return c->key.key == NULL || replays_add(t->ap_reqs, ap_req);
}

static uint32_t
lifetime_max(struct contexts *t)
{
	uint32_t lifetime_s;

	(void)pthread_mutex_lock(&t->structure);
	lifetime_s = t->config.context_lifetime_s;
	(void)pthread_mutex_unlock(&t->structure);
	return lifetime_s;
}

int
contexts_add(struct contexts *t, struct context_session *session,
    const struct context_facts *facts, struct context **context_out)
{
	struct context *c, *dead = NULL;
	int ret;

	*context_out = NULL;
	ret = context_create(session, facts, lifetime_max(t), &c);
	if (ret != 0)
		return ret;
	if (!is_first_of_its_ap_req(t, c, session->ap_req)) {
		context_unref(c);
		return ERR_PERM;
	}
	c->hash = name_hash(c->key_name.octets, t->seed);
	(void)pthread_mutex_lock(&t->structure);
	ret = add_locked(t, c, &dead);
	(void)pthread_mutex_unlock(&t->structure);
	(void)release(dead);
	if (ret != 0) {
		context_unref(c);
		return ret;
	}
	*context_out = c;
	return 0;
}

/* A reference on the context of that name, expired or not; or NULL. */
static struct context *
find(struct contexts *t, const uint8_t *key_name)
{
	uint64_t hash = name_hash(key_name, t->seed);
	struct shard *s = shard_of(t, hash);
	struct context *c;

	(void)pthread_mutex_lock(&s->lock);
	c = lookup(t, key_name, hash);
	if (c != NULL)
		(void)context_ref(c);
	(void)pthread_mutex_unlock(&s->lock);
	return c;
}

/* Unlinks c unless somebody else was faster. */
static bool
take_out(struct contexts *t, struct context *c)
{
	struct context *dead = NULL;
	bool was_linked;

	(void)pthread_mutex_lock(&t->structure);
	was_linked = c->is_linked;
	if (was_linked)
		unlink_context(t, c, &dead);
	(void)pthread_mutex_unlock(&t->structure);
	(void)release(dead);
	return was_linked;
}

int
contexts_find(struct contexts *t, const uint8_t *key_name,
    struct context **context_out)
{
	struct context *c = find(t, key_name);

	*context_out = NULL;
	if (c == NULL)
		return ERR_NOTFOUND;
	if (context_is_expired(c)) {
		if (take_out(t, c))
			count(&t->counters.expired);
		context_unref(c);
		return ERR_TIMEOUT;
	}
	*context_out = c;
	return 0;
}

void
contexts_used(struct contexts *t, struct context *c)
{
	struct shard *s = shard_of(t, c->hash);
	bool was_idlest;

	(void)pthread_mutex_lock(&s->lock);
	atomic_store_explicit(&c->used_ms, clock_mono_ms(),
	    memory_order_relaxed);
	if (c->is_linked) {
		was_idlest = TAILQ_FIRST(&s->by_use) == c;
		TAILQ_REMOVE(&s->by_use, c, by_use);
		TAILQ_INSERT_TAIL(&s->by_use, c, by_use);
		if (was_idlest)
			note_idlest(t, s);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

bool
contexts_has(struct contexts *t, const uint8_t *key_name)
{
	uint64_t hash = name_hash(key_name, t->seed);
	struct shard *s = shard_of(t, hash);
	struct context *c;
	bool has;

	(void)pthread_mutex_lock(&s->lock);
	c = lookup(t, key_name, hash);
	has = c != NULL && !context_is_expired(c);
	(void)pthread_mutex_unlock(&s->lock);
	return has;
}

bool
contexts_remove(struct contexts *t, struct context *c)
{
	if (!take_out(t, c))
		return false;
	count(&t->counters.removed);
	return true;
}

/* Unlinks what of one shard expires until now_ms; structure lock held. */
static void
sweep(struct contexts *t, struct shard *s, uint64_t now_ms,
    struct context **dead_io)
{
	struct context *c, *next;

	if (s->expiry_ms > now_ms)
		return; /* most of the time: there may be 20,000 to look at */
	s->expiry_ms = NEVER;
	(void)pthread_mutex_lock(&s->lock);
	for (c = TAILQ_FIRST(&s->by_use); c != NULL; c = next) {
		next = TAILQ_NEXT(c, by_use);
		if (c->expiry_ms <= now_ms)
			unlink_locked(t, c, dead_io);
		else if (c->expiry_ms < s->expiry_ms)
			s->expiry_ms = c->expiry_ms;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

size_t
contexts_expire(struct contexts *t)
{
	uint64_t now_ms = clock_mono_ms();
	struct context *dead = NULL;
	size_t n;

	(void)pthread_mutex_lock(&t->structure);
	for (size_t i = 0; i < SHARDS; i++)
		sweep(t, &t->shards[i], now_ms, &dead);
	(void)pthread_mutex_unlock(&t->structure);
	n = release(dead);
	atomic_fetch_add_explicit(&t->counters.expired, n,
	    memory_order_relaxed);
	return n;
}

/* References on the contexts of one shard. */
struct gathered {
	struct context **items;
	size_t n, size;
};

/* How many there are; if they all have room, they are gathered. */
static size_t
gather_if_room(struct shard *s, struct gathered *g)
{
	struct context *c;
	size_t n = 0;

	(void)pthread_mutex_lock(&s->lock);
	TAILQ_FOREACH (c, &s->by_use, by_use)
		n++;
	if (n <= g->size)
		TAILQ_FOREACH (c, &s->by_use, by_use)
			g->items[g->n++] = context_ref(c);
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

static int
gather(struct shard *s, struct gathered *g)
{
	struct context **more;
	size_t n;

	while ((n = gather_if_room(s, g)) > g->size) {
		n += n / 4; /* others come meanwhile */
		more = realloc(g->items, n * sizeof(struct context *));
		if (more == NULL)
			return ERR_NOMEM;
		g->items = more;
		g->size = n;
	}
	return 0;
}

int
contexts_walk(struct contexts *t, int (*take)(void *arg, struct context *c),
    void *arg)
{
	struct gathered g = {NULL, 0, 0};
	int ret = 0;

	for (size_t i = 0; i < SHARDS && ret == 0; i++) {
		ret = gather(&t->shards[i], &g);
		for (size_t k = 0; k < g.n; k++) {
			if (ret == 0)
				ret = take(arg, g.items[k]);
			context_unref(g.items[k]);
		}
		g.n = 0;
	}
	free(g.items);
	return ret;
}

void
contexts_destroy(struct contexts *t)
{
	struct context *dead = NULL;

	if (t == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &t->shards[i];

		if (s->buckets == NULL)
			continue;
		sweep(t, s, NEVER, &dead);
		free(s->buckets);
		(void)pthread_mutex_destroy(&s->lock);
	}
	(void)release(dead);
	replays_destroy(t->ap_reqs);
	(void)pthread_mutex_destroy(&t->structure);
	free(t);
}
