/*
 * test_facts.c - facts of principals, and of those who pretend
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

#define HOST(name) "cn=" name "," SLAPD_HOSTS
#define GROUP(name) "cn=" name "," SLAPD_GROUPS

static void
set_up(void)
{
	struct directory_config c = slapd_config();

	slapd_start(SLAPD_ONE);
	c.policy_base = NULL;
	(void)watch_directory(&c);
}

static void
add_host(const char *dn, const char *account, const char *host)
{
	char account_line[200], host_line[200];

	(void)snprintf(account_line, sizeof(account_line), "sAMAccountName: %s",
	    account);
	(void)snprintf(host_line, sizeof(host_line), "dNSHostName: %s", host);
	slapd_add(SLAPD_ONE, dn,
	    LINES("objectClass: testAccount", account_line, host_line));
}

static void
add_group(const char *dn, const char *member)
{
	char line[200];

	(void)snprintf(line, sizeof(line), "member: %s", member);
	slapd_add(SLAPD_ONE, dn, LINES("objectClass: groupOfNames", line));
}

static struct watch_answer
ask(const char *name, const char *first)
{
	struct directory_principal p = {.name = name, .first = first};

	return watch_ask(&p);
}

static struct watch_answer
ask_pc1(void)
{
	return ask("PC1$@AD.TEST", "PC1$");
}

static unsigned
n_holders(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_hosts; i++) {
		if (strcmp(f->hosts[i].name, name) == 0)
			return f->hosts[i].n_objects;
	}
	return 0;
}

static bool
is_in(const struct facts *f, const char *dn)
{
	for (size_t i = 0; i < f->n_group_dns; i++) {
		if (strcasecmp(f->group_dns[i], dn) == 0)
			return true;
	}
	return false;
}

static void
test_one_object_has_facts(void)
{
	struct watch_answer a;

	set_up();
	slapd_add(SLAPD_ONE, HOST("pc1"),
	    LINES("objectClass: testAccount", "sAMAccountName: PC1$",
		"dNSHostName: PC1.ad.test.",
		"msDS-AdditionalDnsHostName: alias.ad.test",
		"msDS-AdditionalDnsHostName: two words",
		"msDS-AdditionalDnsHostName: \\112c1.ad.test",
		"fqdn: pc1.ad.test"));
	a = ask_pc1();
	CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
	CU_ASSERT_STRING_EQUAL(a.facts->dn, HOST("pc1"));
	CU_ASSERT_STRING_EQUAL(a.facts->account, "PC1$");
	CU_ASSERT_EQUAL(strlen(a.facts->id), 36);
	CU_ASSERT(!a.facts->is_disabled && !a.facts->is_controller);
	CU_ASSERT_EQUAL_FATAL(a.facts->n_hosts, 2);
	CU_ASSERT_STRING_EQUAL(a.facts->hosts[0].name, "PC1.ad.test");
	CU_ASSERT_EQUAL(a.facts->hosts[0].n_objects, 1);
	CU_ASSERT_EQUAL(n_holders(a.facts, "alias.ad.test"), 1);
	CU_ASSERT_EQUAL(a.facts->groups, FACTS_GROUPS_DNS);
	CU_ASSERT_EQUAL(a.facts->n_group_dns, 0);
	facts_destroy(a.facts);
	(void)watch_end();
}

static void
test_no_object_and_two_objects_have_no_facts(void)
{
	struct watch_answer a;

	set_up();
	a = ask_pc1();
	CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
	CU_ASSERT_PTR_NULL(a.facts);
	add_host(HOST("pc1"), "PC1$", "pc1.ad.test");
	slapd_add(SLAPD_ONE, HOST("impostor"),
	    LINES("objectClass: testAccount",
		"userPrincipalName: PC1$@AD.TEST"));
	a = ask_pc1();
	CU_ASSERT_EQUAL(a.answer, FACTS_SEVERAL);
	CU_ASSERT_PTR_NULL(a.facts);
	slapd_add(SLAPD_ONE, HOST("third"),
	    LINES("objectClass: testAccount", "sAMAccountName: PC1$"));
	a = ask_pc1();
	CU_ASSERT_EQUAL(a.answer, FACTS_SEVERAL);
	(void)watch_end();
}

/* Whoever made PC1$/x cannot have the names of PC1$ by it. */
static void
test_a_service_is_not_its_first_component(void)
{
	struct directory_principal p = {.name = "PC1$/pc1.ad.test@AD.TEST",
	    .first = "PC1$",
	    .host = "pc1.ad.test"};
	struct watch_answer a;

	set_up();
	add_host(HOST("pc1"), "PC1$", "pc1.ad.test");
	a = watch_ask(&p);
	CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
	facts_destroy(a.facts);
	(void)watch_end();
}

