/*
 * arena.h - memory that is given back all at once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that belongs to one message is taken from one arena and returned
 * with it.  Blocks are kept for reuse by arena_reset().
 *
 * Owns:    its blocks.
 * Threads: one at a time.
 * Errors:  NULL: no memory, or more than the arena's limit.
 * Units:   octets; every piece is aligned to 8.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* of the newest */
	size_t total;               /* taken from the system */
	size_t limit;               /* of total; 0: none */
};

/* An empty arena that never takes more than limit octets (0: no limit). */
void arena_init(struct arena *a, size_t limit);

/* Returns everything to the system. */
void arena_clear(struct arena *a);

/* The same, with every octet overwritten first: it held secrets. */
void arena_wipe(struct arena *a);

/* Forgets all pieces; keeps one block of usual size for reuse. */
void arena_reset(struct arena *a);

/* size octets, not zeroed; size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* n times size octets, zeroed; NULL also when the product overflows. */
void *arena_calloc(struct arena *a, size_t n, size_t size);

/* A copy of len octets. */
void *arena_copy(struct arena *a, const void *octets, size_t len);

/* printf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
