/*
 * wake.h - wakes a thread that has run out of work
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An eventfd with a flag in front, so that waking a thread that is not asleep
 * costs no system call.  The sleeper announces itself (wake_prepare), looks
 * at its queues once more, and only then waits; wake_done() ends it.
 *
 *	wake_prepare(&w);
 *	if (ring_count(ring) == 0)
 *		wake_wait(&w, -1);      (or epoll_wait with w.fd in the set)
 *	wake_done(&w);
 *
 * Owns:    its descriptor.
 * Threads: one sleeper, any number of wakers.
 * Errors:  negative enum err from wake_init().
 */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <stdatomic.h>
#include <stdint.h>

struct wake {
	int fd; /* eventfd, non-blocking; readable after a wake */
	atomic_int asleep;
	uint64_t owed; /* the sleeper's: writes that wakers are about to do */
};

int wake_init(struct wake *w);
void wake_clear(struct wake *w);

/* Waker: after the item is queued. */
void wake_up(struct wake *w);

/* Sleeper: from here on wakers write to the descriptor. */
void wake_prepare(struct wake *w);

/* Sleeper: waits until woken, or timeout_ms have passed (-1: for ever). */
void wake_wait(struct wake *w, int timeout_ms);

/* Sleeper: awake again; empties the descriptor. */
void wake_done(struct wake *w);

#endif
