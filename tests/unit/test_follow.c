/*
 * test_follow.c - grants, kept as the directory has them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

#define SOON_MS 60000 /* where all is well it is at once */
#define CN(name) "cn=" name "," SLAPD_POLICY

static struct directory *d;
static size_t wanted; /* entries */
static const char *wanted_rule;

static const struct grants_entry *
entry_of(const char *dn)
{
	const struct grants *g = watch_grants();

	for (size_t i = 0; g != NULL && i < g->n_entries; i++) {
		if (strcmp(g->entries[i]->dn, dn) == 0)
			return g->entries[i];
	}
	return NULL;
}

static bool
has_wanted(void)
{
	const struct grants *g = watch_grants();

	return g != NULL && g->n_entries == wanted;
}

static bool
has_wanted_rule(void)
{
	const struct grants *g = watch_grants();

	for (size_t i = 0; g != NULL && i < g->n_entries; i++) {
		for (size_t j = 0; j < g->entries[i]->n_rules; j++) {
			if (strcmp(g->entries[i]->rules[j], wanted_rule) == 0)
				return true;
		}
	}
	return false;
}

static bool
lacks_wanted_rule(void)
{
	return !has_wanted_rule();
}

static bool
is_live(void)
{
	struct directory_state s;

	directory_state(d, &s);
	return s.grants_are_live;
}

static bool
comes_to(size_t n, int ms)
{
	wanted = n;
	return watch_for(has_wanted, ms);
}

static bool
rule_comes(const char *rule, int ms)
{
	wanted_rule = rule;
	return watch_for(has_wanted_rule, ms);
}

static bool
rule_goes(const char *rule, int ms)
{
	wanted_rule = rule;
	return watch_for(lacks_wanted_rule, ms);
}

static void
add_policy(const char *dn, const char *zone, const char *rule)
{
	char zone_line[300], rule_line[300];

	(void)snprintf(zone_line, sizeof(zone_line), "kddnsZone: %s", zone);
	(void)snprintf(rule_line, sizeof(rule_line), "kddnsGrant: %s", rule);
	slapd_add(SLAPD_ONE, dn,
	    LINES("objectClass: kddnsZonePolicy", zone_line, rule_line));
}

static void
set_up(struct directory_config *config)
{
	*config = slapd_config();
	slapd_start(SLAPD_ONE);
}

static void
test_no_grants_are_told_as_none(void)
{
	struct directory_config c;

	set_up(&c);
	d = watch_directory(&c);
	CU_ASSERT(comes_to(0, SOON_MS));
	CU_ASSERT_EQUAL(watch_n_grants_told(), 1);
	(void)watch_end();
}

