/*
 * test_prerequisite.c - prerequisites of updates (RFC 2136 section 3.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct prerequisite_case {
	const char *commands;
	enum rcode rcode;
};

static void
check(const struct prerequisite_case *cases, size_t n)
{
	struct zone *z = update_zone();
	struct update_run run = {0};

	for (size_t i = 0; i < n; i++) {
		update_run(&run, z, cases[i].commands);
		if (run.rcode != cases[i].rcode) {
			CU_FAIL("another outcome");
			(void)fprintf(stderr, "%s: RCODE %d, %s\n",
			    cases[i].commands, run.rcode, run.reason.text);
		}
		CU_ASSERT_EQUAL(run.n_changes, 0);
		if (run.rcode != RCODE_NOERROR)
			CU_ASSERT_EQUAL(run.stage, UPDATE_STAGE_PREREQUISITE);
	}
	zone_destroy(z);
}

static void
test_each_kind_has_its_rcode(void)
{
	static const struct prerequisite_case cases[] = {
	    {"yxdomain PC1.ad.test", RCODE_NOERROR},
	    {"yxdomain none.ad.test", RCODE_NXDOMAIN},
	    {"nxdomain none.ad.test", RCODE_NOERROR},
	    {"nxdomain pc1.AD.test", RCODE_YXDOMAIN},
	    {"yxrrset pc1.ad.test A", RCODE_NOERROR},
	    {"yxrrset pc1.ad.test AAAA", RCODE_NXRRSET},
	    {"yxrrset none.ad.test A", RCODE_NXRRSET},
	    {"nxrrset pc1.ad.test AAAA", RCODE_NOERROR},
	    {"nxrrset none.ad.test A", RCODE_NOERROR},
	    {"nxrrset pc1.ad.test A", RCODE_YXRRSET},
	    {"yxrrset ad.test SOA", RCODE_NOERROR},
	    {"yxdomain ad.test", RCODE_NOERROR},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 1 and 3. */
static void
test_nothing_but_the_name_itself_counts(void)
{
	static const struct prerequisite_case cases[] = {
	    /* empty non-terminals */
	    {"yxdomain b.ent.ad.test", RCODE_NXDOMAIN},
	    {"nxdomain b.ent.ad.test", RCODE_NOERROR},
	    {"nxdomain ent.ad.test", RCODE_NOERROR},
	    {"yxdomain a.b.ent.ad.test", RCODE_NOERROR},
	    /* wildcards */
	    {"yxdomain x.wild.ad.test", RCODE_NXDOMAIN},
	    {"yxrrset x.wild.ad.test A", RCODE_NXRRSET},
	    {"nxrrset x.wild.ad.test A", RCODE_NOERROR},
	    {"yxrrset *.wild.ad.test A", RCODE_NOERROR},
	    /* CNAMEs */
	    {"yxrrset alias.ad.test A", RCODE_NXRRSET},
	    {"yxrrset alias.ad.test CNAME", RCODE_NOERROR},
	    {"yxrrset alias.ad.test CNAME PC1.ad.test", RCODE_NOERROR},
	    /* zone cuts, and what is below them */
	    {"yxrrset sub.ad.test NS", RCODE_NOERROR},
	    {"yxrrset ns.sub.ad.test A", RCODE_NOERROR},
	    {"nxdomain other.sub.ad.test", RCODE_NOERROR},
	    {"nxdomain x.dn.ad.test", RCODE_NOERROR},
	};

	check(cases, N(cases));
}

