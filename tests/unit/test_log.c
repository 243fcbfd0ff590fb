/*
 * test_log.c - log lines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "tests/unit/suites.h"

static void
test_text_from_a_peer_is_escaped(void)
{
	char out[64], small[9];

	CU_ASSERT_STRING_EQUAL(log_escape("a\nb\"c\\d\x80", 8, out,
				   sizeof(out)),
	    "a\\012b\\042c\\134d\\200");
	CU_ASSERT_STRING_EQUAL(log_escape("abcdefgh", 8, small, sizeof(small)),
	    "abcdefgh");
	CU_ASSERT_STRING_EQUAL(log_escape("abcdefghi", 9, small, sizeof(small)),
	    "abcde...");
	CU_ASSERT_STRING_EQUAL(log_escape("", 0, out, sizeof(out)), "");
}

static void
test_a_quoted_value_holds_no_double_quote(void)
{
	char out[16];

	CU_ASSERT_STRING_EQUAL(log_quote("a \"b\"\nc", out, sizeof(out)),
	    "a 'b' c");
	CU_ASSERT_STRING_EQUAL(log_quote("0123456789abcdefgh", out,
				   sizeof(out)),
	    "0123456789abcde");
	CU_ASSERT_STRING_EQUAL(log_quote("", out, sizeof(out)), "");
}

static void
test_levels_have_names(void)
{
	enum log_level level;

	CU_ASSERT(log_level_from_text("Warning", &level));
	CU_ASSERT_EQUAL(level, LOG_LEVEL_WARNING);
	CU_ASSERT(!log_level_from_text("loud", &level));
}

/* What is logged before log_stop() is written, in order. */
static void
test_a_thread_writes_the_lines(void)
{
	char line[256], expected[64];
	int fds[2], saved = dup(STDERR_FILENO);
	FILE *in;

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	(void)dup2(fds[1], STDERR_FILENO);
	log_open("test", LOG_TO_STDERR);
	CU_ASSERT_EQUAL(log_start(), 0);
	for (int i = 0; i < 100; i++)
		log_info("event number=%d", i);
	log_stop();
	log_info("event number=100");
	log_open("test", LOG_TO_NOWHERE);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(fds[1]);
	in = fdopen(fds[0], "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	for (int i = 0; i <= 100; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), in));
		(void)snprintf(expected, sizeof(expected),
		    "test: info event number=%d\n", i);
		CU_ASSERT_PTR_NOT_NULL(strstr(line, expected));
	}
	CU_ASSERT_PTR_NULL(fgets(line, sizeof(line), in));
	(void)fclose(in);
}

CU_TestInfo log_tests[] = {
    {"escape", test_text_from_a_peer_is_escaped},
    {"quote", test_a_quoted_value_holds_no_double_quote},
    {"levels", test_levels_have_names},
    {"thread", test_a_thread_writes_the_lines},
    CU_TEST_INFO_NULL,
};