/* The whole life of an entry; each change is told. */
static void
follow_changes(void)
{
	const struct grants_entry *e;

	add_policy(CN("a"), "ad.test", "{1}grant AD.TEST ms-self . A AAAA");
	CU_ASSERT(comes_to(1, SOON_MS));
	e = entry_of(CN("a"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->kind, GRANTS_KDDNS);
	CU_ASSERT(e->is_active && !e->is_malformed);
	CU_ASSERT_EQUAL_FATAL(e->n_zones, 1);
	CU_ASSERT_STRING_EQUAL(e->zones[0], "ad.test");
	CU_ASSERT_EQUAL_FATAL(e->n_rules, 1);
	CU_ASSERT_STRING_EQUAL(e->rules[0],
	    "{1}grant AD.TEST ms-self . A AAAA");

	slapd_add_value(SLAPD_ONE, CN("a"), "kddnsGrant", "{0}deny * zonesub");
	CU_ASSERT(rule_comes("{0}deny * zonesub", SOON_MS));
	slapd_delete_value(SLAPD_ONE, CN("a"), "kddnsGrant",
	    "{1}grant AD.TEST ms-self . A AAAA");
	CU_ASSERT(rule_goes("{1}grant AD.TEST ms-self . A AAAA", SOON_MS));

	slapd_add_value(SLAPD_ONE, CN("a"), "kddnsDisabled", "TRUE");
	add_policy(CN("b"), "b.test", "{0}grant b");
	CU_ASSERT(comes_to(2, SOON_MS));
	e = entry_of(CN("a"));
	CU_ASSERT(e != NULL && !e->is_active && !e->is_malformed);

	slapd_rename(SLAPD_ONE, CN("b"), "cn=c");
	add_policy(CN("d"), "d.test", "{0}grant d");
	CU_ASSERT(comes_to(3, SOON_MS));
	CU_ASSERT_PTR_NULL(entry_of(CN("b")));
	CU_ASSERT_PTR_NOT_NULL(entry_of(CN("c")));

	slapd_delete(SLAPD_ONE, CN("c"));
	CU_ASSERT(comes_to(2, SOON_MS));
	slapd_delete(SLAPD_ONE, CN("a"));
	slapd_delete(SLAPD_ONE, CN("d"));
	CU_ASSERT(comes_to(0, SOON_MS));
}

static void
test_changes_are_seen_by_sync(void)
{
	struct directory_config c;

	set_up(&c);
	d = watch_directory(&c);
	CU_ASSERT(watch_for(is_live, SOON_MS));
	follow_changes();
	(void)watch_end();
}

static void
test_changes_are_seen_by_polling(void)
{
	struct directory_config c;

	set_up(&c);
	c.refresh_s = 1;
	d = watch_directory(&c);
	CU_ASSERT(watch_for(is_live, SOON_MS));
	follow_changes();
	(void)watch_end();
}

static void
test_what_changed_while_it_was_away_is_seen(void)
{
	struct directory_config c;

	set_up(&c);
	add_policy(CN("a"), "ad.test", "{0}grant a");
	add_policy(CN("b"), "ad.test", "{0}grant b");
	d = watch_directory(&c);
	CU_ASSERT(comes_to(2, SOON_MS));
	slapd_stop(SLAPD_ONE);
	slapd_start(SLAPD_ONE); /* and empties the folder */
	add_policy(CN("z"), "ad.test", "{0}grant z");
	CU_ASSERT(rule_comes("{0}grant z", SOON_MS));
	CU_ASSERT(comes_to(1, SOON_MS));
	(void)watch_end();
}

static void
test_an_unchanged_refresh_is_not_told(void)
{
	struct directory_config c;
	unsigned n;

	set_up(&c);
	add_policy(CN("a"), "ad.test", "{0}grant a");
	c.refresh_s = 1;
	d = watch_directory(&c);
	CU_ASSERT(comes_to(1, SOON_MS));
	n = watch_n_grants_told();
	wanted = 99;
	CU_ASSERT(!watch_for(has_wanted, 2500)); /* two polls */
	CU_ASSERT_EQUAL(watch_n_grants_told(), n);
	slapd_delete(SLAPD_ONE, CN("a"));
	CU_ASSERT(comes_to(0, SOON_MS));
	(void)watch_end();
}

static void
test_freeipa_zones_are_read(void)
{
	struct directory_config c;
	const struct grants_entry *e;
	const char *dn = "idnsName=ipa.test.," SLAPD_POLICY;

	set_up(&c);
	slapd_add(SLAPD_ONE, dn,
	    LINES("objectClass: idnsZone", "idnsName: ipa.test.",
		"idnsUpdatePolicy: grant IPA.TEST krb5-self * A; grant "
		"IPA.TEST krb5-self * AAAA;",
		"idnsZoneActive: FALSE"));
	d = watch_directory(&c);
	CU_ASSERT(comes_to(1, SOON_MS));
	e = entry_of(dn);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->kind, GRANTS_IDNS);
	CU_ASSERT(!e->is_active && !e->is_malformed);
	CU_ASSERT_STRING_EQUAL(e->zones[0], "ipa.test.");
	CU_ASSERT_STRING_EQUAL(e->rules[0],
	    "grant IPA.TEST krb5-self * A; grant IPA.TEST krb5-self * AAAA;");
	(void)watch_end();
}

/* A zone keeps its rules when its dynamic updates are switched off. */
static void
test_freeipa_zones_without_updates_have_no_rules(void)
{
	static const struct {
		const char *zone, *updates;
		bool is_active;
	} cases[] = {
	    {"idnsZoneActive: TRUE", "idnsAllowDynUpdate: TRUE", true},
	    {"idnsZoneActive: TRUE", "idnsAllowDynUpdate: FALSE", false},
	    {"idnsZoneActive: FALSE", "idnsAllowDynUpdate: TRUE", false},
	};
	struct directory_config c;
	const struct grants_entry *e;
	const char *dn = "idnsName=ipa.test.," SLAPD_POLICY;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(&c);
		slapd_add(SLAPD_ONE, dn,
		    LINES("objectClass: idnsZone", "idnsName: ipa.test.",
			"idnsUpdatePolicy: grant IPA.TEST krb5-self * A;",
			cases[i].zone, cases[i].updates));
		d = watch_directory(&c);
		CU_ASSERT(comes_to(1, SOON_MS));
		e = entry_of(dn);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT_EQUAL(e->is_active, cases[i].is_active);
		(void)watch_end();
	}
}

