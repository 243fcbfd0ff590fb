/*
 * test_sid.c - SIDs in their two forms
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/sid.h"
#include "tests/unit/suites.h"

static struct sid
sid(const char *text)
{
	struct sid s;

	CU_ASSERT_EQUAL_FATAL(sid_from_text(text, &s), 0);
	return s;
}

static void
test_text_comes_back_as_written(void)
{
	static const char *const texts[] = {"S-1-5-21-1-2-3-512", "S-1-1-0",
	    "S-1-18-1", "S-1-5-21-4294967295-0-1", "S-1-4294967295-7",
	    "S-1-0x0123456789ab-7", "S-1-0x000100000000-1",
	    "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
	char text[SID_TEXT_SIZE];
	struct sid s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		s = sid(texts[i]);
		CU_ASSERT_STRING_EQUAL(sid_to_text(&s, text), texts[i]);
	}
}

static void
test_spelling_varies(void)
{
	struct sid a = sid("s-1-0X000000000005-32-0544");
	struct sid b = sid("S-1-5-32-544");

	CU_ASSERT(sid_equal(&a, &b));
}

static void
test_the_longest_text_fits(void)
{
	struct sid s = {.n_subs = SID_SUBS_MAX};
	char text[SID_TEXT_SIZE];

	memset(s.authority, 0xff, sizeof(s.authority));
	memset(s.subs, 0xff, sizeof(s.subs));
	CU_ASSERT_EQUAL(strlen(sid_to_text(&s, text)),
	    strlen("S-1-0xffffffffffff") + 15 * strlen("-4294967295"));
}

static void
test_what_is_no_sid_is_refused(void)
{
	static const char *const bad[] = {"", "S", "S-1", "S-1-", "S-1-5",
	    "S-1-5-", "S-2-5-21", "S-1-5--1", "S-1-5-4294967296",
	    "S-1-5-00000000001", "S-1-5-1 ", " S-1-5-1", "S-1-5-1-", "S-1-5-x",
	    "S-1--5-1", "S-1-5-+1", "S-1-0x5-1", "S-1-0x0000000000051-1",
	    "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"};
	struct sid s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(sid_from_text(bad[i], &s), ERR_MALFORMED);
		CU_ASSERT_EQUAL(s.n_subs, 0);
	}
}

static const uint8_t administrators[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0,
    0x20, 2, 0, 0};

static void
test_the_binary_form_is_read(void)
{
	struct sid s, expected = sid("S-1-5-32-544");
	struct reader r;

	reader_init(&r, administrators, sizeof(administrators));
	CU_ASSERT_EQUAL(sid_read(&r, &s), 0);
	CU_ASSERT(sid_equal(&s, &expected));
	CU_ASSERT_EQUAL(reader_left(&r), 0);
}

static void
test_the_binary_form_is_written(void)
{
	static const char *const texts[] = {"S-1-5-32-544",
	    "S-1-5-21-4294967295-2-3-512", "S-1-0x123456789ABC-1",
	    "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
	uint8_t octets[SID_LEN_MAX];
	struct sid written = sid(texts[0]), read;
	struct reader r;
	size_t len = sid_write(&written, octets);

	CU_ASSERT_EQUAL(len, sizeof(administrators));
	CU_ASSERT_EQUAL(memcmp(octets, administrators, len), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		written = sid(texts[i]);
		reader_init(&r, octets, sid_write(&written, octets));
		CU_ASSERT_EQUAL(sid_read(&r, &read), 0);
		CU_ASSERT(sid_equal(&read, &written));
	}
}

static int
read_octets(const uint8_t *octets, size_t len)
{
	struct reader r;
	struct sid s;

	reader_init(&r, octets, len);
	return sid_read(&r, &s);
}

static void
test_a_broken_binary_form_is_refused(void)
{
	uint8_t octets[8 + 16 * 4] = {0};

	for (size_t len = 0; len < sizeof(administrators); len++)
		CU_ASSERT_EQUAL(read_octets(administrators, len),
		    ERR_MALFORMED);
	memcpy(octets, administrators, sizeof(administrators));
	octets[1] = 15;
	CU_ASSERT_EQUAL(read_octets(octets, sizeof(octets)), 0);
	octets[1] = 16;
	CU_ASSERT_EQUAL(read_octets(octets, sizeof(octets)), ERR_MALFORMED);
	octets[1] = 0;
	CU_ASSERT_EQUAL(read_octets(octets, sizeof(octets)), ERR_MALFORMED);
	octets[1] = 2;
	octets[0] = 2;
	CU_ASSERT_EQUAL(read_octets(octets, sizeof(octets)), ERR_MALFORMED);
}

static void
test_equality_is_of_all_parts(void)
{
	struct sid a = sid("S-1-5-21-1-2-3-512");
	struct sid longer = sid("S-1-5-21-1-2-3-512-1");
	struct sid other = sid("S-1-5-21-1-9-3-512");
	struct sid authority = sid("S-1-6-21-1-2-3-512");

	CU_ASSERT(sid_equal(&a, &a));
	CU_ASSERT(!sid_equal(&a, &longer));
	CU_ASSERT(!sid_equal(&longer, &a));
	CU_ASSERT(!sid_equal(&a, &other));
	CU_ASSERT(!sid_equal(&a, &authority));
}

static void
test_a_domain_and_a_rid_make_a_sid(void)
{
	struct sid domain = sid("S-1-5-21-1-2-3");
	struct sid group = sid("S-1-5-21-1-2-3-512");
	struct sid full = sid("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15");
	struct sid s;
	uint32_t rid;

	CU_ASSERT(sid_join(&domain, 512, &s));
	CU_ASSERT(sid_equal(&s, &group));
	CU_ASSERT(sid_is_below(&group, &domain, &rid));
	CU_ASSERT_EQUAL(rid, 512);
	CU_ASSERT(!sid_is_below(&domain, &domain, &rid));
	CU_ASSERT(!sid_is_below(&domain, &group, &rid));
	CU_ASSERT_EQUAL(sid_split(&s), 512);
	CU_ASSERT(sid_equal(&s, &domain));
	CU_ASSERT(!sid_join(&full, 1, &s));
}

CU_TestInfo sid_tests[] = {
    {"text", test_text_comes_back_as_written},
    {"spelling", test_spelling_varies},
    {"longest", test_the_longest_text_fits},
    {"bad text", test_what_is_no_sid_is_refused},
    {"binary", test_the_binary_form_is_read},
    {"binary, written", test_the_binary_form_is_written},
    {"bad binary", test_a_broken_binary_form_is_refused},
    {"equality", test_equality_is_of_all_parts},
    {"domain and RID", test_a_domain_and_a_rid_make_a_sid},
    CU_TEST_INFO_NULL,
};
