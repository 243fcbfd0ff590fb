/*
 * test_window.c - sequence numbers seen
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/gss/window.h"
#include "tests/unit/suites.h"

static void
test_each_number_counts_once(void)
{
	struct window w = {.started = false};

	for (uint64_t n = 100; n < 3000; n++) {
		CU_ASSERT_EQUAL(window_take(&w, n), WINDOW_NEW);
		CU_ASSERT_EQUAL(window_take(&w, n), WINDOW_SEEN);
	}
}

static void
test_any_order_within_the_window_will_do(void)
{
	struct window w = {.started = false};

	CU_ASSERT_EQUAL(window_take(&w, 5000), WINDOW_NEW);
	for (uint64_t n = 5000 - WINDOW_BITS + 1; n < 5000; n++)
		CU_ASSERT_EQUAL(window_take(&w, n), WINDOW_NEW);
	for (uint64_t n = 5000 - WINDOW_BITS + 1; n <= 5000; n++)
		CU_ASSERT_EQUAL(window_take(&w, n), WINDOW_SEEN);
	CU_ASSERT_EQUAL(window_take(&w, 5000 - WINDOW_BITS), WINDOW_BEHIND);
}

static void
test_a_jump_forgets_nothing_that_is_in_the_window(void)
{
	struct window w = {.started = false};

	CU_ASSERT_EQUAL(window_take(&w, 10), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 10 + WINDOW_BITS - 1), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 10), WINDOW_SEEN);
	CU_ASSERT_EQUAL(window_take(&w, 11), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 10 + WINDOW_BITS), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 10), WINDOW_BEHIND);
	CU_ASSERT_EQUAL(window_take(&w, 10 + 3 * WINDOW_BITS), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 11 + 2 * WINDOW_BITS), WINDOW_NEW);
}

static void
test_numbers_wrap_around(void)
{
	struct window w = {.started = false};

	CU_ASSERT_EQUAL(window_take(&w, UINT64_MAX), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, 0), WINDOW_NEW);
	CU_ASSERT_EQUAL(window_take(&w, UINT64_MAX), WINDOW_SEEN);
	CU_ASSERT_EQUAL(window_take(&w, UINT64_MAX - 1), WINDOW_NEW);
}

CU_TestInfo window_tests[] = {
    {"once", test_each_number_counts_once},
    {"order", test_any_order_within_the_window_will_do},
    {"jump", test_a_jump_forgets_nothing_that_is_in_the_window},
    {"wrap", test_numbers_wrap_around},
    CU_TEST_INFO_NULL,
};
