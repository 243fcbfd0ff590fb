/*
 * acceptor.c - which keys accept now
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/wanted.h"

struct acceptor {
	pthread_mutex_t lock; /* guards all below */
	struct acceptor_generation *current;
	struct acceptor_generation *retired; /* its keys end one by one */
};

struct acceptor *
acceptor_create(void)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (a != NULL)
		(void)pthread_mutex_init(&a->lock, NULL);
	return a;
}

void
acceptor_destroy(struct acceptor *a)
{
	if (a == NULL)
		return;
	acceptor_generation_unref(a->current);
	acceptor_generation_unref(a->retired);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct acceptor_generation *
get(struct acceptor *a, struct acceptor_generation *const *which)
{
	struct acceptor_generation *g = NULL;

	(void)pthread_mutex_lock(&a->lock);
	if (*which != NULL)
		g = acceptor_generation_ref(*which);
	(void)pthread_mutex_unlock(&a->lock);
	return g;
}

struct acceptor_generation *
acceptor_current(struct acceptor *a)
{
	return get(a, &a->current);
}

struct acceptor_generation *
acceptor_retired(struct acceptor *a)
{
	return get(a, &a->retired);
}

/* Takes both references; either may be NULL. */
static void
swap(struct acceptor *a, struct acceptor_generation *current,
    struct acceptor_generation *retired)
{
	struct acceptor_generation *old_current, *old_retired;

	(void)pthread_mutex_lock(&a->lock);
	old_current = a->current;
	old_retired = a->retired;
	a->current = current;
	a->retired = retired;
	(void)pthread_mutex_unlock(&a->lock);
	acceptor_generation_unref(old_current);
	acceptor_generation_unref(old_retired);
}

/* --- Part of one generation put into another --- */

struct copy {
	const struct acceptor_generation *from;
	struct acceptor_generation *to;
	const struct acceptor_generation
	    *current;                /* retiring: what it is for */
	const struct wanted *wanted; /* restricting: the same */
	uint64_t until_ms;           /* retiring: of keys that had no end */
};

/*
 * A retired key is for tickets of a kvno that is no longer in the keytab: its
 * principal has other keys now, and the keytab that had it is configured.
 */
static bool
is_retired(const struct copy *c, const krb5_keytab_entry *key)
{
	return generation_principal(c->current, key->principal) !=
	    GENERATION_NOWHERE &&
	    generation_entry(c->current, key->principal, key->vno,
		key->key.enctype) == GENERATION_NOWHERE;
}

/* One key of from, entry number i of it. */
static int
copy_key(const struct copy *c, krb5_keytab_entry *key, size_t i)
{
	const struct acceptor_key *k = &c->from->keys[i];
	size_t source;
	uint64_t until_ms = k->until_ms;

	source = generation_source(c->to, c->from->sources[k->source]);
	if (source == GENERATION_NOWHERE)
		return 0;
	if (c->wanted != NULL && !wanted_has(c->wanted, key->principal))
		return 0;
	if (c->current != NULL) {
		if (!is_retired(c, key))
			return 0;
		if (until_ms == 0)
			until_ms = c->until_ms;
		if (clock_mono_ms() >= until_ms)
			return 0;
	}
	return generation_add(c->to, key, (unsigned)source, until_ms);
}

static int
copy(const struct copy *c)
{
	krb5_context krb5 = c->to->krb5;
	krb5_keytab keytab;
	krb5_keytab_entry key;
	krb5_kt_cursor cursor;
	int ret = 0;

	if (krb5_kt_resolve(krb5, c->from->all_name, &keytab) != 0)
		return ERR_CRYPTO;
	if (krb5_kt_start_seq_get(krb5, keytab, &cursor) != 0) {
		(void)krb5_kt_close(krb5, keytab);
		return ERR_CRYPTO;
	}
	while (
	    ret == 0 && krb5_kt_next_entry(krb5, keytab, &key, &cursor) == 0) {
		ret = copy_key(c, &key,
		    generation_entry(c->from, key.principal, key.vno,
			key.key.enctype));
		(void)krb5_free_keytab_entry_contents(krb5, &key);
	}
	(void)krb5_kt_end_seq_get(krb5, keytab, &cursor);
	(void)krb5_kt_close(krb5, keytab);
	return ret;
}

/* An empty generation with the keytab names and policy of g. */
static int
create_like(const struct acceptor_generation *g,
    struct acceptor_generation **generation_out, struct reason *reason)
{
	struct acceptor_config config = {
	    .keytabs = (const char *const *)g->sources,
	    .n_keytabs = g->n_sources,
	    .replay_cache = g->replay_cache,
	    .allow_weak = g->allows_weak,
	};

	return generation_create(&config, generation_out, reason);
}

/*
 * The keys of current and retired that are not in new; NULL: none.  new's
 * policy and keytabs hold for them.
 */
static int
retire(const struct acceptor *a, const struct acceptor_generation *new,
    uint32_t retired_s, struct acceptor_generation **retired_out,
    struct reason *reason)
{
	struct copy c = {.current = new,
	    .until_ms = clock_mono_ms() + (uint64_t)retired_s * 1000};
	int ret;

	*retired_out = NULL;
	ret = create_like(new, &c.to, reason);
	if (ret != 0)
		return ret;
	c.from = a->retired;
	if (c.from != NULL)
		ret = copy(&c);
	c.from = a->current;
	if (ret == 0 && c.from != NULL)
		ret = copy(&c);
	if (ret == 0 && c.to->n_entries > 0) {
		*retired_out = c.to;
		c.to = NULL;
	}
	acceptor_generation_unref(c.to);
	return ret;
}

int
acceptor_set(struct acceptor *a, struct acceptor_generation *g,
    uint32_t retired_s, struct reason *reason)
{
	struct acceptor_generation *retired;
	int ret;

	ret = retire(a, g, retired_s, &retired, reason);
	if (ret == 0)
		swap(a, acceptor_generation_ref(g), retired);
	return ret;
}

/* What of the current one the config allows; NULL: nothing. */
static struct acceptor_generation *
allowed(const struct acceptor *a, const struct acceptor_config *config)
{
	struct acceptor_config stricter = *config;
	struct wanted wanted = {.n = 0};
	struct copy c = {.from = a->current, .wanted = &wanted};
	int ret;

	stricter.replay_cache = a->current->replay_cache;
	stricter.allow_weak = config->allow_weak && a->current->allows_weak;
	ret = generation_create(&stricter, &c.to, NULL);
	if (ret != 0)
		return NULL;
	ret = wanted_read(&wanted, c.to->krb5, config, NULL);
	if (ret == 0)
		ret = copy(&c);
	wanted_clear(&wanted);
	if (ret == 0 && c.to->n_entries > 0) {
		c.to->loaded_s = a->current->loaded_s;
		return c.to;
	}
	acceptor_generation_unref(c.to);
	return NULL;
}

void
acceptor_restrict(struct acceptor *a, const struct acceptor_config *config)
{
	struct acceptor_generation *g, *retired = NULL;

	if (a->current == NULL)
		return;
	g = allowed(a, config);
	if (g != NULL && retire(a, g, 0, &retired, NULL) != 0)
		retired = NULL;
	swap(a, g, retired);
}

void
acceptor_expire(struct acceptor *a)
{
	struct acceptor_generation *left;

	if (a->retired == NULL || !generation_has_ended_keys(a->retired))
		return;
	if (retire(a, a->current, 0, &left, NULL) != 0)
		left = NULL; /* rather none than one that has ended */
	swap(a, acceptor_generation_ref(a->current), left);
}
