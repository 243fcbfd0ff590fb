/*
 * slab.h - memory for the small objects of a trie, by size
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Objects of one size (rounded up to 8) lie side by side in chunks of 64 KiB,
 * which come in regions of 2 MiB from the system.  An empty chunk serves any
 * size again.  Larger objects come from malloc().
 *
 * Owns:    its regions and all objects in them.
 * Threads: one at a time.
 * Errors:  NULL: no memory.
 * Units:   octets.
 */
#ifndef ZONE_SLAB_H
#define ZONE_SLAB_H

#include <stddef.h>

#define SLAB_SIZE_MAX ((size_t)1024) /* larger ones are malloc's */
#define SLAB_SIZES (SLAB_SIZE_MAX / 8 + 1)

struct slab_chunk;
struct slab_region;
struct slab_large;

struct slab {
	struct slab_chunk *open[SLAB_SIZES]; /* chunks with room, by size / 8 */
	struct slab_chunk *empty;            /* used before, now of no size */
	unsigned char *fresh;                /* rest of the newest region */
	size_t fresh_len;
	struct slab_region *regions;
	struct slab_large *large;
	size_t in_use; /* of objects, rounded */
	size_t taken;  /* from the system */
};

void slab_init(struct slab *s);

/* Gives all back to the system, objects in use too. */
void slab_clear(struct slab *s);

/* size octets (at least 1), aligned to 8, not zeroed. */
void *slab_alloc(struct slab *s, size_t size);

/* Frees an object of that size. */
void slab_free(struct slab *s, void *object, size_t size);

/* What an object of that size adds to in_use. */
static inline size_t
slab_rounded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

#endif
