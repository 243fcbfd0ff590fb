/*
 * bits.h - counting bits
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdint.h>

/* How many bits of w are 1. */
static inline unsigned
bits_count(uint64_t w)
{
#ifdef __POPCNT__
	return (unsigned)__builtin_popcountll(w);
#else /* the library's function costs more than these few steps */
	w -= w >> 1 & 0x5555555555555555u;
	w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(w * 0x0101010101010101u >> 56);
#endif
}

#endif
