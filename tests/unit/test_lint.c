/*
 * test_lint.c - rules that do not do what they seem to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/policy.h"
#include "tests/unit/suites.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char said[2048];

static void
note(void *arg, const char *source, const char *what)
{
	size_t at = strlen(said);

	(void)arg;
	(void)snprintf(said + at, sizeof(said) - at, "%s: %s\n", source, what);
}

/* What is said of rules 1, 2, ... of the zone ad.test. */
static const char *
lint(const char *const *texts, size_t n)
{
	static const char *const sources[] = {"1", "2", "3"};
	struct policy_rule_text rules[N(sources)];
	struct policy_book_source source = {.rules = rules,
	    .n = n,
	    .has_directory = true,
	    .complain = note};
	struct policy_book *b;
	struct name apex;

	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.test", NULL, &apex), 0);
	source.apex = &apex;
	for (size_t i = 0; i < n; i++)
		rules[i] = (struct policy_rule_text){texts[i], sources[i],
		    POLICY_FROM_FILE};
	said[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(policy_book_create(&source, &b), 0);
	policy_book_lint(b, note, NULL);
	policy_book_unref(b);
	return said;
}

#define LINT(...)                                                              \
	lint((const char *const[]){__VA_ARGS__},                               \
	    N(((const char *const[]){__VA_ARGS__})))

static void
test_rules_of_other_zones_are_told(void)
{
	static const char *const outside[] = {"grant k name a.other.test A",
	    "grant k subdomain other.test A", "grant k wildcard *.other.test",
	    "grant OTHER.TEST ms-self . A", "grant k.other.test self .",
	    "grant k.other.test selfwild ."};
	static const char *const inside[] = {"grant k name a.ad.test A",
	    "grant k subdomain . A", "grant k subdomain ad.test A",
	    "grant k wildcard *.test", "grant k wildcard *.ad.test",
	    "grant AD.TEST ms-self . A", "grant TEST ms-self . A",
	    "grant X.AD.TEST ms-self . A", "grant OTHER.TEST krb5-self . A",
	    "grant k.ad.test self .", "grant test selfsub .",
	    "grant * tcp-self . PTR", "grant OTHER.TEST ldap-self . A",
	    "grant OTHER.TEST ms-subdomain ad.test A"};

	for (size_t i = 0; i < N(outside); i++)
		CU_ASSERT_STRING_EQUAL(LINT(outside[i]),
		    "1: the rule covers no name of this zone\n");
	for (size_t i = 0; i < N(inside); i++)
		CU_ASSERT_STRING_EQUAL(LINT(inside[i]), "");
}

static void
test_what_is_never_reached_is_told(void)
{
	static const char *const shadowed[][2] = {
	    {"grant k zonesub ANY", "deny k name a.ad.test A"},
	    {"deny * zonesub ANY", "grant AD.TEST ms-self . A"},
	    {"grant * zonesub", "grant k.ad.test selfsub . A TXT"},
	    {"grant k subdomain a.ad.test A AAAA",
		"grant k name x.a.ad.test A"},
	    {"grant AD.TEST ms-selfsub . A", "grant AD.TEST ms-self . A"},
	    {"grant PC1$@AD.TEST subdomain . A", "deny pc1$@ad.test zonesub A"},
	    {"deny group S-1-5-21-1-2-3-4 zonesub",
		"grant group S-1-5-21-1-2-3-4 name a.ad.test A"},
	};
	static const char *const reached[][2] = {
	    {"grant k zonesub A", "grant k zonesub AAAA"},
	    {"grant k zonesub", "grant k zonesub NS"},
	    {"grant k zonesub", "grant k zonesub ANY"},
	    {"grant k name a.ad.test A", "grant k subdomain a.ad.test A"},
	    {"grant AD.TEST ms-self . A", "grant AD.TEST krb5-self . A"},
	    {"grant AD.TEST ms-self . A", "grant AD.TEST ms-selfsub . A"},
	    {"grant * zonesub ANY", "grant * tcp-self . PTR"},
	    {"grant AD.TEST ms-subdomain-self-rhs . PTR",
		"grant AD.TEST ms-subdomain . PTR"},
	    {"grant PC1$@AD.TEST zonesub", "grant PC2$@AD.TEST zonesub"},
	    {"grant k.ad.test self .", "grant *.test selfsub ."},
	    /* unsigned ones come to it, too, and it is asked each time */
	    {"grant * zonesub ANY", "grant local:/s external . ANY"},
	    {"grant local:/s external . ANY", "deny local:/s external . ANY"},
	    {"grant local:/s external . ANY", "grant k zonesub ANY"},
	};

	for (size_t i = 0; i < N(shadowed); i++) {
		const char *got = LINT(shadowed[i][0], shadowed[i][1]);

		if (strncmp(got, "2: the rule is never reached: ", 30) != 0)
			(void)fprintf(stderr, "%s\n", shadowed[i][1]);
		CU_ASSERT(
		    strncmp(got, "2: the rule is never reached: ", 30) == 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(got, shadowed[i][0]));
	}
	for (size_t i = 0; i < N(reached); i++)
		CU_ASSERT_STRING_EQUAL(LINT(reached[i][0], reached[i][1]), "");
}

/* The directory will be read, and what stands behind it is reached then. */
static void
test_a_block_hides_nothing(void)
{
	struct policy_rule_text rules[] = {{"the directory was not read yet",
					       "ldap", POLICY_BLOCK},
	    {"grant k zonesub ANY", "1", POLICY_FROM_FILE}};
	struct policy_book_source source = {.rules = rules,
	    .n = N(rules),
	    .has_directory = true,
	    .complain = note};
	struct policy_book *b;
	struct name apex;

	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.test", NULL, &apex), 0);
	source.apex = &apex;
	said[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(policy_book_create(&source, &b), 0);
	policy_book_lint(b, note, NULL);
	CU_ASSERT_STRING_EQUAL(said, "");
	policy_book_unref(b);
}

static void
test_a_realm_in_small_letters_is_told(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(LINT("grant ad.test ms-self . A"),
	    "1: realm ad.test has small letters"));
	CU_ASSERT_STRING_EQUAL(LINT("grant AD-1.TEST krb5-self . A"), "");
}

CU_TestInfo lint_tests[] = {
    {"rules of other zones are told", test_rules_of_other_zones_are_told},
    {"what is never reached is told", test_what_is_never_reached_is_told},
    {"a block hides nothing", test_a_block_hides_nothing},
    {"a realm in small letters is told", test_a_realm_in_small_letters_is_told},
    CU_TEST_INFO_NULL,
};
