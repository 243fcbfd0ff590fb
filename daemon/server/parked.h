/*
 * parked.h - updates that wait for the directory or for helpers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A parked update is in its worker's list, and known to whoever it waits for,
 * who posts it to the worker when there is something new: the cache of facts,
 * or the helpers.  It waits for the directory's timeout at most, however often
 * it is parked, and for helpers as long as helpers.h says.
 *
 * Threads: the request's worker; parked_clear() after it has ended.
 */
#ifndef SERVER_PARKED_H
#define SERVER_PARKED_H

#include <stdint.h>

#include "daemon/server/core.h"

#define PARKED_MAX 4096 /* for facts, of one worker */

enum park {
	PARK_WAITS, /* it comes back as REQUEST_PARKED */
	PARK_OVER,  /* the facts are there now, or it waits for them no more */
	PARK_FULL,  /* too many wait */
};

/*
 * Parks a kept update, whose policy needs a helper's word or facts of its
 * signer; if it need not wait, its requester has them.
 */
enum park park(struct request *r);

/* It has come back: it waits no more. */
void park_end(struct request *r);

/* Those that have waited long enough are given to finish_parked(). */
void parked_tick(struct worker *w, uint64_t now_ms);

/* Puts those that nothing has come for. */
void parked_clear(struct worker *w);

#endif
