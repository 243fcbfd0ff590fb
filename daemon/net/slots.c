/*
 * slots.c - small numbers for things that come and go
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/net/slots.h"

#define SLOTS_FIRST 64

struct slot {
	void *thing;
	uint32_t generation;
	uint32_t next_free;
};

void
slots_init(struct slots *s)
{
	s->slots = NULL;
	s->n = 0;
	s->first_free = SLOTS_NONE;
}

void
slots_clear(struct slots *s)
{
	free(s->slots);
	slots_init(s);
}

static int
grow(struct slots *s)
{
	uint32_t n = s->n == 0 ? SLOTS_FIRST : 2 * s->n;
	struct slot *slots;

	slots = reallocarray(s->slots, n, sizeof(*slots));
	if (slots == NULL)
		return ERR_NOMEM;
	for (uint32_t i = s->n; i < n; i++) {
		slots[i].thing = NULL;
		slots[i].generation = 1;
		slots[i].next_free = i + 1 < n ? i + 1 : SLOTS_NONE;
	}
	s->first_free = s->n;
	s->slots = slots;
	s->n = n;
	return 0;
}

int
slots_put(struct slots *s, void *thing, uint32_t *slot_out,
    uint32_t *generation_out)
{
	struct slot *slot;

	if (s->first_free == SLOTS_NONE && grow(s) != 0)
		return ERR_NOMEM;
	*slot_out = s->first_free;
	slot = &s->slots[*slot_out];
	s->first_free = slot->next_free;
	slot->thing = thing;
	*generation_out = slot->generation;
	return 0;
}

void *
slots_get(const struct slots *s, uint32_t slot, uint32_t generation)
{
	if (slot >= s->n || s->slots[slot].generation != generation)
		return NULL;
	return s->slots[slot].thing;
}

void *
slots_at(const struct slots *s, uint32_t i)
{
	return s->slots[i].thing;
}

void
slots_remove(struct slots *s, uint32_t slot)
{
	assert(slot < s->n && s->slots[slot].thing != NULL);
	s->slots[slot].thing = NULL;
	s->slots[slot].generation++;
	s->slots[slot].next_free = s->first_free;
	s->first_free = slot;
}
