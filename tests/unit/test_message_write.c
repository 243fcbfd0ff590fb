/*
 * test_message_write.c - a DNS message being composed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"
#include "tests/unit/suites.h"

#define NAME(literal) (const uint8_t *)(literal) /* its end is the root */
#define EXAMPLE NAME("\7Example")
#define WWW NAME("\3www\7Example")

static uint8_t octets[MESSAGE_LEN_MAX];
static struct message_writer w;

static void
start(size_t size)
{
	memset(octets, 0xee, sizeof(octets));
	message_write_start(&w, octets, size, 0x1234, FLAG_QR | FLAG_AA);
	CU_ASSERT_EQUAL(message_write_question(&w, WWW, TYPE_A, CLASS_IN), 0);
	CU_ASSERT_EQUAL(w.w.len, 12 + 13 + 4);
}

static int
add(const uint8_t *owner, uint16_t type, const char *rdata, size_t len)
{
	const struct rr rr = {.owner = owner,
	    .type = type,
	    .class = CLASS_IN,
	    .ttl = 300,
	    .rdata = (const uint8_t *)rdata,
	    .rdata_len = (uint16_t)len};

	return message_write_rr(&w, SECTION_ANSWER, &rr);
}

/* RDATA written as a string literal, without its final zero octet. */
#define ADD(owner, type, literal) add(owner, type, literal, sizeof(literal) - 1)

/* Ends the message and reads it back. */
static void
read_back(struct arena *a, struct message *m)
{
	arena_init(a, 0);
	CU_ASSERT_EQUAL_FATAL(message_read(octets, message_write_end(&w), a, m),
	    RCODE_NOERROR);
}

static void
test_owner_names_are_compressed_against_all_before(void)
{
	size_t len;

	start(512);
	len = w.w.len;
	CU_ASSERT_EQUAL(ADD(WWW, TYPE_A, "\xc0\0\2\1"), 0);
	CU_ASSERT_EQUAL(w.w.len - len, 2 + 10 + 4);
	CU_ASSERT_EQUAL(get_u16(octets + len), 0xc00c);
	len = w.w.len;
	CU_ASSERT_EQUAL(ADD(NAME("\4mail\7Example"), TYPE_A, "\xc0\0\2\1"), 0);
	CU_ASSERT_EQUAL(w.w.len - len, 5 + 2 + 10 + 4);
	CU_ASSERT_EQUAL(get_u16(octets + len + 5), 0xc010);
	CU_ASSERT_EQUAL(ADD(NAME("\1a\4mail\7Example"), TYPE_A, "abcd"), 0);
	CU_ASSERT_EQUAL(get_u16(octets + len + 5 + 2 + 14 + 2), 0xc000 | len);
	len = w.w.len;
	CU_ASSERT_EQUAL(ADD(NAME(""), TYPE_A, "abcd"), 0);
	CU_ASSERT_EQUAL(w.w.len - len, 1 + 10 + 4);
}

static void
test_case_of_names_comes_through(void)
{
	struct arena a;
	struct message m;

	start(512);
	CU_ASSERT_EQUAL(ADD(NAME("\3WWW\7Example"), TYPE_A, "abcd"), 0);
	CU_ASSERT_EQUAL(ADD(NAME("\3www\7example"), TYPE_A, "abcd"), 0);
	read_back(&a, &m);
	CU_ASSERT_EQUAL(memcmp(m.rrs[SECTION_ANSWER][0].owner, "\3WWW\7Example",
			    13),
	    0);
	CU_ASSERT_EQUAL(memcmp(m.rrs[SECTION_ANSWER][1].owner, "\3www\7example",
			    13),
	    0);
	arena_clear(&a);
}

static void
test_names_in_rdata_are_compressed_only_in_old_types(void)
{
	static const char mx[] = "\0\12\3www\7Example";
	static const char soa[] = "\2ns\7Example\0\4root\7Example\0"
				  "aaaabbbbccccddddeeee";
	static const char srv[] = "\0\0\0d\0\x58\3www\7Example";
	struct arena a;
	struct message m;
	const struct rr *rr;

	start(512);
	CU_ASSERT_EQUAL(add(WWW, TYPE_NS, "\3www\7Example", 13), 0);
	CU_ASSERT_EQUAL(w.w.len, 29 + 12 + 2);
	CU_ASSERT_EQUAL(add(WWW, TYPE_MX, mx, sizeof(mx)), 0);
	CU_ASSERT_EQUAL(w.w.len, 43 + 12 + 4);
	CU_ASSERT_EQUAL(add(WWW, TYPE_SOA, soa, sizeof(soa) - 1), 0);
	CU_ASSERT_EQUAL(w.w.len, 59 + 12 + 5 + 7 + 20);
	CU_ASSERT_EQUAL(add(WWW, TYPE_SRV, srv, sizeof(srv)), 0);
	CU_ASSERT_EQUAL(w.w.len, 103 + 12 + 19);
	CU_ASSERT_EQUAL(add(WWW, TYPE_DNAME, "\3www\7Example", 13), 0);
	CU_ASSERT_EQUAL(w.w.len, 134 + 12 + 13);
	read_back(&a, &m);
	rr = m.rrs[SECTION_ANSWER];
	CU_ASSERT_EQUAL_FATAL(m.n_rrs[SECTION_ANSWER], 5);
	CU_ASSERT_EQUAL(memcmp(rr[1].rdata, mx, sizeof(mx)), 0);
	CU_ASSERT_EQUAL_FATAL(rr[2].rdata_len, sizeof(soa) - 1);
	CU_ASSERT_EQUAL(memcmp(rr[2].rdata, soa, sizeof(soa) - 1), 0);
	CU_ASSERT_EQUAL(memcmp(rr[3].rdata, srv, sizeof(srv)), 0);
	arena_clear(&a);
}

