/*
 * epoch.h - when may the writer free what readers may still hold
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each reader (a network worker) has a counter: odd while it may hold
 * pointers into published versions, even while it is idle.  It enters after
 * receiving a batch and leaves before it waits for the next.  The writer
 * remembers all counters (epoch_mark) and later asks whether every reader
 * that was inside then has been outside since (epoch_passed).  Nobody waits.
 *
 * Owns:    its counters.
 * Threads: a slot belongs to one reader; mark and passed are the writer's.
 */
#ifndef BASE_EPOCH_H
#define BASE_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EPOCH_READERS_MAX 256

struct epoch_reader {
	_Alignas(64) _Atomic uint64_t count; /* odd: inside */
};

struct epoch {
	size_t n_readers;
	struct epoch_reader readers[EPOCH_READERS_MAX];
};

struct epoch_mark {
	uint64_t counts[EPOCH_READERS_MAX];
};

/* A set of n readers (at most EPOCH_READERS_MAX), all idle; NULL: no memory. */
struct epoch *epoch_create(size_t n);
void epoch_destroy(struct epoch *e);

/*
 * Reader: what it loads from now on, with sequentially consistent loads of
 * pointers that the writer stores likewise, stays valid until epoch_leave().
 */
static inline void
epoch_enter(struct epoch *e, size_t reader)
{
	uint64_t c = atomic_load_explicit(
	    &e->readers[reader].count, memory_order_relaxed);

	atomic_store_explicit(
	    &e->readers[reader].count, c + 1, memory_order_seq_cst);
}

static inline void
epoch_leave(struct epoch *e, size_t reader)
{
	uint64_t c = atomic_load_explicit(
	    &e->readers[reader].count, memory_order_relaxed);

	atomic_store_explicit(
	    &e->readers[reader].count, c + 1, memory_order_release);
}

/* Writer: remembers where every reader is, after unpublishing something. */
void epoch_mark(const struct epoch *e, struct epoch_mark *m);

/* Writer: true once no reader can hold what was unpublished before the mark. */
bool epoch_passed(const struct epoch *e, const struct epoch_mark *m);

#endif
