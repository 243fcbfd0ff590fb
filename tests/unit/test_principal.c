/*
 * test_principal.c - principals parsed from their text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/pac.h"
#include "daemon/identity/principal.h"
#include "tests/unit/logon_info.h"
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

/* A principal with the PAC of a seed; NULL: one that could not be read. */
static struct principal *
with_pac(const char *text, const char *seed)
{
	struct logon_info info;
	struct pac_logon pac;
	struct principal *p;
	struct reason reason;

	if (seed == NULL) {
		CU_ASSERT_EQUAL_FATAL(principal_from_pac(text, NULL, &p,
					  &reason),
		    0);
		return p;
	}
	info = logon_info_load(seed);
	CU_ASSERT_EQUAL_FATAL(pac_read(info.octets, info.len, &pac, &reason),
	    0);
	CU_ASSERT_EQUAL_FATAL(principal_from_pac(text, &pac, &p, &reason), 0);
	free(info.octets);
	return p;
}

static bool
has(const struct principal *p, const char *text)
{
	struct sid sid;

	CU_ASSERT_EQUAL_FATAL(sid_from_text(text, &sid), 0);
	return principal_has_sid(p, &sid);
}

static void
test_a_pac_gives_facts(void)
{
	struct principal *p = with_pac("PC1$@AD.TEST", "full");
	char text[SID_TEXT_SIZE];

	CU_ASSERT_EQUAL(p->pac, PRINCIPAL_PAC_READ);
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(p->text, "PC1$@AD.TEST");
	CU_ASSERT_STRING_EQUAL(p->components[0], "PC1$");
	CU_ASSERT_STRING_EQUAL(p->realm, "AD.TEST");
	CU_ASSERT_STRING_EQUAL(p->account->name, "PC1$");
	CU_ASSERT_STRING_EQUAL(p->account->domain_name, "AD");
	CU_ASSERT_EQUAL(p->account->flags, PAC_ACCOUNT_WORKSTATION);
	CU_ASSERT_EQUAL(p->account->primary_group, PAC_RID_DOMAIN_COMPUTERS);
	CU_ASSERT_STRING_EQUAL(sid_to_text(&p->account->sid, text),
	    LOGON_DOMAIN "-1104");
	CU_ASSERT_STRING_EQUAL(sid_to_text(&p->account->domain, text),
	    LOGON_DOMAIN);
	principal_unref(p);
}

static void
test_membership_is_what_the_pac_says(void)
{
	struct principal *p = with_pac("PC1$@AD.TEST", "full");

	CU_ASSERT(has(p, LOGON_DOMAIN "-1104")); /* itself */
	CU_ASSERT(has(p, LOGON_DOMAIN "-515"));
	CU_ASSERT(has(p, LOGON_DOMAIN "-1200"));
	CU_ASSERT(has(p, LOGON_DOMAIN "-1300")); /* an extra SID */
	CU_ASSERT(has(p, "S-1-18-1"));
	CU_ASSERT(has(p, "S-1-5-32-544"));
	CU_ASSERT(!has(p, LOGON_DOMAIN "-1201")); /* not enabled */
	CU_ASSERT(!has(p, LOGON_DOMAIN "-516"));
	CU_ASSERT(!has(p, LOGON_DOMAIN));
	CU_ASSERT(!has(p, "S-1-5-21-9-9-9-515")); /* of another domain */
	principal_unref(p);
	p = with_pac("PC1$@AD.TEST", "no_groups");
	CU_ASSERT(has(p, LOGON_DOMAIN "-515")); /* the primary group */
	principal_unref(p);
}

static void
test_sids_are_listed_once(void)
{
	static const char *const expected[] = {LOGON_DOMAIN "-1104",
	    LOGON_DOMAIN "-515", LOGON_DOMAIN "-1200", "S-1-18-1",
	    LOGON_DOMAIN "-1300", "S-1-5-32-544", "S-1-5-32-545"};
	struct principal *p = with_pac("PC1$@AD.TEST", "full");
	size_t n = sizeof(expected) / sizeof(expected[0]);
	char text[SID_TEXT_SIZE];
	struct sid sid;

	CU_ASSERT_EQUAL_FATAL(principal_n_sids(p), n);
	for (size_t i = 0; i < n; i++) {
		principal_sid(p, i, &sid);
		CU_ASSERT_STRING_EQUAL(sid_to_text(&sid, text), expected[i]);
	}
	principal_unref(p);
	p = with_pac("PC1$@AD.TEST", "account_is_extra");
	CU_ASSERT_EQUAL(principal_n_sids(p), 3);
	principal_unref(p);
}