static void
test_an_update_rr_may_have_empty_rdata(void)
{
	struct rr rr = {.owner = WWW, .type = TYPE_MX, .class = CLASS_ANY};

	start(512);
	CU_ASSERT_EQUAL(message_write_rr(&w, SECTION_AUTHORITY, &rr), 0);
	CU_ASSERT_EQUAL(w.w.len, 29 + 12);
	CU_ASSERT_EQUAL(w.counts[2], 1);
}

static void
test_what_does_not_fit_leaves_no_trace(void)
{
	uint8_t before[60];
	struct arena a;
	struct message m;

	start(60); /* 31 left: one RR, and not the second */
	CU_ASSERT_EQUAL(ADD(NAME("\1a\3www\7Example"), TYPE_A, "abcd"), 0);
	memcpy(before, octets, 47);
	CU_ASSERT_EQUAL(ADD(NAME("\1b\3www\7Example"), TYPE_A, "abcd"),
	    ERR_NOSPACE);
	CU_ASSERT_EQUAL(w.w.len, 47);
	CU_ASSERT_EQUAL(memcmp(before, octets, 47), 0);
	for (unsigned i = 0; i < COMPRESSION_SLOTS; i++)
		CU_ASSERT(w.offsets[i] < 47);
	read_back(&a, &m);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ANSWER], 1);
	arena_clear(&a);
}

static void
test_reserved_octets_are_kept_for_edns(void)
{
	start(29 + 16 + EDNS_ROOM(0));
	message_write_reserve(&w, EDNS_ROOM(0) + 1);
	CU_ASSERT_EQUAL(ADD(WWW, TYPE_A, "abcd"), ERR_NOSPACE);
	message_write_reserve(&w, EDNS_ROOM(0));
	CU_ASSERT_EQUAL(ADD(WWW, TYPE_A, "abcd"), 0);
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, RCODE_NOERROR, NULL, 0),
	    ERR_NOSPACE);
	message_write_reserve(&w, 0);
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, RCODE_NOERROR, NULL, 0),
	    0);
	message_write_reserve(&w, 5); /* more than is left */
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, RCODE_NOERROR, NULL, 0),
	    ERR_NOSPACE);
}

static void
test_edns_carries_the_upper_bits_of_the_rcode(void)
{
	struct arena a;
	struct message m;

	start(512);
	w.dnssec_ok = true;
	message_write_rcode(&w, RCODE_BADVERS);
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, RCODE_BADVERS,
			    (const uint8_t *)"\0\12\0\1x", 5),
	    0);
	CU_ASSERT_EQUAL(octets[29 + 5], 1);
	read_back(&a, &m);
	CU_ASSERT_EQUAL(m.flags, FLAG_QR | FLAG_AA);
	CU_ASSERT(m.edns.present && m.edns.dnssec_ok);
	CU_ASSERT_EQUAL(m.edns.options_len, 5);
	arena_clear(&a);
}

static void
test_rcode_and_flags_leave_the_others_alone(void)
{
	start(512);
	message_write_rcode(&w, RCODE_NXDOMAIN);
	message_write_rcode(&w, RCODE_REFUSED);
	message_write_flags(&w, FLAG_AD, FLAG_AA);
	CU_ASSERT_EQUAL(get_u16(octets + 2), FLAG_QR | FLAG_AD | RCODE_REFUSED);
}

static void
test_truncation_keeps_the_question_only(void)
{
	struct arena a;
	struct message m;

	start(512);
	CU_ASSERT_EQUAL(ADD(NAME("\1a\3www\7Example"), TYPE_A, "abcd"), 0);
	message_write_truncate(&w);
	CU_ASSERT_EQUAL(message_write_edns(&w, 1232, RCODE_NOERROR, NULL, 0),
	    0);
	read_back(&a, &m);
	CU_ASSERT_EQUAL(m.len, 29 + 11);
	CU_ASSERT((m.flags & FLAG_TC) != 0);
	CU_ASSERT_EQUAL(m.n_questions, 1);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ANSWER], 0);
	arena_clear(&a);
}

#define RENDERED_A "\0\1\0\1\0\0\1\x2c\0\4"
#define RENDERED_NS "\0\2\0\1\0\0\1\x2c\0\14"

