/*
 * test_grant_rules.c - the rules that the directory has for a zone, in order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/server/grant_rules.h"
#include "tests/unit/made_grants.h"
#include "tests/unit/suites.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char said[1024];

static void
complain(void *arg, const char *source, const char *what)
{
	size_t len = strlen(said);

	(void)arg;
	(void)snprintf(said + len, sizeof(said) - len, "%s: %s\n", source,
	    what);
}

/* The rules of ad.test, "!" before a block. */
static const char *
rules_of(const struct made_entry *entries, size_t n,
    enum grant_rules_validity validity)
{
	static char text[2048];
	const struct grants *g = made_grants(entries, n);
	struct grant_rules_query query = {.validity = validity,
	    .complain = complain};
	struct policy_rule_text *texts;
	struct grant_rules *r;
	struct arena a;
	struct name apex;
	size_t n_texts, len = 0;

	CU_ASSERT_EQUAL_FATAL(name_from_text("AD.test", NULL, &apex), 0);
	query.apex = &apex;
	said[0] = text[0] = '\0';
	arena_init(&a, 0);
	r = grant_rules_create(g);
	grants_unref(g);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL_FATAL(grant_rules_find(r, &query, &a, &texts, &n_texts),
	    0);
	for (size_t i = 0; i < n_texts; i++) {
		CU_ASSERT(texts[i].origin != POLICY_FROM_FILE);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s|",
		    texts[i].origin == POLICY_BLOCK ? "!" : "", texts[i].text);
	}
	grant_rules_destroy(r);
	arena_clear(&a);
	return text;
}

#define VALID(entries) rules_of(entries, N(entries), GRANT_RULES_VALID)

static void
test_numbers_then_denials_then_lists_then_grants(void)
{
	static const struct made_entry entries[] = {
	    {GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		{"grant f", "{20}grant e", "deny d", "{3}grant a"}},
	    {GRANTS_KDDNS, "cn=B", "AD.TEST.", false, false,
		{" { 1}", "{20}deny c", "{020}grant c", "deny b", "grant a",
		    "{4}  grant b "}},
	    {GRANTS_IDNS, "idnsname=c", "ad.test", false, false,
		{"grant z; deny y; grant x"}},
	};

	/* " { 1}" is not a number: nothing at all is granted after it. */
	CU_ASSERT_STRING_EQUAL(VALID(entries),
	    "!|grant a|grant b |grant e|deny c|grant c|deny d|deny b|grant z|"
	    "deny y|grant x|grant f|grant a|");
	CU_ASSERT_STRING_EQUAL(said,
	    "cn=B: what is in \"{}\" is not a number\n");
}

static void
test_lists_are_split_where_rules_end(void)
{
	static const struct made_entry entries[] = {
	    {GRANTS_IDNS, "idnsname=a", "ad.test.", false, false,
		{"grant AD.TEST krb5-self * A;\n grant \"a;b\" name \"x\\\";y\""
		 " ;; deny c;"}},
	};

	CU_ASSERT_STRING_EQUAL(VALID(entries),
	    "grant AD.TEST krb5-self * A|grant \"a;b\" name \"x\\\";y\" ||"
	    "deny c|");
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void
test_what_is_not_for_the_zone_is_left_out(void)
{
	static const struct made_entry entries[] = {
	    {GRANTS_KDDNS, "cn=a", "other.test", false, false, {"deny a"}},
	    {GRANTS_KDDNS, "cn=b", "ad.test", true, false, {"deny b"}},
	    {GRANTS_KDDNS, "cn=c", "ad.test", true, true, {"deny c"}},
	    {GRANTS_KDDNS, "cn=d", "x.ad.test", false, true, {"deny d"}},
	};

	CU_ASSERT_STRING_EQUAL(VALID(entries), "");
	CU_ASSERT_STRING_EQUAL(said, "");
}

static void
test_mistakes_never_widen_access(void)
{
	static const struct {
		struct made_entry entry;
		const char *rules;
		bool is_said;
	} cases[] = {
	    /* flags that cannot be read: denials hold, grants do not */
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, true,
		 {"grant a", "deny b", "what"}},
		"deny b|what|", true},
	    {{GRANTS_IDNS, "cn=a", "ad.test", false, true, {"grant a;deny b"}},
		"deny b|", true},
	    /* no zone, or none that is a name: it may be ours */
	    {{GRANTS_KDDNS, "cn=a", NULL, false, true, {"grant a", "deny b"}},
		"deny b|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad..test", false, false,
		 {"grant a", "deny b"}},
		"deny b|", true},
	    /* two rules in one */
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{1}grant a; grant b", "{2}grant c"}},
		"grant c|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{1}grant a; deny b;", "{2}grant c"}},
		"!grant a; deny b;|grant c|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{1}grant \"a; deny b", "{2}grant c"}},
		"!grant \"a; deny b|grant c|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false, {"grant a ; "}},
		"grant a ; |", false},
	    /* an order that cannot be read */
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{x}grant a", "{1}grant b"}},
		"grant b|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{x}deny a", "{1}grant b"}},
		"!deny a|grant b|", true},
	    {{GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		 {"{9999999999}deny a", "{1grant b"}},
		"!1grant b|!deny a|", true},
	    /* several lists have no order */
	    {{GRANTS_IDNS, "cn=a", "ad.test", false, false,
		 {"grant a; deny b", "deny c; grant d"}},
		"deny b|deny c|grant a|grant d|", true},
	    {{GRANTS_IDNS, "cn=a", "ad.test", false, false,
		 {"grant x; grant \"a; deny b"}},
		"grant x|!grant \"a; deny b|", true},
	};

	for (size_t i = 0; i < N(cases); i++) {
		const char *rules =
		    rules_of(&cases[i].entry, 1, GRANT_RULES_VALID);

		if (strcmp(rules, cases[i].rules) != 0)
			(void)fprintf(stderr, "%s is not %s\n", rules,
			    cases[i].rules);
		CU_ASSERT_STRING_EQUAL(rules, cases[i].rules);
		CU_ASSERT_EQUAL(said[0] != '\0', cases[i].is_said);
	}
}

static void
test_grants_lapse_and_denials_do_not(void)
{
	static const struct made_entry entries[] = {
	    {GRANTS_KDDNS, "cn=a", "ad.test", false, false,
		{"{1}grant a", "{2}deny b", "grant c", "what", "{3}Grant d"}},
	    {GRANTS_IDNS, "cn=b", "ad.test", false, false,
		{"grant a; deny b; grant c"}},
	};

	CU_ASSERT_STRING_EQUAL(rules_of(entries, N(entries),
				   GRANT_RULES_LAPSED),
	    "deny b|what|deny b|");
}

CU_TestInfo grant_rules_tests[] = {
    {"numbers, then denials, then lists, then grants",
	test_numbers_then_denials_then_lists_then_grants},
    {"lists are split where rules end", test_lists_are_split_where_rules_end},
    {"what is not for the zone is left out",
	test_what_is_not_for_the_zone_is_left_out},
    {"mistakes never widen access", test_mistakes_never_widen_access},
    {"grants lapse and denials do not", test_grants_lapse_and_denials_do_not},
    CU_TEST_INFO_NULL,
};
