/*
 * garbage.c - objects of a trie that only older versions still show
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/zone/garbage.h"
#include "daemon/zone/slab.h"
#include "daemon/zone/trie.h"

#define NAME_BIT ((uintptr_t)1)

void
garbage_clear(struct garbage *g)
{
	free(g->items);
	memset(g, 0, sizeof(*g));
}

int
garbage_reserve(struct garbage *g, size_t n)
{
	size_t room = g->room;
	uintptr_t *items;

	if (g->room - g->n >= n)
		return 0;
	while (room - g->n < n)
		room = room == 0 ? 32 : 2 * room;
	items = realloc(g->items, room * sizeof(*items));
	if (items == NULL)
		return ERR_NOMEM;
	g->items = items;
	g->room = room;
	return 0;
}

static bool
item_is_name(uintptr_t item)
{
	return (item & NAME_BIT) != 0;
}

static void *
item_object(uintptr_t item)
{
	return (void *)(item & ~NAME_BIT);
}

static uint64_t
item_birth(uintptr_t item)
{
	const void *object = item_object(item);

	return item_is_name(item) ? ((const struct zone_name *)object)->birth
				  : vector_birth(object);
}

static size_t
item_size(uintptr_t item)
{
	const void *object = item_object(item);

	return item_is_name(item) ? ((const struct zone_name *)object)->len
				  : vector_size(object);
}

static void
add(struct garbage *g, uintptr_t item)
{
	assert(g->n < g->room);
	g->items[g->n++] = item;
	g->octets += slab_rounded(item_size(item));
}

void
garbage_add_vector(struct garbage *g, struct vector *v)
{
	add(g, (uintptr_t)v);
}

void
garbage_add_name(struct garbage *g, struct zone_name *n)
{
	add(g, (uintptr_t)n | NAME_BIT);
}

void
garbage_free_younger(struct garbage *g, struct slab *slab, uint64_t generation)
{
	for (size_t i = 0; i < g->n; i++)
		if (item_birth(g->items[i]) > generation)
			slab_free(slab, item_object(g->items[i]),
			    item_size(g->items[i]));
	garbage_clear(g);
}

int
garbage_judge(struct garbage *g, struct slab *slab, uint64_t generation,
    struct garbage *keep)
{
	while (g->n > 0) {
		uintptr_t item = g->items[g->n - 1];
		size_t size = item_size(item);

		if (keep == NULL || item_birth(item) > generation)
			slab_free(slab, item_object(item), size);
		else if (garbage_reserve(keep, 1) != 0)
			return ERR_NOMEM;
		else
			add(keep, item);
		g->n--;
		g->octets -= slab_rounded(size);
	}
	garbage_clear(g);
	return 0;
}