static void
test_rendered_rrs_share_their_owner(void)
{
	static const char rrs[] =
	    RENDERED_A "abcd" RENDERED_A "efgh" RENDERED_NS "\2ns\7Example";
	const uint8_t *owner = NAME("\4host\7Example");
	const uint8_t *rendered = (const uint8_t *)rrs;
	struct arena a;
	struct message m;

	start(512);
	CU_ASSERT_EQUAL(message_write_rendered(&w, SECTION_ANSWER, owner,
			    rendered, sizeof(rrs), 3),
	    0);
	CU_ASSERT_EQUAL(w.w.len, 29 + (7 + 14) + (2 + 14) + (2 + 10 + 3 + 2));
	read_back(&a, &m);
	CU_ASSERT_EQUAL_FATAL(m.n_rrs[SECTION_ANSWER], 3);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(memcmp(m.rrs[SECTION_ANSWER][i].owner, owner,
				    14),
		    0);
	CU_ASSERT_EQUAL(memcmp(m.rrs[SECTION_ANSWER][1].rdata, "efgh", 4), 0);
	CU_ASSERT_EQUAL(m.rrs[SECTION_ANSWER][2].rdata_len, 12);
	arena_clear(&a);
}

static void
test_rendered_rrs_are_written_all_or_none(void)
{
	static const char rrs[] = RENDERED_A "abcd" RENDERED_A "efg";
	const uint8_t *rendered = (const uint8_t *)rrs;

	start(29 + 16 + 15);
	CU_ASSERT_EQUAL(message_write_rendered(&w, SECTION_ANSWER, WWW,
			    rendered, sizeof(rrs), 2),
	    ERR_NOSPACE);
	CU_ASSERT_EQUAL(w.w.len, 29);
	CU_ASSERT_EQUAL(w.counts[1], 0);
	start(29 + 16 + 16);
	CU_ASSERT_EQUAL(message_write_rendered(&w, SECTION_ANSWER, WWW,
			    rendered, sizeof(rrs), 2),
	    0);
}

static void
test_without_compression_names_are_whole(void)
{
	static const char rrs[] = RENDERED_A "abcd" RENDERED_A "efg";

	message_write_start(&w, octets, 512, 1, 0);
	w.compress = false;
	CU_ASSERT_EQUAL(message_write_question(&w, WWW, TYPE_A, CLASS_IN), 0);
	CU_ASSERT_EQUAL(add(WWW, TYPE_NS, "\3www\7Example", 13), 0);
	CU_ASSERT_EQUAL(w.w.len, 29 + 13 + 10 + 13);
	CU_ASSERT_EQUAL(message_write_rendered(&w, SECTION_ANSWER, WWW,
			    (const uint8_t *)rrs, sizeof(rrs), 2),
	    0);
	CU_ASSERT_EQUAL(w.w.len, 65 + 13 + 14 + 13 + 14);
}

static void
test_a_full_message_reads_back_whole(void)
{
	uint8_t owner[32], rdata[4] = {0};
	const struct rr *rr;
	struct arena a;
	struct message m;
	unsigned n = 0;

	start(MESSAGE_LEN_MAX);
	/* more names than slots, and most of them beyond the pointers' reach */
	for (;; n++) {
		(void)snprintf((char *)owner, sizeof(owner),
		    "%c%06u%cx%u%cExample", 6, n, 2, n % 8, 7);
		put_u32(rdata, n);
		if (add(owner, TYPE_A, (const char *)rdata, 4) != 0)
			break;
	}
	CU_ASSERT(n > 2000);
	read_back(&a, &m);
	CU_ASSERT_EQUAL_FATAL(m.n_rrs[SECTION_ANSWER], n);
	for (unsigned i = 0; i < n; i++) {
		rr = &m.rrs[SECTION_ANSWER][i];
		(void)snprintf((char *)owner, sizeof(owner),
		    "%c%06u%cx%u%cExample", 6, i, 2, i % 8, 7);
		CU_ASSERT_EQUAL(memcmp(rr->owner, owner, 19), 0);
		CU_ASSERT_EQUAL(get_u32(rr->rdata), i);
	}
	arena_clear(&a);
}

CU_TestInfo message_write_tests[] = {
    {"compression", test_owner_names_are_compressed_against_all_before},
    {"case", test_case_of_names_comes_through},
    {"rdata names", test_names_in_rdata_are_compressed_only_in_old_types},
    {"empty rdata", test_an_update_rr_may_have_empty_rdata},
    {"no space", test_what_does_not_fit_leaves_no_trace},
    {"reserve", test_reserved_octets_are_kept_for_edns},
    {"edns", test_edns_carries_the_upper_bits_of_the_rcode},
    {"flags", test_rcode_and_flags_leave_the_others_alone},
    {"truncate", test_truncation_keeps_the_question_only},
    {"rendered", test_rendered_rrs_share_their_owner},
    {"rendered all", test_rendered_rrs_are_written_all_or_none},
    {"uncompressed", test_without_compression_names_are_whole},
    {"full", test_a_full_message_reads_back_whole},
    CU_TEST_INFO_NULL,
};
