/*
 * test_acl.c - address-match lists
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/policy/acl.h"
#include "tests/unit/suites.h"

static struct addr_prefix
prefix(const char *text)
{
	struct addr_prefix p;

	CU_ASSERT_EQUAL_FATAL(addr_prefix_from_text(text, &p), 0);
	return p;
}

/* "" is nobody, "@" makes a principal, the rest a key. */
static bool
allows(const struct acl *acl, const char *address, const char *signed_by)
{
	struct signer signer = {.kind = SIGNER_NONE};
	struct reason reason;
	struct addr addr;
	bool is_allowed;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(address, &addr), 0);
	if (strchr(signed_by, '@') != NULL) {
		signer.kind = SIGNER_PRINCIPAL;
		CU_ASSERT_EQUAL_FATAL(principal_from_text(signed_by,
					  &signer.principal, &reason),
		    0);
		/* A client chooses its TKEY name. */
		(void)name_from_text("xfr.test", NULL, &signer.key_name);
	} else if (*signed_by != '\0') {
		signer.kind = SIGNER_KEY;
		CU_ASSERT_EQUAL_FATAL(name_from_text(signed_by, NULL,
					  &signer.key_name),
		    0);
	}
	is_allowed = acl_allows(acl, &addr, &signer);
	principal_unref(signer.principal);
	return is_allowed;
}