/* DIALECTS section 5, 2. */
static void
test_a_value_must_be_the_whole_rrset(void)
{
	static const struct prerequisite_case cases[] = {
	    {"yxrrset pc1.ad.test A 10.0.0.11", RCODE_NOERROR},
	    {"yxrrset pc1.ad.test A 10.0.0.12", RCODE_NXRRSET},
	    {"yxrrset none.ad.test A 10.0.0.11", RCODE_NXRRSET},
	    {"yxrrset pc1.ad.test AAAA ::1", RCODE_NXRRSET},
	    {"yxrrset multi.ad.test A 10.0.1.1", RCODE_NXRRSET},
	    {"yxrrset multi.ad.test A 10.0.1.2;"
	     "yxrrset multi.ad.test A 10.0.1.1",
		RCODE_NOERROR},
	    {"yxrrset multi.ad.test A 10.0.1.2;"
	     "yxrrset multi.ad.test A 10.0.1.2",
		RCODE_NXRRSET},
	    {"yxrrset multi.ad.test A 10.0.1.1;"
	     "yxrrset multi.ad.test A 10.0.1.2;"
	     "yxrrset multi.ad.test A 10.0.1.3",
		RCODE_NXRRSET},
	    /* listed apart, and twice */
	    {"yxrrset multi.ad.test A 10.0.1.2;"
	     "yxrrset multi.ad.test TXT x;"
	     "yxrrset MULTI.ad.test A 10.0.1.1;"
	     "yxrrset multi.ad.test A 10.0.1.1",
		RCODE_NOERROR},
	    /* names without case, texts with */
	    {"yxrrset 11.r.ad.test PTR pc1.AD.test", RCODE_NOERROR},
	    {"yxrrset _x._tcp.ad.test SRV 0 100 389 PC1.ad.test",
		RCODE_NOERROR},
	    {"yxrrset multi.ad.test TXT x", RCODE_NOERROR},
	    {"yxrrset multi.ad.test TXT X", RCODE_NXRRSET},
	    /* two of what can be one only */
	    {"yxrrset alias.ad.test CNAME pc2.ad.test;"
	     "yxrrset alias.ad.test CNAME pc1.ad.test",
		RCODE_NXRRSET},
	};

	check(cases, N(cases));
}

/* Section 3.2.5: the RRsets are compared after the other prerequisites. */
static void
test_values_are_compared_last(void)
{
	static const struct prerequisite_case cases[] = {
	    {"yxrrset pc1.ad.test A 10.0.0.12;"
	     "nxdomain pc1.ad.test",
		RCODE_YXDOMAIN},
	    {"yxdomain none.ad.test;"
	     "nxdomain pc1.ad.test",
		RCODE_NXDOMAIN},
	    {"yxdomain pc1.ad.test;"
	     "nxrrset pc1.ad.test CNAME;"
	     "yxrrset pc1.ad.test A 10.0.0.11",
		RCODE_NOERROR},
	};

	check(cases, N(cases));
}

static void
test_nothing_is_changed_if_one_does_not_hold(void)
{
	struct zone *z = update_zone();
	struct update_run run = {0};

	update_run(&run, z,
	    "yxdomain pc1.ad.test; yxdomain none.ad.test;"
	    "delete pc1.ad.test; add pc3.ad.test 60 A 10.0.0.13");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NXDOMAIN);
	CU_ASSERT_STRING_EQUAL(run.reason.text,
	    "prerequisite: none.ad.test ANY should exist");
	update_expect(z, "pc1.ad.test", "A 1200 10.0.0.11");
	update_expect(z, "pc3.ad.test", "");
	zone_destroy(z);
}

/* A question of Samba and Windows: no change, no signature. */
static void
test_a_question_is_answered_from_a_version(void)
{
	struct zone *z = update_zone();
	struct update_record record;
	struct update *u;
	struct message m;
	struct arena a, none;

	arena_init(&a, 0);
	arena_init(&none, 1);
	update_message("nxrrset pc1.ad.test CNAME; nxrrset pc1.ad.test AAAA;"
		       "yxrrset pc1.ad.test A 10.0.0.11",
	    &a, &m);
	CU_ASSERT_EQUAL_FATAL(update_read(&m, &a, &u, &record), RCODE_NOERROR);
	CU_ASSERT(!update_has_changes(u));
	CU_ASSERT_STRING_EQUAL(update_describe(u, &a), "3 prerequisites");
	CU_ASSERT_EQUAL(update_check_prerequisites(u, zone_current(z), &a,
			    &record),
	    RCODE_NOERROR);
	CU_ASSERT_EQUAL(update_check_prerequisites(u, zone_current(z), &none,
			    &record),
	    RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(record.rcode, RCODE_SERVFAIL);
	CU_ASSERT_STRING_EQUAL(record.reason.text, "no memory");
	arena_clear(&none);
	arena_clear(&a);
	zone_destroy(z);
}

CU_TestInfo prerequisite_tests[] = {
    {"each kind has its RCODE", test_each_kind_has_its_rcode},
    {"nothing but the name itself counts",
	test_nothing_but_the_name_itself_counts},
    {"a value must be the whole RRset", test_a_value_must_be_the_whole_rrset},
    {"values are compared last", test_values_are_compared_last},
    {"nothing is changed if one does not hold",
	test_nothing_is_changed_if_one_does_not_hold},
    {"a question is answered from a version",
	test_a_question_is_answered_from_a_version},
    CU_TEST_INFO_NULL,
};
