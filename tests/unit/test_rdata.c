/*
 * test_rdata.c - RDATA: layouts, names inside, order, equality
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "tests/unit/suites.h"

/* RDATA written as a string literal, without its final zero octet. */
#define RDATA(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static void
test_rdata_follows_its_layout(void)
{
	CU_ASSERT(rdata_is_valid(TYPE_A, RDATA("\xc0\0\2\1")));
	CU_ASSERT(!rdata_is_valid(TYPE_A, RDATA("\xc0\0\2")));
	CU_ASSERT(!rdata_is_valid(TYPE_A, RDATA("\xc0\0\2\1\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_A, RDATA("")));
	CU_ASSERT(!rdata_is_valid(TYPE_AAAA, RDATA("\xc0\0\2\1")));
	CU_ASSERT(rdata_is_valid(TYPE_NS, RDATA("\2ns\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_NS, RDATA("\2ns\0\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_NS, RDATA("\2ns\xc0\0")));
	CU_ASSERT(rdata_is_valid(TYPE_SRV, RDATA("\0\0\0d\1\x85\2dc\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_SRV, RDATA("\0\0\0d\1\x85\2dc")));
	CU_ASSERT(rdata_is_valid(TYPE_SOA,
	    RDATA("\0\0"
		  "aaaabbbbccccddddeeee")));
	CU_ASSERT(!rdata_is_valid(TYPE_SOA,
	    RDATA("\0\0"
		  "aaaabbbbccccddddeee")));
	CU_ASSERT(rdata_is_valid(TYPE_MB, RDATA("\0"))); /* obsolete */
	CU_ASSERT(!rdata_is_valid(TYPE_MB, RDATA("")));
	CU_ASSERT(rdata_is_valid(TYPE_NAPTR, RDATA("abcd\0\1x\0\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_NAPTR, RDATA("abcd\0\1x\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_NAPTR, RDATA("abcd\377")));
	CU_ASSERT(rdata_is_valid(TYPE_WINS, RDATA("anything")));
	CU_ASSERT(rdata_is_valid(TYPE_WINS, RDATA("")));
	CU_ASSERT(rdata_is_valid(TYPE_WINS, NULL, 0));
	CU_ASSERT(!rdata_is_valid(TYPE_NS, NULL, 0));
}

static void
test_what_a_layout_leaves_open_is_checked_too(void)
{
	CU_ASSERT(rdata_is_valid(TYPE_TXT, RDATA("\0")));
	CU_ASSERT(rdata_is_valid(TYPE_TXT, RDATA("\1a\2bc")));
	CU_ASSERT(!rdata_is_valid(TYPE_TXT, RDATA("")));
	CU_ASSERT(!rdata_is_valid(TYPE_TXT, RDATA("\1a\2b")));
	CU_ASSERT(rdata_is_valid(TYPE_HINFO, RDATA("\1a\2bc")));
	CU_ASSERT(!rdata_is_valid(TYPE_HINFO, RDATA("\1a")));
	CU_ASSERT(!rdata_is_valid(TYPE_HINFO, RDATA("\1a\1b\1c")));
	CU_ASSERT(rdata_is_valid(TYPE_CAA, RDATA("\0\5issueca.example")));
	CU_ASSERT(!rdata_is_valid(TYPE_CAA, RDATA("\0\0ca.example")));
	CU_ASSERT(!rdata_is_valid(TYPE_CAA, RDATA("\0\5issu")));
	CU_ASSERT(rdata_is_valid(TYPE_NSEC, RDATA("\0\0\1@")));
	CU_ASSERT(!rdata_is_valid(TYPE_NSEC, RDATA("\0\0\0")));
	CU_ASSERT(!rdata_is_valid(TYPE_NSEC, RDATA("\0\1\1@\0\1@")));
	CU_ASSERT(rdata_is_valid(TYPE_NSEC3PARAM, RDATA("\1\0\0\0\1s")));
	CU_ASSERT(!rdata_is_valid(TYPE_NSEC3PARAM, RDATA("\1\0\0\0\2s")));
	CU_ASSERT(rdata_is_valid(TYPE_NSEC3, RDATA("\1\0\0\0\0\1h\0\1@")));
	CU_ASSERT(!rdata_is_valid(TYPE_NSEC3, RDATA("\1\0\0\0\0\2h")));
	CU_ASSERT(!rdata_is_valid(TYPE_DS, RDATA("\0\1\2\3")));
	CU_ASSERT(!rdata_is_valid(TYPE_DHCID, RDATA("")));
	CU_ASSERT(rdata_is_valid(TYPE_NULL, RDATA("")));
}

/* Reads the RDATA at octet 9 of "example." and what follows it. */
static int
read_behind_example(uint16_t type, const uint8_t *octets, size_t len,
    struct arena *a, struct rdata *rdata)
{
	uint8_t message[64] = "\7example";
	struct reader r;
	int ret;

	memcpy(message + 9, octets, len);
	reader_init(&r, arena_copy(a, message, sizeof(message)),
	    sizeof(message));
	r.pos = 9;
	ret = rdata_read(&r, type, (uint16_t)len, a, rdata);
	CU_ASSERT(ret != 0 || r.pos == 9 + len);
	return ret;
}

static void
test_names_of_old_types_are_expanded(void)
{
	struct arena a;
	struct rdata rdata;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_MX, RDATA("\0\12\1m\xc0\0"),
			    &a, &rdata),
	    0);
	CU_ASSERT_EQUAL_FATAL(rdata.len, 13);
	CU_ASSERT_EQUAL(memcmp(rdata.octets, "\0\12\1m\7example", 13), 0);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_SOA,
			    RDATA("\xc0\0\xc0\x08"
				  "aaaabbbbccccddddeeee"),
			    &a, &rdata),
	    0);
	CU_ASSERT_EQUAL(rdata.len, 30);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_SRV, RDATA("abcdef\xc0\0"), &a,
			    &rdata),
	    0);
	CU_ASSERT_EQUAL(rdata.len, 15);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_A, RDATA("\xc0\0\2\1"), &a,
			    &rdata),
	    0);
	CU_ASSERT_EQUAL(rdata.len, 4);
	arena_clear(&a);
}

