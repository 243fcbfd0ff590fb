/*
 * test_filter.c - search filters made from texts of strangers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "ldap/filter.h"
#include "ldap/hosts.h"
#include "tests/unit/suites.h"

static void
expands_to(const char *pattern, const struct filter_values *v,
    const char *expected)
{
	char *filter = filter_expand(pattern, v);

	CU_ASSERT_PTR_NOT_NULL_FATAL(filter);
	CU_ASSERT_STRING_EQUAL(filter, expected);
	free(filter);
}

static void
test_values_are_escaped(void)
{
	struct filter_values v = {"host/pc1.ad.test@AD.TEST", "*)(uid=*",
	    "a\\b\xc3\xa9"};

	expands_to("(x=%p)", &v, "(x=host/pc1.ad.test@AD.TEST)");
	expands_to("(x=%a/%h)", &v,
	    "(x=\\2a\\29\\28uid\\3d\\2a/a\\5cb\\c3\\a9)");
	expands_to("(x=%h)", &v, "(x=a\\5cb\\c3\\a9)");
	v.host = NULL;
	expands_to("(|(x=%a%%)(y=*))", &v,
	    "(|(x=\\2a\\29\\28uid\\3d\\2a%)(y=*))");
}

static void
test_values_are_not_expanded_again(void)
{
	struct filter_values v = {"%a", "secret", NULL};

	expands_to("(x=%p)", &v, "(x=\\25a)");
}

static void
test_a_host_that_is_not_there_finds_nothing(void)
{
	struct filter_values v = {"p", "a", NULL};

	expands_to("(x=%h)", &v, "(x=\\00)");
}

/* alice/admin is not alice. */
static void
test_a_service_is_not_the_account_of_its_first_name(void)
{
	struct filter_values v = {"a/h@R", "a", "h"};

	expands_to("(|(x=%p)(y=%a))", &v, "(|(x=a/h@R)(y=\\00))");
	expands_to("(|(x=%p)(y=%a%%h))", &v, "(|(x=a/h@R)(y=\\00%h))");
	expands_to("(&(x=%a)(y=%h))", &v, "(&(x=a)(y=h))");
	v = (struct filter_values){"a/b/c@R", NULL, NULL};
	expands_to("(x=%a)", &v, "(x=\\00)");
}

static void
test_what_a_directory_would_fold_is_not_plain(void)
{
	static const char *const bad[] = {"", " a", "a ", "a  b", "a\tb",
	    "\xc3\xa9", "a\x7f", "a\xc2\xad"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!filter_is_plain(bad[i]));
	CU_ASSERT(filter_is_plain("PC1$@AD.TEST"));
	CU_ASSERT(filter_is_plain("Jane Doe@AD.TEST"));
}

static void
test_patterns_are_checked(void)
{
	static const char *const bad[] = {"", "x=%p", "(x=%p", "x=%p)",
	    "(x=%q)", "(x=%", "(a=b)(c=d)", "(a=b)x", "((a=b)"};
	char line[LINE_SIZE];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		line[0] = '\0';
		CU_ASSERT(!filter_check(bad[i], line));
		CU_ASSERT_NOT_EQUAL(line[0], '\0');
	}
	CU_ASSERT(filter_check("(x=%p)", line));
	CU_ASSERT(filter_check("(|(x=%p)(&(y=%a)(z=%h))(w=100%%))", line));
}

static char *values[] = {(char[]){"pc1.ad.test"}, (char[]){"PC1.ad.test."},
    (char[]){"b.ad.test"}, (char[]){"."}, (char[]){""},
    (char[]){"p\\0991.ad.test"}, (char[]){"a b"}, (char[]){"*.ad.test"}};

static void
test_host_names_are_plain_and_unique(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	CU_ASSERT(hosts_add(f, values, sizeof(values) / sizeof(values[0])));
	CU_ASSERT_EQUAL_FATAL(f->n_hosts, 3);
	CU_ASSERT_STRING_EQUAL(f->hosts[0].name, "pc1.ad.test");
	CU_ASSERT_STRING_EQUAL(f->hosts[1].name, "b.ad.test");
	CU_ASSERT_STRING_EQUAL(f->hosts[2].name, "*.ad.test");
	CU_ASSERT(f->is_host_missing);
	facts_destroy(f);
}

static void
test_holders_are_counted(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	CU_ASSERT(hosts_add(f, values, 3));
	CU_ASSERT(!f->is_host_missing);
	hosts_count(f, values, 2, true); /* the same name twice: one object */
	CU_ASSERT_EQUAL(f->hosts[0].n_objects, 1);
	CU_ASSERT_EQUAL(f->hosts[1].n_objects, 0);
	CU_ASSERT(f->hosts[0].is_held && !f->hosts[1].is_held);
	hosts_count(f, NULL, 0, false); /* matched, and nobody sees why */
	CU_ASSERT_EQUAL(f->hosts[0].n_objects, 2);
	CU_ASSERT_EQUAL(f->hosts[1].n_objects, 1);
	CU_ASSERT(!f->hosts[1].is_held);
	hosts_are_crowded(f);
	CU_ASSERT_EQUAL(f->hosts[0].n_objects, 2);
	CU_ASSERT_EQUAL(f->hosts[1].n_objects, 2);
	facts_destroy(f);
}

static void
test_the_filter_for_holders_has_all_spellings(void)
{
	static const char *const attributes[] = {"dNSHostName", "fqdn"};
	struct facts *f = calloc(1, sizeof(*f));
	char *filter;

	CU_ASSERT(hosts_add(f, &values[7], 1));
	filter = hosts_filter(f, attributes, 2);
	CU_ASSERT_STRING_EQUAL(filter,
	    "(|(dNSHostName=\\2a.ad.test)(dNSHostName=\\2a.ad.test.)"
	    "(fqdn=\\2a.ad.test)(fqdn=\\2a.ad.test.))");
	free(filter);
	facts_destroy(f);
}

CU_TestInfo filter_tests[] = {
    {"values are escaped", test_values_are_escaped},
    {"values are not expanded again", test_values_are_not_expanded_again},
    {"a host that is not there finds nothing",
	test_a_host_that_is_not_there_finds_nothing},
    {"a service is not the account of its first name",
	test_a_service_is_not_the_account_of_its_first_name},
    {"what a directory would fold is not plain",
	test_what_a_directory_would_fold_is_not_plain},
    {"patterns are checked", test_patterns_are_checked},
    {"host names are plain and unique", test_host_names_are_plain_and_unique},
    {"holders are counted", test_holders_are_counted},
    {"the filter for holders has all spellings",
	test_the_filter_for_holders_has_all_spellings},
    CU_TEST_INFO_NULL,
};
