/*
 * touched.c - the RRsets that a batch has touched in one zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/name.h"
#include "daemon/store/touched.h"

#define ROOM_FIRST 16

static bool
is_it(const struct touched *t, uint64_t hash, const uint8_t *owner,
    uint16_t type)
{
	return t->hash == hash && t->type == type &&
	    name_equal(t->owner, owner);
}

static void
put_slot(struct touched_set *set, uint32_t index)
{
	uint32_t at = (uint32_t)set->items[index].hash & set->mask;

	while (set->slots[at] != 0)
		at = (at + 1) & set->mask;
	set->slots[at] = index + 1;
}

static int
grow(struct touched_set *set, struct arena *arena)
{
	uint32_t room = set->room == 0 ? ROOM_FIRST : 2 * set->room;
	struct touched *items = arena_calloc(arena, room, sizeof(*items));
	uint32_t *slots = arena_calloc(arena, 2 * (size_t)room, sizeof(*slots));

	if (items == NULL || slots == NULL)
		return ERR_NOMEM;
	if (set->n > 0)
		memcpy(items, set->items, set->n * sizeof(*items));
	set->items = items;
	set->slots = slots;
	set->room = room;
	set->mask = 2 * room - 1;
	for (uint32_t i = 0; i < set->n; i++)
		put_slot(set, i);
	return 0;
}

int
touched_add(struct touched_set *set, struct arena *arena, const uint8_t *owner,
    uint16_t type, uint16_t source)
{
	uint64_t hash = name_hash(owner, set->seed ^ type);
	int ret;

	if (set->n == set->room) {
		ret = grow(set, arena);
		if (ret != 0)
			return ret;
	}
	for (uint32_t at = (uint32_t)hash & set->mask; set->slots[at] != 0;
	     at = (at + 1) & set->mask) {
		struct touched *t = &set->items[set->slots[at] - 1];

		if (is_it(t, hash, owner, type)) {
			t->source = source;
			return 0;
		}
	}
	set->items[set->n++] = (struct touched){owner, hash, type, source};
	put_slot(set, set->n - 1);
	return 0;
}

static int
by_owner_and_type(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;
	int order = name_compare(x->owner, y->owner);

	if (order != 0)
		return order;
	return (x->type > y->type) - (x->type < y->type);
}

void
touched_sort(struct touched_set *set)
{
	if (set->n > 1)
		qsort(set->items, set->n, sizeof(*set->items),
		    by_owner_and_type);
}
