/*
 * arena.c - memory that is given back all at once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"

#define BLOCK_SIZE ((size_t)8192)

struct arena_block {
	struct arena_block *next;
	size_t size; /* of octets[] */
	_Alignas(16) unsigned char octets[];
};

void
arena_init(struct arena *a, size_t limit)
{
	memset(a, 0, sizeof(*a));
	a->limit = limit;
}

void
arena_clear(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	arena_init(a, a->limit);
}

void
arena_wipe(struct arena *a)
{
	for (struct arena_block *b = a->blocks; b != NULL; b = b->next)
		explicit_bzero(b->octets, b->size);
	arena_clear(a);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL, *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL && b->size == BLOCK_SIZE)
			keep = b;
		else
			free(b);
	}
	if (keep != NULL)
		keep->next = NULL;
	a->blocks = keep;
	a->used = 0;
	a->total = keep == NULL ? 0 : keep->size;
}

static struct arena_block *
add_block(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	if (a->limit != 0 && (size > a->limit || a->total > a->limit - size))
		return NULL;
	b = malloc(sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->used = 0;
	a->total += size;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + 7) & ~(size_t)7;
	if (b == NULL || b->size - a->used < size) {
		b = add_block(a, size);
		if (b == NULL)
			return NULL;
	}
	p = b->octets + a->used;
	a->used += size;
	return p;
}

void *
arena_calloc(struct arena *a, size_t n, size_t size)
{
	void *p;

	if (size != 0 && n > SIZE_MAX / size)
		return NULL;
	p = arena_alloc(a, n * size);
	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

void *
arena_copy(struct arena *a, const void *octets, size_t len)
{
	void *p = arena_alloc(a, len);

	if (p != NULL && len > 0)
		memcpy(p, octets, len);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	text = arena_alloc(a, (size_t)len + 1);
	if (text == NULL)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}