static struct acl *
make(const struct acl_element *elements, size_t n)
{
	struct addr_prefix hosts[] = {prefix("192.0.2.1"), prefix("::1")};
	struct addr_prefix nets[] = {prefix("192.0.2.0/24")};
	struct acl_local local = {hosts, 2, nets, 1};
	struct reason reason;
	struct acl *acl;

	CU_ASSERT_EQUAL_FATAL(acl_create(elements, n, &local, &acl, &reason),
	    0);
	return acl;
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void
test_the_first_match_decides(void)
{
	struct acl_element elements[] = {
	    {.kind = ACL_PREFIX,
		.is_negated = true,
		.prefix = prefix("10.9.0.0/16")},
	    {.kind = ACL_PREFIX, .prefix = prefix("10.0.0.0/8")},
	    {.kind = ACL_KEY, .text = "XFR.test."},
	};
	struct acl *acl = make(elements, N(elements));

	CU_ASSERT(allows(acl, "10.1.2.3", ""));
	CU_ASSERT(!allows(acl, "10.9.2.3", ""));
	CU_ASSERT(!allows(acl, "10.9.2.3", "xfr.test"));
	CU_ASSERT(allows(acl, "192.0.2.1", "xfr.test"));
	CU_ASSERT(!allows(acl, "192.0.2.1", "other.test"));
	CU_ASSERT(!allows(acl, "192.0.2.1", ""));
	CU_ASSERT(!allows(acl, "2001:db8::1", ""));
	acl_destroy(acl);
}

static void
test_a_context_is_no_key_whatever_its_name(void)
{
	struct acl_element elements[] = {{.kind = ACL_KEY, .text = "xfr.test"}};
	struct acl *acl = make(elements, N(elements));

	CU_ASSERT(allows(acl, "10.0.0.1", "xfr.test"));
	CU_ASSERT(!allows(acl, "10.0.0.1", "PC1$@AD.TEST"));
	acl_destroy(acl);
}

static void
test_an_empty_or_missing_list_allows_nobody(void)
{
	struct acl *acl = make(NULL, 0);

	CU_ASSERT(!allows(acl, "127.0.0.1", ""));
	CU_ASSERT(!allows(NULL, "127.0.0.1", "xfr.test"));
	acl_destroy(acl);
}

static void
test_none_refuses_and_not_none_is_any(void)
{
	struct acl_element none[] = {{.kind = ACL_NONE}, {.kind = ACL_ANY}};
	struct acl_element any[] = {{.kind = ACL_NONE, .is_negated = true}};
	struct acl_element not_any[] = {{.kind = ACL_ANY, .is_negated = true},
	    {.kind = ACL_ANY}};
	struct acl *acl = make(none, N(none));

	CU_ASSERT(!allows(acl, "10.0.0.1", ""));
	acl_destroy(acl);
	acl = make(any, N(any));
	CU_ASSERT(allows(acl, "10.0.0.1", ""));
	acl_destroy(acl);
	acl = make(not_any, N(not_any));
	CU_ASSERT(!allows(acl, "10.0.0.1", ""));
	acl_destroy(acl);
}

/* BIND: a refusal inside a nested list is no match in the outer one. */
static void
test_a_refusal_in_a_nested_list_is_no_match(void)
{
	struct acl_element inner[] = {
	    {.kind = ACL_PREFIX,
		.is_negated = true,
		.prefix = prefix("10.9.0.0/16")},
	    {.kind = ACL_PREFIX, .prefix = prefix("10.0.0.0/8")},
	};
	struct acl_element outer[] = {
	    {.kind = ACL_LIST, .list = inner, .n = N(inner)},
	    {.kind = ACL_PREFIX, .prefix = prefix("10.9.1.0/24")},
	};
	struct acl_element negated[] = {
	    {.kind = ACL_LIST,
		.is_negated = true,
		.list = inner,
		.n = N(inner)},
	    {.kind = ACL_ANY},
	};
	struct acl *acl = make(outer, N(outer));

	CU_ASSERT(allows(acl, "10.1.0.1", ""));
	CU_ASSERT(!allows(acl, "10.9.0.1", ""));
	CU_ASSERT(allows(acl, "10.9.1.1", ""));
	acl_destroy(acl);
	acl = make(negated, N(negated));
	CU_ASSERT(!allows(acl, "10.1.0.1", ""));
	CU_ASSERT(allows(acl, "10.9.0.1", "")); /* by any, not by the '!' */
	acl_destroy(acl);
	acl = make(negated, 1);
	CU_ASSERT(!allows(acl, "10.9.0.1", ""));
	acl_destroy(acl);
}

static void
test_localhost_and_localnets_are_the_callers_lists(void)
{
	struct acl_element hosts[] = {{.kind = ACL_LOCALHOST}};
	struct acl_element nets[] = {{.kind = ACL_LOCALHOST,
					 .is_negated = true},
	    {.kind = ACL_LOCALNETS}};
	struct acl *acl = make(hosts, N(hosts));

	CU_ASSERT(allows(acl, "192.0.2.1", ""));
	CU_ASSERT(allows(acl, "::1", ""));
	CU_ASSERT(allows(acl, "::ffff:192.0.2.1", ""));
	CU_ASSERT(!allows(acl, "192.0.2.2", ""));
	acl_destroy(acl);
	acl = make(nets, N(nets));
	CU_ASSERT(!allows(acl, "192.0.2.1", ""));
	CU_ASSERT(allows(acl, "192.0.2.2", ""));
	CU_ASSERT(!allows(acl, "198.51.100.1", ""));
	acl_destroy(acl);
	CU_ASSERT_EQUAL_FATAL(acl_create(hosts, 1, NULL, &acl, NULL), 0);
	CU_ASSERT(!allows(acl, "127.0.0.1", ""));
	acl_destroy(acl);
}

static void
test_a_principal_is_matched_part_by_part(void)
{
	static const struct {
		const char *pattern, *principal;
		bool matches;
	} cases[] = {
	    {"*", "PC1$@AD.TEST", true},
	    {"*", "host/a.b@OTHER", true},
	    {"*@AD.TEST", "PC1$@AD.TEST", true},
	    {"*@AD.TEST", "host/pc1.ad.test@AD.TEST", true},
	    {"*@AD.TEST", "PC1$@OTHER.TEST", false},
	    {"*@AD.TEST", "x@EVIL.AD.TEST", false},
	    {"*@*.AD.TEST", "x@SUB.AD.TEST", true},
	    {"*$@AD.TEST", "PC1$@AD.TEST", true},
	    {"*$@AD.TEST", "alice@AD.TEST", false},
	    {"*$@AD.TEST", "a/b$@AD.TEST", false},
	    {"pc1$@ad.test", "PC1$@AD.TEST", true},
	    {"PC1$@AD.TEST", "PC1$@OTHER", false},
	    {"PC1$@AD.TEST", "PC11$@AD.TEST", false},
	    {"host/*@AD.TEST", "host/pc1.ad.test@AD.TEST", true},
	    {"host/*@AD.TEST", "host@AD.TEST", false},
	    {"host/*.ad.test@AD.TEST", "host/ad.test@AD.TEST", false},
	    {"a*b*c@R", "aXbbYc@R", true},
	    {"a*b*c@R", "aXbbY@R", false},
	    /* An '@' inside a component is no realm. */
	    {"*$@AD.TEST", "PC1$\\@AD.TEST@EVIL", false},
	    {"*$@AD.TEST", "x@AD.TEST", false},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct acl_element element = {.kind = ACL_PRINCIPAL,
		    .text = cases[i].pattern};
		struct acl *acl = make(&element, 1);

		if (allows(acl, "10.0.0.1", cases[i].principal) !=
		    cases[i].matches) {
			(void)fprintf(stderr, "%s: %s\n", cases[i].pattern,
			    cases[i].principal);
			CU_FAIL("decided wrongly");
		}
		CU_ASSERT(!allows(acl, "10.0.0.1", ""));
		CU_ASSERT(!allows(acl, "10.0.0.1", "pc1"));
		acl_destroy(acl);
	}
}

static void
test_what_is_no_pattern_or_key_is_refused(void)
{
	static const char *const patterns[] = {"", "PC1$", "@R", "a@", "a@b@c",
	    "a//b@R", "/a@R", "a/@R", "a\\@b@R", "a@R/b",
	    "a/b/c/d/e/f/g/h/i@R"};
	struct acl_element element = {.kind = ACL_PRINCIPAL};
	struct acl_element outer = {.kind = ACL_LIST, .list = &element, .n = 1};
	struct reason reason;
	struct acl *acl;

	for (size_t i = 0; i < N(patterns); i++) {
		element.text = patterns[i];
		CU_ASSERT_EQUAL(acl_create(&outer, 1, NULL, &acl, &reason),
		    ERR_MALFORMED);
		CU_ASSERT_PTR_NULL(acl);
		CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "NAME@REALM"));
	}
	element.kind = ACL_KEY;
	element.text = "a..b";
	CU_ASSERT_EQUAL(acl_create(&outer, 1, NULL, &acl, &reason),
	    ERR_MALFORMED);
}

CU_TestInfo acl_tests[] = {
    {"the first match decides", test_the_first_match_decides},
    {"a context is no key, whatever its name",
	test_a_context_is_no_key_whatever_its_name},
    {"an empty or missing list allows nobody",
	test_an_empty_or_missing_list_allows_nobody},
    {"none refuses, and !none is any", test_none_refuses_and_not_none_is_any},
    {"a refusal in a nested list is no match",
	test_a_refusal_in_a_nested_list_is_no_match},
    {"localhost and localnets are the caller's lists",
	test_localhost_and_localnets_are_the_callers_lists},
    {"a principal is matched part by part",
	test_a_principal_is_matched_part_by_part},
    {"what is no pattern or key is refused",
	test_what_is_no_pattern_or_key_is_refused},
    CU_TEST_INFO_NULL,
};
