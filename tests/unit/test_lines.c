/*
 * test_lines.c - lines over a stream socket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/control/lines.h"
#include "tests/unit/suites.h"

#define LONG 100000

static void
make_pair(int fds[2])
{
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static void
expect(struct lines *l, size_t max, const char *text)
{
	const char *line;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(lines_read(l, max, &line, &len), 0);
	CU_ASSERT_EQUAL(len, strlen(text));
	CU_ASSERT_EQUAL(memcmp(line, text, len), 0);
}

static void
test_lines_come_one_by_one_and_the_last_needs_no_end(void)
{
	static const char text[] = "one\n\nthree\nrest";
	const char *line;
	struct lines l;
	size_t len;
	int fds[2];

	make_pair(fds);
	lines_init(&l, fds[0], 0);
	CU_ASSERT_EQUAL(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fds[1]);
	expect(&l, 10, "one");
	expect(&l, 10, "");
	expect(&l, 10, "three");
	expect(&l, 10, "rest");
	CU_ASSERT_EQUAL(lines_read(&l, 10, &line, &len), ERR_CLOSED);
	lines_clear(&l);
	(void)close(fds[0]);
}

static void
test_a_line_is_bounded(void)
{
	const char *line;
	struct lines l;
	size_t len;
	int fds[2];

	make_pair(fds);
	lines_init(&l, fds[0], 0);
	CU_ASSERT_EQUAL(write(fds[1], "12345\n123456\n", 13), 13);
	expect(&l, 5, "12345");
	CU_ASSERT_EQUAL(lines_read(&l, 5, &line, &len), ERR_NOSPACE);
	lines_clear(&l);
	lines_init(&l, fds[0], 0);
	CU_ASSERT_EQUAL(write(fds[1], "123456", 6), 6);
	CU_ASSERT_EQUAL(lines_read(&l, 5, &line, &len), ERR_NOSPACE);
	lines_clear(&l);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
test_nobody_waits_for_ever(void)
{
	const char *line;
	struct lines l;
	json_t *document = json_pack("{s:[i,i,i]}", "n", 1, 2, 3);
	size_t len;
	int fds[2], ret = 0;

	make_pair(fds);
	lines_init(&l, fds[0], 1);
	CU_ASSERT_EQUAL(write(fds[1], "half", 4), 4);
	CU_ASSERT_EQUAL(lines_read(&l, 10, &line, &len), ERR_TIMEOUT);
	while (ret == 0)
		ret = lines_write(&l, document);
	CU_ASSERT_EQUAL(ret, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(lines_flush(&l), ERR_TIMEOUT);
	json_decref(document);
	lines_clear(&l);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
test_a_long_document_passes_in_one_line(void)
{
	char *text = malloc(LONG + 1);
	struct lines out, in;
	json_t *document, *back;
	const char *line;
	size_t len;
	int fds[2];

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	document = json_pack("{s:s}", "text", text);
	make_pair(fds);
	lines_init(&out, fds[0], 0);
	lines_init(&in, fds[1], 0);
	CU_ASSERT_EQUAL(lines_write(&out, document), 0);
	CU_ASSERT_EQUAL(lines_flush(&out), 0);
	CU_ASSERT_EQUAL_FATAL(lines_read(&in, 2 * LONG, &line, &len), 0);
	back = json_loadb(line, len, 0, NULL);
	CU_ASSERT(json_equal(document, back));
	json_decref(document);
	json_decref(back);
	lines_clear(&out);
	lines_clear(&in);
	(void)close(fds[0]);
	(void)close(fds[1]);
	free(text);
}

CU_TestInfo lines_tests[] = {
    {"read", test_lines_come_one_by_one_and_the_last_needs_no_end},
    {"bound", test_a_line_is_bounded},
    {"deadline", test_nobody_waits_for_ever},
    {"long", test_a_long_document_passes_in_one_line},
    CU_TEST_INFO_NULL,
};
