/*
 * test_history.c - the index of changesets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/err.h"
#include "daemon/store/history.h"
#include "tests/unit/suites.h"

static void
append(struct history *h, uint32_t from, uint32_t to, uint32_t segment,
    uint64_t lsn)
{
	struct journal_location where = {.lsn = lsn,
	    .segment = segment,
	    .offset = (uint32_t)lsn,
	    .len = 100,
	    .share = 4096};

	CU_ASSERT_EQUAL(history_append(h, from, to, &where), 0);
}

static void
test_a_range_is_found_by_its_serials(void)
{
	struct history h;
	size_t first, n;

	history_init(&h);
	for (uint32_t i = 0; i < 200; i++)
		append(&h, UINT32_MAX - 100 + i, UINT32_MAX - 99 + i,
		    1 + i / 50, i + 1);
	/* Across the wrap of RFC 1982. */
	CU_ASSERT_EQUAL(history_find(&h, UINT32_MAX - 5, 20, &first, &n), 0);
	CU_ASSERT_EQUAL(n, 26);
	CU_ASSERT_EQUAL(h.entries[first].serial_from, UINT32_MAX - 5);
	CU_ASSERT_EQUAL(h.entries[first + n - 1].serial_to, 20);
	CU_ASSERT_EQUAL(history_find(&h, 7, 7, &first, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(history_find(&h, UINT32_MAX - 101, 20, &first, &n),
	    ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 20, 7, &first, &n), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 0, 500, &first, &n), ERR_NOTFOUND);
	history_clear(&h);
}

static void
test_the_oldest_is_cut_first(void)
{
	struct history h;
	size_t first, n;

	history_init(&h);
	for (uint32_t i = 0; i < 100; i++)
		append(&h, i, i + 1, 1 + i / 10, i + 1);
	history_cut_octets(&h, 50 * 4096);
	CU_ASSERT_EQUAL(h.octets, 50 * 4096);
	CU_ASSERT_EQUAL(history_find(&h, 49, 100, &first, &n), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 50, 100, &first, &n), 0);
	history_cut_segment(&h, 6);
	CU_ASSERT_EQUAL(history_find(&h, 59, 100, &first, &n), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 60, 100, &first, &n), 0);
	/* Cut or not: a snapshot lacks the changes of segment 1. */
	CU_ASSERT_EQUAL(history_first_segment(&h), 1);
	CU_ASSERT_EQUAL(history_unsaved_segment(&h), 1);
	history_saved(&h, 15);
	CU_ASSERT_EQUAL(history_unsaved_segment(&h), 2);
	history_saved(&h, 100);
	CU_ASSERT_EQUAL(history_unsaved_segment(&h), 0);
	CU_ASSERT_EQUAL(history_first_segment(&h), 7);
	history_forget(&h);
	CU_ASSERT_EQUAL(history_first_segment(&h), 0);
	history_clear(&h);
}

static void
test_a_gap_makes_the_past_useless(void)
{
	struct history h;
	size_t first, n;

	history_init(&h);
	append(&h, 1, 2, 1, 1);
	append(&h, 5, 6, 1, 2);
	CU_ASSERT_EQUAL(history_find(&h, 1, 6, &first, &n), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 5, 6, &first, &n), 0);
	history_clear(&h);
}

static void
test_serials_without_an_order_are_cut(void)
{
	struct history h;
	size_t first, n;

	history_init(&h);
	append(&h, 1, 2, 1, 1);
	append(&h, 2, 0x70000000, 1, 2);
	append(&h, 0x70000000, 0x80000002, 1, 3);
	CU_ASSERT_EQUAL(history_find(&h, 1, 0x80000002, &first, &n),
	    ERR_NOTFOUND);
	CU_ASSERT_EQUAL(history_find(&h, 0x70000000, 0x80000002, &first, &n),
	    0);
	/* One that alone goes too far leaves nothing. */
	history_forget(&h);
	append(&h, 2, 1, 1, 4);
	CU_ASSERT_EQUAL(h.end, h.first);
	CU_ASSERT_EQUAL(h.octets, 0);
	append(&h, 1, 2, 1, 5);
	CU_ASSERT_EQUAL(history_find(&h, 1, 2, &first, &n), 0);
	history_clear(&h);
}

CU_TestInfo history_tests[] = {
    {"find", test_a_range_is_found_by_its_serials},
    {"cut", test_the_oldest_is_cut_first},
    {"gap", test_a_gap_makes_the_past_useless},
    {"order", test_serials_without_an_order_are_cut},
    CU_TEST_INFO_NULL,
};
