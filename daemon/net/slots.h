/*
 * slots.h - small numbers for things that come and go
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A thing is known by the slot it sits in and the slot's generation, which
 * grows when the thing leaves: an old number finds nothing, never a stranger.
 *
 * Owns:    its table; the things stay the caller's.
 * Threads: one at a time.
 * Errors:  negative enum err.
 */
#ifndef NET_SLOTS_H
#define NET_SLOTS_H

#include <stdint.h>

struct slot;

struct slots {
	struct slot *slots;
	uint32_t n;          /* slots there are */
	uint32_t first_free; /* chain of free slots; SLOTS_NONE: none */
};

#define SLOTS_NONE UINT32_MAX

void slots_init(struct slots *s);
void slots_clear(struct slots *s);

/* Puts a thing (not NULL) into a free slot.  ERR_NOMEM. */
int slots_put(struct slots *s, void *thing, uint32_t *slot_out,
    uint32_t *generation_out);

/* The thing that has this number; NULL: it left. */
void *slots_get(const struct slots *s, uint32_t slot, uint32_t generation);

/* The thing in slot i, below s->n; NULL: none. */
void *slots_at(const struct slots *s, uint32_t i);

/* Frees an occupied slot. */
void slots_remove(struct slots *s, uint32_t slot);

#endif
