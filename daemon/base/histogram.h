/*
 * histogram.h - how often something was how large
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bounds are fixed, and a count belongs to the first bound that is not
 * exceeded, or to the last place, behind all bounds.
 *
 * Owns:    its counters; bounds are constant, the same at each call.
 * Threads: added to by one thread alone; read by any (relaxed).
 * Units:   the user's.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 15

struct histogram_bounds {
	size_t n;
	uint64_t at[HISTOGRAM_BOUNDS_MAX]; /* ascending */
};

struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
	_Atomic uint64_t sum;
};

/* A counter that no other thread adds to: no locked instruction. */
static inline void
counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* n times the same value. */
static inline void
histogram_add(struct histogram *h, const struct histogram_bounds *bounds,
    uint64_t value, uint64_t n)
{
	size_t i = 0;

	while (i < bounds->n && value > bounds->at[i])
		i++;
	counter_add(&h->counts[i], n);
	counter_add(&h->sum, n * value);
}

#endif
