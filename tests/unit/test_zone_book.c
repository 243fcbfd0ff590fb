/*
 * test_zone_book.c - the policy book of a zone, from all its sources
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/server/zone_book.h"
#include "tests/unit/made_grants.h"
#include "tests/unit/suites.h"

static char said[512];

static void
complain(void *arg, const char *source, const char *what)
{
	(void)arg;
	(void)snprintf(said + strlen(said), sizeof(said) - strlen(said),
	    "%s: %s\n", source, what);
}

static bool
find_group(void *arg, const char *text, struct policy_group *group_out)
{
	(void)arg;
	(void)text;
	(void)group_out;
	return false;
}

/* One rule of a file in line 7. */
static struct conf_zone
zone(struct conf_rule *rule, const char *text)
{
	*rule = (struct conf_rule){text, {"/etc/kddns/kddnsd.conf", 7, 1}};
	return (struct conf_zone){.update_policy = {.items = rule, .n = 1}};
}

static struct policy_book *
compile(const struct conf_zone *conf, const struct grant_rules *grants,
    enum grant_rules_validity validity)
{
	const struct zone_book_directory directory = {.has_directory = true,
	    .grants = grants,
	    .validity = validity,
	    .find_group = find_group};
	struct name apex;
	const struct zone_book_source source = {.conf = conf,
	    .apex = &apex,
	    .directory = &directory,
	    .complain = complain};
	struct policy_book *book;
	int ret;

	said[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.test", NULL, &apex), 0);
	ret = zone_book_compile(&source, &book);
	CU_ASSERT_EQUAL(ret == 0, book != NULL);
	return book;
}

/* All rules; frees the book. */
static const char *
text_of(struct policy_book *book)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < policy_book_n_rules(book); i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s|", policy_rule_to_text(policy_book_rule_at(book, i)));
	policy_book_unref(book);
	return text;
}

static struct grant_rules *
grants_of(const char *grant, const char *deny)
{
	const struct made_entry entry = {.dn = "cn=a",
	    .zone = "ad.test",
	    .rules = {grant, deny}};
	const struct grants *g = made_grants(&entry, 1);
	struct grant_rules *rules = grant_rules_create(g);

	grants_unref(g);
	return rules;
}

static void
test_sources_follow_each_other_as_said(void)
{
	struct conf_rule rule;
	struct conf_zone conf = zone(&rule, "grant f zonesub");
	struct grant_rules *g =
	    grants_of("{1}grant d zonesub", "deny e self .");

	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_FILE, CONF_POLICY_LDAP},
		2};
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, g, GRANT_RULES_VALID)),
	    "grant f zonesub (kddnsd.conf:7)|grant d zonesub (cn=a)|"
	    "deny e self . (cn=a)|");
	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_LDAP, CONF_POLICY_FILE},
		2};
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, g, GRANT_RULES_VALID)),
	    "grant d zonesub (cn=a)|deny e self . (cn=a)|"
	    "grant f zonesub (kddnsd.conf:7)|");
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, g, GRANT_RULES_LAPSED)),
	    "deny e self . (cn=a)|grant f zonesub (kddnsd.conf:7)|");
	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_FILE}, 1};
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, g, GRANT_RULES_VALID)),
	    "grant f zonesub (kddnsd.conf:7)|");
	CU_ASSERT_STRING_EQUAL(said, "");
	grant_rules_destroy(g);
}

static void
test_a_directory_that_was_not_read_refuses_at_its_place(void)
{
	struct conf_rule rule;
	struct conf_zone conf = zone(&rule, "grant f zonesub");

	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_LDAP, CONF_POLICY_FILE},
		2};
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, NULL, GRANT_RULES_VALID)),
	    "the directory was not read yet (ldap)|"
	    "grant f zonesub (kddnsd.conf:7)|");
}

static void
test_a_mistake_in_the_file_is_an_error_elsewhere_a_warning(void)
{
	struct conf_rule rule;
	struct conf_zone conf = zone(&rule, "grant f what");
	struct grant_rules *g = grants_of("{1}grant d what", "{2}deny e self");

	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_FILE}, 1};
	CU_ASSERT_PTR_NULL(compile(&conf, NULL, GRANT_RULES_VALID));
	CU_ASSERT_STRING_EQUAL(said,
	    "kddnsd.conf:7: \"what\" is not a rule type\n");
	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_LDAP}, 1};
	CU_ASSERT_STRING_EQUAL(text_of(compile(&conf, g, GRANT_RULES_VALID)),
	    "deny e self (cn=a)|");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(said, "cn=a: \"what\" is not a rule type\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "is missing"));
	grant_rules_destroy(g);
}

