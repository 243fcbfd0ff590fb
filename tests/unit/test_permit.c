/*
 * test_permit.c - which updates are permitted, and when that is known
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/acl.h"
#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct permit_case {
	const char *signer, *commands;
	enum rcode rcode;
	enum update_stage stage; /* where a refusal comes from */
};

static void
check(const char *const *rules, const struct permit_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct update_run run = {.rules = rules,
		    .signer = cases[i].signer};
		struct zone *z = update_zone();

		update_run(&run, z, cases[i].commands);
		if (run.rcode != cases[i].rcode ||
		    (run.rcode == RCODE_REFUSED &&
			run.stage != cases[i].stage)) {
			CU_FAIL("another outcome");
			(void)fprintf(stderr, "%s %s: RCODE %d, %s: %s\n",
			    cases[i].signer, cases[i].commands, run.rcode,
			    update_stage_to_text(run.stage), run.reason.text);
		}
		if (run.rcode != RCODE_NOERROR)
			CU_ASSERT_EQUAL(run.n_changes, 0);
		zone_destroy(z);
	}
}

#define OK RCODE_NOERROR, 0
#define NO RCODE_REFUSED, UPDATE_STAGE_PERMISSION
#define NO_LATER RCODE_REFUSED, UPDATE_STAGE_CONTENT

static void
test_a_machine_changes_its_own_name(void)
{
	static const char *const rules[] = {"grant AD.TEST ms-self . A AAAA",
	    NULL};
	static const struct permit_case cases[] = {
	    {"PC1$@AD.TEST", "add pc1.ad.test 60 A 10.0.0.1", OK},
	    {"PC1$@AD.TEST", "delete pc1.ad.test A", OK},
	    {"PC1$@AD.TEST", "delete pc1.ad.test A 10.0.0.11", OK},
	    {"PC1$@AD.TEST", "add pc1.ad.test 60 TXT x", NO},
	    {"PC1$@AD.TEST", "add pc2.ad.test 60 A 10.0.0.1", NO},
	    {"PC1$@AD.TEST", "delete pc2.ad.test A", NO},
	    {"PC1$@AD.TEST", "delete none.ad.test A", NO},
	    {"PC1$@OTHER", "add pc1.ad.test 60 A 10.0.0.1", NO},
	    {"", "add pc1.ad.test 60 A 10.0.0.1", NO},
	    {"", "delete pc1.ad.test", NO},
	    {"", "delete none.ad.test", NO},
	    /* all or nothing */
	    {"PC1$@AD.TEST",
		"add pc1.ad.test 60 A 10.0.0.1; add pc2.ad.test 60 A 10.0.0.1",
		NO},
	    /* permission comes before prerequisites */
	    {"PC1$@AD.TEST",
		"nxdomain pc2.ad.test; add pc2.ad.test 60 A 10.0.0.1", NO},
	};

	check(rules, cases, N(cases));
}

/* DIALECTS section 5, 17. */
static void
test_a_names_deletion_needs_all_its_types(void)
{
	static const char *const rules[] = {"grant k1 zonesub A",
	    "grant k2 zonesub A TXT", "grant k3 zonesub", "deny k4 zonesub TXT",
	    "grant k4 zonesub ANY", "deny k5 name pc1.ad.test ANY",
	    "grant k5 zonesub ANY", NULL};
	static const struct permit_case cases[] = {
	    {"k1", "delete pc1.ad.test", OK},
	    {"k1", "delete none.ad.test", OK},
	    {"k1", "delete multi.ad.test", NO_LATER},
	    {"k2", "delete multi.ad.test", OK},
	    {"k2", "delete sub.ad.test", NO_LATER},
	    {"k3", "delete multi.ad.test", OK},
	    {"k3", "delete sub.ad.test", NO_LATER}, /* NS */
	    {"k3", "delete ad.test", NO_LATER},
	    {"k4", "delete pc1.ad.test", OK},
	    {"k4", "delete multi.ad.test", NO_LATER},
	    {"k5", "delete pc1.ad.test", NO},
	    {"k5", "delete multi.ad.test", OK},
	    {"k6", "delete multi.ad.test", NO},
	    /* what the message itself adds was permitted already */
	    {"k1", "add pc1.ad.test 60 A 10.0.0.1; delete pc1.ad.test", OK},
	    {"k1", "delete pc1.ad.test; delete multi.ad.test", NO_LATER},
	    /* the prerequisites of one who may come first */
	    {"k1", "nxdomain multi.ad.test; delete multi.ad.test",
		RCODE_YXDOMAIN, UPDATE_STAGE_PREREQUISITE},
	};

	check(rules, cases, N(cases));
}