/* However the other one spells it, and in whichever attribute. */
static void
test_a_name_that_others_hold_is_counted(void)
{
	static const char *const others[] = {"dNSHostName: PC1.AD.TEST",
	    "fqdn: pc1.ad.test.", "msDS-AdditionalDnsHostName: pc1.ad.test"};
	struct watch_answer a;

	set_up();
	slapd_add(SLAPD_ONE, HOST("pc1"),
	    LINES("objectClass: testAccount", "sAMAccountName: PC1$",
		"dNSHostName: pc1.ad.test", "fqdn: own.ad.test"));
	for (size_t i = 0; i < 3; i++) {
		slapd_add(SLAPD_ONE, HOST("other"),
		    LINES("objectClass: testAccount", others[i]));
		a = ask_pc1();
		CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
		CU_ASSERT_EQUAL(n_holders(a.facts, "pc1.ad.test"), 2);
		CU_ASSERT_EQUAL(n_holders(a.facts, "own.ad.test"), 1);
		facts_destroy(a.facts);
		slapd_delete(SLAPD_ONE, HOST("other"));
	}
	(void)watch_end();
}

static void
test_groups_are_followed_upwards(void)
{
	struct watch_answer a;

	set_up();
	add_host(HOST("pc1"), "PC1$", "pc1.ad.test");
	add_group(GROUP("inner"), HOST("pc1"));
	add_group(GROUP("middle"), GROUP("inner"));
	add_group(GROUP("outer"), GROUP("middle"));
	add_group(GROUP("foreign"), HOST("pc2"));
	/* A loop. */
	slapd_add_value(SLAPD_ONE, GROUP("inner"), "member", GROUP("outer"));
	a = ask_pc1();
	CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
	CU_ASSERT_EQUAL(a.facts->groups, FACTS_GROUPS_DNS);
	CU_ASSERT_EQUAL(a.facts->n_group_dns, 3);
	CU_ASSERT(is_in(a.facts, GROUP("inner")));
	CU_ASSERT(is_in(a.facts, GROUP("middle")));
	CU_ASSERT(is_in(a.facts, GROUP("outer")));
	CU_ASSERT(!is_in(a.facts, GROUP("foreign")));
	facts_destroy(a.facts);
	(void)watch_end();
}

static void
test_disabled_accounts_say_so(void)
{
	struct watch_answer a;

	set_up();
	slapd_add(SLAPD_ONE, HOST("pc1"),
	    LINES("objectClass: testAccount", "sAMAccountName: PC1$",
		"nsAccountLock: TRUE"));
	a = ask_pc1();
	CU_ASSERT_EQUAL_FATAL(a.answer, FACTS_FOUND);
	CU_ASSERT(a.facts->is_disabled);
	facts_destroy(a.facts);
	(void)watch_end();
}

/* FreeIPA's tickets have SIDs, too. */
static void
test_another_sid_disagrees(void)
{
	static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xe8,
	    3, 0, 0};
	struct directory_principal p = {.name = "host/pc1.ad.test@AD.TEST",
	    .first = "host",
	    .host = "pc1.ad.test",
	    .sid = sid,
	    .sid_len = sizeof(sid)};
	struct watch_answer a;

	set_up();
	slapd_add(SLAPD_ONE, HOST("pc1"),
	    LINES("objectClass: testAccount",
		"krbPrincipalName: host/pc1.ad.test@AD.TEST",
		"ipaNTSecurityIdentifier: S-1-5-21-1000"));
	a = watch_ask(&p);
	CU_ASSERT_EQUAL(a.answer, FACTS_FOUND);
	facts_destroy(a.facts);
	slapd_delete(SLAPD_ONE, HOST("pc1"));
	slapd_add(SLAPD_ONE, HOST("pc1"),
	    LINES("objectClass: testAccount",
		"krbPrincipalName: host/pc1.ad.test@AD.TEST",
		"ipaNTSecurityIdentifier: S-1-5-21-1001"));
	a = watch_ask(&p);
	CU_ASSERT_EQUAL(a.answer, FACTS_DISAGREES);
	CU_ASSERT_PTR_NULL(a.facts);
	(void)watch_end();
}

static void
test_names_are_values_and_nothing_else(void)
{
	static const char *const bad[] = {"*", "*)(cn=*", "PC1*", "PC1$)(cn=*",
	    "PC1$)(|(cn=*", "\\50C1$", "PC1$\\00", "PC1$\\", "(PC1$)", " PC1$",
	    "PC1$ ", "PC1\xc2\xad$", "\xef\xbc\xb0$", "PC1$\n", "", "*)(uid=*",
	    "PC1$)(objectClass=*)(cn=", "%a", "%p"};
	struct watch_answer a;

	set_up();
	add_host(HOST("pc1"), "PC1$", "pc1.ad.test");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		a = ask(bad[i], bad[i]);
		CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
		if (a.answer != FACTS_NONE)
			(void)fprintf(stderr, "%s: %s\n", bad[i], a.reason);
		facts_destroy(a.facts);
	}
	(void)watch_end();
}

