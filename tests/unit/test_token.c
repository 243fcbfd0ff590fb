/*
 * test_token.c - octets as text and back
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "web/token.h"

static const struct {
	const char *octets, *text;
} pairs[] = {
    /* RFC 4648 section 10 */
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfb\xfe", "//v+"},
};

static void
test_octets_become_the_text_of_the_rfc(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text =
		    token_to_text(pairs[i].octets, strlen(pairs[i].octets));

		CU_ASSERT_STRING_EQUAL(text, pairs[i].text);
		free(text);
	}
}

static void
test_text_becomes_the_octets_again(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t len;
		unsigned char *octets = token_from_text(pairs[i].text, &len);

		CU_ASSERT_EQUAL_FATAL(len, strlen(pairs[i].octets));
		CU_ASSERT(memcmp(octets, pairs[i].octets, len) == 0);
		free(octets);
	}
}

static void
test_what_is_not_base64_is_nothing(void)
{
	static const char *const texts[] = {"Z", "Zg",
	    "Zg=", "Zg==Zg==", "====", "Z===", "Zm 9v", "Zm9v\n", "Zg=x",
	    "Z\xffm9"};
	size_t len;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_PTR_NULL(token_from_text(texts[i], &len));
}

CU_TestInfo token_tests[] = {
    {"octets become the text of the RFC",
	test_octets_become_the_text_of_the_rfc},
    {"text becomes the octets again", test_text_becomes_the_octets_again},
    {"what is not base64 is nothing", test_what_is_not_base64_is_nothing},
    CU_TEST_INFO_NULL,
};
