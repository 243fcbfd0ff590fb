/*
 * test_replays.c - authenticators remembered
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/gss/replays.h"
#include "tests/unit/suites.h"

static uint8_t *
digest(unsigned n)
{
	static uint8_t d[REPLAY_DIGEST_LEN];

	memset(d, 0, sizeof(d));
	memcpy(d, &(uint32_t){n * 2654435761u}, 4);
	memcpy(d + 8, &n, sizeof(n));
	return d;
}

static void
test_a_digest_is_added_once(void)
{
	struct replays *r = replays_create(100);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT(!replays_has(r, digest(1), 0));
	CU_ASSERT(replays_add(r, digest(1)));
	CU_ASSERT(replays_has(r, digest(1), 0));
	CU_ASSERT(!replays_add(r, digest(1)));
	CU_ASSERT(!replays_has(r, digest(2), 0));
	replays_destroy(r);
}

static void
test_digests_are_forgotten_in_time(void)
{
	struct replays *r = replays_create(100);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT(replays_add(r, digest(1)));
	clock_test_set(clock_wall_us(),
	    clock_mono_ns() + REPLAY_LIFE_MS * 1000000ull);
	CU_ASSERT(!replays_has(r, digest(1), 0));
	CU_ASSERT(replays_add(r, digest(1)));
	CU_ASSERT(!replays_add(r, digest(1)));

	/* Asked for older ones only. */
	CU_ASSERT(!replays_has(r, digest(1), 2000));
	clock_test_set(clock_wall_us(), clock_mono_ns() + 1999 * 1000000ull);
	CU_ASSERT(!replays_has(r, digest(1), 2000));
	clock_test_set(clock_wall_us(), clock_mono_ns() + 1000000ull);
	CU_ASSERT(replays_has(r, digest(1), 2000));
	clock_test_set(0, 0);
	replays_destroy(r);
}

static void
test_the_oldest_goes_when_it_is_full(void)
{
	struct replays *r = replays_create(128);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	for (unsigned n = 0; n < 1000; n++)
		CU_ASSERT(replays_add(r, digest(n)));
	for (unsigned n = 0; n < 1000; n++)
		CU_ASSERT_EQUAL(replays_has(r, digest(n), 0), n >= 1000 - 128);
	replays_destroy(r);
}

CU_TestInfo replays_tests[] = {
    {"once", test_a_digest_is_added_once},
    {"time", test_digests_are_forgotten_in_time},
    {"full", test_the_oldest_goes_when_it_is_full},
    CU_TEST_INFO_NULL,
};
