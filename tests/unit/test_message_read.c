/*
 * test_message_read.c - a DNS message, read once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/arena.h"
#include "daemon/dns/message_read.h"
#include "tests/unit/suites.h"

/* Octets written as a string literal, without its final zero. */
#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* Literals are cut in two where a hexadecimal escape would go on. */
#define HEADER(flags, qd, an, ns, ar) "\x12\x34" flags qd an ns ar
#define NONE "\0\0"
#define ONE "\0\1"
#define TWO "\0\2"
#define Q_FLAGS "\1\0"
#define UPDATE_FLAGS "\x28\0"
#define EXAMPLE "\7Example\0" /* at 12; 13 octets with type and class */
#define QUESTION EXAMPLE "\0\1\0\1"
#define ZONE EXAMPLE "\0\6\0\1"
#define OPT(version, rest) "\0\0\x29\4\xd0\0" version "\x80\0" rest
#define TSIG_FIXED "\0\xfa\0\xff\0\0\0\0\0\x11\0" /* algorithm: the root */
#define TSIG "\1k\0" TSIG_FIXED "\0\0\0\0\0\1\1\x2c\0\0\x12\x34\0\0\0\0"

static struct arena arena;

static enum rcode
read_message(const uint8_t *octets, size_t len, struct message *m)
{
	arena_clear(&arena);
	return message_read(octets, len, &arena, m);
}

static void
test_a_query_is_header_question_and_edns(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION OPT("\0", "\0\0")),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(m.id, 0x1234);
	CU_ASSERT_EQUAL(m.flags, FLAG_RD);
	CU_ASSERT_EQUAL(message_opcode(&m), OPCODE_QUERY);
	CU_ASSERT_EQUAL(m.n_questions, 1);
	CU_ASSERT_EQUAL(m.question.type, TYPE_A);
	CU_ASSERT_EQUAL(m.question.class, CLASS_IN);
	CU_ASSERT_EQUAL(memcmp(m.question.name.octets, EXAMPLE, 9), 0);
	CU_ASSERT_EQUAL(m.question_end, 25);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ADDITIONAL], 0);
	CU_ASSERT(m.edns.present && m.edns.dnssec_ok);
	CU_ASSERT_EQUAL(m.edns.udp_size, 1232);
	CU_ASSERT(!m.has_tsig);
}

static void
test_a_plain_query_takes_no_memory(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 NONE) QUESTION),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(arena.total, 0);
	CU_ASSERT(!m.edns.present);
}

static void
test_rrs_are_listed_by_section(void)
{
	static const char octets[] =
	    HEADER(UPDATE_FLAGS, ONE, ONE, TWO, NONE) ZONE
	    /* prerequisite: name in use */
	    "\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0"
	    /* delete one MX, its name compressed; add an A with its own owner
	     */
	    "\xc0\x0c\0\x0f\0\xfe\0\0\0\0\0\6\0\12\1m\xc0\x0c"
	    "\2PC\xc0\x0c\0\1\0\1\0\0\4\xb0\0\4\xc0\0\2\1";
	const struct rr *rr;
	struct message m;

	CU_ASSERT_EQUAL_FATAL(read_message(OCTETS(octets), &m), RCODE_NOERROR);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ANSWER], 1);
	rr = &m.rrs[SECTION_ANSWER][0];
	CU_ASSERT_EQUAL(rr->class, CLASS_ANY);
	CU_ASSERT_EQUAL(rr->rdata_len, 0);
	CU_ASSERT_PTR_EQUAL(rr->owner, m.octets + 12); /* not copied */
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_AUTHORITY], 2);
	rr = &m.rrs[SECTION_AUTHORITY][0];
	CU_ASSERT_EQUAL(rr->class, CLASS_NONE);
	CU_ASSERT_EQUAL_FATAL(rr->rdata_len, 13);
	CU_ASSERT_EQUAL(memcmp(rr->rdata, "\0\12\1m\7Example", 13), 0);
	rr = &m.rrs[SECTION_AUTHORITY][1];
	CU_ASSERT_EQUAL(memcmp(rr->owner, "\2PC\7Example", 12), 0);
	CU_ASSERT_EQUAL(rr->ttl, 1200);
	CU_ASSERT_EQUAL(memcmp(rr->rdata, "\xc0\0\2\1", 4), 0);
}

