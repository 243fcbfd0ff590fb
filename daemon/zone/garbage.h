/*
 * garbage.h - objects of a trie that only older versions still show
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    its list; the objects are the slab's.
 * Threads: the writer.
 */
#ifndef ZONE_GARBAGE_H
#define ZONE_GARBAGE_H

#include <stddef.h>
#include <stdint.h>

struct slab;
struct vector;
struct zone_name;

struct garbage {
	uintptr_t *items; /* pointers; bit 0 set: a name, clear: a vector */
	size_t n;
	size_t room;
	size_t octets; /* of the objects */
};

/* Forgets the objects and frees the list. */
void garbage_clear(struct garbage *g);

/* Makes room for n more objects.  ERR_NOMEM. */
int garbage_reserve(struct garbage *g, size_t n);

/* Adds an object; room must have been reserved. */
void garbage_add_vector(struct garbage *g, struct vector *v);
void garbage_add_name(struct garbage *g, struct zone_name *n);

/* Frees the objects born after the generation and forgets the others. */
void garbage_free_younger(struct garbage *g, struct slab *slab,
    uint64_t generation);

/*
 * Moves the objects born at or before the generation to keep (NULL: there are
 * none such to keep) and frees the others.  ERR_NOMEM: some are still in g.
 */
int garbage_judge(struct garbage *g, struct slab *slab, uint64_t generation,
    struct garbage *keep);

#endif