/* 900 groups: four octets each, and little else. */
static void
test_many_groups_take_little_room(void)
{
	struct principal *p = with_pac("PC1$@AD.TEST", "900_groups");

	CU_ASSERT_EQUAL(principal_n_sids(p), 903);
	CU_ASSERT(has(p, LOGON_DOMAIN "-2000"));
	CU_ASSERT(has(p, LOGON_DOMAIN "-2899"));
	CU_ASSERT(!has(p, LOGON_DOMAIN "-2900"));
	CU_ASSERT(malloc_usable_size(p) < 903 * 4 + 1024);
	principal_unref(p);
	p = with_pac("PC1$@AD.TEST", "full");
	CU_ASSERT(malloc_usable_size(p) < 1024);
	principal_unref(p);
}

static void
test_flags_tell_the_kind(void)
{
	struct principal *p = with_pac("PC1$@AD.TEST", "user_like_machine");

	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	CU_ASSERT_STRING_EQUAL(principal_account_text(p), "user");
	principal_unref(p);
	p = with_pac("host/pc1.ad.test@AD.TEST", "full");
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(principal_kind_text(p), "machine");
	CU_ASSERT_STRING_EQUAL(principal_account_text(p), "workstation");
	principal_unref(p);
	p = with_pac("DNS/ns1.ad.test@AD.TEST", "user");
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_SERVICE);
	CU_ASSERT_STRING_EQUAL(principal_kind_text(p), "service");
	principal_unref(p);
	p = parse("PC1$@AD.TEST");
	CU_ASSERT_STRING_EQUAL(principal_account_text(p), "no-pac");
	principal_unref(p);
}

static void
test_controllers_are_known(void)
{
	struct principal *p = with_pac("DC1$@AD.TEST", "controller");

	CU_ASSERT(principal_is_domain_controller(p));
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(principal_account_text(p), "domain-controller");
	principal_unref(p);
	p = with_pac("RODC1$@AD.TEST", "read_only_controller");
	CU_ASSERT(!principal_is_domain_controller(p));
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(principal_account_text(p),
	    "read-only-controller");
	principal_unref(p);
	p = with_pac("PC1$@AD.TEST", "full");
	CU_ASSERT(!principal_is_domain_controller(p));
	principal_unref(p);
	p = parse("DC1$@AD.TEST");
	CU_ASSERT(!principal_is_domain_controller(p));
	principal_unref(p);
}

/* Group 516 of some other domain, among the extra SIDs, is not ours. */
static void
test_controllers_are_of_their_own_domain(void)
{
	struct principal *p;

	p = with_pac("PC1$@AD.TEST", "foreign_controllers");
	CU_ASSERT(has(p, "S-1-5-21-7-8-9-516"));
	CU_ASSERT(!principal_is_domain_controller(p));
	principal_unref(p);
	p = with_pac("PC1$@AD.TEST", "group_of_controllers");
	CU_ASSERT(principal_is_domain_controller(p));
	principal_unref(p);
}

static void
test_an_unreadable_pac_gives_nothing(void)
{
	struct principal *p = with_pac("PC1$@AD.TEST", NULL);

	CU_ASSERT_EQUAL(p->pac, PRINCIPAL_PAC_UNREADABLE);
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	CU_ASSERT_PTR_NULL(p->account);
	CU_ASSERT_EQUAL(principal_n_sids(p), 0);
	CU_ASSERT(!has(p, LOGON_DOMAIN "-515"));
	CU_ASSERT(!principal_is_domain_controller(p));
	CU_ASSERT_STRING_EQUAL(principal_account_text(p), "unreadable-pac");
	principal_unref(p);
}

static void
test_equal_ones_are_the_same_in_all_facts(void)
{
	struct principal *all[] = {parse("PC1$@AD.TEST"), parse("PC2$@AD.TEST"),
	    with_pac("PC1$@AD.TEST", NULL), with_pac("PC1$@AD.TEST", "full"),
	    with_pac("PC1$@AD.TEST", "no_groups"),
	    with_pac("PC1$@AD.TEST", "900_groups")};
	size_t n = sizeof(all) / sizeof(all[0]);
	struct principal *again = with_pac("PC1$@AD.TEST", "full");

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			CU_ASSERT_EQUAL(principal_equal(all[i], all[j]),
			    i == j);
	CU_ASSERT(principal_equal(all[3], again));
	principal_unref(again);
	for (size_t i = 0; i < n; i++)
		principal_unref(all[i]);
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
    {"facts", test_a_pac_gives_facts},
    {"membership", test_membership_is_what_the_pac_says},
    {"list", test_sids_are_listed_once},
    {"room", test_many_groups_take_little_room},
    {"kind", test_flags_tell_the_kind},
    {"controllers", test_controllers_are_known},
    {"own domain", test_controllers_are_of_their_own_domain},
    {"unreadable", test_an_unreadable_pac_gives_nothing},
    {"equal", test_equal_ones_are_the_same_in_all_facts},
    {"signers", test_signers_are_named},
    CU_TEST_INFO_NULL,
};
