/*
 * test_sid_list.c - many SIDs in little room
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/identity/sid_list.h"
#include "tests/unit/suites.h"

static const char *const texts[] = {"S-1-5-21-1-2-3-512", "S-1-5-21-1-2-3-513",
    "S-1-18-1", "S-1-5-21-1-2-4-512", "S-1-5-21-1-2-3-512",
    "S-1-5-21-1-2-3-600"};
#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void
fill(struct sid_list *l)
{
	struct sid sid, last = {.n_subs = 0};
	uint32_t rid;

	for (size_t i = 0; i < N_TEXTS; i++) {
		CU_ASSERT_EQUAL_FATAL(sid_from_text(texts[i], &sid), 0);
		rid = sid_split(&sid);
		sid_list_add(l, &sid, rid, &last);
	}
}

static void
test_counting_tells_the_room(void)
{
	struct sid_run runs[4] = {{.n = 0}};
	uint32_t rids[N_TEXTS];
	struct sid_list counted = {.runs = NULL};
	struct sid_list l = {.runs = runs, .rids = rids};

	fill(&counted);
	fill(&l);
	CU_ASSERT_EQUAL(counted.n_runs, 4);
	CU_ASSERT_EQUAL(counted.n_sids, N_TEXTS);
	CU_ASSERT_EQUAL(l.n_runs, counted.n_runs);
	CU_ASSERT_EQUAL(l.n_sids, counted.n_sids);
}

static void
test_sids_come_back_in_order(void)
{
	struct sid_run runs[4] = {{.n = 0}};
	uint32_t rids[N_TEXTS];
	struct sid_list l = {.runs = runs, .rids = rids};
	char text[SID_TEXT_SIZE];
	struct sid sid;

	fill(&l);
	for (size_t i = 0; i < N_TEXTS; i++) {
		sid_list_get(&l, i, &sid);
		CU_ASSERT_STRING_EQUAL(sid_to_text(&sid, text), texts[i]);
		CU_ASSERT(sid_list_has(&l, &sid));
	}
	CU_ASSERT_EQUAL(sid_from_text("S-1-5-21-1-2-4-513", &sid), 0);
	CU_ASSERT(!sid_list_has(&l, &sid)); /* that RID is of another domain */
}

CU_TestInfo sid_list_tests[] = {
    {"room", test_counting_tells_the_room},
    {"order", test_sids_come_back_in_order},
    CU_TEST_INFO_NULL,
};