/* DIALECTS section 5, 17. */
static void
test_self_rhs_asks_for_every_target(void)
{
	static const char *const rules[] =
	    {"grant AD.TEST ms-subdomain-self-rhs ad.test PTR SRV", NULL};
	static const struct permit_case cases[] = {
	    {"PC1$@AD.TEST", "add 9.r.ad.test 60 PTR pc1.ad.test", OK},
	    {"PC1$@AD.TEST", "add 9.r.ad.test 60 PTR pc2.ad.test", NO},
	    {"PC1$@AD.TEST", "add _y._tcp.ad.test 60 SRV 0 0 1 pc1.ad.test",
		OK},
	    {"PC1$@AD.TEST", "add _y._tcp.ad.test 60 SRV 0 0 1 pc2.ad.test",
		NO},
	    {"PC1$@AD.TEST", "delete 11.r.ad.test PTR", OK},
	    {"PC1$@AD.TEST", "delete 12.r.ad.test PTR", NO_LATER},
	    {"PC1$@AD.TEST", "delete 13.r.ad.test PTR", NO_LATER},
	    {"PC1$@AD.TEST", "delete 99.r.ad.test PTR", OK},
	    {"PC1$@AD.TEST", "delete 11.r.ad.test", OK},
	    {"PC1$@AD.TEST", "delete 12.r.ad.test", NO_LATER},
	    {"PC1$@AD.TEST", "delete 13.r.ad.test", NO_LATER},
	    {"PC1$@AD.TEST", "delete _x._tcp.ad.test SRV", OK},
	    {"PC2$@AD.TEST", "delete _x._tcp.ad.test SRV", NO_LATER},
	    /* one RR: only if it is there */
	    {"PC1$@AD.TEST", "delete 13.r.ad.test PTR pc1.ad.test", OK},
	    {"PC1$@AD.TEST", "delete 13.r.ad.test PTR pc2.ad.test", NO_LATER},
	    {"PC1$@AD.TEST", "delete 13.r.ad.test PTR pc3.ad.test", OK},
	    /* sssd: the old one is another's */
	    {"PC1$@AD.TEST",
		"delete 11.r.ad.test PTR; add 11.r.ad.test 60 PTR pc1.ad.test",
		OK},
	    {"PC2$@AD.TEST",
		"delete 11.r.ad.test PTR; add 11.r.ad.test 60 PTR pc2.ad.test",
		NO_LATER},
	    {"alice@AD.TEST", "delete 99.r.ad.test PTR", NO},
	    {"", "delete 99.r.ad.test PTR", NO},
	    {"", "delete 99.r.ad.test PTR pc1.ad.test", NO},
	};

	check(rules, cases, N(cases));
}

