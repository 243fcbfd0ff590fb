/*
 * facts_cache.h - what the directory told of principals, for a while
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who looks for a principal's facts never waits here: they are known, or they
 * are coming, or not to be had.  What is missing or old is asked for by the
 * way; who wants the answer leaves a waiter.
 *
 * Facts are believed for cache_time, that there are none for
 * negative_cache_time.  When nobody answers they go on for stale_time, counted
 * from when they were told, and not longer than stale_time after the directory
 * went away.
 *
 * Owns:    references on principals and facts; bounded, the idlest makes room.
 * Threads: any.  One lock is taken for each call, for short.
 * Errors:  none: what cannot be had is SIGNER_FACTS_UNKNOWN.
 * Units:   as named; of the monotonic clock.
 */
#ifndef SERVER_FACTS_CACHE_H
#define SERVER_FACTS_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/identity/signer_facts.h"

struct facts_cache;
struct facts_ticket;
struct principal;

struct facts_cache_times {
	uint32_t cache_time_s;
	uint32_t negative_cache_time_s;
	uint32_t stale_time_s;
	uint32_t timeout_s; /* how long an answer may take */
};

struct facts_cache_config {
	size_t max; /* principals */
	struct facts_cache_times times;
	/*
	 * Asks for the facts of p.  True: facts_cache_answer() will be called,
	 * by another thread, once.  A lock of ours is held.
	 */
	bool (*ask)(void *arg, struct principal *p, struct facts_ticket *t);
	void *arg;
};

struct facts_cache_counters {
	_Atomic uint64_t hits;    /* known */
	_Atomic uint64_t stale;   /* of them, older than cache_time */
	_Atomic uint64_t coming;  /* asked for, and not there yet */
	_Atomic uint64_t unknown; /* not to be had */
	_Atomic uint64_t asked;   /* of the directory */
	_Atomic uint64_t failed;  /* of them, without an answer */
	_Atomic uint64_t evicted;
	_Atomic uint64_t count; /* principals now */
};

/* NULL: no memory. */
struct facts_cache *facts_cache_create(const struct facts_cache_config *config);

/* Nobody may be waiting, and no answer may come, any more.  NULL is fine. */
void facts_cache_destroy(struct facts_cache *c);

const struct facts_cache_counters *facts_cache_counters(
    const struct facts_cache *c);

/*
 * Forgets all; answers that are under way do not count any more.  Who waits is
 * notified, and may look again.
 */
void facts_cache_restart(struct facts_cache *c,
    const struct facts_cache_times *times);

/* The directory answers, or does not: at first it does not. */
void facts_cache_set_up(struct facts_cache *c, bool is_up);

/* What is known was judged by rules that have changed: ask again. */
void facts_cache_expire(struct facts_cache *c);

/* Somebody who wants to know when there is something new. */
struct facts_waiter {
	/* Called once, by any thread, with a lock of ours held. */
	void (*notify)(struct facts_waiter *w);
	struct facts_entry *entry; /* the cache's; NULL: not waiting */
	LIST_ENTRY(facts_waiter) link;
};

struct facts_view {
	enum signer_facts_state state;
	struct signer_facts *facts; /* a reference if KNOWN, else NULL */
	bool is_stale;
};

/*
 * Looks for the facts of p.  Only if they are coming, and w is not NULL, does
 * w wait: notify() will be called unless facts_cache_leave() comes first.
 */
void facts_cache_find(struct facts_cache *c, struct principal *p,
    struct facts_waiter *w, struct facts_view *view_out);

/* True: it does not wait any more.  False: notify() has been called. */
bool facts_cache_leave(struct facts_cache *c, struct principal *p,
    struct facts_waiter *w);

/*
 * In words, what was told of p last: its object and host names, or why there
 * are none.  Into text, "" if nothing was told.
 */
void facts_cache_note(struct facts_cache *c, struct principal *p, char *text,
    size_t size);

enum facts_cache_result {
	FACTS_CACHE_FOUND,
	FACTS_CACHE_NONE,   /* it has none, or nobody can say whose they are */
	FACTS_CACHE_FAILED, /* no answer */
};

/* Ends the question.  Takes facts (NULL if FAILED) and note (or NULL). */
void facts_cache_answer(struct facts_ticket *t, enum facts_cache_result result,
    struct signer_facts *facts, char *note);

#endif
