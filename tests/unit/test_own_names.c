/*
 * test_own_names.c - whose host names count (ARCHITECTURE.md section 5)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/server/own_names.h"
#include "ldap/facts.h"
#include "tests/unit/suites.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct name
name(const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return n;
}

/* Names below ad.test and branch.test; dc1 and dc2 are controllers. */
static struct own_names_rules
rules(void)
{
	static struct name suffixes[2], controllers[2];

	suffixes[0] = name("branch.test");
	suffixes[1] = name("AD.test.");
	controllers[0] = name("dc2.ad.test");
	controllers[1] = name("DC1.ad.test");
	own_names_sort(controllers, 2);
	return (struct own_names_rules){suffixes, 2, controllers, 2};
}

static void
test_a_name_counts_only_if_nobody_else_could_mean_it(void)
{
	static const struct {
		const char *host;
		unsigned n_objects;
		bool is_controller;
		const char *objection; /* part of it; NULL: none */
	} cases[] = {
	    {"pc1.ad.test", 1, false, NULL},
	    {"PC1.AD.TEST", 1, false, NULL},
	    {"x.y.branch.test", 1, false, NULL},
	    {"pc1.ad.test", 2, false, "alone"},
	    {"pc1.ad.test", 0, false, "alone"},
	    {"ad.test", 1, false, "suffix"},
	    {"pc1.other.test", 1, false, "suffix"},
	    {"pc1.bad.test", 1, false, "suffix"},
	    {"pc1", 1, false, "suffix"},
	    {"_msdcs.ad.test", 1, false, "label"},
	    {"gc._msdcs.ad.test", 1, false, "label"},
	    {"*.ad.test", 1, false, "label"},
	    {"a.*.ad.test", 1, false, "label"},
	    {"*a.ad.test", 1, false, NULL},
	    {"dc1.ad.test", 1, false, "controller"},
	    {"Dc2.Ad.Test", 1, false, "controller"},
	    {"dc1.ad.test", 1, true, NULL},
	    {"dc1.ad.test", 2, true, "alone"},
	    {"dc3.ad.test", 1, false, NULL},
	    {"a..ad.test", 1, false, "no domain name"},
	    {"", 1, false, "no domain name"},
	    {"a\\046b.ad.test", 1, false, "no domain name"},
	};
	struct own_names_rules r = rules();

	for (size_t i = 0; i < N(cases); i++) {
		char text[64];
		struct facts_host host = {text, cases[i].n_objects, true};
		struct facts facts = {.dn = text,
		    .is_controller = cases[i].is_controller,
		    .hosts = &host,
		    .n_hosts = 1};
		const char *why;

		(void)strcpy(text, cases[i].host);
		why = own_names_objection(&r, &facts, 0);
		CU_ASSERT_EQUAL(why == NULL, cases[i].objection == NULL);
		if (why != NULL && cases[i].objection != NULL)
			CU_ASSERT_PTR_NOT_NULL(strstr(why, cases[i].objection));
	}
}

/* Whoever has it now, it was this object's for a moment at most. */
static void
test_a_name_of_one_other_object_does_not_count(void)
{
	char pc1[] = "pc1.ad.test", dn[] = "cn=pc1";
	struct facts_host host = {pc1, 1, false};
	struct facts facts = {.dn = dn, .hosts = &host, .n_hosts = 1};
	struct own_names_rules r = rules();
	const char *why = own_names_objection(&r, &facts, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(why);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "alone"));
}

