/*
 * test_sessions.c - who has signed in, by the cookie that says so
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "web/sessions.h"

static char who[SESSION_PRINCIPAL_SIZE];

static void
test_a_cookie_finds_its_session_until_it_ends(void)
{
	struct sessions *s = sessions_create();
	char cookie[SESSION_COOKIE_SIZE];

	CU_ASSERT_EQUAL(sessions_add(s, "a@R", 100, 200, cookie), 0);
	CU_ASSERT_EQUAL(strlen(cookie), SESSION_COOKIE_SIZE - 1);
	CU_ASSERT(sessions_find(s, cookie, 199, who));
	CU_ASSERT_STRING_EQUAL(who, "a@R");
	CU_ASSERT(!sessions_find(s, cookie, 200, who));
	sessions_destroy(s);
}

static void
test_no_other_cookie_finds_one(void)
{
	struct sessions *s = sessions_create();
	char cookie[SESSION_COOKIE_SIZE];

	CU_ASSERT_EQUAL(sessions_add(s, "a@R", 100, 200, cookie), 0);
	cookie[63] = cookie[63] == '0' ? '1' : '0';
	CU_ASSERT(!sessions_find(s, cookie, 100, who));
	CU_ASSERT(!sessions_find(s, NULL, 100, who));
	CU_ASSERT(!sessions_find(s, "", 100, who));
	memset(cookie, 0, sizeof(cookie)); /* a place that is free */
	CU_ASSERT(!sessions_find(s, cookie, 100, who));
	sessions_destroy(s);
}

static void
test_the_first_to_end_makes_room(void)
{
	struct sessions *s = sessions_create();
	char first[SESSION_COOKIE_SIZE], second[SESSION_COOKIE_SIZE],
	    other[SESSION_COOKIE_SIZE];

	CU_ASSERT_EQUAL(sessions_add(s, "a@R", 100, 201, first), 0);
	CU_ASSERT_EQUAL(sessions_add(s, "b@R", 100, 200, second), 0);
	for (int i = 2; i < SESSIONS_MAX + 1; i++)
		CU_ASSERT_EQUAL(sessions_add(s, "c@R", 100, 300, other), 0);
	CU_ASSERT(sessions_find(s, first, 100, who));
	CU_ASSERT(!sessions_find(s, second, 100, who));
	sessions_destroy(s);
}

static bool
keep_a(void *arg, const char *principal)
{
	(void)arg;
	return strcmp(principal, "a@R") == 0;
}

static void
test_who_is_no_admin_any_more_has_no_session(void)
{
	struct sessions *s = sessions_create();
	char a[SESSION_COOKIE_SIZE], b[SESSION_COOKIE_SIZE];

	CU_ASSERT_EQUAL(sessions_add(s, "a@R", 100, 200, a), 0);
	CU_ASSERT_EQUAL(sessions_add(s, "b@R", 100, 200, b), 0);
	sessions_keep(s, keep_a, NULL);
	CU_ASSERT(sessions_find(s, a, 100, who));
	CU_ASSERT(!sessions_find(s, b, 100, who));
	sessions_destroy(s);
}

CU_TestInfo sessions_tests[] = {
    {"a cookie finds its session until it ends",
	test_a_cookie_finds_its_session_until_it_ends},
    {"no other cookie finds one", test_no_other_cookie_finds_one},
    {"the first to end makes room", test_the_first_to_end_makes_room},
    {"who is no admin any more has no session",
	test_who_is_no_admin_any_more_has_no_session},
    CU_TEST_INFO_NULL,
};
