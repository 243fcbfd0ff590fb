/*
 * tally.c - how often each rule of each zone has decided, and how
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/server/tally.h"

#define PLACES (2 * TALLY_MAX)

struct entry {
	char *zone, *rule; /* NULL: the place is free */
	bool is_grant;
	uint64_t n;
};

/* Open addressing; what is there stays. */
struct writer {
	_Alignas(64) pthread_mutex_t lock;
	struct entry *places;
	size_t n;
};

struct tally {
	unsigned n_writers;
	struct writer *writers;
};

struct tally *
tally_create(unsigned n_writers)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->writers = aligned_alloc(_Alignof(struct writer),
	    n_writers * sizeof(struct writer));
	for (; t->writers != NULL && t->n_writers < n_writers; t->n_writers++) {
		struct writer *w = &t->writers[t->n_writers];

		memset(w, 0, sizeof(*w));
		(void)pthread_mutex_init(&w->lock, NULL);
		w->places = calloc(PLACES, sizeof(w->places[0]));
		if (w->places == NULL)
			break;
	}
	if (t->n_writers == n_writers)
		return t;
	tally_destroy(t);
	return NULL;
}

void
tally_destroy(struct tally *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i < t->n_writers; i++) {
		struct writer *w = &t->writers[i];

		for (size_t j = 0; j < PLACES; j++) {
			free(w->places[j].zone);
			free(w->places[j].rule);
		}
		free(w->places);
		(void)pthread_mutex_destroy(&w->lock);
	}
	free(t->writers);
	free(t);
}

/* --- Counting --- */

/* FNV-1a: zones and rules are the admin's, nobody makes them collide. */
static uint64_t
mix(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ 0xff) * 0x100000001b3u;
}

/* Where it is, or where it belongs. */
static struct entry *
find(struct writer *w, const struct entry *x)
{
	uint64_t hash = mix(mix(0xcbf29ce484222325u, x->zone), x->rule);
	size_t i = (hash + x->is_grant) % PLACES;
	struct entry *e;

	for (;; i = (i + 1) % PLACES) {
		e = &w->places[i];
		if (e->rule == NULL ||
		    (e->is_grant == x->is_grant &&
			strcmp(e->zone, x->zone) == 0 &&
			strcmp(e->rule, x->rule) == 0))
			return e;
	}
}

/* Fills a free place.  Without memory the decision is not counted. */
static void
put(struct writer *w, struct entry *place, const struct entry *x)
{
	char *zone = strdup(x->zone), *rule = strdup(x->rule);

	if (zone == NULL || rule == NULL) {
		free(zone);
		free(rule);
		return;
	}
	*place = (struct entry){zone, rule, x->is_grant, 1};
	w->n++;
}

void
tally_add(struct tally *t, unsigned writer, const char *zone, bool is_grant,
    const char *rule)
{
	struct entry x = {(char *)(uintptr_t)zone, (char *)(uintptr_t)rule,
	    is_grant, 0};
	struct writer *w = &t->writers[writer];
	struct entry *place;

	(void)pthread_mutex_lock(&w->lock);
	place = find(w, &x);
	/* Two places more: other grants, and other refusals. */
	if (place->rule == NULL && w->n >= TALLY_MAX) {
		char none[] = "", other[] = TALLY_OTHER;

		x.zone = none;
		x.rule = other;
		place = find(w, &x);
		if (place->rule == NULL)
			put(w, place, &x);
		else
			place->n++;
	} else if (place->rule == NULL) {
		put(w, place, &x);
	} else {
		place->n++;
	}
	(void)pthread_mutex_unlock(&w->lock);
}

/* --- Reading --- */

static int
compare(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;
	int order = strcmp(x->zone, y->zone);

	if (order == 0)
		order = strcmp(x->rule, y->rule);
	return order != 0 ? order : x->is_grant - y->is_grant;
}

/* Texts stay as long as the tally: entries are never taken out. */
static size_t
gather(struct writer *w, struct tally_row *rows)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < PLACES; i++) {
		const struct entry *e = &w->places[i];

		if (e->rule != NULL)
			rows[n++] = (struct tally_row){e->zone, e->rule,
			    e->is_grant, e->n};
	}
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}

int
tally_walk(struct tally *t,
    void (*take)(void *arg, const struct tally_row *row), void *arg)
{
	struct tally_row *rows =
	    calloc((size_t)t->n_writers * PLACES, sizeof(rows[0]));
	size_t n = 0;

	if (rows == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < t->n_writers; i++)
		n += gather(&t->writers[i], rows + n);
	qsort(rows, n, sizeof(rows[0]), compare);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && compare(&rows[i], &rows[i + 1]) == 0)
			rows[i + 1].n += rows[i].n;
		else
			take(arg, &rows[i]);
	}
	free(rows);
	return 0;
}