static void
test_the_note_tells_what_counts_and_what_does_not(void)
{
	char pc1[] = "pc1.ad.test", dc1[] = "dc1.ad.test", dn[] = "cn=\"pc1\"";
	struct facts_host hosts[] = {{pc1, 1, true}, {dc1, 2, true}};
	struct facts facts = {.dn = dn, .hosts = hosts, .n_hosts = 2};
	struct own_names_rules r = rules();
	struct signer_facts *f;
	struct name expected = name(pc1);
	char *note;

	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT_EQUAL(signer_facts_n_hosts(f), 1);
	CU_ASSERT(name_equal(signer_facts_host(f, 0)->octets, expected.octets));
	CU_ASSERT_STRING_EQUAL(note,
	    "cn=\\042pc1\\042: pc1.ad.test, dc1.ad.test (does not count: it is "
	    "a domain controller's); its groups are not known");
	CU_ASSERT(!signer_facts_has_all_groups(f));
	CU_ASSERT(!signer_facts_has_all_group_dns(f));
	CU_ASSERT(!signer_facts_has_all_hosts(f));
	free(note);
	signer_facts_unref(f);

	facts.n_hosts = 1;
	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT(signer_facts_has_all_hosts(f));
	free(note);
	signer_facts_unref(f);

	facts.is_host_missing = true;
	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT(!signer_facts_has_all_hosts(f));
	free(note);
	signer_facts_unref(f);
}

static void
test_a_disabled_object_tells_nothing(void)
{
	char pc1[] = "pc1.ad.test", dn[] = "cn=pc1", group[] = "cn=g";
	char *groups[] = {group};
	struct facts_host host = {pc1, 1, true};
	struct facts facts = {.dn = dn,
	    .is_disabled = true,
	    .hosts = &host,
	    .n_hosts = 1,
	    .groups = FACTS_GROUPS_DNS,
	    .group_dns = groups,
	    .n_group_dns = 1};
	struct own_names_rules r = rules();
	struct signer_facts *f;
	char *note;

	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT_EQUAL(signer_facts_n_hosts(f), 0);
	CU_ASSERT(!signer_facts_has_group_dn(f, "cn=g"));
	CU_ASSERT(!signer_facts_has_all_group_dns(f));
	CU_ASSERT(!signer_facts_has_all_hosts(f));
	CU_ASSERT_STRING_EQUAL(note, "cn=pc1: disabled");
	free(note);
	signer_facts_unref(f);
}

static void
test_groups_that_cannot_be_read_may_be_any(void)
{
	char dn[] = "cn=pc1", good[] = "CN=G , dc=x", bad[] = "g";
	char *dns[] = {good, bad};
	struct facts_sid sids[] = {
	    {{1, 1, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0}, 12},
	    {{1, 1, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0}, 11},
	};
	struct facts facts = {.dn = dn,
	    .groups = FACTS_GROUPS_DNS,
	    .group_dns = dns,
	    .n_group_dns = 1};
	struct own_names_rules r = rules();
	struct signer_facts *f;
	struct sid group;
	char *note;

	CU_ASSERT_EQUAL_FATAL(sid_from_text("S-1-5-32", &group), 0);
	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT(signer_facts_has_group_dn(f, "cn=g,dc=x"));
	CU_ASSERT(signer_facts_has_all_group_dns(f));
	CU_ASSERT(!signer_facts_has_all_groups(f));
	free(note);
	signer_facts_unref(f);

	facts.n_group_dns = 2;
	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT(signer_facts_has_group_dn(f, "cn=g,dc=x"));
	CU_ASSERT(!signer_facts_has_all_group_dns(f));
	free(note);
	signer_facts_unref(f);

	facts = (struct facts){.dn = dn,
	    .groups = FACTS_GROUPS_SIDS,
	    .group_sids = sids,
	    .n_group_sids = 2};
	CU_ASSERT_EQUAL_FATAL(own_names_facts(&r, &facts, &f, &note), 0);
	CU_ASSERT(signer_facts_has_group(f, &group));
	CU_ASSERT(!signer_facts_has_all_groups(f));
	free(note);
	signer_facts_unref(f);
}

CU_TestInfo own_names_tests[] = {
    {"a name counts only if nobody else could mean it",
	test_a_name_counts_only_if_nobody_else_could_mean_it},
    {"a name of one other object does not count",
	test_a_name_of_one_other_object_does_not_count},
    {"the note tells what counts and what does not",
	test_the_note_tells_what_counts_and_what_does_not},
    {"a disabled object tells nothing", test_a_disabled_object_tells_nothing},
    {"groups that cannot be read may be any",
	test_groups_that_cannot_be_read_may_be_any},
    CU_TEST_INFO_NULL,
};