static void
test_groups_are_found_by_dn_and_by_name(void)
{
	struct watch_answer a;

	set_up();
	add_group(GROUP("editors"), HOST("pc1"));
	a = watch_ask_group("EDITORS");
	CU_ASSERT_EQUAL(a.answer, FACTS_FOUND);
	CU_ASSERT_STRING_EQUAL(a.group_dn, GROUP("editors"));
	a = watch_ask_group("CN=Editors, " SLAPD_GROUPS);
	CU_ASSERT_EQUAL(a.answer, FACTS_FOUND);
	CU_ASSERT_STRING_EQUAL(a.group_dn, GROUP("editors"));
	a = watch_ask_group(GROUP("nobody"));
	CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
	a = watch_ask_group("edit*");
	CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
	add_host(HOST("editors"), "x", "x"); /* is no group */
	a = watch_ask_group("editors");
	CU_ASSERT_EQUAL(a.answer, FACTS_FOUND);
	a = watch_ask_group(HOST("editors"));
	CU_ASSERT_EQUAL(a.answer, FACTS_NONE);
	(void)watch_end();
}

#define MANY 500

static unsigned n_answered, n_found;

static void
on_many(void *arg, enum facts_answer answer, struct facts *facts,
    const char *reason)
{
	(void)arg;
	(void)reason;
	__atomic_fetch_add(&n_found, answer == FACTS_FOUND, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&n_answered, 1, __ATOMIC_SEQ_CST);
	facts_destroy(facts);
}

static bool
all_are_answered(void)
{
	return __atomic_load_n(&n_answered, __ATOMIC_SEQ_CST) == MANY;
}

static void
test_many_are_asked_at_a_time(void)
{
	struct directory_config c = slapd_config();
	struct directory_principal p = {.name = "PC1$@AD.TEST",
	    .first = "PC1$"};
	struct directory *d;

	slapd_start(SLAPD_ONE);
	add_host(HOST("pc1"), "PC1$", "pc1.ad.test");
	add_group(GROUP("inner"), HOST("pc1"));
	d = watch_directory(&c);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(directory_ask_facts(d, &p, on_many, NULL), 0);
	CU_ASSERT(watch_for(all_are_answered, 10000));
	CU_ASSERT_EQUAL(n_found, MANY);
	(void)watch_end();
	CU_ASSERT_EQUAL(n_answered, MANY);
}

/* A server that ends in the middle: the next one answers. */
static void
test_a_question_survives_its_server(void)
{
	struct directory_config c = slapd_config();
	const char *uris[2] = {slapd_uri(SLAPD_ONE), slapd_uri(SLAPD_TWO)};
	struct directory_principal p = {.name = "PC1$@AD.TEST",
	    .first = "PC1$"};
	struct directory *d;

	slapd_start(SLAPD_ONE);
	slapd_start(SLAPD_TWO);
	slapd_add(SLAPD_TWO, HOST("pc1"),
	    LINES("objectClass: testAccount", "sAMAccountName: PC1$"));
	c.uris = (struct directory_texts){uris, 2};
	c.bind = DIRECTORY_BIND_GSSAPI;
	c.start_tls = false;
	n_answered = n_found = 0;
	d = watch_directory(&c);
	CU_ASSERT_EQUAL(watch_ask(&p).answer, FACTS_NONE);
	slapd_pause(SLAPD_ONE);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(directory_ask_facts(d, &p, on_many, NULL), 0);
	slapd_stop(SLAPD_ONE);
	CU_ASSERT(watch_for(all_are_answered, 10000));
	CU_ASSERT_EQUAL(n_found, MANY);
	(void)watch_end();
	slapd_stop(SLAPD_TWO);
}

CU_TestInfo facts_tests[] = {
    {"one object has facts", test_one_object_has_facts},
    {"no object and two objects have no facts",
	test_no_object_and_two_objects_have_no_facts},
    {"a service is not its first component",
	test_a_service_is_not_its_first_component},
    {"a name that others hold is counted",
	test_a_name_that_others_hold_is_counted},
    {"groups are followed upwards", test_groups_are_followed_upwards},
    {"disabled accounts say so", test_disabled_accounts_say_so},
    {"another SID disagrees", test_another_sid_disagrees},
    {"names are values and nothing else",
	test_names_are_values_and_nothing_else},
    {"groups are found by DN and by name",
	test_groups_are_found_by_dn_and_by_name},
    {"many are asked at a time", test_many_are_asked_at_a_time},
    {"a question survives its server", test_a_question_survives_its_server},
    CU_TEST_INFO_NULL,
};
