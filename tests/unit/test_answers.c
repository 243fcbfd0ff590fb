/*
 * test_answers.c - what a server says that is odd, half or too much
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ldap.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_ldap.h"
#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

#define PC1 "cn=pc1," SLAPD_HOSTS
#define PC2 "cn=pc2," SLAPD_HOSTS
#define SID "objectSid:: 010100000000000520000000"
#define GUID_ONE "objectGUID:: 11111111111111111111111111111111"
#define GUID_TWO "objectGUID:: 22222222222222222222222222222222"

static const uint8_t sid[] = {1, 1, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0};

/* Of PC1$, from a server that has these features and says this. */
static struct watch_answer
ask_of(unsigned features, void (*answer)(const struct fake_search *s))
{
	struct directory_principal p = {.name = "PC1$@AD.TEST",
	    .first = "PC1$",
	    .sid = sid,
	    .sid_len = sizeof(sid),
	    .account = "PC1$"};
	struct directory_config c;
	struct watch_answer a;

	fake_ldap_start(features, answer);
	c = fake_ldap_config();
	(void)watch_directory(&c);
	a = watch_ask(&p);
	(void)watch_end();
	fake_ldap_stop();
	return a;
}

/* The search for others with one of its names, not for the object itself. */
static bool
is_for_holders(const struct fake_search *s)
{
	return fake_asks(s, "pc1.ad.test") || fake_asks(s, "pc2.ad.test");
}

static bool
is_for_groups(const struct fake_search *s)
{
	return strcmp(s->base, PC1) == 0;
}

/* PC1$ has the name of PC2$ when it is found, and not a moment later. */
static void
say_another_holds_it(const struct fake_search *s)
{
	if (is_for_holders(s))
		fake_entry(s, PC2,
		    LINES("dNSHostName: pc2.ad.test", "entryUUID: two"));
	else
		fake_entry(s, PC1,
		    LINES("sAMAccountName: PC1$", "entryUUID: one",
			"dNSHostName: pc2.ad.test"));
	fake_done(s, LDAP_SUCCESS);
}

static void
say_it_holds_it(const struct fake_search *s)
{
	fake_entry(s, PC1,
	    LINES("sAMAccountName: PC1$", "entryUUID: one",
		"dNSHostName: pc2.ad.test"));
	fake_done(s, LDAP_SUCCESS);
}

/* As a server without entryUUID tells them apart. */
static void
say_it_holds_it_by_dn(const struct fake_search *s)
{
	fake_entry(s, is_for_holders(s) ? "CN=PC1," SLAPD_HOSTS : PC1,
	    LINES("sAMAccountName: PC1$", "dNSHostName: pc2.ad.test"));
	fake_done(s, LDAP_SUCCESS);
}

static void
test_a_name_is_of_who_holds_it_both_times(void)
{
	static const struct {
		void (*say)(const struct fake_search *s);
		bool is_held;
	} cases[] = {
	    {say_it_holds_it, true},
	    {say_it_holds_it_by_dn, true},
	    {say_another_holds_it, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch_answer a = ask_of(0, cases[i].say);

		CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
		CU_ASSERT_EQUAL_FATAL(a.facts->n_hosts, 1);
		CU_ASSERT_EQUAL(a.facts->hosts[0].n_objects, 1);
		CU_ASSERT_EQUAL(a.facts->hosts[0].is_held, cases[i].is_held);
		facts_destroy(a.facts);
	}
}

CU_TestInfo answers_tests[] = {
    {"a name is of who holds it both times",
	test_a_name_is_of_who_holds_it_both_times},
    CU_TEST_INFO_NULL,
};
