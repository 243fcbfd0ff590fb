/*
 * log_check.h - a log looked at without touching it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Judges the log as a start would (journal/recover.h), but reads everything,
 * goes on after the first damage, and writes nothing.
 *
 * Owns:    nothing.
 * Threads: one at a time; no daemon may write to the directory.
 * Errors:  negative enum err and a reason: it could not be looked at.  What it
 *          says of the log is no error.
 */
#ifndef JOURNAL_LOG_CHECK_H
#define JOURNAL_LOG_CHECK_H

#include "daemon/journal/journal.h"

enum check_weight {
	CHECK_NOTE,   /* nothing is lost by it */
	CHECK_DAMAGE, /* something is, or cannot be used */
};

struct check_finding {
	enum check_weight weight;
	const char *where;   /* file in the state directory, offset */
	const char *what;    /* is wrong there */
	const char *meaning; /* what a start would do about it */
};
typedef void (*check_found)(void *arg, const struct check_finding *finding);

struct check_listener {
	check_found found;
	void *arg;
};

/* Tells the listener; what is wrong as printf(). */
void check_say(const struct check_listener *to, enum check_weight weight,
    const char *where, const char *meaning, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

struct log_check {
	const struct storage *storage;
	int dirfd; /* the state directory */
	struct check_listener to;
	journal_take take;    /* of every changeset that counts */
	void *arg;            /* of take */
	bool zones_are_whole; /* see struct recover_promise */
	uint64_t snapshots_lsn;
};

struct log_check_result {
	uint32_t n_segments;
	uint64_t first_lsn, last_lsn; /* 0: no groups */
	uint64_t n_changesets;
	bool is_damaged; /* a start would be read-only */
};

/* ERR_NOMEM, ERR_IO, ERR_PERM, or what take returned. */
int log_check(const struct log_check *check,
    struct log_check_result *result_out, struct reason *reason);

#endif
