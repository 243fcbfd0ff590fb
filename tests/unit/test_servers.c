/*
 * test_servers.c - which server is tried, and when
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ldap/servers.h"
#include "tests/unit/suites.h"

static struct servers s;

static void
test_servers_are_tried_in_order_then_there_is_a_pause(void)
{
	servers_init(&s, 3, 1000);
	CU_ASSERT_EQUAL(s.next, 0);
	CU_ASSERT_EQUAL(s.try_at_ms, 1000);
	servers_failed(&s, 1100);
	CU_ASSERT_EQUAL(s.next, 1);
	CU_ASSERT_EQUAL(s.try_at_ms, 1100);
	servers_failed(&s, 1200);
	CU_ASSERT(!s.is_away);
	servers_failed(&s, 1300);
	CU_ASSERT(s.is_away);
	CU_ASSERT_EQUAL(s.next, 0);
	CU_ASSERT(s.try_at_ms > 1300);
}

static void
test_pauses_grow_and_are_bounded(void)
{
	int64_t now_ms = 0, before_ms = 0;

	servers_init(&s, 1, 0);
	for (int i = 0; i < 20; i++) {
		servers_failed(&s, now_ms);
		CU_ASSERT(s.try_at_ms - now_ms >= before_ms);
		before_ms = s.try_at_ms - now_ms;
		now_ms = s.try_at_ms;
	}
	CU_ASSERT_EQUAL(before_ms, SERVERS_PAUSE_MAX_MS);
	servers_came_up(&s, now_ms);
	CU_ASSERT(!s.is_away);
	servers_lost(&s, now_ms + SERVERS_STEADY_MS);
	CU_ASSERT_EQUAL(s.try_at_ms, now_ms + SERVERS_STEADY_MS);
}

static void
test_a_false_start_is_not_repeated_at_once(void)
{
	servers_init(&s, 2, 0);
	servers_came_up(&s, 0);
	servers_lost(&s, 10);
	CU_ASSERT(s.try_at_ms > 10);
}

static void
test_the_way_back_is_tried_ever_more_rarely(void)
{
	servers_init(&s, 2, 0);
	servers_failed(&s, 0);
	servers_came_up(&s, 0);
	CU_ASSERT_EQUAL(s.current, 1);
	CU_ASSERT_EQUAL(s.back_at_ms, SERVERS_BACK_MIN_MS);
	for (int i = 0; i < 10; i++)
		servers_no_way_back(&s, 0);
	CU_ASSERT_EQUAL(s.back_at_ms, SERVERS_BACK_MAX_MS);
	servers_hurry(&s, 5);
	CU_ASSERT_EQUAL(s.back_at_ms, 5);
	servers_go_back(&s, 0, 6);
	CU_ASSERT(!s.is_up);
	CU_ASSERT_EQUAL(s.next, 0);
	servers_came_up(&s, 7);
	CU_ASSERT_EQUAL(s.back_ms, SERVERS_BACK_MIN_MS);
}

static void
test_a_way_back_that_leads_nowhere_ends_where_it_began(void)
{
	servers_init(&s, 2, 0);
	servers_failed(&s, 0);
	servers_came_up(&s, 0);
	servers_go_back(&s, 0, 100);
	servers_failed(&s, 100);
	CU_ASSERT_EQUAL(s.next, 1);
	servers_came_up(&s, 100);
	CU_ASSERT_EQUAL(s.current, 1);
	CU_ASSERT_EQUAL(s.back_at_ms, 100 + 2 * SERVERS_BACK_MIN_MS);
}

CU_TestInfo servers_tests[] = {
    {"servers are tried in order, then there is a pause",
	test_servers_are_tried_in_order_then_there_is_a_pause},
    {"pauses grow and are bounded", test_pauses_grow_and_are_bounded},
    {"a false start is not repeated at once",
	test_a_false_start_is_not_repeated_at_once},
    {"the way back is tried ever more rarely",
	test_the_way_back_is_tried_ever_more_rarely},
    {"a way back that leads nowhere ends where it began",
	test_a_way_back_that_leads_nowhere_ends_where_it_began},
    CU_TEST_INFO_NULL,
};
