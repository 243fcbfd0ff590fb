/*
 * test_tsig_rr.c - layout of TSIG RDATA and of what a MAC covers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/tsig_rr.h"
#include "tests/unit/suites.h"

static const uint8_t mac[] = "0123456789abcdef";
static const uint8_t server_time[] = "\0\0abcd";

static struct tsig_rr
sample(void)
{
	struct tsig_rr tsig = {.time_signed = 0x123456789abc,
	    .fudge = 300,
	    .mac_len = 16,
	    .mac = mac,
	    .original_id = 0x4321,
	    .error = TSIG_ERROR_BADTIME,
	    .other_len = 6,
	    .other = server_time};

	name_set(&tsig.key_name, (const uint8_t *)"\3Key\7Example");
	name_set(&tsig.algorithm, (const uint8_t *)"\10GSS-TSIG");
	return tsig;
}

/* A query with tsig at its end; returns its length. */
static size_t
write_signed(const struct tsig_rr *tsig, uint8_t *octets, size_t size)
{
	struct message_writer w;
	size_t len;

	message_write_start(&w, octets, size, 7, 0);
	CU_ASSERT_EQUAL(message_write_question(&w, name_root.octets, 1, 1), 0);
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, 0, NULL, 0), 0);
	len = message_write_end(&w);
	CU_ASSERT_EQUAL(tsig_rr_append(tsig, octets, &len, size), 0);
	return len;
}

static void
test_what_is_appended_is_read_back(void)
{
	struct tsig_rr tsig = sample(), back;
	uint8_t octets[256];
	struct message m;
	struct arena a;
	size_t len;

	arena_init(&a, 0);
	len = write_signed(&tsig, octets, sizeof(octets));
	CU_ASSERT_EQUAL(len, 12 + 5 + 11 + tsig_rr_room(&tsig));
	CU_ASSERT_EQUAL(message_read(octets, len, &a, &m), RCODE_NOERROR);
	CU_ASSERT(m.has_tsig && m.edns.present);
	CU_ASSERT_EQUAL(m.tsig_offset, 28);
	CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&m.tsig, &back), 0);
	CU_ASSERT(name_equal(back.key_name.octets, tsig.key_name.octets));
	CU_ASSERT(name_equal(back.algorithm.octets, tsig.algorithm.octets));
	CU_ASSERT_EQUAL(back.time_signed, tsig.time_signed);
	CU_ASSERT_EQUAL(back.fudge, 300);
	CU_ASSERT_EQUAL(back.mac_len, 16);
	CU_ASSERT_EQUAL(memcmp(back.mac, mac, 16), 0);
	CU_ASSERT_EQUAL(back.original_id, 0x4321);
	CU_ASSERT_EQUAL(back.error, TSIG_ERROR_BADTIME);
	CU_ASSERT_EQUAL(back.other_len, 6);
	CU_ASSERT_EQUAL(memcmp(back.other, server_time, 6), 0);
	arena_clear(&a);
}

static void
test_a_tsig_that_does_not_fit_is_left_out(void)
{
	struct tsig_rr tsig = sample();
	uint8_t octets[256] = {0};
	size_t len = 12;

	CU_ASSERT_EQUAL(tsig_rr_append(&tsig, octets, &len,
			    12 + tsig_rr_room(&tsig) - 1),
	    ERR_NOSPACE);
	CU_ASSERT_EQUAL(len, 12);
	CU_ASSERT_EQUAL(octets[11], 0);
	CU_ASSERT_EQUAL(tsig_rr_append(&tsig, octets, &len,
			    12 + tsig_rr_room(&tsig)),
	    0);
	CU_ASSERT_EQUAL(octets[11], 1);
}

static void
test_class_ttl_and_length_must_be_right(void)
{
	/* root, time, fudge, no MAC, ID, error, no other data */
	static const uint8_t rdata[] = "\0\0\0\0\0\0\1\1\x2c\0\0\1\2\0\0\0\0";
	struct rr rr = {.owner = name_root.octets,
	    .type = TYPE_TSIG,
	    .class = CLASS_ANY,
	    .rdata_len = 17,
	    .rdata = rdata};
	struct tsig_rr tsig;

	CU_ASSERT_EQUAL(tsig_rr_read(&rr, &tsig), 0);
	rr.ttl = 1;
	CU_ASSERT_EQUAL(tsig_rr_read(&rr, &tsig), ERR_MALFORMED);
	rr.ttl = 0;
	rr.class = CLASS_IN;
	CU_ASSERT_EQUAL(tsig_rr_read(&rr, &tsig), ERR_MALFORMED);
	rr.class = CLASS_ANY;
	for (uint16_t len = 0; len < 17; len++) {
		rr.rdata_len = len;
		CU_ASSERT_EQUAL(tsig_rr_read(&rr, &tsig), ERR_MALFORMED);
	}
	rr.rdata_len = 18; /* the literal's own end: one octet too many */
	CU_ASSERT_EQUAL(tsig_rr_read(&rr, &tsig), ERR_MALFORMED);
}

static void
test_variables_have_canonical_names(void)
{
	static const uint8_t expected[] =
	    "\3key\7example\0\0\xff\0\0\0\0\10gss-tsig\0"
	    "\x12\x34\x56\x78\x9a\xbc\1\x2c\0\x12\0\6\0\0abcd";
	struct tsig_rr tsig = sample();
	uint8_t octets[128];
	struct writer w;

	writer_init(&w, octets, sizeof(octets));
	tsig_rr_variables(&tsig, &w);
	CU_ASSERT_EQUAL_FATAL(w.len, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(octets, expected, w.len), 0);
	writer_init(&w, octets, sizeof(octets));
	tsig_rr_timers(&tsig, &w);
	CU_ASSERT_EQUAL(w.len, 8);
	CU_ASSERT_EQUAL(memcmp(octets, expected + 29, 8), 0);
}

CU_TestInfo tsig_rr_tests[] = {
    {"append", test_what_is_appended_is_read_back},
    {"no space", test_a_tsig_that_does_not_fit_is_left_out},
    {"malformed", test_class_ttl_and_length_must_be_right},
    {"variables", test_variables_have_canonical_names},
    CU_TEST_INFO_NULL,
};
