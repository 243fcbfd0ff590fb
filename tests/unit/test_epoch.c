/*
 * test_epoch.c - epochs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/epoch.h"
#include "tests/unit/suites.h"

static void
test_only_readers_that_were_inside_hold_us_back(void)
{
	struct epoch *e = epoch_create(2);
	struct epoch_mark m;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	epoch_mark(e, &m);
	CU_ASSERT(epoch_passed(e, &m));

	epoch_enter(e, 0);
	epoch_mark(e, &m);
	CU_ASSERT(!epoch_passed(e, &m));
	epoch_enter(e, 1); /* came later: cannot hold what was unpublished */
	CU_ASSERT(!epoch_passed(e, &m));
	epoch_leave(e, 0);
	CU_ASSERT(epoch_passed(e, &m));
	epoch_enter(e, 0);
	CU_ASSERT(epoch_passed(e, &m));
	epoch_destroy(e);
}

CU_TestInfo epoch_tests[] = {
    {"inside", test_only_readers_that_were_inside_hold_us_back},
    CU_TEST_INFO_NULL,
};
