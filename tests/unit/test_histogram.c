/*
 * test_histogram.c - how often something was how large
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/histogram.h"
#include "tests/unit/suites.h"

static const struct histogram_bounds bounds = {3, {10, 20, 40}};

static void
test_a_value_belongs_to_the_first_bound_it_does_not_exceed(void)
{
	struct histogram h = {0};

	histogram_add(&h, &bounds, 0, 1);
	histogram_add(&h, &bounds, 10, 1);
	histogram_add(&h, &bounds, 11, 1);
	histogram_add(&h, &bounds, 40, 1);
	histogram_add(&h, &bounds, 41, 1);
	histogram_add(&h, &bounds, 1000, 2);
	CU_ASSERT_EQUAL(h.counts[0], 2);
	CU_ASSERT_EQUAL(h.counts[1], 1);
	CU_ASSERT_EQUAL(h.counts[2], 1);
	CU_ASSERT_EQUAL(h.counts[3], 3);
	CU_ASSERT_EQUAL(h.counts[4], 0);
	CU_ASSERT_EQUAL(h.sum, 10 + 11 + 40 + 41 + 2000);
}

CU_TestInfo histogram_tests[] = {
    {"a value belongs to the first bound it does not exceed",
	test_a_value_belongs_to_the_first_bound_it_does_not_exceed},
    CU_TEST_INFO_NULL,
};
