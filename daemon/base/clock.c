/*
 * clock.c - the two clocks, which tests can move
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <time.h>

#include "daemon/base/clock.h"

static uint64_t test_wall_us, test_mono_ns;

static uint64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t
clock_wall_us(void)
{
	return test_wall_us != 0 ? test_wall_us : read_ns(CLOCK_REALTIME) / 1000;
}

uint64_t
clock_wall_s(void)
{
	return clock_wall_us() / 1000000;
}

uint64_t
clock_mono_ns(void)
{
	return test_mono_ns != 0 ? test_mono_ns : read_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

void
clock_test_set(uint64_t wall_us, uint64_t mono_ns)
{
	test_wall_us = wall_us;
	test_mono_ns = mono_ns;
}
