/*
 * test_request.c - lines that clients of the control socket send
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/control/request.h"
#include "tests/unit/suites.h"

static void
test_a_command_and_its_arguments_are_read(void)
{
	static const char line[] =
	    "{\"command\": \"sync\", \"args\": [\"a.test\", \"b\"]}";
	struct request r;

	CU_ASSERT_EQUAL_FATAL(request_read(line, strlen(line), &r, NULL), 0);
	CU_ASSERT_STRING_EQUAL(r.command, "sync");
	CU_ASSERT_EQUAL_FATAL(r.n_args, 2);
	CU_ASSERT_STRING_EQUAL(r.args[0], "a.test");
	CU_ASSERT_STRING_EQUAL(r.args[1], "b");
	request_clear(&r);
}

static void
test_arguments_may_be_left_out(void)
{
	static const char line[] = "{\"command\": \"status\"}";
	struct request r;

	CU_ASSERT_EQUAL_FATAL(request_read(line, strlen(line), &r, NULL), 0);
	CU_ASSERT_EQUAL(r.n_args, 0);
	request_clear(&r);
}

static void
test_anything_else_is_refused_with_a_reason(void)
{
	static const char *const lines[] = {
	    "",
	    "status",
	    "[]",
	    "{}",
	    "{\"command\": 1}",
	    "{\"command\": \"a\", \"args\": \"b\"}",
	    "{\"command\": \"a\", \"args\": [1]}",
	    "{\"command\": \"a\", \"args\": null}",
	    "{\"command\": \"a\", \"file\": \"/etc/shadow\"}",
	    "{\"command\": \"a\", \"command\": \"b\"}",
	    "{\"command\": \"a\\u0000b\"}",
	    "{\"command\": \"a\"} x",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct reason reason = {""};
		struct request r;

		CU_ASSERT_EQUAL(request_read(lines[i], strlen(lines[i]), &r,
				    &reason),
		    ERR_MALFORMED);
		CU_ASSERT_PTR_NULL(r.document);
		CU_ASSERT_EQUAL(strncmp(reason.text, "request: ", 9), 0);
	}
}

CU_TestInfo request_tests[] = {
    {"read", test_a_command_and_its_arguments_are_read},
    {"no arguments", test_arguments_may_be_left_out},
    {"refused", test_anything_else_is_refused_with_a_reason},
    CU_TEST_INFO_NULL,
};
