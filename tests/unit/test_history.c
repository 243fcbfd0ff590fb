/*
 * test_history.c - the index of changesets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/store/history.h"
#include "tests/unit/store_fixture.h"

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

/* How many changesets lead from one serial to the other; -1: none do. */
static int
count_range(const struct history *h, uint32_t from, uint32_t to)
{
	struct history_range r;
	struct history_entry e;
	uint32_t serial = from;
	uint64_t len = 0;
	int n = 0;

	if (history_open(h, from, to, &r) != 0)
		return -1;
	for (; history_peek(&r, &e); n++) {
		CU_ASSERT_EQUAL(e.serial_from, serial);
		serial = e.serial_to;
		len += e.len;
		history_step(&r);
	}
	CU_ASSERT_EQUAL(serial, to);
	CU_ASSERT_EQUAL(r.len, len);
	history_close(&r);
	return n;
}

static void
test_a_range_is_found_by_its_serials(void)
{
	struct history h;

	history_init(&h);
	for (uint32_t i = 0; i < 200; i++)
		append(&h, UINT32_MAX - 100 + i, UINT32_MAX - 99 + i,
		    1 + i / 50, i + 1);
	/* Across the wrap of RFC 1982. */
	CU_ASSERT_EQUAL(count_range(&h, UINT32_MAX - 5, 20), 26);
	CU_ASSERT_EQUAL(count_range(&h, 7, 7), 0);
	CU_ASSERT_EQUAL(count_range(&h, UINT32_MAX - 101, 20), -1);
	CU_ASSERT_EQUAL(count_range(&h, 20, 7), -1);
	CU_ASSERT_EQUAL(count_range(&h, 0, 500), -1);
	history_clear(&h);
}

static void
test_the_oldest_is_cut_first(void)
{
	struct history h;

	history_init(&h);
	for (uint32_t i = 0; i < 100; i++)
		append(&h, i, i + 1, 1 + i / 10, i + 1);
	history_cut_octets(&h, 50 * 4096);
	CU_ASSERT_EQUAL(h.octets, 50 * 4096);
	CU_ASSERT_EQUAL(count_range(&h, 49, 100), -1);
	CU_ASSERT_EQUAL(count_range(&h, 50, 100), 50);
	history_cut_segment(&h, 6);
	CU_ASSERT_EQUAL(count_range(&h, 59, 100), -1);
	CU_ASSERT_EQUAL(count_range(&h, 60, 100), 40);
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

	history_init(&h);
	append(&h, 1, 2, 1, 1);
	append(&h, 5, 6, 1, 2);
	CU_ASSERT_EQUAL(count_range(&h, 1, 6), -1);
	CU_ASSERT_EQUAL(count_range(&h, 5, 6), 1);
	history_clear(&h);
}

static void
test_serials_without_an_order_are_cut(void)
{
	struct history h;

	history_init(&h);
	append(&h, 1, 2, 1, 1);
	append(&h, 2, 0x70000000, 1, 2);
	append(&h, 0x70000000, 0x80000002, 1, 3);
	CU_ASSERT_EQUAL(count_range(&h, 1, 0x80000002), -1);
	CU_ASSERT_EQUAL(count_range(&h, 0x70000000, 0x80000002), 1);
	/* One that alone goes too far leaves nothing. */
	history_forget(&h);
	append(&h, 2, 1, 1, 4);
	CU_ASSERT_EQUAL(history_count(&h), 0);
	CU_ASSERT_PTR_NULL(history_oldest(&h));
	CU_ASSERT_EQUAL(h.octets, 0);
	append(&h, 1, 2, 1, 5);
	CU_ASSERT_EQUAL(count_range(&h, 1, 2), 1);
	history_clear(&h);
}