static void
test_empty_rdata_is_only_for_class_any_and_none(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(UPDATE_FLAGS, ONE, NONE, ONE,
					 NONE) ZONE
					 "\xc0\x0c\0\1\0\xfe\0\0\0\0\0\0"),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(UPDATE_FLAGS, ONE, NONE, ONE,
					 NONE) ZONE
					 "\xc0\x0c\0\1\0\1\0\0\0\0\0\0"),
			    &m),
	    RCODE_FORMERR);
	/* NULL may be empty in any class */
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(UPDATE_FLAGS, ONE, NONE, ONE,
					 NONE) ZONE
					 "\xc0\x0c\0\12\0\1\0\0\0\0\0\0"),
			    &m),
	    RCODE_NOERROR);
}

static void
test_tsig_is_the_last_rr_and_says_where_it_starts(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 TWO) QUESTION OPT("\0", "\0\0") TSIG),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT(m.has_tsig);
	CU_ASSERT_EQUAL(m.tsig_offset, 25 + 11);
	CU_ASSERT_EQUAL(memcmp(m.tsig.owner, "\1k", 3), 0);
	CU_ASSERT_EQUAL(m.tsig.rdata_len, 17);
	CU_ASSERT_EQUAL(m.n_rrs[SECTION_ADDITIONAL], 0);
}

static void
test_a_misplaced_tsig_is_a_format_error(void)
{
	struct message m;

	/* not last, two of them, not in ADDITIONAL */
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 TWO) QUESTION TSIG OPT("\0", "\0\0")),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 TWO) QUESTION TSIG TSIG),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT(!m.has_tsig);
	CU_ASSERT_EQUAL(m.n_questions, 1); /* enough to answer */
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, ONE, NONE,
					 NONE) QUESTION TSIG),
			    &m),
	    RCODE_FORMERR);
}

static void
test_a_wrong_opt_is_a_format_error(void)
{
	struct message m;

	/* two, not in ADDITIONAL, not at the root, an option cut short */
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 TWO) QUESTION OPT("\0", "\0\0")
					     OPT("\0", "\0\0")),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, ONE,
					 NONE) QUESTION OPT("\0", "\0\0")),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION "\1a" OPT("\0", "\0\0")),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION OPT("\0",
					 "\0\5\0\12\0\2x")),
			    &m),
	    RCODE_FORMERR);
}

static void
test_options_of_a_later_edns_version_are_left_alone(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION OPT("\1",
					 "\0\5\0\12\0\2x")),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(m.edns.version, 1);
	CU_ASSERT_EQUAL(m.edns.options_len, 0);
}

static void
test_options_are_found_by_code(void)
{
	const uint8_t *option;
	struct message m;
	uint16_t len;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION OPT("\0",
					 "\0\x0b\0\x0a\0\3abc\0\x09\0\0")),
			    &m),
	    RCODE_NOERROR);
	option = edns_option(&m.edns, EDNS_OPTION_COOKIE, &len);
	CU_ASSERT(option != NULL && len == 3 && memcmp(option, "abc", 3) == 0);
	CU_ASSERT_PTR_NOT_NULL(edns_option(&m.edns, EDNS_OPTION_EXPIRE, &len));
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_PTR_NULL(edns_option(&m.edns, EDNS_OPTION_NSID, &len));
}

static void
test_lying_counts_cost_nothing(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, NONE, "\xff\xff",
					 "\xff\xff", NONE)),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(arena.total, 0);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, "\xff\xff", NONE,
					 NONE, NONE) QUESTION),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(m.n_questions, 0);
	CU_ASSERT_EQUAL(m.question_end, MESSAGE_HEADER_LEN);
}

