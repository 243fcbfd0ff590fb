/*
 * test_tkey_rr.c - layout of TKEY RDATA
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/tkey_rr.h"
#include "tests/unit/suites.h"

static const uint8_t token[] = "token";

static struct tkey_rr
sample(void)
{
	struct tkey_rr tkey = {.inception = 1000,
	    .expiration = 4600,
	    .mode = TKEY_MODE_GSSAPI,
	    .error = TSIG_ERROR_BADKEY,
	    .key_len = 5,
	    .key = token,
	    .other_len = 2,
	    .other = token};

	name_set(&tkey.algorithm, (const uint8_t *)"\10gss-tsig");
	return tkey;
}

static struct rr
rr_of(const struct tkey_rr *tkey, uint8_t *octets, size_t size)
{
	struct rr rr = {.owner = (const uint8_t *)"\4name",
	    .type = TYPE_TKEY,
	    .class = CLASS_ANY,
	    .rdata = octets};
	struct writer w;

	writer_init(&w, octets, size);
	tkey_rr_write(tkey, &w);
	CU_ASSERT(!writer_full(&w));
	rr.rdata_len = (uint16_t)w.len;
	return rr;
}

static void
test_what_is_written_is_read_back(void)
{
	struct tkey_rr tkey = sample(), back;
	uint8_t octets[64];
	struct rr rr = rr_of(&tkey, octets, sizeof(octets));

	CU_ASSERT_EQUAL(rr.rdata_len, 10 + 16 + 5 + 2);
	CU_ASSERT_EQUAL_FATAL(tkey_rr_read(&rr, &back), 0);
	CU_ASSERT_EQUAL(memcmp(back.key_name.octets, "\4name", 6), 0);
	CU_ASSERT(name_equal(back.algorithm.octets, tkey.algorithm.octets));
	CU_ASSERT_EQUAL(back.inception, 1000);
	CU_ASSERT_EQUAL(back.expiration, 4600);
	CU_ASSERT_EQUAL(back.mode, TKEY_MODE_GSSAPI);
	CU_ASSERT_EQUAL(back.error, TSIG_ERROR_BADKEY);
	CU_ASSERT_EQUAL(back.key_len, 5);
	CU_ASSERT_EQUAL(memcmp(back.key, token, 5), 0);
	CU_ASSERT_EQUAL(back.other_len, 2);
}

static void
test_both_classes_are_taken_and_no_other(void)
{
	struct tkey_rr tkey = sample(), back;
	uint8_t octets[64];
	struct rr rr = rr_of(&tkey, octets, sizeof(octets));

	rr.class = CLASS_IN;
	CU_ASSERT_EQUAL(tkey_rr_read(&rr, &back), 0);
	rr.class = CLASS_CH;
	CU_ASSERT_EQUAL(tkey_rr_read(&rr, &back), ERR_MALFORMED);
}

static void
test_every_other_length_is_malformed(void)
{
	struct tkey_rr tkey = sample(), back;
	uint8_t octets[64] = {0};
	struct rr rr = rr_of(&tkey, octets, sizeof(octets));
	uint16_t whole = rr.rdata_len;

	for (uint16_t len = 0; len < 64; len++) {
		rr.rdata_len = len;
		CU_ASSERT_EQUAL(tkey_rr_read(&rr, &back),
		    len == whole ? 0 : ERR_MALFORMED);
	}
	CU_ASSERT_PTR_NULL(back.key);
}

/* A TKEY query with the RR in section; its owner is that of rr. */
static void
write_query(const struct rr *rr, enum section section, struct arena *a,
    struct message *m)
{
	static uint8_t octets[512];
	struct message_writer w;

	message_write_start(&w, octets, sizeof(octets), 7, 0);
	CU_ASSERT_EQUAL(message_write_question(&w, (const uint8_t *)"\4NAME",
			    TYPE_TKEY, CLASS_ANY),
	    0);
	CU_ASSERT_EQUAL(message_write_rr(&w, section, rr), 0);
	CU_ASSERT_EQUAL(message_read(octets, message_write_end(&w), a, m),
	    RCODE_NOERROR);
}

static void
test_the_tkey_is_found_in_either_section(void)
{
	struct tkey_rr tkey = sample();
	uint8_t octets[64];
	struct rr rr = rr_of(&tkey, octets, sizeof(octets));
	struct message m;
	struct arena a;

	arena_init(&a, 0);
	write_query(&rr, SECTION_ADDITIONAL, &a, &m);
	CU_ASSERT_PTR_EQUAL(tkey_rr_find(&m), &m.rrs[SECTION_ADDITIONAL][0]);
	write_query(&rr, SECTION_ANSWER, &a, &m);
	CU_ASSERT_PTR_EQUAL(tkey_rr_find(&m), &m.rrs[SECTION_ANSWER][0]);
	write_query(&rr, SECTION_AUTHORITY, &a, &m);
	CU_ASSERT_PTR_NULL(tkey_rr_find(&m));
	rr.owner = (const uint8_t *)"\5other";
	write_query(&rr, SECTION_ADDITIONAL, &a, &m);
	CU_ASSERT_PTR_NULL(tkey_rr_find(&m));
	arena_clear(&a);
}

CU_TestInfo tkey_rr_tests[] = {
    {"round trip", test_what_is_written_is_read_back},
    {"classes", test_both_classes_are_taken_and_no_other},
    {"lengths", test_every_other_length_is_malformed},
    {"find", test_the_tkey_is_found_in_either_section},
    CU_TEST_INFO_NULL,
};
