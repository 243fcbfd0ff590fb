/*
 * log_limit.c - how many lines of the log a stranger may cause
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A source may stand in any of the WAYS places of its set; a window that has
 * ended is a free place.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/server/log_limit.h"

#define WAYS 4
#define SETS (LOG_LIMIT_SOURCES / WAYS)

struct window {
	uint64_t end_ms; /* 0: never used */
	unsigned n_lines;
	struct log_limit_held held; /* kind and source are its name */
};

struct log_limit {
	void (*say)(const struct log_limit_held *held);
	uint64_t seed;
	pthread_mutex_t lock; /* guards all below */
	uint64_t n_held;
	struct window sets[SETS][WAYS];
	struct window others[LOG_LIMIT_KINDS]; /* who found no place */
};

struct log_limit *
log_limit_create(void (*say)(const struct log_limit_held *held))
{
	struct log_limit *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->say = say;
	l->seed = addr_hash_seed();
	(void)pthread_mutex_init(&l->lock, NULL);
	for (int kind = 0; kind < LOG_LIMIT_KINDS; kind++)
		l->others[kind].held.kind = (enum log_limit_kind)kind;
	return l;
}

void
log_limit_destroy(struct log_limit *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct window *
set_of(struct log_limit *l, enum log_limit_kind kind, const struct addr *source)
{
	return l->sets[addr_hash(source, l->seed ^ (uint64_t)kind << 8) % SETS];
}

/* The source's window, or a free place, or that of the others. */
static struct window *
find(struct log_limit *l, enum log_limit_kind kind, const struct addr *source,
    uint64_t now_ms)
{
	struct window *set = set_of(l, kind, source), *free_one = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		struct window *w = &set[i];

		if (w->end_ms != 0 && w->held.kind == kind &&
		    addr_equal(&w->held.source, source))
			return w;
		if (now_ms >= w->end_ms)
			free_one = w;
	}
	return free_one != NULL ? free_one : &l->others[kind];
}

/* Begins it anew for this source, unless it goes on; what it held goes out. */
static void
renew(struct log_limit *l, struct window *w, const struct log_limit_held *name,
    uint64_t now_ms, struct log_limit_held *ended_out)
{
	if (now_ms < w->end_ms)
		return;
	*ended_out = w->held;
	w->n_lines = 0;
	w->end_ms = now_ms + LOG_LIMIT_WINDOW_MS;
	w->held.n = 0;
	if (w == &l->others[name->kind])
		return;
	w->held = *name;
}

bool
log_limit_allows(struct log_limit *l, enum log_limit_kind kind,
    const struct addr *source)
{
	struct log_limit_held name = {.kind = kind,
	    .source = addr_budget(source)};
	struct log_limit_held ended = {.n = 0};
	uint64_t now_ms = clock_mono_ms();
	struct window *w;
	bool allowed;

	(void)pthread_mutex_lock(&l->lock);
	w = find(l, kind, &name.source, now_ms);
	renew(l, w, &name, now_ms, &ended);
	allowed = w->n_lines < LOG_LIMIT_LINES;
	if (allowed) {
		w->n_lines++;
	} else {
		w->held.n++;
		l->n_held++;
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (ended.n > 0)
		l->say(&ended);
	return allowed;
}

/* Takes out what w held back, if its time is over. */
static void
expire_window(struct log_limit *l, struct window *w, uint64_t now_ms)
{
	struct log_limit_held ended = {.n = 0};

	(void)pthread_mutex_lock(&l->lock);
	if (now_ms >= w->end_ms) {
		ended = w->held;
		w->held.n = 0;
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (ended.n > 0)
		l->say(&ended);
}

void
log_limit_expire(struct log_limit *l)
{
	uint64_t now_ms = clock_mono_ms();

	for (size_t s = 0; s < SETS; s++)
		for (size_t i = 0; i < WAYS; i++)
			expire_window(l, &l->sets[s][i], now_ms);
	for (size_t kind = 0; kind < LOG_LIMIT_KINDS; kind++)
		expire_window(l, &l->others[kind], now_ms);
}

uint64_t
log_limit_held_back(struct log_limit *l)
{
	uint64_t n;

	(void)pthread_mutex_lock(&l->lock);
	n = l->n_held;
	(void)pthread_mutex_unlock(&l->lock);
	return n;
}
