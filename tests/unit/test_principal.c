/*
 * test_principal.c - principals parsed from their text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/principal.h"
#include "tests/unit/suites.h"

static struct principal *
parse(const char *text)
{
	struct principal *p;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text(text, &p, &reason), 0);
	CU_ASSERT_STRING_EQUAL(p->text, text);
	return p;
}

static void
test_a_machine_ends_in_a_dollar_sign(void)
{
	struct principal *p = parse("PC1$@AD.EXAMPLE.TEST");

	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_EQUAL(p->n_components, 1);
	CU_ASSERT_STRING_EQUAL(p->components[0], "PC1$");
	CU_ASSERT_STRING_EQUAL(p->realm, "AD.EXAMPLE.TEST");
	principal_unref(p);
}

static void
test_a_service_has_two_components(void)
{
	struct principal *p = parse("host/pc1.ad.example.test@AD.TEST");

	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_SERVICE);
	CU_ASSERT_EQUAL(p->n_components, 2);
	CU_ASSERT_STRING_EQUAL(p->components[0], "host");
	CU_ASSERT_STRING_EQUAL(p->components[1], "pc1.ad.example.test");
	principal_unref(p);
}

static void
test_the_rest_are_users(void)
{
	struct principal *p = parse("alice@AD.TEST");

	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	principal_unref(p);
	p = parse("a/b/c$@AD.TEST");
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	CU_ASSERT_EQUAL(p->n_components, 3);
	principal_unref(p);
}

/* "host\/x@R" is one component with a slash in it, and no service. */
static void
test_escapes_separate_nothing(void)
{
	struct principal *p = parse("host\\/pc1\\@B\\\\\\t@AD.TEST");

	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	CU_ASSERT_EQUAL(p->n_components, 1);
	CU_ASSERT_STRING_EQUAL(p->components[0], "host/pc1@B\\\t");
	CU_ASSERT_STRING_EQUAL(p->realm, "AD.TEST");
	principal_unref(p);
}

static void
test_what_is_no_principal_is_refused(void)
{
	static const char *const bad[] = {"", "@", "alice", "alice@",
	    "@AD.TEST", "/a@R", "a/@R", "a//b@R", "a@R@S", "a@R/S", "a\\",
	    "a\\0b@R", "a@R\\", "1/2/3/4/5/6/7/8/9@R"};
	struct principal *p;
	struct reason reason;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(principal_from_text(bad[i], &p, &reason),
		    ERR_MALFORMED);
		CU_ASSERT_PTR_NULL(p);
	}
}

static void
test_references_are_counted(void)
{
	struct principal *p = parse("alice@AD.TEST");

	CU_ASSERT_PTR_EQUAL(principal_ref(p), p);
	principal_unref(p);
	CU_ASSERT_STRING_EQUAL(p->text, "alice@AD.TEST");
	principal_unref(p);
	principal_unref(NULL);
}

static void
test_signers_are_named(void)
{
	struct signer s = {.kind = SIGNER_NONE};
	char text[64];

	CU_ASSERT_STRING_EQUAL(signer_to_text(&s, text, sizeof(text)), "none");
	s.kind = SIGNER_KEY;
	CU_ASSERT_EQUAL_FATAL(name_from_text("transfer.example.test", NULL,
				  &s.key_name),
	    0);
	CU_ASSERT_STRING_EQUAL(signer_to_text(&s, text, sizeof(text)),
	    "key transfer.example.test");
	s.kind = SIGNER_PRINCIPAL;
	s.principal = parse("PC\\n1$@AD.TEST");
	CU_ASSERT_STRING_EQUAL(signer_to_text(&s, text, sizeof(text)),
	    "PC\\134n1$@AD.TEST");
	principal_unref(s.principal);
}

CU_TestInfo principal_tests[] = {
    {"machine", test_a_machine_ends_in_a_dollar_sign},
    {"service", test_a_service_has_two_components},
    {"users", test_the_rest_are_users},
    {"escapes", test_escapes_separate_nothing},
    {"bad", test_what_is_no_principal_is_refused},
    {"references", test_references_are_counted},
    {"signers", test_signers_are_named},
    CU_TEST_INFO_NULL,
};
