/*
 * test_tally.c - how often each rule of each zone has decided
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/server/tally.h"
#include "tests/unit/suites.h"

static char lines[4096];
static size_t n_rows;
static uint64_t n_others;

static void
take(void *arg, const struct tally_row *row)
{
	size_t len = strlen(lines);

	(void)arg;
	n_rows++;
	if (strcmp(row->rule, TALLY_OTHER) == 0)
		n_others += row->n;
	(void)snprintf(lines + len, sizeof(lines) - len, "%s %s %d %llu\n",
	    row->zone, row->rule, row->is_grant, (unsigned long long)row->n);
}

static void
walk(struct tally *t)
{
	lines[0] = '\0';
	n_rows = n_others = 0;
	CU_ASSERT_EQUAL(tally_walk(t, take, NULL), 0);
}

static void
test_counts_of_all_writers_are_one(void)
{
	struct tally *t = tally_create(2);

	tally_add(t, 0, "b.test", true, "r1");
	tally_add(t, 1, "b.test", true, "r1");
	tally_add(t, 1, "b.test", false, "r1");
	tally_add(t, 1, "a.test", true, "r1");
	tally_add(t, 0, "b.test", true, "r0");
	walk(t);
	CU_ASSERT_STRING_EQUAL(lines,
	    "a.test r1 1 1\n"
	    "b.test r0 1 1\n"
	    "b.test r1 0 1\n"
	    "b.test r1 1 2\n");
	tally_destroy(t);
}

static void
test_what_is_too_much_is_counted_together(void)
{
	struct tally *t = tally_create(1);
	char rule[32];

	for (int i = 0; i < 3 * TALLY_MAX; i++) {
		(void)snprintf(rule, sizeof(rule), "rule %d", i);
		tally_add(t, 0, "a.test", i % 2 == 0, rule);
	}
	walk(t);
	CU_ASSERT_EQUAL(n_rows, TALLY_MAX + 2);
	CU_ASSERT_EQUAL(n_others, 2 * TALLY_MAX);
	tally_destroy(t);
}

CU_TestInfo tally_tests[] = {
    {"counts of all writers are one", test_counts_of_all_writers_are_one},
    {"what is too much is counted together",
	test_what_is_too_much_is_counted_together},
    CU_TEST_INFO_NULL,
};
