/*
 * log_limit.h - how many lines of the log a stranger may cause
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whoever can reach us can have lines written: of signatures that are not
 * right, tokens that fail, octets that are no message, what is asked without a
 * signature.  Each source
 * (addr_budget()) has LOG_LIMIT_LINES of each kind in LOG_LIMIT_WINDOW_MS; the
 * rest is counted, and said in one line when the window ends.  Sources that
 * find no place in the table share one budget a kind, so that addresses cost
 * nothing either.
 *
 * Only lines are held back: counters and records of decisions never are.
 *
 * Owns:    its table, of fixed size.
 * Threads: any.
 * Errors:  none.
 */
#ifndef SERVER_LOG_LIMIT_H
#define SERVER_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/addr.h"

#define LOG_LIMIT_LINES 50
#define LOG_LIMIT_WINDOW_MS 10000
#define LOG_LIMIT_SOURCES 256 /* of all kinds together */

enum log_limit_kind {
	LOG_LIMIT_TSIG,     /* "tsig refused" */
	LOG_LIMIT_TKEY,     /* "tkey refused" */
	LOG_LIMIT_JUNK,     /* "message refused" */
	LOG_LIMIT_WEAK,     /* "tkey weak" */
	LOG_LIMIT_UPDATE,   /* "update refused", if nobody has signed it */
	LOG_LIMIT_TRANSFER, /* "transfer refused", the same */
	LOG_LIMIT_SIGN_IN,  /* "panel refused" */
	LOG_LIMIT_KINDS,
};

/* Lines that were held back in a window that ended. */
struct log_limit_held {
	enum log_limit_kind kind;
	struct addr source; /* addr_budget(); family 0: several */
	uint64_t n;
};

struct log_limit;

/* say is called without locks, for each window with lines held back. */
struct log_limit *log_limit_create(
    void (*say)(const struct log_limit_held *held)); /* NULL: no memory */
void log_limit_destroy(struct log_limit *l);         /* NULL is fine */

/* True: write the line.  False: it is counted. */
bool log_limit_allows(struct log_limit *l, enum log_limit_kind kind,
    const struct addr *source);

/* Says what windows that ended held back; to be called now and then. */
void log_limit_expire(struct log_limit *l);

/* Lines held back since the start. */
uint64_t log_limit_held_back(struct log_limit *l);

#endif
