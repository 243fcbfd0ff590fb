/*
 * test_decisions.c - records of what was decided
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/server/decisions.h"
#include "tests/unit/suites.h"

#define WRITERS 2
#define EACH DECISIONS_KEPT /* so that no ring goes round */
#define ROUNDS 20

static void
put(struct decisions *d, unsigned writer, enum decision_kind kind,
    enum decision_result result, const char *asked)
{
	struct decision x = {.kind = kind, .result = result};

	(void)snprintf(x.asked, sizeof(x.asked), "%s", asked);
	decisions_put(d, writer, &x);
}

static void
put_signed(struct decisions *d, enum decision_result result, const char *asked)
{
	struct decision x = {.kind = DECISION_UPDATE,
	    .result = result,
	    .key = "a.key"};

	(void)snprintf(x.asked, sizeof(x.asked), "%s", asked);
	decisions_put(d, 0, &x);
}

/* What a query gives, as "asked asked ". */
static const char *
read_all(struct decisions *d, struct decisions_query query)
{
	static char text[4096];
	struct decision *list;
	uint64_t last;
	size_t n;

	text[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(decisions_read(d, &query, &list, &n, &last), 0);
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(text);

		(void)snprintf(text + at, sizeof(text) - at, "%s ",
		    list[i].asked);
	}
	free(list);
	return text;
}

static void
test_the_newest_come_in_order_from_all_writers(void)
{
	struct decisions *d = decisions_create(WRITERS);

	put(d, 0, DECISION_UPDATE, DECISION_DONE, "a");
	put(d, 1, DECISION_UPDATE, DECISION_REFUSED, "b");
	put(d, 1, DECISION_NEGOTIATION, DECISION_DONE, "c");
	put(d, 0, DECISION_SIGNATURE, DECISION_FAILED, "d");
	CU_ASSERT_STRING_EQUAL(read_all(d,
				   (struct decisions_query){.max = 100}),
	    "a b c d ");
	CU_ASSERT_STRING_EQUAL(read_all(d, (struct decisions_query){.max = 2}),
	    "c d ");
	CU_ASSERT_STRING_EQUAL(read_all(d,
				   (struct decisions_query){.max = 100,
				       .after = 1}),
	    "b c d ");
	CU_ASSERT_STRING_EQUAL(read_all(d,
				   (struct decisions_query){.max = 100,
				       .denied_only = true}),
	    "b d ");
	CU_ASSERT_STRING_EQUAL(read_all(d,
				   (struct decisions_query){.max = 100,
				       .after = 4}),
	    "");
	decisions_destroy(d);
}

static void
test_a_flood_of_one_sort_pushes_out_no_other(void)
{
	struct decisions *d = decisions_create(1);

	put_signed(d, DECISION_REFUSED, "refused");
	for (int i = 0; i < 3 * DECISIONS_KEPT; i++) {
		put(d, 0, DECISION_UPDATE, DECISION_DONE, "fine");
		put(d, 0, DECISION_SIGNATURE, DECISION_FAILED, "forged");
		put(d, 0, DECISION_UPDATE, DECISION_REFUSED, "unsigned");
	}
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(read_all(d,
		       (struct decisions_query){.max = SIZE_MAX,
			   .denied_only = true}),
		"refused "));
	decisions_destroy(d);
}

static void
test_waiting_ends_with_the_next(void)
{
	struct decisions *d = decisions_create(1);

	CU_ASSERT_FALSE(decisions_wait(d, 0, 1));
	put(d, 0, DECISION_UPDATE, DECISION_DONE, "a");
	CU_ASSERT_TRUE(decisions_wait(d, 0, 60000));
	CU_ASSERT_FALSE(decisions_wait(d, 1, 1));
	decisions_destroy(d);
}

/* An update from 192.0.2.last; key "": unsigned. */
static void
put_update(struct decisions *d, unsigned writer, uint8_t last, const char *key,
    enum decision_result result)
{
	struct decision x = {.kind = DECISION_UPDATE,
	    .result = result,
	    .from = {.family = AF_INET, .octets = {192, 0, 2, last}}};

