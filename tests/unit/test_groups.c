/*
 * test_groups.c - the groups that rules name, as the directory knows them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/server/groups.h"
#include "tests/unit/suites.h"

#define SECOND 1000000000ull

/* A directory that answers when the test says. */
static struct group_ticket *tickets[16];
static size_t n_tickets;
static bool is_deaf;

static bool
ask(void *arg, const char *name, struct group_ticket *t)
{
	(void)arg;
	(void)name;
	if (is_deaf)
		return false;
	tickets[n_tickets++] = t;
	return true;
}

/* 300 s, 30 s for one that is not there, 3600 s when nobody answers. */
static struct groups *
groups(void)
{
	static const struct groups_times times = {300, 30, 3600};
	struct groups *g = groups_create(&(struct groups_config){.ask = ask});

	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	clock_test_set(1000000, SECOND);
	n_tickets = 0;
	is_deaf = false;
	groups_restart(g, &times);
	return g;
}

static void
end(struct groups *g)
{
	CU_ASSERT_EQUAL(n_tickets, 0);
	groups_destroy(g);
	clock_test_set(0, 0);
}

static void
pass(unsigned seconds)
{
	clock_test_set(clock_wall_us(), clock_mono_ns() + seconds * SECOND);
}

/* Answers the oldest question; a group that is found has this DN. */
static void
answer(enum groups_result result, const char *dn)
{
	struct policy_group group = {.dn = dn};

	CU_ASSERT_FATAL(n_tickets > 0);
	groups_answer(tickets[0], result, &group);
	memmove(tickets, tickets + 1, --n_tickets * sizeof(tickets[0]));
}

/* The DN, or why there is none, or "". */
static const char *
find(struct groups *g, const char *name)
{
	struct policy_group group;
	const char *why;

	if (groups_find(g, name, &group, &why))
		return group.dn;
	return why == NULL ? "" : why;
}

static void
test_names_are_resolved_and_looked_at_again(void)
{
	struct groups *g = groups();

	CU_ASSERT_STRING_EQUAL(find(g, "admins"), "");
	CU_ASSERT(!groups_refresh(g));
	CU_ASSERT(!groups_refresh(g));
	CU_ASSERT_EQUAL(n_tickets, 1);
	answer(GROUPS_FOUND, "cn=admins");
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT(!groups_refresh(g));
	CU_ASSERT_STRING_EQUAL(find(g, "admins"), "cn=admins");
	pass(299);
	CU_ASSERT(!groups_refresh(g));
	CU_ASSERT_EQUAL(n_tickets, 0);
	pass(1);
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FOUND, "cn=admins");
	CU_ASSERT(!groups_refresh(g));
	pass(300);
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FOUND, "cn=others");
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT_STRING_EQUAL(find(g, "admins"), "cn=others");
	end(g);
}

static void
test_a_group_that_is_gone_is_not_known(void)
{
	struct groups *g = groups();

	(void)find(g, "admins");
	(void)groups_refresh(g);
	answer(GROUPS_NONE, NULL);
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT_PTR_NOT_NULL(strstr(find(g, "admins"), "no such group"));
	pass(30);
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_SEVERAL, NULL);
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT_PTR_NOT_NULL(strstr(find(g, "admins"), "several"));
	pass(30);
	(void)groups_refresh(g);
	answer(GROUPS_FOUND, "cn=admins");
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT_STRING_EQUAL(find(g, "admins"), "cn=admins");
	end(g);
}

static void
test_without_an_answer_it_lapses_after_the_stale_time(void)
{
	struct groups *g = groups();

	(void)find(g, "admins");
	is_deaf = true;
	CU_ASSERT(!groups_refresh(g));
	is_deaf = false;
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FOUND, "cn=admins");
	CU_ASSERT(groups_refresh(g));
	pass(3600);
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FAILED, NULL);
	CU_ASSERT(!groups_refresh(g));
	CU_ASSERT_STRING_EQUAL(find(g, "admins"), "cn=admins");
	pass(1);
	CU_ASSERT(groups_refresh(g));
	CU_ASSERT_PTR_NOT_NULL(strstr(find(g, "admins"), "not answer"));
	pass(5);
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FOUND, "cn=admins");
	CU_ASSERT(groups_refresh(g));
	end(g);
}

static void
test_what_nobody_names_is_forgotten(void)
{
	static const struct groups_times times = {300, 30, 3600};
	struct groups *g = groups();

	(void)find(g, "a");
	(void)find(g, "b");
	(void)groups_refresh(g);
	answer(GROUPS_FOUND, "cn=x");
	answer(GROUPS_FOUND, "cn=x");
	CU_ASSERT(groups_refresh(g));
	groups_sweep_begin(g);
	CU_ASSERT_STRING_EQUAL(find(g, "a"), "cn=x");
	groups_sweep_end(g);
	CU_ASSERT_STRING_EQUAL(find(g, "a"), "cn=x");
	CU_ASSERT_STRING_EQUAL(find(g, "b"), "");
	(void)groups_refresh(g);
	groups_restart(g, &times);
	CU_ASSERT_STRING_EQUAL(find(g, "a"), "");
	answer(GROUPS_FOUND, "cn=x"); /* of b, which is forgotten */
	CU_ASSERT(!groups_refresh(g));
	answer(GROUPS_FOUND, "cn=a");
	CU_ASSERT(groups_refresh(g));
	end(g);
}

CU_TestInfo groups_tests[] = {
    {"names are resolved and looked at again",
	test_names_are_resolved_and_looked_at_again},
    {"a group that is gone is not known",
	test_a_group_that_is_gone_is_not_known},
    {"without an answer it lapses after the stale time",
	test_without_an_answer_it_lapses_after_the_stale_time},
    {"what nobody names is forgotten", test_what_nobody_names_is_forgotten},
    CU_TEST_INFO_NULL,
};
