/*
 * test_log_limit.c - how many lines a stranger may cause
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/server/log_limit.h"
#include "tests/unit/suites.h"

static char said[1024]; /* "kind source n; " */

static void
say(const struct log_limit_held *held)
{
	char addr[ADDR_TEXT_SIZE], one[128];

	(void)snprintf(one, sizeof(one), "%d %s %llu; ", (int)held->kind,
	    addr_to_text(&held->source, addr), (unsigned long long)held->n);
	(void)strncat(said, one, sizeof(said) - strlen(said) - 1);
}

static struct log_limit *
limit(void)
{
	struct log_limit *l = log_limit_create(say);

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	said[0] = '\0';
	clock_test_set(1000000, 1000000000);
	return l;
}

static void
end(struct log_limit *l)
{
	log_limit_destroy(l);
	clock_test_set(0, 0);
}

static void
pass(unsigned ms)
{
	clock_test_set(clock_wall_us(),
	    clock_mono_ns() + (uint64_t)ms * 1000000u);
}

/* How many of n lines may be written. */
static unsigned
lines(struct log_limit *l, enum log_limit_kind kind, const char *from,
    unsigned n)
{
	unsigned allowed = 0;
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(from, &a), 0);
	while (n-- > 0)
		if (log_limit_allows(l, kind, &a))
			allowed++;
	return allowed;
}

static void
test_the_rest_is_said_when_the_window_ends(void)
{
	struct log_limit *l = limit();

	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "192.0.2.1",
			    LOG_LIMIT_LINES + 7),
	    LOG_LIMIT_LINES);
	log_limit_expire(l);
	CU_ASSERT_STRING_EQUAL(said, "");
	pass(LOG_LIMIT_WINDOW_MS - 1);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "192.0.2.1", 1), 0);
	pass(1);
	log_limit_expire(l);
	CU_ASSERT_STRING_EQUAL(said, "0 192.0.2.1 8; ");
	log_limit_expire(l);
	CU_ASSERT_STRING_EQUAL(said, "0 192.0.2.1 8; ");
	CU_ASSERT_EQUAL(log_limit_held_back(l), 8);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "192.0.2.1", 2), 2);
	end(l);
}

static void
test_a_line_of_the_next_window_says_it_too(void)
{
	struct log_limit *l = limit();

	(void)lines(l, LOG_LIMIT_TKEY, "192.0.2.1", LOG_LIMIT_LINES + 3);
	pass(LOG_LIMIT_WINDOW_MS);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TKEY, "192.0.2.1", 1), 1);
	CU_ASSERT_STRING_EQUAL(said, "1 192.0.2.1 3; ");
	end(l);
}

static void
test_sources_and_kinds_have_budgets_of_their_own(void)
{
	struct log_limit *l = limit();

	(void)lines(l, LOG_LIMIT_TSIG, "2001:db8::1", LOG_LIMIT_LINES);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "2001:db8::2", 1), 0);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "2001:db8:0:1::2", 1), 1);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TKEY, "2001:db8::1", 1), 1);
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_JUNK, "192.0.2.1", 1), 1);
	pass(LOG_LIMIT_WINDOW_MS);
	log_limit_expire(l);
	CU_ASSERT_STRING_EQUAL(said, "0 2001:db8:: 1; ");
	end(l);
}

/* Forged addresses fill the table: the rest have one budget together. */
static void
test_many_sources_cause_few_lines(void)
{
	struct log_limit *l = limit();
	unsigned allowed = 0;
	char from[32];

	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(from, sizeof(from), "10.%u.%u.1", i / 256,
		    i % 256);
		allowed += lines(l, LOG_LIMIT_TSIG, from, 1);
	}
	CU_ASSERT(allowed <= LOG_LIMIT_SOURCES + LOG_LIMIT_LINES);
	CU_ASSERT(allowed > LOG_LIMIT_SOURCES / 2);
	CU_ASSERT_EQUAL(log_limit_held_back(l), 20000 - allowed);
	pass(LOG_LIMIT_WINDOW_MS);
	log_limit_expire(l);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "0 none "));
	/* The next window has places for others. */
	CU_ASSERT_EQUAL(lines(l, LOG_LIMIT_TSIG, "192.0.2.1", 3), 3);
	end(l);
}

CU_TestInfo log_limit_tests[] = {
    {"window", test_the_rest_is_said_when_the_window_ends},
    {"next window", test_a_line_of_the_next_window_says_it_too},
    {"budgets", test_sources_and_kinds_have_budgets_of_their_own},
    {"many", test_many_sources_cause_few_lines},
    CU_TEST_INFO_NULL,
};
