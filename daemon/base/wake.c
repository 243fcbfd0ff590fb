/*
 * wake.c - wakes a thread that has run out of work
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/wake.h"

int
wake_init(struct wake *w)
{
	atomic_init(&w->asleep, 0);
	w->owed = 0;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->fd == -1 ? err_from_errno(errno) : 0;
}

void
wake_clear(struct wake *w)
{
	if (w->fd != -1)
		(void)close(w->fd);
	w->fd = -1;
}

void
wake_up(struct wake *w)
{
	uint64_t one = 1;

	/*
	 * Both sides exchange: whoever comes second sees what the other did
	 * before, so either the sleeper finds the item or we find it asleep.
	 */
	if (atomic_exchange_explicit(&w->asleep, 0, memory_order_acq_rel) != 0)
		(void)!write(w->fd, &one, sizeof(one));
}

void
wake_prepare(struct wake *w)
{
	(void)atomic_exchange_explicit(&w->asleep, 1, memory_order_acq_rel);
}

void
wake_wait(struct wake *w, int timeout_ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	(void)poll(&p, 1, timeout_ms);
}

void
wake_done(struct wake *w)
{
	uint64_t n;

	/*
	 * Cleared by a waker: it writes, but perhaps not just yet.  Left over,
	 * its write would end every later wait at once.
	 */
	if (atomic_exchange_explicit(&w->asleep, 0, memory_order_acq_rel) == 0)
		w->owed++;
	if (w->owed > 0 && read(w->fd, &n, sizeof(n)) == sizeof(n))
		w->owed -= n;
}
