/*
 * touched.h - the RRsets that a batch has touched in one zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing: all lies in the arena.
 * Threads: one at a time.
 * Errors:  ERR_NOMEM.
 */
#ifndef STORE_TOUCHED_H
#define STORE_TOUCHED_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct touched {
	const uint8_t *owner;
	uint64_t hash;
	uint16_t type;
	uint16_t source; /* who touched it last */
};

struct touched_set {
	struct touched *items; /* in order of their first touch */
	uint32_t n, room;
	uint32_t *slots; /* index + 1, by hash, linear probing */
	uint32_t mask;
	uint64_t seed; /* what no requester knows */
};

/* owner must live as long as the arena. */
int touched_add(struct touched_set *set, struct arena *arena,
    const uint8_t *owner, uint16_t type, uint16_t source);

/* By owner, in canonical order, and type; ends the use for adding. */
void touched_sort(struct touched_set *set);

#endif
