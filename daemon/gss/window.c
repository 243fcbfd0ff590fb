/*
 * window.c - which sequence numbers have been seen
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/gss/window.h"

static uint64_t
bit_of(uint64_t number)
{
	return (uint64_t)1 << number % 64;
}

static uint64_t *
word_of(struct window *w, uint64_t number)
{
	return &w->bits[number % WINDOW_BITS / 64];
}

/* The top moves up: the numbers between have not been seen. */
static void
advance(struct window *w, uint64_t number)
{
	uint64_t ahead = number - w->top;

	if (ahead >= WINDOW_BITS) {
		memset(w->bits, 0, sizeof(w->bits));
	} else {
		for (uint64_t n = w->top + 1; n != number; n++)
			*word_of(w, n) &= ~bit_of(n);
	}
	w->top = number;
	*word_of(w, number) |= bit_of(number);
}

enum window_verdict
window_take(struct window *w, uint64_t number)
{
	if (!w->started) {
		w->started = true;
		w->top = number;
		*word_of(w, number) |= bit_of(number);
		return WINDOW_NEW;
	}
	if ((int64_t)(number - w->top) > 0) {
		advance(w, number);
		return WINDOW_NEW;
	}
	if (w->top - number >= WINDOW_BITS)
		return WINDOW_BEHIND;
	if ((*word_of(w, number) & bit_of(number)) != 0)
		return WINDOW_SEEN;
	*word_of(w, number) |= bit_of(number);
	return WINDOW_NEW;
}