static void
test_octets_behind_the_message_are_a_format_error(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 NONE) QUESTION "x"),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(m.question.type, TYPE_A);
}

static void
test_a_first_name_cannot_be_compressed(void)
{
	struct message m;

	/* pointers to the header: its flags are a root label */
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 NONE) "\1a\xc0\3\0\1\0\1"),
			    &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(m.n_questions, 0);
	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER(Q_FLAGS, TWO, NONE, NONE,
					 NONE) QUESTION "\xc0\x0c\0\1\0\1"),
			    &m),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(m.n_questions, 2);
}

static void
test_other_opcodes_are_not_read(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(HEADER("\x10\0", "\xff\xff", ONE,
					 ONE, ONE) "x"),
			    &m),
	    RCODE_NOTIMP);
	CU_ASSERT_EQUAL(m.id, 0x1234);
	CU_ASSERT_EQUAL(m.n_questions, 0);
}

static void
test_less_than_a_header_is_no_message(void)
{
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS("\1\2\3\4\5\6\7\10\11\12\13"), &m),
	    RCODE_FORMERR);
	CU_ASSERT_EQUAL(m.len, 0);
	CU_ASSERT(!message_is_request(OCTETS("\1\2\0\4\5\6\7\10\11\12\13")));
	CU_ASSERT(message_is_request(OCTETS("\1\2\0\4\5\6\7\10\11\12\13\14")));
	CU_ASSERT(
	    !message_is_request(OCTETS("\1\2\x80\4\5\6\7\10\11\12\13\14")));
}

static void
test_an_exhausted_arena_is_a_server_failure(void)
{
	struct arena small;
	struct message m;

	arena_init(&small, 1);
	CU_ASSERT_EQUAL(message_read(OCTETS(HEADER(Q_FLAGS, ONE, NONE, NONE,
					 ONE) QUESTION OPT("\0", "\0\0")),
			    &small, &m),
	    RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(m.n_questions, 1);
	arena_clear(&small);
}

static void
test_every_prefix_of_a_message_is_a_format_error(void)
{
	static const char octets[] =
	    HEADER(UPDATE_FLAGS, ONE, ONE, ONE, TWO) ZONE
	    "\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0"
	    "\xc0\x0c\0\x0f\0\xfe\0\0\0\0\0\6\0\12\1m\xc0\x0c" OPT("\0", "\0\0")
		TSIG;
	struct message m;

	CU_ASSERT_EQUAL(read_message(OCTETS(octets), &m), RCODE_NOERROR);
	for (size_t len = 0; len < sizeof(octets) - 1; len++)
		CU_ASSERT_EQUAL(read_message((const uint8_t *)octets, len, &m),
		    RCODE_FORMERR);
	arena_clear(&arena);
}

CU_TestInfo message_read_tests[] = {
    {"query", test_a_query_is_header_question_and_edns},
    {"no memory", test_a_plain_query_takes_no_memory},
    {"sections", test_rrs_are_listed_by_section},
    {"empty rdata", test_empty_rdata_is_only_for_class_any_and_none},
    {"tsig", test_tsig_is_the_last_rr_and_says_where_it_starts},
    {"misplaced tsig", test_a_misplaced_tsig_is_a_format_error},
    {"wrong opt", test_a_wrong_opt_is_a_format_error},
    {"edns 1", test_options_of_a_later_edns_version_are_left_alone},
    {"options", test_options_are_found_by_code},
    {"counts", test_lying_counts_cost_nothing},
    {"trailing octets", test_octets_behind_the_message_are_a_format_error},
    {"first name", test_a_first_name_cannot_be_compressed},
    {"opcodes", test_other_opcodes_are_not_read},
    {"no header", test_less_than_a_header_is_no_message},
    {"arena", test_an_exhausted_arena_is_a_server_failure},
    {"prefixes", test_every_prefix_of_a_message_is_a_format_error},
    CU_TEST_INFO_NULL,
};
