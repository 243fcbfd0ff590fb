/*
 * test_answer.c - authoritative answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/dns/rdata.h"
#include "tests/unit/query_fixture.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo answer_tests[];

#define APEX_TEXT                                                              \
	"$TTL 3600\n"                                                          \
	"@ SOA ns1 hostmaster 7 3600 600 86400 300\n"                          \
	"@ NS ns1\n"                                                           \
	"@ NS ns2\n"                                                           \
	"ns1 A 192.0.2.1\n"                                                    \
	"ns2 AAAA 2001:db8::2\n"

#define SOA_TEXT                                                               \
	"example. SOA ns1.example. hostmaster.example. 7 3600 600 86400 300"

/* A question and what is expected of ANSWER, AUTHORITY and ADDITIONAL. */
struct expected {
	const char *question;
	enum rcode rcode;
	uint16_t flags; /* AA, TC */
	const char *sections[SECTIONS];
};

static void
check_section(const struct expected *e, struct ask *a, enum section section)
{
	const char *text = ask_section(a, section);
	const char *expected = e->sections[section];

	if (expected == NULL)
		expected = "";
	if (strcmp(text, expected) != 0)
		(void)printf("\n%s: section %d:\n  is     %s\n  not    %s\n",
		    e->question, (int)section, text, expected);
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void
check_one(struct ask *a, const struct expected *e)
{
	const struct message *m = &a->answer;

	ask(a, e->question);
	if ((m->flags & FLAG_RCODE_MASK) != e->rcode ||
	    (m->flags & (FLAG_AA | FLAG_TC)) != e->flags)
		(void)printf("\n%s: flags %04x\n", e->question, m->flags);
	CU_ASSERT_EQUAL(m->flags & FLAG_RCODE_MASK, e->rcode);
	CU_ASSERT_EQUAL(m->flags & (FLAG_AA | FLAG_TC), e->flags);
	CU_ASSERT_EQUAL(m->flags & (FLAG_QR | FLAG_RD), FLAG_QR | FLAG_RD);
	CU_ASSERT_EQUAL(m->id, a->query.id);
	CU_ASSERT_EQUAL(m->question.type, a->query.question.type);
	CU_ASSERT_EQUAL(m->question.name.len, a->query.question.name.len);
	CU_ASSERT_EQUAL(memcmp(m->question.name.octets,
			    a->query.question.name.octets,
			    m->question.name.len),
	    0);
	for (enum section s = 0; s < SECTIONS; s++)
		check_section(e, a, s);
}

static void
check_over(enum answer_transport transport, const char *apex, const char *text,
    const struct expected *table, size_t n)
{
	struct zone *z = zone_from_text(apex, text);
	struct ask *a = malloc(sizeof(*a));

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	ask_init(a, z);
	a->transport = transport;
	for (size_t i = 0; i < n; i++)
		check_one(a, &table[i]);
	ask_clear(a);
	free(a);
	zone_destroy(z);
}

#define CHECK(text, table)                                                     \
	check_over(ANSWER_UDP, "example.", text, table,                        \
	    sizeof(table) / sizeof(table[0]))
#define CHECK_TCP(text, table)                                                 \
	check_over(ANSWER_TCP, "example.", text, table,                        \
	    sizeof(table) / sizeof(table[0]))

static void
test_a_name_answers_with_its_rrset(void)
{
	static const char text[] =
	    APEX_TEXT "www A 192.0.2.10\nwww A 192.0.2.11\nwww TXT \"hi\"\n";
	static const struct expected table[] = {
	    {"www.example. A", RCODE_NOERROR, FLAG_AA,
		{"www.example. A 192.0.2.10; www.example. A 192.0.2.11"}},
	    {"WwW.eXample. TXT", RCODE_NOERROR, FLAG_AA,
		{"WwW.eXample. TXT \"hi\""}},
	    {"example. SOA", RCODE_NOERROR, FLAG_AA, {SOA_TEXT}},
	};

	CHECK(text, table);
}

static void
test_the_owner_is_a_pointer_to_the_question(void)
{
	struct zone *z =
	    zone_from_text("example.", APEX_TEXT "www A 192.0.2.10\n");
	struct ask *a = malloc(sizeof(*a));

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	ask_init(a, z);
	ask(a, "wWw.ExAmPlE. A");
	CU_ASSERT_EQUAL(get_u16(a->octets + a->answer.question_end), 0xc00c);
	CU_ASSERT_EQUAL(a->len, a->answer.question_end + 2 + 10 + 4);
	ask_clear(a);
	free(a);
	zone_destroy(z);
}

static void
test_what_is_not_there_is_denied_by_the_soa(void)
{
	static const char text[] = APEX_TEXT "www A 192.0.2.10\n"
					     "a.b.ent A 192.0.2.11\n";
	static const struct expected table[] = {
	    {"www.example. AAAA", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"www.example. RRSIG", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"example. DS", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"none.example. A", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	    {"x.www.example. A", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	    /* RFC 8020: an empty non-terminal exists */
	    {"ent.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"b.ent.example. ANY", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"c.ent.example. A", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	};

	CHECK(text, table);
}

static uint32_t
negative_ttl(const char *text)
{
	struct zone *z = zone_from_text("example.", text);
	struct ask *a = malloc(sizeof(*a));
	uint32_t ttl;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	ask_init(a, z);
	ask(a, "none.example. A");
	CU_ASSERT_EQUAL_FATAL(a->answer.n_rrs[SECTION_AUTHORITY], 1);
	ttl = a->answer.rrs[SECTION_AUTHORITY][0].ttl;
	ask_clear(a);
	free(a);
	zone_destroy(z);
	return ttl;
}

static void
test_absence_lasts_for_the_smaller_of_ttl_and_minimum(void)
{
	CU_ASSERT_EQUAL(negative_ttl(
			    "@ 3600 SOA ns h 1 2 3 4 300\n@ 60 NS ns\n"),
	    300);
	CU_ASSERT_EQUAL(negative_ttl("@ 30 SOA ns h 1 2 3 4 300\n@ 60 NS ns\n"),
	    30);
}

static void
test_a_cname_is_followed_within_the_zone(void)
{
	static const char text[] =
	    APEX_TEXT "a CNAME b\nb CNAME c\nc A 192.0.2.3\n"
		      "out CNAME www.test.\nlost CNAME none\nnodata CNAME ns1\n"
		      "below CNAME host.sub\nsub NS ns.test.\n";
	static const struct expected table[] = {
	    {"a.example. A", RCODE_NOERROR, FLAG_AA,
		{"a.example. CNAME b.example.; b.example. CNAME c.example.; "
		 "c.example. A 192.0.2.3"}},
	    {"a.example. CNAME", RCODE_NOERROR, FLAG_AA,
		{"a.example. CNAME b.example."}},
	    {"a.example. ANY", RCODE_NOERROR, FLAG_AA,
		{"a.example. CNAME b.example."}},
	    {"out.example. A", RCODE_NOERROR, FLAG_AA,
		{"out.example. CNAME www.test."}},
	    /* RFC 6604 section 3: the RCODE is that of the last name */
	    {"lost.example. A", RCODE_NXDOMAIN, FLAG_AA,
		{"lost.example. CNAME none.example.", SOA_TEXT}},
	    {"nodata.example. AAAA", RCODE_NOERROR, FLAG_AA,
		{"nodata.example. CNAME ns1.example.", SOA_TEXT}},
	    {"below.example. A", RCODE_NOERROR, FLAG_AA,
		{"below.example. CNAME host.sub.example.",
		    "sub.example. NS ns.test."}},
	};

	CHECK(text, table);
}

static void
test_a_loop_of_cnames_ends_where_it_began(void)
{
	static const char text[] =
	    APEX_TEXT "a CNAME b\nb CNAME a\nself CNAME self\n"
		      "*.w CNAME y.w\n";
	static const struct expected table[] = {
	    {"a.example. A", RCODE_NOERROR, FLAG_AA,
		{"a.example. CNAME b.example.; b.example. CNAME a.example."}},
	    {"self.example. A", RCODE_NOERROR, FLAG_AA,
		{"self.example. CNAME self.example."}},
	    {"x.w.example. A", RCODE_NOERROR, FLAG_AA,
		{"x.w.example. CNAME y.w.example.; "
		 "y.w.example. CNAME y.w.example."}},
	};

	CHECK(text, table);
}

static void
test_a_long_chain_is_cut(void)
{
	char text[4096] = APEX_TEXT;
	struct zone *z;
	struct ask *a = malloc(sizeof(*a));

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	for (unsigned i = 0; i < 40; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "c%u CNAME c%u\n", i, i + 1);
	z = zone_from_text("example.", text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	ask_init(a, z);
	ask(a, "c0.example. A");
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_ANSWER], ANSWER_CHAIN_MAX);
	CU_ASSERT_EQUAL(a->answer.flags & FLAG_RCODE_MASK, RCODE_NOERROR);
	ask_clear(a);
	free(a);
	zone_destroy(z);
}

/* The zone and the questions of RFC 4592 section 2.2.1. */
static void
test_wildcards_are_expanded_as_rfc_4592_says(void)
{
	static const char text[] = "$TTL 3600\n"
				   "@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
				   "@ NS ns.example.com.\n"
				   "@ NS ns.example.net.\n"
				   "* TXT \"this is a wildcard\"\n"
				   "* MX 10 host1\n"
				   "sub.* TXT \"this is not a wildcard\"\n"
				   "host1 A 192.0.2.1\n"
				   "_ssh._tcp.host1 SRV 0 0 22 host1\n"
				   "_ssh._tcp.host2 SRV 0 0 22 host1\n"
				   "subdel NS ns.example.com.\n"
				   "subdel NS ns.example.net.\n";
	static const struct expected table[] = {
	    {"host3.example. MX", RCODE_NOERROR, FLAG_AA,
		{"host3.example. MX 10 host1.example.", "",
		    "host1.example. A 192.0.2.1"}},
	    {"host3.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"foo.bar.example. TXT", RCODE_NOERROR, FLAG_AA,
		{"foo.bar.example. TXT \"this is a wildcard\""}},
	    {"host1.example. MX", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"sub.*.example. MX", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"_telnet._tcp.host1.example. SRV", RCODE_NXDOMAIN, FLAG_AA,
		{"", SOA_TEXT}},
	    {"host.subdel.example. A", RCODE_NOERROR, 0,
		{"",
		    "subdel.example. NS ns.example.com.; "
		    "subdel.example. NS ns.example.net."}},
	    {"ghost.*.example. MX", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	    {"*.example. TXT", RCODE_NOERROR, FLAG_AA,
		{"*.example. TXT \"this is a wildcard\""}},
	    /* host2 is an empty non-terminal: it blocks */
	    {"host2.example. MX", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"x.host2.example. MX", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	};

	CHECK(text, table);
}

static void
test_an_asterisk_as_empty_non_terminal_gives_nodata(void)
{
	static const char text[] = APEX_TEXT "a.*.w A 192.0.2.1\n";
	static const struct expected table[] = {
	    {"x.w.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"*.w.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"x.y.w.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"b.*.w.example. A", RCODE_NXDOMAIN, FLAG_AA, {"", SOA_TEXT}},
	};

	CHECK(text, table);
}

static void
test_a_wildcard_cname_is_followed(void)
{
	static const char text[] = APEX_TEXT "*.w CNAME ns1\n";
	static const struct expected table[] = {
	    {"x.w.example. A", RCODE_NOERROR, FLAG_AA,
		{"x.w.example. CNAME ns1.example.; "
		 "ns1.example. A 192.0.2.1"}},
	};

	CHECK(text, table);
}

static void
test_a_delegation_refers_with_all_its_glue(void)
{
	static const char text[] = APEX_TEXT
	    "sub NS ns.sub\nsub NS ns1\nsub NS ns.test.\nsub NS ns.other\n"
	    "ns.sub A 192.0.2.53\nns.sub AAAA 2001:db8::53\n"
	    "host.sub A 192.0.2.54\n"
	    "other NS ns.other\nns.other A 192.0.2.55\n";
#define SUB_NS                                                                 \
	"sub.example. NS ns.sub.example.; sub.example. NS ns.test.; "          \
	"sub.example. NS ns.other.example.; sub.example. NS ns1.example."
#define SUB_GLUE                                                               \
	"ns.sub.example. A 192.0.2.53; ns.sub.example. AAAA 2001:db8::53; "    \
	"ns.other.example. A 192.0.2.55; ns1.example. A 192.0.2.1"
	static const struct expected table[] = {
	    {"sub.example. A", RCODE_NOERROR, 0, {"", SUB_NS, SUB_GLUE}},
	    {"sub.example. NS", RCODE_NOERROR, 0, {"", SUB_NS, SUB_GLUE}},
	    {"host.sub.example. A", RCODE_NOERROR, 0, {"", SUB_NS, SUB_GLUE}},
	    {"ns.sub.example. A", RCODE_NOERROR, 0, {"", SUB_NS, SUB_GLUE}},
	    {"no.such.sub.example. ANY", RCODE_NOERROR, 0,
		{"", SUB_NS, SUB_GLUE}},
	};

	CHECK(text, table);
}

static void
test_ds_is_answered_at_the_parent(void)
{
	static const char text[] =
	    APEX_TEXT "sub NS ns.test.\n"
		      "signed NS ns.test.\n"
		      "signed DS 1 8 2 00112233445566778899AABBCCDDEEFF"
		      "00112233445566778899AABBCCDDEEFF\n";
	static const struct expected table[] = {
	    {"signed.example. DS", RCODE_NOERROR, FLAG_AA,
		{"signed.example. DS 1 8 2 00112233445566778899AABBCCDDEEFF"
		 "00112233445566778899AABBCCDDEEFF"}},
	    {"sub.example. DS", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"x.sub.example. DS", RCODE_NOERROR, 0,
		{"", "sub.example. NS ns.test."}},
	};

	CHECK(text, table);
}

static void
test_a_dname_is_followed_by_the_cname_that_it_makes(void)
{
	static const char text[] = APEX_TEXT
	    "old DNAME new\nhost.new A 192.0.2.9\nhost.old A 192.0.2.10\n"
	    "far DNAME test.\nback DNAME b.back2\nb.back2 DNAME old\n";
	static const struct expected table[] = {
	    {"host.old.example. A", RCODE_NOERROR, FLAG_AA,
		{"old.example. DNAME new.example.; "
		 "host.old.example. CNAME host.new.example.; "
		 "host.new.example. A 192.0.2.9"}},
	    {"old.example. DNAME", RCODE_NOERROR, FLAG_AA,
		{"old.example. DNAME new.example."}},
	    {"old.example. A", RCODE_NOERROR, FLAG_AA, {"", SOA_TEXT}},
	    {"x.y.old.example. A", RCODE_NXDOMAIN, FLAG_AA,
		{"old.example. DNAME new.example.; "
		 "x.y.old.example. CNAME x.y.new.example.",
		    SOA_TEXT}},
	    /* the CNAME that is made is an answer to who asks for one */
	    {"x.old.example. CNAME", RCODE_NOERROR, FLAG_AA,
		{"old.example. DNAME new.example.; "
		 "x.old.example. CNAME x.new.example."}},
	    {"x.old.example. ANY", RCODE_NOERROR, FLAG_AA,
		{"old.example. DNAME new.example.; "
		 "x.old.example. CNAME x.new.example."}},
	    {"a.far.example. A", RCODE_NOERROR, FLAG_AA,
		{"far.example. DNAME test.; "
		 "a.far.example. CNAME a.test."}},
	    {"host.back.example. A", RCODE_NOERROR, FLAG_AA,
		{"back.example. DNAME b.back2.example.; "
		 "host.back.example. CNAME host.b.back2.example.; "
		 "b.back2.example. DNAME old.example.; "
		 "host.b.back2.example. CNAME host.old.example.; "
		 "old.example. DNAME new.example.; "
		 "host.old.example. CNAME host.new.example.; "
		 "host.new.example. A 192.0.2.9"}},
	};

	CHECK(text, table);
}

#define LABEL_50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"

static void
test_a_dname_that_makes_too_long_a_name_is_yxdomain(void)
{
	static const char text[] =
	    APEX_TEXT "d DNAME " LABEL_50 "." LABEL_50 "." LABEL_50 ".test.\n";
	static const struct expected table[] = {
	    {LABEL_50 "." LABEL_50 ".d.example. A", RCODE_YXDOMAIN, FLAG_AA,
		{"d.example. DNAME " LABEL_50 "." LABEL_50 "." LABEL_50
		 ".test."}},
	};

	CHECK(text, table);
}

static void
test_targets_bring_their_addresses(void)
{
	static const char text[] =
	    APEX_TEXT "@ MX 10 mail\n@ MX 20 mail\n@ MX 30 mail.test.\n"
		      "mail A 192.0.2.25\nmail AAAA 2001:db8::25\n"
		      "_ldap._tcp SRV 0 100 389 dc1\ndc1 A 192.0.2.40\n"
		      "x MX 10 host.sub\nsub NS ns.sub\n"
		      "host.sub A 192.0.2.66\nns.sub A 192.0.2.67\n";
	static const struct expected table[] = {
	    {"example. MX", RCODE_NOERROR, FLAG_AA,
		{"example. MX 10 mail.example.; example. MX 20 mail.example.; "
		 "example. MX 30 mail.test.",
		    "",
		    "mail.example. A 192.0.2.25; "
		    "mail.example. AAAA 2001:db8::25"}},
	    {"_ldap._tcp.example. SRV", RCODE_NOERROR, FLAG_AA,
		{"_ldap._tcp.example. SRV 0 100 389 dc1.example.", "",
		    "dc1.example. A 192.0.2.40"}},
	    {"example. NS", RCODE_NOERROR, FLAG_AA,
		{"example. NS ns1.example.; example. NS ns2.example.", "",
		    "ns1.example. A 192.0.2.1; "
		    "ns2.example. AAAA 2001:db8::2"}},
	    /* not ours to say: below a cut */
	    {"x.example. MX", RCODE_NOERROR, FLAG_AA,
		{"x.example. MX 10 host.sub.example."}},
	};

	CHECK(text, table);
}

static void
test_any_gives_one_rrset_over_udp_and_all_over_tcp(void)
{
	static const char text[] = APEX_TEXT "h A 192.0.2.7\nh TXT \"t\"\n"
					     "h MX 0 h\n";
	static const struct expected udp[] = {
	    {"h.example. ANY", RCODE_NOERROR, FLAG_AA,
		{"h.example. A 192.0.2.7"}},
	};
	static const struct expected tcp[] = {
	    {"h.example. ANY", RCODE_NOERROR, FLAG_AA,
		{"h.example. A 192.0.2.7; h.example. MX 0 h.example.; "
		 "h.example. TXT \"t\""}},
	};

	CHECK(text, udp);
	CHECK_TCP(text, tcp);
}

static void
test_questions_nobody_may_ask_are_refused_first(void)
{
	static const struct expected table[] = {
	    {"example. TYPE254", RCODE_NOTIMP, 0, {NULL}},
	    {"example. TYPE253", RCODE_NOTIMP, 0, {NULL}},
	    {"example. TYPE41", RCODE_FORMERR, 0, {NULL}},
	    {"example. TYPE250", RCODE_FORMERR, 0, {NULL}},
	    {"example. TYPE200", RCODE_FORMERR, 0, {NULL}},
	};

	CHECK(APEX_TEXT, table);
}

static void
test_a_question_for_ds_looks_for_the_parent(void)
{
	struct message q = {.n_questions = 1};
	struct name parent;

	CU_ASSERT_EQUAL(name_from_text("sub.example.", NULL, &q.question.name),
	    0);
	CU_ASSERT_EQUAL(name_from_text("example.", NULL, &parent), 0);
	q.question.type = TYPE_DS;
	CU_ASSERT(name_equal(question_zone_name(&q), parent.octets));
	q.question.type = TYPE_A;
	CU_ASSERT(name_equal(question_zone_name(&q), q.question.name.octets));
	q.question.type = TYPE_DS;
	q.question.name = name_root;
	CU_ASSERT(name_equal(question_zone_name(&q), name_root.octets));
}

/* --- Truncation --- */

static struct zone *
zone_of_big_rrsets(void)
{
	static char text[65536];
	size_t len;

	(void)snprintf(text, sizeof(text), "%s", APEX_TEXT);
	for (unsigned i = 0; i < 60; i++) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len,
		    "big A 10.0.0.%u\nmx MX %u m%u\nm%u A 10.0.1.%u\n"
		    "del NS n%u.del\nn%u.del A 10.0.2.%u\n",
		    i, i, i, i, i, i, i, i);
	}
	len = strlen(text);
	(void)snprintf(text + len, sizeof(text) - len,
	    "few MX 1 m1\nfew MX 2 m2\nlate CNAME big\n"
	    "dn DNAME big2\nx.big2 A 10.9.9.9\n"
	    "small NS a.small\nsmall NS b.small\na.small A 10.3.0.1\n"
	    "b.small A 10.3.0.2\n");
	return zone_from_text("example.", text);
}

/* The answer holds whole RRsets: each section's RRs are `whole` or none. */
static void
check_size(struct ask *a, const char *question, size_t size)
{
	unsigned n_answer, n_authority;
	bool is_cut;

	a->size = size;
	ask(a, question);
	CU_ASSERT(a->len <= size);
	is_cut = (a->answer.flags & FLAG_TC) != 0;
	n_answer = a->answer.n_rrs[SECTION_ANSWER];
	n_authority = a->answer.n_rrs[SECTION_AUTHORITY];
	a->size = MESSAGE_LEN_MAX;
	ask(a, question);
	if (!is_cut) {
		CU_ASSERT_EQUAL(n_answer, a->answer.n_rrs[SECTION_ANSWER]);
		CU_ASSERT_EQUAL(n_authority,
		    a->answer.n_rrs[SECTION_AUTHORITY]);
	} else {
		CU_ASSERT_EQUAL(n_answer, 0);
		CU_ASSERT(n_authority == 0 ||
		    n_authority == a->answer.n_rrs[SECTION_AUTHORITY]);
	}
}

static void
test_an_answer_of_any_size_is_whole_or_truncated(void)
{
	static const char *const questions[] = {"big.example. A",
	    "mx.example. MX", "few.example. MX", "x.del.example. A",
	    "x.small.example. A", "late.example. A", "x.dn.example. A",
	    "none.example. A", "example. NS", "example. SOA"};
	struct zone *z = zone_of_big_rrsets();
	struct ask *a = malloc(sizeof(*a));

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	for (unsigned edns = 0; edns < 2; edns++) {
		ask_init(a, z);
		a->edns.present = edns == 1;
		a->edns.udp_size = 4096;
		for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]);
		     i++)
			for (size_t size = 1500; size >= 48; size--)
				check_size(a, questions[i], size);
		ask_clear(a);
	}
	free(a);
	zone_destroy(z);
}

static void
test_additional_is_dropped_silently_but_glue_is_not(void)
{
	struct zone *z = zone_of_big_rrsets();
	struct ask *a = malloc(sizeof(*a));

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	ask_init(a, z);
	ask(a, "few.example. MX");
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_ADDITIONAL], 2);
	a->size = a->len - 1;
	ask(a, "few.example. MX");
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_ADDITIONAL], 1);
	CU_ASSERT_EQUAL(a->answer.flags & FLAG_TC, 0);
	a->size = 0;
	ask(a, "x.small.example. A");
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_ADDITIONAL], 2);
	a->size = a->len - 1;
	ask(a, "x.small.example. A");
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_AUTHORITY], 2);
	CU_ASSERT_EQUAL(a->answer.n_rrs[SECTION_ADDITIONAL], 1);
	CU_ASSERT_EQUAL(a->answer.flags & FLAG_TC, FLAG_TC);
	ask_clear(a);
	free(a);
	zone_destroy(z);
}

