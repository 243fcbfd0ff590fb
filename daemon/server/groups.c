/*
 * groups.c - the groups that rules name, as the directory knows them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "daemon/base/clock.h"
#include "daemon/server/groups.h"

#define BUCKETS 1024
#define RETRY_MS 5000 /* after a question without an answer */

struct group {
	LIST_ENTRY(group) chain;
	char *name;
	bool is_used; /* since groups_sweep_begin() */

	bool is_known;
	struct policy_group known;
	char *dn;          /* of known */
	const char *why;   /* not known; static text or NULL */
	uint64_t known_ms; /* when it was told last that it is, or is not */
	uint64_t ask_ms;   /* when to ask next */
	uint64_t ticket;   /* of the question under way; 0: none */
};

/* A question, and later its answer. */
struct group_ticket {
	struct groups *groups;
	STAILQ_ENTRY(group_ticket) entry;
	uint64_t number;
	enum groups_result result;
	struct policy_group group;
	char *dn; /* of group */
	char name[];
};

struct groups {
	struct groups_config config;
	struct groups_times times;
	uint64_t last_ticket;
	LIST_HEAD(, group) buckets[BUCKETS];
	pthread_mutex_t lock; /* guards what follows */
	STAILQ_HEAD(, group_ticket) answers;
};

static void
free_ticket(struct group_ticket *t)
{
	free(t->dn);
	free(t);
}

static void
forget(struct group *x)
{
	free(x->dn);
	x->dn = NULL;
	x->is_known = false;
}

static void
remove_group(struct group *x)
{
	LIST_REMOVE(x, chain);
	forget(x);
	free(x->name);
	free(x);
}

struct groups *
groups_create(const struct groups_config *config)
{
	struct groups *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->config = *config;
	STAILQ_INIT(&g->answers);
	(void)pthread_mutex_init(&g->lock, NULL);
	return g;
}

static void
remove_unless(struct groups *g, bool is_used)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct group *x = LIST_FIRST(&g->buckets[i]), *next;
		     x != NULL; x = next) {
			next = LIST_NEXT(x, chain);
			if (!is_used || !x->is_used)
				remove_group(x);
		}
}

static struct group_ticket *
next_answer(struct groups *g)
{
	struct group_ticket *t;

	(void)pthread_mutex_lock(&g->lock);
	t = STAILQ_FIRST(&g->answers);
	if (t != NULL)
		STAILQ_REMOVE_HEAD(&g->answers, entry);
	(void)pthread_mutex_unlock(&g->lock);
	return t;
}

