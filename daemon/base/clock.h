/*
 * clock.h - the two clocks, which tests can move
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any; clock_test_set() only before threads start.
 * Units:   as named; wall time counts from 1970 without leap seconds.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Wall clock, seconds: what signatures and serials use. */
uint64_t clock_wall_s(void);

/* Wall clock, microseconds: for log lines and the journal. */
uint64_t clock_wall_us(void);

/* Never steps: what lifetimes and time-outs use. */
uint64_t clock_mono_ms(void);
uint64_t clock_mono_ns(void);

/* Tests: from now on all clocks stand still at these values; 0 ends it. */
void clock_test_set(uint64_t wall_us, uint64_t mono_ns);

#endif