static void
test_the_size_is_512_without_edns_and_bounded_with_it(void)
{
	struct message q = {.n_questions = 1};

	CU_ASSERT_EQUAL(answer_size(&q, ANSWER_UDP, 1232), 512);
	CU_ASSERT_EQUAL(answer_size(&q, ANSWER_TCP, 1232), 65535);
	q.edns.present = true;
	q.edns.udp_size = 4096;
	CU_ASSERT_EQUAL(answer_size(&q, ANSWER_UDP, 1232), 1232);
	q.edns.udp_size = 1000;
	CU_ASSERT_EQUAL(answer_size(&q, ANSWER_UDP, 1232), 1000);
	CU_ASSERT_EQUAL(answer_size(&q, ANSWER_UDP, 0), 512);
}

CU_TestInfo answer_tests[] = {
    {"a name answers with its RRset", test_a_name_answers_with_its_rrset},
    {"the owner is a pointer to the question",
	test_the_owner_is_a_pointer_to_the_question},
    {"what is not there is denied by the SOA",
	test_what_is_not_there_is_denied_by_the_soa},
    {"absence lasts for the smaller of TTL and MINIMUM",
	test_absence_lasts_for_the_smaller_of_ttl_and_minimum},
    {"a CNAME is followed within the zone",
	test_a_cname_is_followed_within_the_zone},
    {"a loop of CNAMEs ends where it began",
	test_a_loop_of_cnames_ends_where_it_began},
    {"a long chain is cut", test_a_long_chain_is_cut},
    {"wildcards are expanded as RFC 4592 says",
	test_wildcards_are_expanded_as_rfc_4592_says},
    {"an asterisk as empty non-terminal gives NODATA",
	test_an_asterisk_as_empty_non_terminal_gives_nodata},
    {"a wildcard CNAME is followed", test_a_wildcard_cname_is_followed},
    {"a delegation refers with all its glue",
	test_a_delegation_refers_with_all_its_glue},
    {"DS is answered at the parent", test_ds_is_answered_at_the_parent},
    {"a DNAME is followed by the CNAME that it makes",
	test_a_dname_is_followed_by_the_cname_that_it_makes},
    {"a DNAME that makes too long a name is YXDOMAIN",
	test_a_dname_that_makes_too_long_a_name_is_yxdomain},
    {"targets bring their addresses", test_targets_bring_their_addresses},
    {"ANY gives one RRset over UDP and all over TCP",
	test_any_gives_one_rrset_over_udp_and_all_over_tcp},
    {"questions nobody may ask are refused first",
	test_questions_nobody_may_ask_are_refused_first},
    {"a question for DS looks for the parent",
	test_a_question_for_ds_looks_for_the_parent},
    {"an answer of any size is whole or truncated",
	test_an_answer_of_any_size_is_whole_or_truncated},
    {"additional is dropped silently but glue is not",
	test_additional_is_dropped_silently_but_glue_is_not},
    {"the size is 512 without EDNS and bounded with it",
	test_the_size_is_512_without_edns_and_bounded_with_it},
    CU_TEST_INFO_NULL,
};