static void
test_names_of_new_types_are_not_expanded(void)
{
	struct arena a;
	struct rdata rdata;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_DNAME, RDATA("\xc0\0"), &a,
			    &rdata),
	    ERR_MALFORMED); /* RFC 6672 section 2.5 */
	CU_ASSERT_EQUAL(read_behind_example(TYPE_RRSIG,
			    RDATA("aabbccccddddeeeeff\xc0\0s"), &a, &rdata),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_WINS, RDATA("\xc0\0"), &a,
			    &rdata),
	    0);
	CU_ASSERT_EQUAL(rdata.len, 2);
	arena_clear(&a);
}

static void
test_rdata_ends_where_rdlength_says(void)
{
	struct arena a;
	struct rdata rdata;

	arena_init(&a, 0);
	/* a pointer cut in two, a name that goes on after the end */
	CU_ASSERT_EQUAL(read_behind_example(TYPE_NS, RDATA("\1a\xc0"), &a,
			    &rdata),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_NS, RDATA("\1a"), &a, &rdata),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_NS, RDATA("\xc0\0\0"), &a,
			    &rdata),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_behind_example(TYPE_NAPTR, RDATA("abcd\1"), &a,
			    &rdata),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(rdata.len, 0);
	arena_clear(&a);
}

static void
test_names_compare_without_case_strings_with(void)
{
	CU_ASSERT_EQUAL(rdata_compare(TYPE_NS, RDATA("\2NS\0"),
			    RDATA("\2ns\0")),
	    0);
	CU_ASSERT_EQUAL(rdata_compare(TYPE_SRV, RDATA("abcdef\2NS\0"),
			    RDATA("abcdef\2ns\0")),
	    0);
	CU_ASSERT(rdata_compare(TYPE_SRV, RDATA("Abcdef\2NS\0"),
		      RDATA("abcdef\2ns\0")) < 0);
	CU_ASSERT(rdata_compare(TYPE_TXT, RDATA("\1A"), RDATA("\1a")) < 0);
	CU_ASSERT(rdata_compare(TYPE_NSEC, RDATA("\1A\0\0\1@"),
		      RDATA("\1a\0\0\1@")) != 0); /* RFC 6840 */
	CU_ASSERT_EQUAL(rdata_compare(TYPE_SOA,
			    RDATA("\1A\0\1b\0"
				  "aaaabbbbccccddddeeee"),
			    RDATA("\1a\0\1B\0"
				  "aaaabbbbccccddddeeee")),
	    0);
	CU_ASSERT(rdata_compare(TYPE_SOA,
		      RDATA("\1A\0\1b\0"
			    "aaaabbbbccccddddeeee"),
		      RDATA("\1a\0\1B\0"
			    "aaaabbbbccccddddeeef")) < 0);
}

static void
test_the_shorter_of_two_alike_comes_first(void)
{
	CU_ASSERT(rdata_compare(TYPE_A, NULL, 0, RDATA("abcd")) < 0);
	CU_ASSERT_EQUAL(rdata_compare(TYPE_NS, NULL, 0, NULL, 0), 0);
	CU_ASSERT(rdata_compare(TYPE_NS, RDATA("\1a\0"), RDATA("")) > 0);
	CU_ASSERT(rdata_compare(TYPE_TXT, RDATA("\1a"), RDATA("\1a\1b")) < 0);
	CU_ASSERT(
	    rdata_compare(TYPE_NS, RDATA("\1b\0"), RDATA("\1a\1c\0")) > 0);
	CU_ASSERT(rdata_compare(TYPE_WINS, RDATA("ab"), RDATA("b")) < 0);
}