	(void)snprintf(x.key, sizeof(x.key), "%s", key);
	(void)snprintf(x.zone, sizeof(x.zone), "ad.test");
	(void)snprintf(x.asked, sizeof(x.asked), "u%u", last);
	decisions_put(d, writer, &x);
}

static void
test_an_unsigned_first_attempt_is_one_event_with_the_signed_one(void)
{
	struct decisions *d = decisions_create(WRITERS);
	struct decisions_query all = {.max = 100};
	struct decision *list;
	uint64_t last;
	size_t n;

	put_update(d, 0, 1, "", DECISION_REFUSED);
	put_update(d, 0, 2, "", DECISION_REFUSED);
	CU_ASSERT_STRING_EQUAL(read_all(d, all), "u1 u2 ");
	put_update(d, 1, 1, "k", DECISION_DONE);
	CU_ASSERT_STRING_EQUAL(read_all(d, all), "u2 u1 ");
	CU_ASSERT_EQUAL_FATAL(decisions_read(d, &all, &list, &n, &last), 0);
	CU_ASSERT(!list[0].after_unsigned && list[1].after_unsigned);
	free(list);
	/* once only, and of the same address only */
	put_update(d, 1, 1, "k", DECISION_DONE);
	put_update(d, 1, 3, "k", DECISION_DONE);
	CU_ASSERT_EQUAL_FATAL(decisions_read(d, &all, &list, &n, &last), 0);
	CU_ASSERT_EQUAL_FATAL(n, 4);
	CU_ASSERT(!list[2].after_unsigned && !list[3].after_unsigned);
	free(list);
	decisions_destroy(d);
}

struct flood {
	struct decisions *d;
	unsigned writer;
};

static void *
flood(void *arg)
{
	const struct flood *f = arg;

	for (int i = 0; i < EACH; i++)
		put(f->d, f->writer, DECISION_UPDATE, DECISION_DONE, "x");
	return NULL;
}

static void
follow_a_flood(void)
{
	struct decisions *d = decisions_create(WRITERS);
	struct flood floods[WRITERS];
	pthread_t threads[WRITERS];
	uint64_t after = 0;

	for (unsigned i = 0; i < WRITERS; i++) {
		floods[i] = (struct flood){.d = d, .writer = i};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, flood,
					  &floods[i]),
		    0);
	}
	while (after < (uint64_t)WRITERS * EACH) {
		struct decisions_query query = {.after = after,
		    .max = SIZE_MAX};
		struct decision *list;
		uint64_t last;
		size_t n;

		CU_ASSERT_TRUE_FATAL(decisions_wait(d, after, 60000));
		CU_ASSERT_EQUAL_FATAL(decisions_read(d, &query, &list, &n,
					  &last),
		    0);
		for (size_t i = 0; i < n; i++) {
			CU_ASSERT(list[i].number > after);
			CU_ASSERT(list[i].number <= last);
			CU_ASSERT(
			    i == 0 || list[i].number > list[i - 1].number);
		}
		CU_ASSERT_EQUAL(n, last - after);
		free(list);
		after = last;
	}
	for (unsigned i = 0; i < WRITERS; i++)
		(void)pthread_join(threads[i], NULL);
	decisions_destroy(d);
}

static void
test_who_follows_misses_no_number_and_sees_none_twice(void)
{
	for (int i = 0; i < ROUNDS; i++)
		follow_a_flood();
}

CU_TestInfo decisions_tests[] = {
    {"the newest come in order from all writers",
	test_the_newest_come_in_order_from_all_writers},
    {"a flood of one sort pushes out no other",
	test_a_flood_of_one_sort_pushes_out_no_other},
    {"an unsigned first attempt is one event with the signed one",
	test_an_unsigned_first_attempt_is_one_event_with_the_signed_one},
    {"waiting ends with the next", test_waiting_ends_with_the_next},
    {"who follows misses no number and sees none twice",
	test_who_follows_misses_no_number_and_sees_none_twice},
    CU_TEST_INFO_NULL,
};
