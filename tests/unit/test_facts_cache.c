/*
 * test_facts_cache.c - what the directory told of principals, for a while
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/identity/principal.h"
#include "daemon/server/facts_cache.h"
#include "tests/unit/suites.h"

#define SECOND 1000000000ull

/* A directory that answers when the test says. */
static struct facts_ticket *tickets[64];
static size_t n_tickets;
static bool is_deaf;
static unsigned n_notified;

static bool
ask(void *arg, struct principal *p, struct facts_ticket *t)
{
	(void)arg;
	(void)p;
	if (is_deaf)
		return false;
	tickets[n_tickets++] = t;
	return true;
}

static void
notify(struct facts_waiter *w)
{
	(void)w;
	n_notified++;
}

/* 300 s, 30 s without facts, 3600 s when nobody answers; up. */
static struct facts_cache *
cache(size_t max)
{
	struct facts_cache *c;

	clock_test_set(1000000, SECOND);
	n_tickets = n_notified = 0;
	is_deaf = false;
	c = facts_cache_create(&(struct facts_cache_config){.max = max,
	    .times = {300, 30, 3600, 3},
	    .ask = ask});
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	facts_cache_set_up(c, true);
	return c;
}

static void
end(struct facts_cache *c)
{
	CU_ASSERT_EQUAL(n_tickets, 0);
	facts_cache_destroy(c);
	clock_test_set(0, 0);
}

static void
pass(unsigned seconds)
{
	clock_test_set(clock_wall_us(), clock_mono_ns() + seconds * SECOND);
}

static struct principal *
principal(const char *text)
{
	struct principal *p;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text(text, &p, &reason), 0);
	return p;
}

/* Answers the oldest question. */
static void
answer(enum facts_cache_result result)
{
	struct signer_facts *f = NULL;

	CU_ASSERT_FATAL(n_tickets > 0);
	if (result != FACTS_CACHE_FAILED)
		f = signer_facts_create(&(struct signer_facts_source){
		    .has_all_groups = result == FACTS_CACHE_FOUND});
	facts_cache_answer(tickets[0], result, f,
	    strdup(result == FACTS_CACHE_FAILED ? "no answer" : "told"));
	memmove(tickets, tickets + 1, --n_tickets * sizeof(tickets[0]));
}

static enum signer_facts_state
find(struct facts_cache *c, struct principal *p, struct facts_waiter *w)
{
	struct facts_view v;

	facts_cache_find(c, p, w, &v);
	CU_ASSERT_EQUAL(v.state == SIGNER_FACTS_KNOWN, v.facts != NULL);
	signer_facts_unref(v.facts);
	return v.state;
}

static void
test_facts_come_once_and_stay(void)
{
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");
	char note[64];

	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	CU_ASSERT_EQUAL(n_tickets, 1);
	answer(FACTS_CACHE_FOUND);
	pass(200);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	CU_ASSERT_EQUAL(n_tickets, 0);
	facts_cache_note(c, p, note, sizeof(note));
	CU_ASSERT_STRING_EQUAL(note, "told");
	/* Asked again before they are too old, so that nobody waits. */
	pass(50);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	CU_ASSERT_EQUAL(n_tickets, 1);
	answer(FACTS_CACHE_FOUND);
	pass(100);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	/* Nobody has asked for long: they are not believed any more. */
	pass(300);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_NONE);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	pass(30);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FOUND);
	principal_unref(p);
	end(c);
}

static void
test_without_an_answer_facts_go_on_for_the_stale_time(void)
{
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");
	char note[64];

	(void)find(c, p, NULL);
	answer(FACTS_CACHE_FOUND);
	pass(301);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FAILED);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	CU_ASSERT_EQUAL(atomic_load(&facts_cache_counters(c)->stale), 1);
	facts_cache_note(c, p, note, sizeof(note));
	CU_ASSERT_STRING_EQUAL(note, "told");
	CU_ASSERT_EQUAL(n_tickets, 0); /* not at once again */
	pass(3299);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	answer(FACTS_CACHE_FAILED);
	pass(1);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FAILED);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_UNKNOWN);
	pass(1);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	principal_unref(p);
	end(c);
}

static void
test_a_directory_that_is_away_is_not_waited_for_long(void)
{
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");
	struct principal *q = principal("PC2$@AD.TEST");

	(void)find(c, p, NULL);
	answer(FACTS_CACHE_FOUND);
	facts_cache_set_up(c, false);
	CU_ASSERT_EQUAL(find(c, q, NULL), SIGNER_FACTS_COMING);
	pass(4);
	CU_ASSERT_EQUAL(find(c, q, NULL), SIGNER_FACTS_UNKNOWN);
	facts_cache_set_up(c, false); /* said twice, away as long */
	answer(FACTS_CACHE_FAILED);
	pass(396);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	CU_ASSERT_EQUAL(n_tickets, 1); /* it may be back */
	answer(FACTS_CACHE_FAILED);
	facts_cache_set_up(c, true);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	CU_ASSERT_EQUAL(find(c, q, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FOUND);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(find(c, q, NULL), SIGNER_FACTS_KNOWN);
	principal_unref(p);
	principal_unref(q);
	end(c);
}

/* Though cache_time is longer. */
static void
test_after_the_stale_time_without_a_directory_nothing_is_known(void)
{
	const struct facts_cache_times times = {300, 30, 5, 3};
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");

	facts_cache_restart(c, &times);
	facts_cache_set_up(c, true);
	(void)find(c, p, NULL);
	answer(FACTS_CACHE_FOUND);
	pass(100);
	facts_cache_set_up(c, false);
	pass(5);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	pass(1);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_UNKNOWN);
	facts_cache_set_up(c, true);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	principal_unref(p);
	end(c);
}