void
groups_destroy(struct groups *g)
{
	struct group_ticket *t;

	if (g == NULL)
		return;
	while ((t = next_answer(g)) != NULL)
		free_ticket(t);
	remove_unless(g, false);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

void
groups_restart(struct groups *g, const struct groups_times *times)
{
	remove_unless(g, false);
	g->times = *times;
}

/* --- Names --- */

static struct group *
lookup(struct groups *g, const char *name, size_t *bucket_out)
{
	struct group *x;
	uint32_t h = 0x811c9dc5u;

	for (const char *at = name; *at != '\0'; at++)
		h = (h ^ (uint8_t)*at) * 0x01000193u;
	*bucket_out = h % BUCKETS;
	LIST_FOREACH (x, &g->buckets[*bucket_out], chain)
		if (strcmp(x->name, name) == 0)
			return x;
	return NULL;
}

static struct group *
add_group(struct groups *g, const char *name, size_t bucket)
{
	struct group *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->name = strdup(name);
	if (x->name == NULL) {
		free(x);
		return NULL;
	}
	LIST_INSERT_HEAD(&g->buckets[bucket], x, chain);
	return x;
}

bool
groups_find(struct groups *g, const char *name, struct policy_group *group_out,
    const char **why_out)
{
	size_t bucket;
	struct group *x = lookup(g, name, &bucket);

	*why_out = NULL;
	if (x == NULL)
		x = add_group(g, name, bucket);
	if (x == NULL)
		return false;
	x->is_used = true;
	*why_out = x->why;
	if (x->is_known)
		*group_out = x->known;
	return x->is_known;
}

void
groups_sweep_begin(struct groups *g)
{
	struct group *x;

	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH (x, &g->buckets[i], chain)
			x->is_used = false;
}

void
groups_sweep_end(struct groups *g)
{
	remove_unless(g, true);
}

/* --- Questions and answers --- */

static void
ask(struct groups *g, struct group *x)
{
	size_t size = strlen(x->name) + 1;
	struct group_ticket *t = calloc(1, sizeof(*t) + size);

	x->ask_ms = clock_mono_ms() + RETRY_MS;
	if (t == NULL)
		return;
	t->groups = g;
	t->number = ++g->last_ticket;
	memcpy(t->name, x->name, size);
	x->ticket = t->number;
	if (g->config.ask(g->config.arg, x->name, t))
		return;
	x->ticket = 0;
	x->ask_ms = 0; /* it has too much to do: as soon as it goes */
	free_ticket(t);
}

void
groups_answer(struct group_ticket *t, enum groups_result result,
    const struct policy_group *group)
{
	struct groups *g = t->groups;

	t->result = result;
	if (result == GROUPS_FOUND) {
		t->group = *group;
		if (group->dn != NULL) {
			t->dn = strdup(group->dn);
			t->group.dn = t->dn;
		}
	}
	(void)pthread_mutex_lock(&g->lock);
	STAILQ_INSERT_TAIL(&g->answers, t, entry);
	(void)pthread_mutex_unlock(&g->lock);
}

static bool
is_same(const struct policy_group *a, const struct policy_group *b)
{
	if (a->has_sid != b->has_sid || (a->dn == NULL) != (b->dn == NULL))
		return false;
	return (!a->has_sid || sid_equal(&a->sid, &b->sid)) &&
	    (a->dn == NULL || strcmp(a->dn, b->dn) == 0);
}

/* True: it stands for something else now. */
static bool
take_found(struct group *x, struct group_ticket *t)
{
	bool has_changed = !x->is_known || !is_same(&x->known, &t->group);

	free(x->dn);
	x->is_known = true;
	x->known = t->group;
	x->dn = t->dn;
	t->dn = NULL;
	x->why = NULL;
	return has_changed;
}

/* The same; also if the reason is another one. */
static bool
take_unknown(struct group *x, const char *why)
{
	bool has_changed = x->is_known || x->why != why;

	forget(x);
	x->why = why;
	return has_changed;
}

static bool
take_answer(struct groups *g, struct group *x, struct group_ticket *t)
{
	static const char none[] = "the directory has no such group";
	static const char several[] =
	    "the directory has several groups of that name: write the DN";
	uint64_t now_ms = clock_mono_ms();

	x->ticket = 0;
	switch (t->result) {
	case GROUPS_FOUND:
		x->known_ms = now_ms;
		x->ask_ms = now_ms + 1000ull * g->times.cache_time_s;
		return take_found(x, t);
	case GROUPS_NONE:
	case GROUPS_SEVERAL:
		x->known_ms = now_ms;
		x->ask_ms = now_ms + 1000ull * g->times.negative_cache_time_s;
		return take_unknown(x,
		    t->result == GROUPS_NONE ? none : several);
	case GROUPS_FAILED:
		break;
	}
	x->ask_ms = now_ms + RETRY_MS;
	return false;
}

/* Nobody has confirmed it for too long. */
static bool
lapse(struct groups *g, struct group *x)
{
	static const char stale[] = "the directory does not answer";

	if (!x->is_known ||
	    clock_mono_ms() - x->known_ms <= 1000ull *
		    (g->times.stale_time_s > g->times.cache_time_s
			    ? g->times.stale_time_s
			    : g->times.cache_time_s))
		return false;
	return take_unknown(x, stale);
}

static bool
refresh(struct groups *g, struct group *x)
{
	bool has_changed = lapse(g, x);

	if (x->ticket == 0 && clock_mono_ms() >= x->ask_ms)
		ask(g, x);
	return has_changed;
}

bool
groups_refresh(struct groups *g)
{
	struct group_ticket *t;
	struct group *x;
	size_t bucket;
	bool has_changed = false;

	while ((t = next_answer(g)) != NULL) {
		x = lookup(g, t->name, &bucket);
		if (x != NULL && x->ticket == t->number)
			has_changed = take_answer(g, x, t) || has_changed;
		free_ticket(t);
	}
	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH (x, &g->buckets[i], chain)
			has_changed = refresh(g, x) || has_changed;
	return has_changed;
}