/* A transfer that began before the cut goes on. */
static void
test_what_is_cut_stays_for_who_reads_it(void)
{
	struct history h;
	struct history_range all, tail, cut;
	struct history_entry e;

	history_init(&h);
	for (uint32_t i = 0; i < 5000; i++)
		append(&h, i, i + 1, 1 + i / 10, i + 1);
	CU_ASSERT_EQUAL_FATAL(history_open(&h, 0, 5000, &all), 0);
	CU_ASSERT_EQUAL_FATAL(history_open(&h, 4990, 5000, &tail), 0);
	CU_ASSERT_EQUAL_FATAL(history_open(&h, 700, 900, &cut), 0);
	CU_ASSERT_EQUAL(all.first_segment, 1);
	CU_ASSERT_EQUAL(all.last_segment, 500);
	history_cut_octets(&h, 100 * 4096);
	CU_ASSERT_EQUAL(count_range(&h, 0, 5000), -1);
	CU_ASSERT_EQUAL(count_range(&h, 4900, 5000), 100);
	append(&h, 5000, 5001, 501, 5001);
	history_forget(&h);
	/* What no snapshot has stays in the log all the same. */
	CU_ASSERT_EQUAL(history_first_segment(&h), 1);
	append(&h, 7, 8, 502, 5002);
	CU_ASSERT_EQUAL(count_range(&h, 7, 8), 1);
	for (uint32_t i = 0; i < 5000; i++) {
		CU_ASSERT_TRUE_FATAL(history_peek(&all, &e));
		CU_ASSERT_EQUAL(e.serial_from, i);
		CU_ASSERT_EQUAL(e.offset, i + 1);
		history_step(&all);
	}
	CU_ASSERT_FALSE(history_peek(&all, &e));
	CU_ASSERT_TRUE(history_peek(&tail, &e));
	CU_ASSERT_EQUAL(e.serial_from, 4990);
	history_clear(&h);
	CU_ASSERT_TRUE(history_peek(&cut, &e));
	CU_ASSERT_EQUAL(e.serial_from, 700);
	history_close(&all);
	history_close(&tail);
	history_close(&cut);
}

static bool
has_segment(const struct fixture *f, uint32_t number)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/log/%08u.log", f->state, number);
	return access(path, F_OK) == 0;
}

/* The keeper retires segments that nobody needs. */
static bool
is_retired(struct fixture *f, uint32_t number)
{
	for (int i = 0; i < 6000 && has_segment(f, number); i++) {
		wake_up(&f->store->keeper.wake);
		wake_up(&f->store->keeper.segments_wake);
		(void)usleep(10000);
	}
	return !has_segment(f, number);
}

/* Reads one; the serial that it leads to. */
static uint32_t
read_one(struct store_history *h)
{
	struct changeset cs;
	struct arena a;
	int ret;

	arena_init(&a, 0);
	ret = store_history_next(h, &a, &cs);
	CU_ASSERT_EQUAL(ret, 0);
	CU_ASSERT_TRUE(ret != 0 || strcmp(cs.sources[0].signer, "") != 0);
	arena_clear(&a);
	return ret == 0 ? cs.serial_to : 0;
}

/* Somebody who reads slowly keeps nobody from anything, and misses nothing. */
static void
test_a_slow_reader_gets_what_was_there_when_it_began(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_history *h;
	uint32_t serial;

	fixture_init(&f);
	f.zones[0].max_journal_size = 4 * JOURNAL_BLOCK;
	fixture_must_open(&f);
	for (uint32_t i = 1; i <= 3; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_history_open_range(f.zone, NULL, NULL, &h), 0);
	CU_ASSERT_EQUAL(read_one(h), 2);
	for (uint32_t i = 4; i <= 100; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_sync(f.store, NULL, 0, &reason), 0);
	CU_ASSERT_TRUE(fixture_status(f.zone).journal_first_serial > 4);
	CU_ASSERT_TRUE(has_segment(&f, 1));
	for (serial = 2; serial < 4; serial++)
		CU_ASSERT_EQUAL(read_one(h), serial + 1);
	store_history_close(h);
	CU_ASSERT_TRUE(is_retired(&f, 1));
	CU_ASSERT_EQUAL(store_history_open_range(f.zone, &serial, NULL, &h),
	    ERR_NOTFOUND);
	fixture_clear(&f);
}

CU_TestInfo history_tests[] = {
    {"find", test_a_range_is_found_by_its_serials},
    {"cut", test_the_oldest_is_cut_first},
    {"gap", test_a_gap_makes_the_past_useless},
    {"order", test_serials_without_an_order_are_cut},
    {"cut while it is read", test_what_is_cut_stays_for_who_reads_it},
    {"slow reader", test_a_slow_reader_gets_what_was_there_when_it_began},
    CU_TEST_INFO_NULL,
};
