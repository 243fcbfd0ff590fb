/*
 * test_journal_crash.c - the log cut off, or denied a call, at any moment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "tests/unit/journal_fixture.h"
#include "tests/unit/storage_shim.h"
#include "tests/unit/suites.h"

/* A life of a log: what was acknowledged, what may be there. */
struct life {
	struct shim shim;
	struct shim image_shim; /* opens the images; nothing waits for a disk */
	char dir[64], image[64];
	uint64_t acknowledged, placed, retired_below;
	unsigned seed;
	unsigned n_images, wrong;
};

/* The image must open, hold what was acknowledged, and open again. */
static void
check_image(struct life *l)
{
	for (int again = 0; again < 2; again++) {
		struct journal *j = NULL;
		struct fixture_found f;

		if (fixture_open_saved(l->image, &l->image_shim.storage,
			again == 0 ? 0 : l->acknowledged, &j) != 0) {
			l->wrong++;
			return;
		}
		f = fixture_replay(j);
		if (journal_damage(j) != NULL || f.wrong != 0 ||
		    journal_durable_lsn(j) < l->acknowledged ||
		    journal_durable_lsn(j) > l->placed ||
		    (f.first != 0 && f.first > l->retired_below))
			l->wrong++;
		journal_close(j);
	}
	l->n_images++;
}

static void
crash_now(void *arg)
{
	struct life *l = arg;

	shim_crash(&l->shim, l->dir, l->image, SHIM_CRASH_NOTHING, &l->seed);
	check_image(l);
	shim_crash(&l->shim, l->dir, l->image, SHIM_CRASH_EVERYTHING, &l->seed);
	check_image(l);
	for (int i = 0; i < 2; i++) {
		shim_crash(&l->shim, l->dir, l->image, SHIM_CRASH_RANDOM,
		    &l->seed);
		check_image(l);
	}
}

/* The LSN that the first segment begins with; no fault strikes here. */
static uint64_t
first_lsn(struct life *l, struct journal *j)
{
	enum shim_fault fault = l->shim.fault;
	uint64_t first;

	l->shim.fault = SHIM_FAULT_NONE;
	first = fixture_replay(j).first;
	l->shim.fault = fault;
	return first == 0 ? 1 : first;
}

/*
 * One run of the program: opens, writes n groups, retires all it may, stops
 * cleanly or not.  Ends at the first error.
 */
static int
live(struct life *l, unsigned n, bool clean)
{
	struct journal_extent e;
	struct reason reason;
	struct journal *j;
	uint32_t segment;
	int ret = fixture_open(l->dir, &l->shim.storage, &j);

	if (ret != 0)
		return ret;
	if (journal_damage(j) != NULL) {
		/* What cannot be read is damage until it can be. */
		CU_ASSERT(l->shim.n_faults > 0);
		journal_close(j);
		return ERR_IO;
	}
	if (journal_durable_lsn(j) < l->acknowledged ||
	    journal_durable_lsn(j) > l->placed)
		l->wrong++;
	/* What was unknown is known now. */
	l->acknowledged = journal_durable_lsn(j);
	for (unsigned i = 0; i < n && ret == 0; i++) {
		l->placed = l->acknowledged + 1;
		ret = fixture_write_group(j, l->placed);
		if (ret == 0)
			l->acknowledged = l->placed;
	}
	journal_extent(j, &e);
	if (ret == 0 && e.last_segment > e.first_segment + 1) {
		l->retired_below = UINT64_MAX; /* until it is known again */
		ret = journal_retire(j, e.last_segment - 1, &reason);
		l->retired_below = first_lsn(l, j);
	}
	while (ret == 0)
		ret = journal_check_segment(j, &segment, &reason);
	if (ret == ERR_NOTFOUND)
		ret = 0;
	if (ret == 0 && clean)
		ret = journal_note_clean(j, &reason);
	journal_close(j);
	return ret;
}

static void
life_init(struct life *l, bool recording)
{
	memset(l, 0, sizeof(*l));
	shim_init(&l->shim, recording);
	shim_init(&l->image_shim, false);
	shim_make_dir(l->dir);
	shim_make_dir(l->image);
	l->seed = 5;
	l->retired_below = 1;
}

static void
life_clear(struct life *l)
{
	shim_clear(&l->shim);
	shim_clear(&l->image_shim);
	shim_remove_dir(l->dir);
	shim_remove_dir(l->image);
}

/*
 * J1, J4, J7, J8: after every single call of three lives, recovery itself
 * included, four directories that a crash may leave there.
 */
static void
test_a_crash_at_any_call_loses_nothing_acknowledged(void)
{
	struct life l;

	life_init(&l, true);
	l.shim.each = crash_now;
	l.shim.each_arg = &l;
	CU_ASSERT_EQUAL(live(&l, 22, false), 0);
	CU_ASSERT_EQUAL(live(&l, 15, true), 0);
	CU_ASSERT_EQUAL(live(&l, 12, false), 0);
	CU_ASSERT_EQUAL(l.wrong, 0);
	CU_ASSERT(l.n_images > 500);
	life_clear(&l);
}

