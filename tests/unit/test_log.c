/*
 * test_log.c - log lines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/log.h"
#include "tests/unit/suites.h"

static void
test_text_from_a_peer_is_escaped(void)
{
	char out[64], small[9];

	CU_ASSERT_STRING_EQUAL(
	    log_escape("a\nb\"c\\d\x80", 8, out, sizeof(out)),
	    "a\\012b\\042c\\134d\\200");
	CU_ASSERT_STRING_EQUAL(
	    log_escape("abcdefgh", 8, small, sizeof(small)), "abcdefgh");
	CU_ASSERT_STRING_EQUAL(
	    log_escape("abcdefghi", 9, small, sizeof(small)), "abcde...");
	CU_ASSERT_STRING_EQUAL(log_escape("", 0, out, sizeof(out)), "");
}

static void
test_levels_have_names(void)
{
	enum log_level level;

	CU_ASSERT(log_level_from_text("Warning", &level));
	CU_ASSERT_EQUAL(level, LOG_LEVEL_WARNING);
	CU_ASSERT(!log_level_from_text("loud", &level));
}

CU_TestInfo log_tests[] = {
    {"escape", test_text_from_a_peer_is_escaped},
    {"levels", test_levels_have_names},
    CU_TEST_INFO_NULL,
};
