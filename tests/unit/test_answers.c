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

/* For the fake server: without rules, and without login. */
static struct directory_config
config_of_fake(void)
{
	static const char *uris[1];
	struct directory_config c = slapd_config();

	uris[0] = fake_ldap_uri();
	c.uris = (struct directory_texts){uris, 1};
	c.start_tls = false;
	c.bind = DIRECTORY_BIND_ANONYMOUS;
	c.policy_base = NULL;
	c.timeout_s = 1;
	return c;
}

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
	c = config_of_fake();
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

/* A value too many for the server to show could be one of the names. */
static void
say_a_holder_is_cut(const struct fake_search *s)
{
	if (is_for_holders(s))
		fake_entry(s, PC2,
		    LINES("entryUUID: two", "dNSHostName: pc1.ad.test",
			"msDS-AdditionalDnsHostName;range=0-0: x"));
	fake_entry(s, PC1,
	    LINES("sAMAccountName: PC1$", "entryUUID: one",
		"dNSHostName: pc1.ad.test", "fqdn: pc2.ad.test"));
	fake_done(s, LDAP_SUCCESS);
}

static void
test_a_holder_that_is_shown_in_part_may_hold_all(void)
{
	struct watch_answer a = ask_of(0, say_a_holder_is_cut);

	CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
	CU_ASSERT_EQUAL_FATAL(a.facts->n_hosts, 2);
	CU_ASSERT(a.facts->hosts[0].n_objects > 1);
	CU_ASSERT(a.facts->hosts[1].n_objects > 1);
	facts_destroy(a.facts);
}

static void
say_object(const struct fake_search *s)
{
	fake_entry(s, PC1,
	    LINES("sAMAccountName: PC1$", GUID_ONE, SID,
		"userAccountControl: 4096"));
}

static void
say_all_sids(const struct fake_search *s)
{
	if (is_for_groups(s))
		fake_entry(s, PC1,
		    LINES("tokenGroups:: 010100000000000521000000"));
	else
		say_object(s);
	fake_done(s, LDAP_SUCCESS);
}

/* One of them is longer than a SID can be. */
static void
say_a_sid_that_is_none(const struct fake_search *s)
{
	char line[200] = "tokenGroups:: ";

	memset(line + strlen(line), '0', 2 * (FACTS_SID_MAX + 1));
	if (is_for_groups(s))
		fake_entry(s, PC1,
		    LINES("tokenGroups:: 010100000000000521000000", line));
	else
		say_object(s);
	fake_done(s, LDAP_SUCCESS);
}

static void
say_some_sids(const struct fake_search *s)
{
	if (is_for_groups(s))
		fake_entry(s, PC1,
		    LINES("tokenGroups;range=0-0:: 010100000000000521000000"));
	else
		say_object(s);
	fake_done(s, LDAP_SUCCESS);
}

static void
say_some_groups(const struct fake_search *s)
{
	fake_entry(s, PC1,
	    LINES("sAMAccountName: PC1$", "entryUUID: one",
		"memberOf;range=0-0: cn=g"));
	fake_done(s, LDAP_SUCCESS);
}

/* A group of its groups is shown in part. */
static void
say_some_outer_groups(const struct fake_search *s)
{
	if (strcmp(s->base, "cn=g") == 0)
		fake_entry(s, "cn=g", LINES("memberOf;range=0-0: cn=outer"));
	else
		fake_entry(s, PC1,
		    LINES("sAMAccountName: PC1$", "entryUUID: one",
			"memberOf: cn=g"));
	fake_done(s, LDAP_SUCCESS);
}

