/*
 * window.h - which sequence numbers have been seen
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * UDP reorders and clients repeat themselves, so a MIC is judged by its
 * sequence number: each counts once, in any order, unless it lies
 * WINDOW_BITS or more behind the highest.
 *
 * Threads: one at a time.
 */
#ifndef GSS_WINDOW_H
#define GSS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_BITS 1024

struct window { /* all 0: nothing seen */
	bool started;
	uint64_t top;                    /* the highest */
	uint64_t bits[WINDOW_BITS / 64]; /* number n at n % WINDOW_BITS */
};

enum window_verdict {
	WINDOW_NEW,
	WINDOW_SEEN,
	WINDOW_BEHIND, /* cannot tell any more */
};

/* Takes note of an authentic sequence number. */
enum window_verdict window_take(struct window *w, uint64_t number);

#endif
