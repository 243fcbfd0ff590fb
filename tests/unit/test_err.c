/*
 * test_err.c - error codes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>

#include "daemon/base/err.h"
#include "tests/unit/suites.h"

static void
test_each_error_has_words_of_its_own(void)
{
	CU_ASSERT_STRING_EQUAL(err_text(0), "success");
	for (int a = ERR_UNREACHABLE; a < 0; a++) {
		CU_ASSERT_STRING_NOT_EQUAL(err_text(a), "unknown error");
		for (int b = a + 1; b < 0; b++)
			CU_ASSERT_STRING_NOT_EQUAL(err_text(a), err_text(b));
	}
}

/* Who reads "input or output error" looks at the disk. */
static void
test_the_network_is_not_the_disk(void)
{
	CU_ASSERT_EQUAL(err_from_errno(0), 0);
	CU_ASSERT_EQUAL(err_from_errno(EIO), ERR_IO);
	CU_ASSERT_EQUAL(err_from_errno(ENETUNREACH), ERR_UNREACHABLE);
	CU_ASSERT_EQUAL(err_from_errno(EHOSTUNREACH), ERR_UNREACHABLE);
	CU_ASSERT_EQUAL(err_from_errno(ECONNREFUSED), ERR_UNREACHABLE);
}

CU_TestInfo err_tests[] = {
    {"words", test_each_error_has_words_of_its_own},
    {"network", test_the_network_is_not_the_disk},
    CU_TEST_INFO_NULL,
};