static void
test_groups_are_known_if_all_of_them_are(void)
{
	static const struct {
		unsigned features;
		void (*say)(const struct fake_search *s);
		enum facts_groups groups;
	} cases[] = {
	    {FAKE_AD, say_all_sids, FACTS_GROUPS_SIDS},
	    {FAKE_AD, say_a_sid_that_is_none, FACTS_GROUPS_UNKNOWN},
	    {FAKE_AD, say_some_sids, FACTS_GROUPS_UNKNOWN},
	    {0, say_it_holds_it, FACTS_GROUPS_DNS},
	    {0, say_some_groups, FACTS_GROUPS_UNKNOWN},
	    {0, say_some_outer_groups, FACTS_GROUPS_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch_answer a = ask_of(cases[i].features, cases[i].say);

		CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
		CU_ASSERT_EQUAL(a.facts->groups, cases[i].groups);
		facts_destroy(a.facts);
	}
}

/* --- Parts of the directory that another server has --- */

#define ELSEWHERE "ldap://127.0.0.1/ou=elsewhere," SLAPD_BASE

static void
say_object_may_be_elsewhere(const struct fake_search *s)
{
	say_it_holds_it(s);
}

static void
say_with_reference(const struct fake_search *s)
{
	if (!is_for_groups(s))
		fake_reference(s, ELSEWHERE);
	if (fake_asks(s, "tokenGroups"))
		say_all_sids(s);
	else if (fake_asks(s, "objectSid"))
		say_all_sids(s);
	else
		say_object_may_be_elsewhere(s);
}

static void
test_what_another_server_has_is_missed(void)
{
	struct watch_answer a = ask_of(0, say_with_reference);

	CU_ASSERT_EQUAL(a.answer, FACTS_FAILED);
	facts_destroy(a.facts);
	/* There it names other domains and is always given. */
	a = ask_of(FAKE_AD, say_with_reference);
	CU_ASSERT_EQUAL(a.answer, FACTS_FOUND);
	facts_destroy(a.facts);
}

/* --- Rules --- */

#define RULES(dn, rule)                                                        \
	dn,                                                                    \
	    LINES("objectClass: kddnsZonePolicy", "kddnsZone: ad.test",        \
		"kddnsGrant: " rule)

static struct directory *followed;
static atomic_int n_searches; /* that a test counts */

static void
follow(unsigned features, void (*answer)(const struct fake_search *s))
{
	struct directory_config c;

	atomic_store(&n_searches, 0);
	fake_ldap_start(features, answer);
	c = config_of_fake();
	c.policy_base = SLAPD_POLICY;
	followed = watch_directory(&c);
}

static void
end(void)
{
	(void)watch_end();
	fake_ldap_stop();
}

static bool
is_live(void)
{
	struct directory_state s;

	directory_state(followed, &s);
	return s.grants_are_live;
}

static bool
has_complained(void)
{
	struct directory_state s;

	directory_state(followed, &s);
	return s.error[0] != '\0';
}

static void
say_rules_elsewhere(const struct fake_search *s)
{
	fake_entry(s, RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_reference(s, ELSEWHERE);
	fake_done(s, LDAP_SUCCESS);
}

static void
say_rules_elsewhere_by_sync(const struct fake_search *s)
{
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_reference(s, ELSEWHERE);
	fake_sync_info(s, "\xa1\x00", 2);
}

/* The answer about pages cannot be read: nobody knows if there are more. */
static void
say_a_page(const struct fake_search *s)
{
	fake_entry(s, RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_page_done(s, "\x30\x01", 2);
}

/* The deny may be in what is spelled otherwise. */
static void
say_a_tagged_rule(const struct fake_search *s)
{
	fake_entry(s, "cn=a," SLAPD_POLICY,
	    LINES("objectClass: kddnsZonePolicy", "kddnsZone: ad.test",
		"kddnsGrant: grant * zonesub ANY",
		"kddnsGrant;lang-en: deny * zonesub ANY"));
	fake_done(s, LDAP_SUCCESS);
}

static void
say_a_tagged_list(const struct fake_search *s)
{
	fake_entry(s, "cn=a," SLAPD_POLICY,
	    LINES("objectClass: idnsZone", "idnsName: ad.test",
		"idnsUpdatePolicy;range=0-0: grant * zonesub ANY;"));
	fake_done(s, LDAP_SUCCESS);
}

/* An entry that was known before: we have said that we know none. */
static void
say_present(const struct fake_search *s)
{
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_entry(s, 0, 'b', "cn=b," SLAPD_POLICY, LINES(NULL));
	fake_sync_info(s, "\xa1\x00", 2);
}

#define ID_SET(are_deleted, uuid)                                              \
	"\xa3\x17\x01\x01" are_deleted                                         \
	"\x31\x12\x04\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" uuid

static void
say_present_set(const struct fake_search *s)
{
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_info(s, ID_SET("\0", "b"), 25);
	fake_sync_info(s, "\xa1\x00", 2);
}

static void
test_rules_that_are_not_all_are_none(void)
{
	static const struct {
		unsigned features;
		void (*say)(const struct fake_search *s);
	} cases[] = {
	    {0, say_rules_elsewhere},
	    {FAKE_SYNC, say_rules_elsewhere_by_sync},
	    {FAKE_PAGING, say_a_page},
	    {0, say_a_tagged_rule},
	    {0, say_a_tagged_list},
	    {FAKE_SYNC, say_present},
	    {FAKE_SYNC, say_present_set},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		follow(cases[i].features, cases[i].say);
		CU_ASSERT(watch_for(has_complained, 5000));
		CU_ASSERT(!is_live());
		CU_ASSERT_EQUAL(watch_n_grants_told(), 0);
		end();
	}
}

/* Two entries come, and one of them goes before the refresh is over. */
static void
say_deleted_meanwhile(const struct fake_search *s)
{
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_entry(s, 1, 'b',
	    RULES("cn=b," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_info(s, ID_SET("\xff", "a"), 25);
	fake_sync_info(s, "\xa1\x00", 2);
}

static bool
rules_are_told(void)
{
	return watch_n_grants_told() > 0;
}

static void
test_what_goes_during_a_refresh_is_gone(void)
{
	follow(FAKE_SYNC, say_deleted_meanwhile);
	CU_ASSERT_FATAL(watch_for(rules_are_told, 5000));
	CU_ASSERT_EQUAL_FATAL(watch_grants()->n_entries, 1);
	CU_ASSERT_STRING_EQUAL(watch_grants()->entries[0]->dn,
	    "cn=b," SLAPD_POLICY);
	end();
}

/* A second rule comes at once, and then the server is gone. */
static void
say_one_more_and_go(const struct fake_search *s)
{
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_info(s, "\xa1\x00", 2);
	CU_ASSERT(watch_for(rules_are_told, 5000));
	fake_sync_entry(s, 1, 'b',
	    RULES("cn=b," SLAPD_POLICY, "deny * zonesub ANY"));
	fake_hang_up(s);
}

static bool
both_are_told(void)
{
	const struct grants *g = watch_grants();

	return g != NULL && g->n_entries == 2;
}

static void
test_what_came_last_is_told_when_the_server_goes(void)
{
	follow(FAKE_SYNC, say_one_more_and_go);
	CU_ASSERT(watch_for(both_are_told, 2000));
	end();
}

/* The server does not want to go on, whatever it is for; then it does. */
static void
say_refresh_required(const struct fake_search *s)
{
	if (atomic_fetch_add(&n_searches, 1) == 0) {
		fake_done(s, LDAP_SYNC_REFRESH_REQUIRED);
		return;
	}
	fake_sync_entry(s, 1, 'a',
	    RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_sync_info(s, "\xa1\x00", 2);
}

static void
test_a_refresh_that_is_required_is_made(void)
{
	follow(FAKE_SYNC, say_refresh_required);
	CU_ASSERT_FATAL(watch_for(rules_are_told, 10000));
	CU_ASSERT_EQUAL(watch_grants()->n_entries, 1);
	end();
}

/* The first page of two, and then the connection ends, again and again. */
static void
say_half(const struct fake_search *s)
{
	if (atomic_fetch_add(&n_searches, 1) % 2 != 0) {
		fake_octets(s, "x", 1);
		return;
	}
	fake_entry(s, RULES("cn=a," SLAPD_POLICY, "grant * zonesub ANY"));
	fake_page_done(s, "\x30\x06\x02\x01\x00\x04\x01x", 8);
}

static bool
was_asked_again(void)
{
	return atomic_load(&n_searches) > 4;
}

static void
test_a_page_alone_is_not_told(void)
{
	follow(FAKE_PAGING, say_half);
	CU_ASSERT(watch_for(was_asked_again, 20000));
	CU_ASSERT_EQUAL(watch_n_grants_told(), 0);
	end();
}

/*
 * A domain controller that was restored from before: its numbers go back, and
 * what has changed is not newer than what was read.
 */
static void
say_as_restored(const struct fake_search *s)
{
	if (fake_asks(s, "8192") || fake_asks(s, "uSNChanged")) {
		fake_done(s, LDAP_SUCCESS);
		return;
	}
	if (atomic_fetch_add(&n_searches, 1) == 0)
		fake_entry(s, "cn=a," SLAPD_POLICY,
		    LINES("objectClass: kddnsZonePolicy", GUID_ONE,
			"kddnsZone: ad.test",
			"kddnsGrant: grant * zonesub ANY"));
	else
		fake_entry(s, "cn=b," SLAPD_POLICY,
		    LINES("objectClass: kddnsZonePolicy", GUID_TWO,
			"kddnsZone: ad.test",
			"kddnsGrant: deny * zonesub ANY"));
	fake_done(s, LDAP_SUCCESS);
}

static bool
denial_is_told(void)
{
	const struct grants *g = watch_grants();

	return g != NULL && g->n_entries == 1 &&
	    strcmp(g->entries[0]->rules[0], "deny * zonesub ANY") == 0;
}

static void
test_numbers_that_go_back_are_not_trusted(void)
{
	follow(FAKE_AD, say_as_restored);
	CU_ASSERT_FATAL(watch_for(rules_are_told, 10000));
	CU_ASSERT(!denial_is_told());
	fake_ldap_set_usn(0);
	CU_ASSERT(watch_for(denial_is_told, 10000));
	end();
}

/* All that can be said of PC1$, and of rules. */
static void
say_much(const struct fake_search *s)
{
	if (fake_asks(s, "kddnsGrant"))
		fake_entry(s,
		    RULES("cn=a," SLAPD_POLICY, "{1}grant * zonesub ANY"));
	else if (fake_asks(s, "tokenGroups"))
		say_all_sids(s);
	else
		fake_entry(s, PC1,
		    LINES("sAMAccountName: PC1$", GUID_ONE,
			"userAccountControl: 4096", "dNSHostName: pc1.ad.test",
			"memberOf: cn=g"));
	fake_done(s, LDAP_SUCCESS);
}

#define NOISES 300

/* What nobody can read is no answer, or another one; and no harm. */
static void
test_noise_does_no_harm(void)
{
	static const unsigned features[] = {0, FAKE_AD, FAKE_PAGING};
	struct directory_principal p = {.name = "PC1$@AD.TEST",
	    .first = "PC1$",
	    .sid = sid,
	    .sid_len = sizeof(sid),
	    .account = "PC1$"};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		struct directory_config c;

		fake_ldap_start(features[i], say_much);
		fake_ldap_make_noise(1 + (unsigned)i);
		c = config_of_fake();
		c.policy_base = SLAPD_POLICY;
		c.refresh_s = 1;
		(void)watch_directory(&c);
		for (int n = 0; n < NOISES; n++) {
			struct watch_answer a = watch_ask(&p);

			CU_ASSERT_EQUAL(a.n_calls, 1);
			facts_destroy(a.facts);
		}
		end();
	}
}

/* A message of two gigabytes begins. */
static void
say_too_much(const struct fake_search *s)
{
	fake_octets(s, "\x30\x84\x7f\xff\xff\xff", 6);
}

static void
test_a_message_without_measure_ends_the_connection(void)
{
	struct directory_state state;

	follow(0, say_too_much);
	CU_ASSERT(watch_for(has_complained, 5000));
	directory_state(followed, &state);
	CU_ASSERT_PTR_NOT_NULL(strstr(state.error, "connection lost"));
	end();
}

CU_TestInfo answers_tests[] = {
    {"a name is of who holds it both times",
	test_a_name_is_of_who_holds_it_both_times},
    {"a holder that is shown in part may hold all",
	test_a_holder_that_is_shown_in_part_may_hold_all},
    {"groups are known if all of them are",
	test_groups_are_known_if_all_of_them_are},
    {"what another server has is missed",
	test_what_another_server_has_is_missed},
    {"rules that are not all are none", test_rules_that_are_not_all_are_none},
    {"what goes during a refresh is gone",
	test_what_goes_during_a_refresh_is_gone},
    {"what came last is told when the server goes",
	test_what_came_last_is_told_when_the_server_goes},
    {"a refresh that is required is made",
	test_a_refresh_that_is_required_is_made},
    {"a page alone is not told", test_a_page_alone_is_not_told},
    {"numbers that go back are not trusted",
	test_numbers_that_go_back_are_not_trusted},
    {"noise does no harm", test_noise_does_no_harm},
    {"a message without measure ends the connection",
	test_a_message_without_measure_ends_the_connection},
    CU_TEST_INFO_NULL,
};
