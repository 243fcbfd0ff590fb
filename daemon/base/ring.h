/*
 * ring.h - a bounded queue of pointers between threads
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any number of threads put, any number take; neither waits.  Each slot has
 * a turn number, so a put and a take of different slots never touch the same
 * cache line twice.  Waking the taker is the caller's business (base/wake.h).
 *
 * Owns:    its slots; what is queued stays the caller's.
 * Threads: any.
 * Errors:  ring_put() is false when the ring is full: pressure, to be counted.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* A ring of at least size slots (rounded up to a power of two); NULL: no memory. */
struct ring *ring_create(size_t size);

/* Frees an empty or abandoned ring; NULL is fine. */
void ring_destroy(struct ring *r);

/* Puts item (not NULL) at the end; false: full. */
bool ring_put(struct ring *r, void *item);

/* Takes the first item; NULL: empty. */
void *ring_take(struct ring *r);

/* How many are queued, about. */
size_t ring_count(const struct ring *r);

/* How many slots there are. */
size_t ring_size(const struct ring *r);

#endif
