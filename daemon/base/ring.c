/*
 * ring.c - a bounded queue of pointers between threads
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * After Dmitry Vyukov's bounded MPMC queue: a slot whose turn equals the
 * position is free to put; one whose turn is position + 1 is free to take.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/ring.h"

#define CACHE_LINE 64

struct slot {
	_Atomic size_t turn;
	void *item;
};

struct ring {
	size_t mask;
	struct slot *slots;
	_Alignas(CACHE_LINE) _Atomic size_t put_at;
	_Alignas(CACHE_LINE) _Atomic size_t take_at;
};

struct ring *
ring_create(size_t size)
{
	struct ring *r;
	size_t n = 2;

	while (n < size)
		n *= 2;
	r = aligned_alloc(CACHE_LINE, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->slots = calloc(n, sizeof(r->slots[0]));
	if (r->slots == NULL) {
		free(r);
		return NULL;
	}
	r->mask = n - 1;
	for (size_t i = 0; i < n; i++)
		atomic_init(&r->slots[i].turn, i);
	atomic_init(&r->put_at, 0);
	atomic_init(&r->take_at, 0);
	return r;
}

void
ring_destroy(struct ring *r)
{
	if (r == NULL)
		return;
	free(r->slots);
	free(r);
}

bool
ring_put(struct ring *r, void *item)
{
	size_t at = atomic_load_explicit(&r->put_at, memory_order_relaxed);

	for (;;) {
		struct slot *s = &r->slots[at & r->mask];
		size_t turn =
		    atomic_load_explicit(&s->turn, memory_order_acquire);
		intptr_t ahead = (intptr_t)(turn - at);

		if (ahead < 0)
			return false;
		if (ahead > 0) {
			at = atomic_load_explicit(
			    &r->put_at, memory_order_relaxed);
		} else if (atomic_compare_exchange_weak_explicit(&r->put_at,
			       &at, at + 1, memory_order_relaxed,
			       memory_order_relaxed)) {
			s->item = item;
			atomic_store_explicit(
			    &s->turn, at + 1, memory_order_release);
			return true;
		}
	}
}

void *
ring_take(struct ring *r)
{
	size_t at = atomic_load_explicit(&r->take_at, memory_order_relaxed);

	for (;;) {
		struct slot *s = &r->slots[at & r->mask];
		size_t turn =
		    atomic_load_explicit(&s->turn, memory_order_acquire);
		intptr_t ahead = (intptr_t)(turn - (at + 1));

		if (ahead < 0)
			return NULL;
		if (ahead > 0) {
			at = atomic_load_explicit(
			    &r->take_at, memory_order_relaxed);
		} else if (atomic_compare_exchange_weak_explicit(&r->take_at,
			       &at, at + 1, memory_order_relaxed,
			       memory_order_relaxed)) {
			void *item = s->item;

			atomic_store_explicit(&s->turn, at + r->mask + 1,
			    memory_order_release);
			return item;
		}
	}
}

size_t
ring_count(const struct ring *r)
{
	size_t taken = atomic_load_explicit(&r->take_at, memory_order_acquire);
	size_t put = atomic_load_explicit(&r->put_at, memory_order_acquire);

	return put > taken ? put - taken : 0;
}

size_t
ring_size(const struct ring *r)
{
	return r->mask + 1;
}
