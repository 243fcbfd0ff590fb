/*
 * slab.c - memory for the small objects of a trie, by size
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "daemon/base/poison.h"
#include "daemon/zone/slab.h"

#define CHUNK_SIZE ((size_t)64 << 10)
#define REGION_SIZE ((size_t)2 << 20) /* a huge page */

/*
 * Stands at the start of its 64 KiB.  Objects never used yet are not in the
 * free list: their pages stay untouched.
 */
struct slab_chunk {
	struct slab_chunk *next,
	    *previous; /* open ones of its size, or empty */
	void *free;    /* objects given back */
	uint32_t size; /* of an object */
	uint32_t n_used;
	uint32_t n_touched; /* used at least once */
	uint32_t n_max;
};

struct slab_region {
	struct slab_region *next;
	void *octets;
};

/* Stands before a large object. */
struct slab_large {
	struct slab_large *next, *previous;
};

void
slab_init(struct slab *s)
{
	memset(s, 0, sizeof(*s));
}

/* A region aligned to its size, or NULL. */
static uint8_t *
map_region(void)
{
	uint8_t *at = mmap(NULL, 2 * REGION_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (at == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)at & (REGION_SIZE - 1);
	if (before > 0)
		(void)munmap(at, before);
	(void)munmap(at + before + REGION_SIZE, REGION_SIZE - before);
	return at + before;
}

static int
add_region(struct slab *s)
{
	struct slab_region *r = malloc(sizeof(*r));
	uint8_t *at = map_region();

	if (r == NULL || at == NULL) {
		free(r);
		if (at != NULL)
			(void)munmap(at, REGION_SIZE);
		return -1;
	}
	/* A small zone should touch few pages, a large one few TLB entries. */
	(void)madvise(at, REGION_SIZE,
	    s->regions == NULL ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	r->octets = at;
	r->next = s->regions;
	s->regions = r;
	s->taken += REGION_SIZE;
	s->fresh = at;
	s->fresh_len = REGION_SIZE;
	return 0;
}

void
slab_clear(struct slab *s)
{
	while (s->regions != NULL) {
		struct slab_region *r = s->regions;

		s->regions = r->next;
		unpoison(r->octets, REGION_SIZE);
		(void)munmap(r->octets, REGION_SIZE);
		free(r);
	}
	while (s->large != NULL) {
		struct slab_large *l = s->large;

		s->large = l->next;
		free(l);
	}
	slab_init(s);
}

static void
open_chunk(struct slab *s, struct slab_chunk *c)
{
	struct slab_chunk **head = &s->open[c->size / 8];

	c->previous = NULL;
	c->next = *head;
	if (*head != NULL)
		(*head)->previous = c;
	*head = c;
}

static void
close_chunk(struct slab *s, struct slab_chunk *c)
{
	if (c->next != NULL)
		c->next->previous = c->previous;
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		s->open[c->size / 8] = c->next;
}

/* A chunk of no size, or NULL. */
static struct slab_chunk *
take_chunk(struct slab *s)
{
	struct slab_chunk *c = s->empty;

	if (c != NULL) {
		s->empty = c->next;
		return c;
	}
	if (s->fresh_len == 0 && add_region(s) != 0)
		return NULL;
	c = (void *)s->fresh;
	s->fresh += CHUNK_SIZE;
	s->fresh_len -= CHUNK_SIZE;
	return c;
}

static struct slab_chunk *
new_chunk(struct slab *s, size_t size)
{
	struct slab_chunk *c = take_chunk(s);

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->size = (uint32_t)size;
	c->n_max = (uint32_t)((CHUNK_SIZE - sizeof(*c)) / size);
	poison(c + 1, CHUNK_SIZE - sizeof(*c));
	open_chunk(s, c);
	return c;
}

/* An object of c, which has room. */
static void *
take_object(struct slab_chunk *c)
{
	void *object = c->free;

	if (object != NULL) {
		unpoison(object, c->size);
		memcpy(&c->free, object, sizeof(c->free));
	} else {
		object = (uint8_t *)(c + 1) + (size_t)c->n_touched * c->size;
		unpoison(object, c->size);
		c->n_touched++;
	}
	c->n_used++;
	return object;
}

static void *
alloc_large(struct slab *s, size_t size)
{
	struct slab_large *l = malloc(sizeof(*l) + size);

	if (l == NULL)
		return NULL;
	l->previous = NULL;
	l->next = s->large;
	if (s->large != NULL)
		s->large->previous = l;
	s->large = l;
	s->taken += size;
	s->in_use += size;
	return l + 1;
}

static void
free_large(struct slab *s, void *object, size_t size)
{
	struct slab_large *l = (struct slab_large *)object - 1;

	if (l->next != NULL)
		l->next->previous = l->previous;
	if (l->previous != NULL)
		l->previous->next = l->next;
	else
		s->large = l->next;
	s->taken -= size;
	s->in_use -= size;
	free(l);
}

void *
slab_alloc(struct slab *s, size_t size)
{
	struct slab_chunk *c;
	void *object;

	size = slab_rounded(size);
	if (size > SLAB_SIZE_MAX)
		return alloc_large(s, size);
	c = s->open[size / 8];
	if (c == NULL) {
		c = new_chunk(s, size);
		if (c == NULL)
			return NULL;
	}
	object = take_object(c);
	if (c->n_used == c->n_max)
		close_chunk(s, c);
	s->in_use += size;
	return object;
}

void
slab_free(struct slab *s, void *object, size_t size)
{
	struct slab_chunk *c;

	size = slab_rounded(size);
	if (size > SLAB_SIZE_MAX) {
		free_large(s, object, size);
		return;
	}
	c = (void *)((uint8_t *)object - (uintptr_t)object % CHUNK_SIZE);
	assert(c->size == size && c->n_used > 0);
	memcpy(object, &c->free, sizeof(c->free));
	c->free = object;
	poison(object, size);
	if (c->n_used == c->n_max)
		open_chunk(s, c);
	c->n_used--;
	s->in_use -= size;
	if (c->n_used == 0) {
		close_chunk(s, c);
		c->next = s->empty;
		s->empty = c;
	}
}