static void
count_line(void *arg, const char *line)
{
	(void)line;
	(*(unsigned *)arg)++;
}

static void
test_who_has_the_old_book_keeps_it(void)
{
	struct zone_book_warnings warnings = {.n = 0};
	struct conf_rule rule;
	struct conf_zone conf = zone(&rule, "grant f zonesub");
	struct policy_book *old, *new, *is;
	struct zone_book *z;
	unsigned n = 0;

	conf.policy_source =
	    (struct conf_policy_sources){{CONF_POLICY_FILE}, 1};
	old = compile(&conf, NULL, GRANT_RULES_VALID);
	new = compile(&conf, NULL, GRANT_RULES_VALID);
	z = zone_book_create(old);
	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	old = zone_book_ref(z);
	zone_book_warnings_add(&warnings, "cn=a", "is wrong");
	zone_book_swap(z, new, &warnings);
	CU_ASSERT_EQUAL(warnings.n, 0);
	zone_book_each_warning(z, count_line, &n);
	CU_ASSERT_EQUAL(n, 1);
	is = zone_book_ref(z);
	CU_ASSERT_PTR_EQUAL(is, new);
	CU_ASSERT_EQUAL(policy_book_n_rules(old), 1);
	policy_book_unref(is);
	policy_book_unref(old);
	zone_book_destroy(z);
}

static void
note_change(void *arg, const char *rule, bool is_added)
{
	char *text = arg;

	(void)snprintf(text + strlen(text), 256 - strlen(text), "%c%s\n",
	    is_added ? '+' : '-', rule);
}

/* Two books of the directory compared. */
static struct zone_book_changes
compare(const char *const old[2], const char *const new[2], char *text)
{
	struct conf_zone conf = {.policy_source = {{CONF_POLICY_LDAP}, 1}};
	struct zone_book_changes x;
	struct grant_rules *g = grants_of(old[0], old[1]);
	struct policy_book *was = compile(&conf, g, GRANT_RULES_VALID), *is;

	grant_rules_destroy(g);
	g = grants_of(new[0], new[1]);
	is = compile(&conf, g, GRANT_RULES_VALID);
	grant_rules_destroy(g);
	text[0] = '\0';
	CU_ASSERT_EQUAL(zone_book_compare(was, is, note_change, text, &x), 0);
	policy_book_unref(was);
	policy_book_unref(is);
	return x;
}

static void
test_what_came_and_went_is_told(void)
{
	static const char *const first[] = {"{1}grant a zonesub",
	    "{2}grant b zonesub"};
	static const char *const other[] = {"{1}grant a zonesub",
	    "{2}deny b zonesub"};
	static const char *const turned[] = {"{2}grant a zonesub",
	    "{1}grant b zonesub"};
	struct zone_book_changes x;
	char text[256];

	x = compare(first, other, text);
	CU_ASSERT_EQUAL(x.n_added, 1);
	CU_ASSERT_EQUAL(x.n_removed, 1);
	CU_ASSERT_STRING_EQUAL(text,
	    "+deny b zonesub (cn=a)\n-grant b zonesub (cn=a)\n");
	x = compare(first, turned, text);
	CU_ASSERT(x.is_reordered);
	CU_ASSERT_STRING_EQUAL(text, "");
	x = compare(first, first, text);
	CU_ASSERT(!x.is_reordered);
}

CU_TestInfo zone_book_tests[] = {
    {"sources follow each other as said",
	test_sources_follow_each_other_as_said},
    {"a directory that was not read refuses at its place",
	test_a_directory_that_was_not_read_refuses_at_its_place},
    {"a mistake in the file is an error, elsewhere a warning",
	test_a_mistake_in_the_file_is_an_error_elsewhere_a_warning},
    {"who has the old book keeps it", test_who_has_the_old_book_keeps_it},
    {"what came and went is told", test_what_came_and_went_is_told},
    CU_TEST_INFO_NULL,
};