static void
test_targets_are_the_names_pointed_to(void)
{
	const uint8_t *target;

	target = rdata_target(TYPE_SRV, RDATA("abcdef\2dc\0"));
	CU_ASSERT(target != NULL && memcmp(target, "\2dc", 4) == 0);
	target = rdata_target(TYPE_PTR, RDATA("\2pc\0"));
	CU_ASSERT(target != NULL && memcmp(target, "\2pc", 4) == 0);
	target = rdata_target(TYPE_NAPTR, RDATA("abcd\1u\0\0\2dc\0"));
	CU_ASSERT(target != NULL && memcmp(target, "\2dc", 4) == 0);
	CU_ASSERT_PTR_NULL(rdata_target(TYPE_A, RDATA("abcd")));
	CU_ASSERT_PTR_NULL(rdata_target(TYPE_PTR, RDATA("")));
	CU_ASSERT_PTR_NULL(
	    rdata_target(TYPE_SOA, RDATA("\0\0aaaabbbbccccddddeeee")));
}

static void
test_soa_fields_have_their_places(void)
{
	uint8_t soa[] = "\1a\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";
	size_t len = sizeof(soa) - 1;

	CU_ASSERT_EQUAL(soa_serial(soa, len), 1);
	CU_ASSERT_EQUAL(soa_refresh(soa, len), 2);
	CU_ASSERT_EQUAL(soa_retry(soa, len), 3);
	CU_ASSERT_EQUAL(soa_expire(soa, len), 4);
	CU_ASSERT_EQUAL(soa_minimum(soa, len), 5);
	soa_set_serial(soa, len, UINT32_MAX);
	CU_ASSERT_EQUAL(soa_serial(soa, len), UINT32_MAX);
	CU_ASSERT_EQUAL(soa_refresh(soa, len), 2);
}

static void
test_text_is_that_of_zone_files(void)
{
	char text[256];

	CU_ASSERT_EQUAL(rdata_to_text(TYPE_A, RDATA("\xc0\0\2\1"), text, 256),
	    0);
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.1");
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_SRV,
			    RDATA("\0\0\0d\1\x85\2dc\7example\0"), text, 256),
	    0);
	CU_ASSERT_STRING_EQUAL(text, "0 100 389 dc.example.");
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_TXT, RDATA("\4a\"b;\1c"), text, 256),
	    0);
	CU_ASSERT_STRING_EQUAL(text, "\"a\\\"b;\" \"c\"");
}

static void
test_unknown_and_odd_rdata_is_generic_text(void)
{
	char text[256];

	CU_ASSERT_EQUAL(rdata_to_text(TYPE_WINS, RDATA("\0\1\xab"), text, 256),
	    0);
	CU_ASSERT_STRING_EQUAL(text, "\\# 3 0001AB");
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_A, RDATA("\1\2"), text, 256), 0);
	CU_ASSERT_STRING_EQUAL(text, "\\# 2 0102");
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_NS, RDATA(""), text, 256), 0);
	CU_ASSERT_STRING_EQUAL(text, "\\# 0");
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_NS, RDATA(""), text, 4),
	    ERR_NOSPACE);
}

static void
test_room_for_text_is_enough_for_the_largest(void)
{
	uint8_t *rdata = malloc(RDATA_LEN_MAX);
	char *text = malloc(RDATA_TEXT_SIZE(RDATA_LEN_MAX));

	CU_ASSERT_FATAL(rdata != NULL && text != NULL);
	memset(rdata, 255, RDATA_LEN_MAX); /* 255 strings, each of 255 */
	rdata[255 * 256] = 254;
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_TXT, rdata, RDATA_LEN_MAX, text,
			    RDATA_TEXT_SIZE(RDATA_LEN_MAX)),
	    0);
	CU_ASSERT_EQUAL(text[0], '"');
	CU_ASSERT_EQUAL(rdata_to_text(TYPE_WINS, rdata, RDATA_LEN_MAX, text,
			    RDATA_TEXT_SIZE(RDATA_LEN_MAX)),
	    0);
	CU_ASSERT_EQUAL(text[0], '\\');
	free(text);
	free(rdata);
}

CU_TestInfo rdata_tests[] = {
    {"layout", test_rdata_follows_its_layout},
    {"inner form", test_what_a_layout_leaves_open_is_checked_too},
    {"expanded", test_names_of_old_types_are_expanded},
    {"not expanded", test_names_of_new_types_are_not_expanded},
    {"rdlength", test_rdata_ends_where_rdlength_says},
    {"case", test_names_compare_without_case_strings_with},
    {"shorter", test_the_shorter_of_two_alike_comes_first},
    {"target", test_targets_are_the_names_pointed_to},
    {"soa", test_soa_fields_have_their_places},
    {"text", test_text_is_that_of_zone_files},
    {"generic text", test_unknown_and_odd_rdata_is_generic_text},
    {"large text", test_room_for_text_is_enough_for_the_largest},
    CU_TEST_INFO_NULL,
};
