/*
 * test_repeats.c - requests sent again
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "daemon/server/repeats.h"
#include "tests/unit/suites.h"

#define SECOND_NS 1000000000ull

static struct addr
address(uint8_t last, uint16_t port)
{
	struct addr a = {.family = AF_INET, .port = port};

	a.octets[0] = 192;
	a.octets[2] = 2;
	a.octets[3] = last;
	return a;
}

static struct repeat_key
key_of(struct addr from, const char *text)
{
	struct repeat_digest *d = repeat_digest_create();
	struct repeat_key key;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	CU_ASSERT_EQUAL_FATAL(repeats_key(d, &from, (const uint8_t *)text,
				  strlen(text), &key),
	    0);
	repeat_digest_destroy(d);
	return key;
}

static void
test_a_repeat_gets_the_same_octets(void)
{
	struct repeats *r = repeats_create(1000, 100000);
	struct repeat_key key = key_of(address(1, 5000), "update");
	struct repeat_key other_port = key_of(address(1, 6000), "update");
	struct repeat_key no_port = key_of(address(1, 0), "update");
	struct repeat_key elsewhere = key_of(address(2, 5000), "update");
	uint8_t answer[16];
	size_t len;

	clock_test_set(1, SECOND_NS);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_NEW);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_IN_HAND);
	CU_ASSERT_EQUAL(repeats_begin(r, &elsewhere, answer, sizeof(answer),
			    &len),
	    REPEAT_NEW);
	repeats_finish(r, &key, (const uint8_t *)"yes", 3);
	CU_ASSERT_EQUAL(repeats_begin(r, &other_port, answer, sizeof(answer),
			    &len),
	    REPEAT_NEW);
	CU_ASSERT_EQUAL(repeats_begin(r, &no_port, answer, sizeof(answer),
			    &len),
	    REPEAT_NEW);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_FINISHED);
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT(memcmp(answer, "yes", 3) == 0);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, 2, &len),
	    REPEAT_IN_HAND);
	clock_test_set(0, 0);
	repeats_destroy(r);
}

static void
test_what_is_forgotten_or_old_is_new_again(void)
{
	struct repeats *r = repeats_create(1000, 100000);
	struct repeat_key key = key_of(address(1, 5000), "update");
	uint8_t answer[16];
	size_t len;

	clock_test_set(1, SECOND_NS);
	(void)repeats_begin(r, &key, answer, sizeof(answer), &len);
	repeats_forget(r, &key);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_NEW);
	repeats_finish(r, &key, (const uint8_t *)"yes", 3);
	clock_test_set(1, SECOND_NS + (REPEATS_LIFE_MS - 1) * 1000000ull);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_FINISHED);
	clock_test_set(1, SECOND_NS + REPEATS_LIFE_MS * 1000000ull);
	CU_ASSERT_EQUAL(repeats_begin(r, &key, answer, sizeof(answer), &len),
	    REPEAT_NEW);
	clock_test_set(0, 0);
	repeats_destroy(r);
}

static void
test_the_table_is_bounded(void)
{
	struct repeats *r = repeats_create(640, 6400);
	uint8_t answer[64];
	char text[32];
	size_t len;

	for (int i = 0; i < 10000; i++) {
		struct repeat_key key;

		(void)snprintf(text, sizeof(text), "update %d", i);
		key = key_of(address(1, 1), text);
		(void)repeats_begin(r, &key, answer, sizeof(answer), &len);
		memset(answer, 'x', sizeof(answer));
		repeats_finish(r, &key, answer, sizeof(answer));
	}
	CU_ASSERT(repeats_count(r) > 0);
	CU_ASSERT(repeats_count(r) <= 640 + 64);
	repeats_destroy(r);
}

CU_TestInfo repeats_tests[] = {
    {"same octets", test_a_repeat_gets_the_same_octets},
    {"new again", test_what_is_forgotten_or_old_is_new_again},
    {"bounded", test_the_table_is_bounded},
    CU_TEST_INFO_NULL,
};