static void
test_who_waits_is_notified_once(void)
{
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");
	struct facts_waiter a = {.notify = notify}, b = a, none = a;

	CU_ASSERT_EQUAL(find(c, p, &a), SIGNER_FACTS_COMING);
	CU_ASSERT_EQUAL(find(c, p, &b), SIGNER_FACTS_COMING);
	CU_ASSERT(facts_cache_leave(c, p, &a));
	CU_ASSERT_EQUAL(n_notified, 0);
	answer(FACTS_CACHE_FAILED);
	CU_ASSERT_EQUAL(n_notified, 1);
	CU_ASSERT(!facts_cache_leave(c, p, &b));
	CU_ASSERT_EQUAL(find(c, p, &none), SIGNER_FACTS_UNKNOWN);
	CU_ASSERT(!facts_cache_leave(c, p, &none));
	principal_unref(p);
	end(c);
}

/* Rules or the directory changed: what was asked before does not count. */
static void
test_old_answers_do_not_count_after_a_change(void)
{
	const struct facts_cache_times times = {300, 30, 3600, 3};
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");
	struct facts_waiter w = {.notify = notify};

	CU_ASSERT_EQUAL(find(c, p, &w), SIGNER_FACTS_COMING);
	facts_cache_restart(c, &times);
	CU_ASSERT_EQUAL(n_notified, 1);
	facts_cache_set_up(c, true);
	CU_ASSERT_EQUAL(find(c, p, &w), SIGNER_FACTS_COMING);
	CU_ASSERT_EQUAL(n_tickets, 2);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	facts_cache_expire(c);
	CU_ASSERT_EQUAL(n_notified, 2);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_KNOWN);
	facts_cache_expire(c);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FAILED);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_UNKNOWN);
	principal_unref(p);
	end(c);
}

static void
test_the_idlest_makes_room_but_for_who_is_waited_for(void)
{
	struct facts_cache *c = cache(1); /* one of each shard */
	struct facts_waiter w = {.notify = notify};
	struct principal *waited = principal("PC0$@AD.TEST");
	unsigned n_unknown = 0;

	CU_ASSERT_EQUAL(find(c, waited, &w), SIGNER_FACTS_COMING);
	for (int i = 1; i <= 60; i++) {
		struct principal *p;
		char text[32];

		(void)snprintf(text, sizeof(text), "PC%d$@AD.TEST", i);
		p = principal(text);
		n_unknown += find(c, p, NULL) == SIGNER_FACTS_UNKNOWN;
		principal_unref(p);
	}
	CU_ASSERT(n_unknown < 30);
	CU_ASSERT(atomic_load(&facts_cache_counters(c)->count) <= 16);
	CU_ASSERT(atomic_load(&facts_cache_counters(c)->evicted) > 0);
	answer(FACTS_CACHE_FOUND);
	CU_ASSERT_EQUAL(n_notified, 1);
	while (n_tickets > 0)
		answer(FACTS_CACHE_FOUND);
	principal_unref(waited);
	end(c);
}

static void
test_a_directory_that_takes_no_question_is_asked_later(void)
{
	struct facts_cache *c = cache(100);
	struct principal *p = principal("PC1$@AD.TEST");

	is_deaf = true;
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_UNKNOWN);
	is_deaf = false;
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_UNKNOWN);
	pass(1);
	CU_ASSERT_EQUAL(find(c, p, NULL), SIGNER_FACTS_COMING);
	answer(FACTS_CACHE_FOUND);
	principal_unref(p);
	end(c);
}

CU_TestInfo facts_cache_tests[] = {
    {"facts come once and stay", test_facts_come_once_and_stay},
    {"without an answer facts go on for the stale time",
	test_without_an_answer_facts_go_on_for_the_stale_time},
    {"a directory that is away is not waited for long",
	test_a_directory_that_is_away_is_not_waited_for_long},
    {"after the stale time without a directory nothing is known",
	test_after_the_stale_time_without_a_directory_nothing_is_known},
    {"who waits is notified once", test_who_waits_is_notified_once},
    {"old answers do not count after a change",
	test_old_answers_do_not_count_after_a_change},
    {"the idlest makes room, but for who is waited for",
	test_the_idlest_makes_room_but_for_who_is_waited_for},
    {"a directory that takes no question is asked later",
	test_a_directory_that_takes_no_question_is_asked_later},
    CU_TEST_INFO_NULL,
};
