/*
 * helpers.h - asks the helpers of external rules
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A helper is a program that listens on a UNIX socket and says whether a change
 * may be made (helper_wire.h).  All are asked by one thread, which waits for
 * none of them: each has a few connections at a time, and a queue.  What is
 * not answered in HELPERS_TIMEOUT_MS is not answered at all.
 *
 * Owns:    its thread, connections, and what is known of each helper.
 * Threads: as said at each function.
 * Errors:  negative enum err; a helper's silence is the word NONE, and why.
 */
#ifndef SERVER_HELPERS_H
#define SERVER_HELPERS_H

#include <stdatomic.h>

#include "daemon/server/inquiry.h"

struct helpers;

#define HELPERS_TIMEOUT_MS 2000    /* of an update, in all */
#define HELPERS_CONNECTIONS_MAX 16 /* at a time, of each helper */
#define HELPERS_WAITING_MAX 4096   /* questions, for each helper */

struct helpers_counters {
	_Atomic uint64_t asked;
	_Atomic uint64_t granted; /* yes */
	_Atomic uint64_t refused; /* no */
	_Atomic uint64_t silent;  /* no answer, or none in time */
	_Atomic uint64_t waiting; /* now */
};

/* With its thread.  ERR_NOMEM, ERR_BUSY: no thread or descriptor. */
int helpers_create(struct helpers **helpers_out);

/* Ends the thread; what is open is given up, and done() called. */
void helpers_stop(struct helpers *h); /* NULL is fine */

/* After helpers_stop().  NULL is fine. */
void helpers_destroy(struct helpers *h);

/* Asks all that is open.  Any thread; nobody asks after helpers_stop(). */
void helpers_ask(struct helpers *h, struct inquiry *q);

/* The same, and waits.  Any thread that may. */
void helpers_ask_and_wait(struct helpers *h, struct inquiry *q);

const struct helpers_counters *helpers_counters(const struct helpers *h);

#endif