/* DIALECTS section 5, 18. */
static void
test_a_types_limit_holds_across_messages(void)
{
	static const char *const rules[] =
	    {"grant k zonesub A(2) TXT(1) CNAME AAAA", NULL};
	struct update_run run = {.rules = rules, .signer = "k"};
	struct zone *z = update_zone();

	update_run(&run, z,
	    "add x.ad.test 60 A 10.0.0.1; add x.ad.test 60 A 10.0.0.2;"
	    "add x.ad.test 60 A 10.0.0.3; add x.ad.test 60 TXT a;"
	    "add x.ad.test 60 TXT b; add x.ad.test 60 AAAA ::1;"
	    "add x.ad.test 60 AAAA ::2; add x.ad.test 60 AAAA ::3");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	update_expect(z, "x.ad.test",
	    "A 60 10.0.0.1 10.0.0.2, TXT 60 \"a\", AAAA 60 ::1 ::2 ::3");
	update_run(&run, z, "add x.ad.test 60 A 10.0.0.4");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(run.n_changes, 0);
	/* As in BIND, even if it is one of them. */
	update_run(&run, z, "add x.ad.test 99 A 10.0.0.1");
	CU_ASSERT_EQUAL(run.n_changes, 0);
	update_run(&run, z,
	    "delete x.ad.test A 10.0.0.1; add x.ad.test 60 A 10.0.0.4;"
	    "add x.ad.test 60 A 10.0.0.5");
	update_expect(z, "x.ad.test",
	    "A 60 10.0.0.2 10.0.0.4, TXT 60 \"a\", AAAA 60 ::1 ::2 ::3");
	/* What is passed over for another cause does not count. */
	update_run(&run, z,
	    "add alias.ad.test 60 A 10.0.0.1; add y.ad.test 60 A 10.0.0.1;"
	    "add y.ad.test 60 CNAME z.test; add y.ad.test 60 A 10.0.0.2;"
	    "add y.ad.test 60 A 10.0.0.3");
	update_expect(z, "y.ad.test", "A 60 10.0.0.1 10.0.0.2");
	zone_destroy(z);
}

static void
test_types_of_dnssec_are_refused_to_all(void)
{
	static const struct permit_case cases[] = {
	    {"k", "add x.ad.test 60 NSEC 00000140", NO},
	    {"k", "delete x.ad.test NSEC3", NO},
	    {"k", "delete ad.test RRSIG", NO},
	    {"k", "delete ad.test NSEC3PARAM", NO},
	    {"k", "delete x.ad.test TYPE24", NO},
	    {"k", "delete x.ad.test TYPE30", NO},
	    {"k", "delete ad.test DNSKEY", OK},
	};

	check(NULL, cases, N(cases));
}

static void
test_allow_update_is_asked_where_no_rule_matched(void)
{
	static const char *const rules[] = {"deny * name www.ad.test A",
	    "grant k1 name pc1.ad.test A", NULL};
	struct acl_element elements[] = {{.kind = ACL_KEY, .text = "k2"}};
	struct update_run run = {.rules = rules};
	struct zone *z = update_zone();
	struct acl *acl;

	CU_ASSERT_EQUAL_FATAL(acl_create(elements, 1, NULL, &acl, NULL), 0);
	run.allow_update = acl;
	run.signer = "k2";
	update_run(&run, z, "add x.ad.test 60 A 10.0.0.1");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(run.rule, "");
	update_run(&run, z, "add ad.test 60 NS x.test");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	update_run(&run, z, "delete multi.ad.test");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(run.n_changes, 2);
	update_run(&run, z, "add www.ad.test 60 A 10.0.0.1");
	CU_ASSERT_EQUAL(run.rcode, RCODE_REFUSED);
	CU_ASSERT_STRING_EQUAL(run.rule, "deny * name www.ad.test A (f:1)");
	update_run(&run, z, "add www.ad.test 60 TXT y");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	update_run(&run, z, "delete www.ad.test");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	run.signer = "k1";
	update_run(&run, z, "add x.ad.test 60 A 10.0.0.1");
	CU_ASSERT_EQUAL(run.rcode, RCODE_REFUSED);
	update_run(&run, z, "add pc1.ad.test 60 A 10.0.0.1");
	CU_ASSERT_EQUAL(run.rcode, RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(run.rule, "grant k1 name pc1.ad.test A (f:1)");
	run.signer = "k3";
	update_run(&run, z, "delete none.ad.test");
	CU_ASSERT_EQUAL(run.rcode, RCODE_REFUSED);
	acl_destroy(acl);
	zone_destroy(z);
}

static void
test_a_refusal_says_who_what_and_why(void)
{
	static const char *const rules[] = {"grant AD.TEST ms-self . A AAAA",
	    NULL};
	struct update_run run = {.rules = rules, .signer = "PC1$@AD.TEST"};
	struct zone *z = update_zone();

	update_run(&run, z, "add pc2.ad.test 60 A 10.0.0.1");
	CU_ASSERT_STRING_EQUAL(run.reason.text,
	    "PC1$@AD.TEST (192.0.2.7) may not add pc2.ad.test A: no rule "
	    "matches; nearest is \"grant AD.TEST ms-self . A AAAA (f:1)\", but "
	    "the owner is not the signer's own name, pc1.ad.test: add a rule "
	    "that covers this owner name");
	run.signer = "MULTI$@AD.TEST";
	update_run(&run, z, "delete multi.ad.test");
	CU_ASSERT_EQUAL(run.stage, UPDATE_STAGE_CONTENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.reason.text,
	    "may not delete multi.ad.test ANY, which has TXT: no rule"));
	run.signer = "";
	update_run(&run, z, "delete multi.ad.test A");
	CU_ASSERT_PTR_NOT_NULL(strstr(run.reason.text,
	    "an unsigned requester (192.0.2.7) may not delete multi.ad.test "
	    "A"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.reason.text, "nsupdate -g"));
	zone_destroy(z);
}