static void
test_malformed_entries_say_so_and_stay_active(void)
{
	struct directory_config c;
	const struct grants_entry *e;
	const char *two = "idnsName=one.test," SLAPD_POLICY;

	set_up(&c);
	slapd_add(SLAPD_ONE, two,
	    LINES("objectClass: idnsZone", "idnsName: one.test",
		"idnsName: two.test", "idnsZoneActive: perhaps"));
	slapd_add(SLAPD_ONE, CN("bare"),
	    LINES("objectClass: kddnsZonePolicy", "kddnsZone: bare.test"));
	d = watch_directory(&c);
	CU_ASSERT(comes_to(2, SOON_MS));
	e = entry_of(two);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(e->is_malformed && e->is_active);
	CU_ASSERT_EQUAL(e->n_zones, 2);
	e = entry_of(CN("bare"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(!e->is_malformed && e->n_rules == 0);
	(void)watch_end();
}

#define MANY_ENTRIES 500
#define MANY_VALUES 20 /* of each: 10,000 grants */

static void
add_many(void)
{
	char dn[100], zone[60], rules[MANY_VALUES][80];
	const char *lines[MANY_VALUES + 3];

	for (int i = 0; i < MANY_ENTRIES; i++) {
		(void)snprintf(dn, sizeof(dn), "cn=%d," SLAPD_POLICY, i);
		(void)snprintf(zone, sizeof(zone), "kddnsZone: z%d.test", i);
		lines[0] = "objectClass: kddnsZonePolicy";
		lines[1] = zone;
		for (int j = 0; j < MANY_VALUES; j++) {
			(void)snprintf(rules[j], sizeof(rules[j]),
			    "kddnsGrant: {%d}grant host%d@AD.TEST name h%d A",
			    j, i, j);
			lines[j + 2] = rules[j];
		}
		lines[MANY_VALUES + 2] = NULL;
		slapd_add(SLAPD_ONE, dn, lines);
	}
}

static size_t
n_rules(void)
{
	const struct grants *g = watch_grants();
	size_t n = 0;

	for (size_t i = 0; i < g->n_entries; i++)
		n += g->entries[i]->n_rules;
	return n;
}

static void
test_ten_thousand_grants(void)
{
	struct directory_config c;

	set_up(&c);
	add_many();
	d = watch_directory(&c);
	CU_ASSERT(comes_to(MANY_ENTRIES, SOON_MS));
	CU_ASSERT_EQUAL(n_rules(), MANY_ENTRIES * MANY_VALUES);
	add_policy(CN("last"), "z.test", "{0}grant last");
	CU_ASSERT(rule_comes("{0}grant last", SOON_MS));
	(void)watch_end();

	c.refresh_s = 1; /* page by page */
	d = watch_directory(&c);
	CU_ASSERT(comes_to(MANY_ENTRIES + 1, SOON_MS));
	CU_ASSERT_EQUAL(n_rules(), MANY_ENTRIES * MANY_VALUES + 1);
	CU_ASSERT_EQUAL(watch_n_grants_told(), 1);
	(void)watch_end();
	slapd_start(SLAPD_ONE); /* empties the folder */
}

static void
test_many_changes_are_told_together(void)
{
	struct directory_config c;

	set_up(&c);
	d = watch_directory(&c);
	CU_ASSERT(watch_for(is_live, SOON_MS));
	add_many();
	CU_ASSERT(comes_to(MANY_ENTRIES, SOON_MS));
	CU_ASSERT(watch_n_grants_told() < MANY_ENTRIES / 2);
	(void)watch_end();
	slapd_start(SLAPD_ONE);
}

CU_TestInfo follow_tests[] = {
    {"no grants are told as none", test_no_grants_are_told_as_none},
    {"changes are seen by sync", test_changes_are_seen_by_sync},
    {"changes are seen by polling", test_changes_are_seen_by_polling},
    {"what changed while it was away is seen",
	test_what_changed_while_it_was_away_is_seen},
    {"an unchanged refresh is not told", test_an_unchanged_refresh_is_not_told},
    {"FreeIPA zones are read", test_freeipa_zones_are_read},
    {"FreeIPA zones without updates have no rules",
	test_freeipa_zones_without_updates_have_no_rules},
    {"malformed entries say so and stay active",
	test_malformed_entries_say_so_and_stay_active},
    {"ten thousand grants", test_ten_thousand_grants},
    {"many changes are told together", test_many_changes_are_told_together},
    CU_TEST_INFO_NULL,
};