/*
 * J7: a group whose sync failed is in memory all the same, so a process that
 * starts again finds it.  Whoever saw it then must find it after a power
 * failure too.
 */
static void
test_what_recovery_found_is_on_disk(void)
{
	struct life l;
	struct journal *j;

	life_init(&l, true);
	CU_ASSERT_EQUAL_FATAL(fixture_open(l.dir, &l.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(fixture_write_group(j, 1), 0);
	CU_ASSERT_EQUAL(fixture_write_group(j, 2), 0);
	shim_fail(&l.shim, SHIM_FAULT_EIO, 2); /* write goes, sync fails */
	CU_ASSERT_EQUAL(fixture_write_group(j, 3), ERR_IO);
	shim_fail(&l.shim, SHIM_FAULT_NONE, 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(l.dir, &l.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(journal_durable_lsn(j), 3);
	shim_crash(&l.shim, l.dir, l.image, SHIM_CRASH_NOTHING, &l.seed);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(l.image, NULL, &j), 0);
	CU_ASSERT_EQUAL(fixture_replay(j).last, 3);
	journal_close(j);
	life_clear(&l);
}

static void
sync_log_dir(struct life *l)
{
	const struct storage *st = &l->shim.storage;
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log", l->dir);
	fd = st->open(st->arg, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	CU_ASSERT_EQUAL(st->fsync_dir(st->arg, fd), 0);
	(void)st->close(st->arg, fd);
}

/*
 * J7, J8: a recovery that is cut short has copied a group which the disk never
 * had, perhaps.  After a power failure that group is gone, and no later
 * recovery may find the copy: clients saw the log without it.
 */
static void
test_what_was_gone_stays_gone(void)
{
	uint64_t last = 0;

	for (unsigned long n = 1; last != 3 && n < 100; n++) {
		struct reason reason;
		struct journal *j;
		struct life l;

		life_init(&l, true);
		CU_ASSERT_EQUAL_FATAL(fixture_open(l.dir, &l.shim.storage, &j),
		    0);
		CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
		sync_log_dir(&l);
		CU_ASSERT_EQUAL(fixture_write_group(j, 1), 0);
		CU_ASSERT_EQUAL(fixture_write_group(j, 2), 0);
		shim_fail(&l.shim, SHIM_FAULT_EIO, 2);
		CU_ASSERT_EQUAL(fixture_write_group(j, 3), ERR_IO);
		shim_fail(&l.shim, SHIM_FAULT_ENOSPC, n);
		journal_close(j);
		if (fixture_open(l.dir, &l.shim.storage, &j) == 0)
			journal_close(j);
		shim_crash(&l.shim, l.dir, l.image, SHIM_CRASH_NOTHING,
		    &l.seed);
		CU_ASSERT_EQUAL_FATAL(fixture_open(l.image,
					  &l.image_shim.storage, &j),
		    0);
		last = journal_durable_lsn(j);
		CU_ASSERT(last == 2 || last == 3);
		journal_close(j);
		CU_ASSERT_EQUAL_FATAL(fixture_open(l.image,
					  &l.image_shim.storage, &j),
		    0);
		CU_ASSERT_EQUAL(journal_durable_lsn(j), last);
		journal_close(j);
		life_clear(&l);
	}
	CU_ASSERT_EQUAL(last, 3); /* in the end the recovery came through */
}

/* J6: whatever call fails, in whatever way, what was acknowledged stays. */
static void
fail_at_every_call(enum shim_fault fault, bool stays)
{
	bool struck = true;

	for (unsigned long n = 1; struck; n++) {
		struct life l;
		int ret;

		life_init(&l, false);
		l.shim.fault = fault;
		l.shim.fault_at = n;
		l.shim.fault_stays = stays;
		ret = live(&l, 15, false);
		if (ret == 0)
			ret = live(&l, 15, true);
		struck = l.shim.n_faults > 0;
		l.shim.fault = SHIM_FAULT_NONE;
		l.shim.in_short = false;
		CU_ASSERT_EQUAL(live(&l, 3, false), 0);
		CU_ASSERT_EQUAL(l.wrong, 0);
		life_clear(&l);
	}
}

static void
test_any_failing_call_loses_nothing_acknowledged(void)
{
	fail_at_every_call(SHIM_FAULT_EIO, false);
	fail_at_every_call(SHIM_FAULT_EIO, true);
	fail_at_every_call(SHIM_FAULT_ENOSPC, true);
	fail_at_every_call(SHIM_FAULT_SHORT, false);
}

CU_TestInfo journal_crash_tests[] = {
    {"J7: on disk", test_what_recovery_found_is_on_disk},
    {"J7: gone", test_what_was_gone_stays_gone},
    {"J1, J8: crashes", test_a_crash_at_any_call_loses_nothing_acknowledged},
    {"J6: faults", test_any_failing_call_loses_nothing_acknowledged},
    CU_TEST_INFO_NULL,
};
