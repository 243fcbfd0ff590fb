/*
 * reason.h - one line that says why
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rooms that compute do not log: they fill in a reason, the caller says it.
 * Text from a peer must be escaped before it comes here (log_escape).
 *
 * Threads: one at a time.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

struct reason {
	char text[512]; /* one line, no final stop; "" when nothing was said */
};

/* printf into r, cut at its end; r may be NULL. */
void reason_set(struct reason *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
