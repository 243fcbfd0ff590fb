/*
 * test_outbuf.c - unsent octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/net/outbuf.h"
#include "tests/unit/suites.h"

#define MESSAGES 2000
#define LEN 1000

/* Message i is filled with i. */
static void
check_octets(const uint8_t *octets, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++, at++) {
		size_t in_message = at % (2 + LEN);
		uint8_t fill = (uint8_t)(at / (2 + LEN));
		uint8_t want = in_message == 0 ? LEN >> 8
		    : in_message == 1          ? LEN & 0xff
					       : fill;

		if (octets[i] != want) {
			CU_FAIL_FATAL("an octet is wrong");
		}
	}
}

static void
test_octets_come_out_in_order_through_a_narrow_stream(void)
{
	struct outbuf b;
	uint8_t message[LEN], got[3000];
	size_t sent, received = 0;
	int fds[2], made = 0;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	outbuf_init(&b);
	while (received < (size_t)MESSAGES * (2 + LEN)) {
		ssize_t n;

		for (int i = 0; i < 7 && made < MESSAGES; i++, made++) {
			memset(message, made, sizeof(message));
			CU_ASSERT_EQUAL_FATAL(outbuf_message(&b, message,
						  sizeof(message)),
			    0);
		}
		CU_ASSERT_EQUAL_FATAL(outbuf_write(&b, fds[0], &sent), 0);
		n = recv(fds[1], got, sizeof(got), 0);
		CU_ASSERT_FATAL(n > 0);
		check_octets(got, (size_t)n, received);
		received += (size_t)n;
	}
	CU_ASSERT_EQUAL(outbuf_len(&b), 0);
	CU_ASSERT_PTR_NULL(b.base);
	(void)close(fds[1]);
	CU_ASSERT_EQUAL(outbuf_message(&b, "x", 1), 0);
	CU_ASSERT_EQUAL(outbuf_write(&b, fds[0], &sent), ERR_CLOSED);
	outbuf_clear(&b);
	(void)close(fds[0]);
}

CU_TestInfo outbuf_tests[] = {
    {"order", test_octets_come_out_in_order_through_a_narrow_stream},
    CU_TEST_INFO_NULL,
};