/* Every second question is new to it; it says yes to all but TXT. */
static enum policy_word
say_late(void *arg, const char *socket, const uint8_t *owner, uint16_t type,
    const char **why_out)
{
	const struct update_run *run = arg;
	static unsigned n_asked;

	(void)socket;
	(void)owner;
	*why_out = "";
	if (n_asked++ % 2 == 0)
		return POLICY_WORD_COMING;
	CU_ASSERT(run->n_waits > 0);
	return type == TYPE_TXT ? POLICY_WORD_NO : POLICY_WORD_YES;
}

static void
test_an_update_waits_for_helpers_on_both_threads(void)
{
	static const char *const rules[] = {"grant local:/s external . ANY",
	    NULL};
	static const struct permit_case cases[] = {
	    {"k", "add pc1.ad.test 60 A 10.0.0.1", OK},
	    {"k", "delete pc1.ad.test A 10.0.0.11", OK},
	    {"k", "add pc1.ad.test 60 TXT x", NO},
	    {"k", "delete pc1.ad.test", OK},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct update_run run = {.rules = rules,
		    .signer = cases[i].signer};
		struct policy_helpers helpers = {say_late, &run};
		struct zone *z = update_zone();

		run.helpers = &helpers;
		update_run(&run, z, cases[i].commands);
		CU_ASSERT_EQUAL(run.rcode, cases[i].rcode);
		CU_ASSERT_EQUAL(run.n_waits, 1);
		zone_destroy(z);
	}
}

CU_TestInfo permit_tests[] = {
    {"a machine changes its own name", test_a_machine_changes_its_own_name},
    {"a name's deletion needs all its types",
	test_a_names_deletion_needs_all_its_types},
    {"*-self-rhs asks for every target", test_self_rhs_asks_for_every_target},
    {"a type's limit holds across messages",
	test_a_types_limit_holds_across_messages},
    {"types of DNSSEC are refused to all",
	test_types_of_dnssec_are_refused_to_all},
    {"allow-update is asked where no rule matched",
	test_allow_update_is_asked_where_no_rule_matched},
    {"a refusal says who, what and why", test_a_refusal_says_who_what_and_why},
    {"an update waits for helpers on both threads",
	test_an_update_waits_for_helpers_on_both_threads},
    CU_TEST_INFO_NULL,
};
