/*
 * test_journal_open.c - the log written, closed, found again
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "tests/unit/journal_fixture.h"
#include "tests/unit/storage_shim.h"
#include "tests/unit/suites.h"

/* --- Plain life --- */

static void
test_what_was_written_is_found_again(void)
{
	char dir[64];
	struct journal *j;
	struct fixture_found f;

	shim_make_dir(dir);
	for (uint64_t n = 0; n < 60; n += 20) {
		CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
		CU_ASSERT_PTR_NULL(journal_damage(j));
		CU_ASSERT_EQUAL(journal_durable_lsn(j), n);
		f = fixture_replay(j);
		CU_ASSERT_EQUAL(f.last, n);
		CU_ASSERT_EQUAL(f.wrong, 0);
		for (uint64_t i = n + 1; i <= n + 20; i++)
			CU_ASSERT_EQUAL(fixture_write_group(j, i), 0);
		journal_close(j); /* as kill -9 leaves it */
	}
	shim_remove_dir(dir);
}

static void
test_a_clean_stop_is_remembered(void)
{
	struct reason reason;
	struct journal *j;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_FALSE(journal_was_clean(j));
	CU_ASSERT_EQUAL(fixture_write_group(j, 1), 0);
	CU_ASSERT_EQUAL(journal_take_zone_id(j), 1);
	CU_ASSERT_EQUAL(journal_note_clean(j, &reason), 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_TRUE(journal_was_clean(j));
	CU_ASSERT_EQUAL(journal_take_zone_id(j), 2);
	CU_ASSERT_EQUAL(fixture_write_group(j, 2), 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_FALSE(journal_was_clean(j));
	CU_ASSERT_EQUAL(fixture_replay(j).last, 2);
	journal_close(j);
	shim_remove_dir(dir);
}

static void
test_a_directory_in_use_is_refused(void)
{
	struct journal_config config = {.segment_size = FIXTURE_SEGMENT};
	struct journal *j, *second;
	struct reason reason;
	char dir[64], pid[32];

	shim_make_dir(dir);
	config.directory = dir;
	CU_ASSERT_EQUAL_FATAL(journal_open(&config, &j, &reason), 0);
	CU_ASSERT_EQUAL(journal_open(&config, &second, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NULL(second);
	(void)snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, pid));
	journal_close(j);
	CU_ASSERT_EQUAL(journal_open(&config, &j, &reason), 0);
	journal_close(j);
	shim_remove_dir(dir);
}

static void
test_a_retired_segment_is_used_again(void)
{
	struct journal_extent e;
	struct reason reason;
	struct journal *j;
	struct fixture_found f;
	uint64_t n = 0;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	for (int round = 0; round < 6; round++) {
		do {
			CU_ASSERT_EQUAL_FATAL(fixture_write_group(j, ++n), 0);
			journal_extent(j, &e);
		} while (e.last_segment < round + 2u);
		CU_ASSERT_EQUAL(journal_pin(j, e.first_segment,
				    e.first_segment),
		    0);
		CU_ASSERT_EQUAL(journal_retire(j, e.last_segment, &reason), 0);
		CU_ASSERT_EQUAL(fixture_replay(j).wrong, 0);
		journal_unpin(j, e.first_segment, e.first_segment);
		CU_ASSERT_TRUE(journal_wants_spare(j));
		CU_ASSERT_EQUAL(journal_retire(j, e.last_segment, &reason), 0);
		CU_ASSERT_FALSE(journal_wants_spare(j));
		CU_ASSERT_EQUAL(journal_pin(j, e.first_segment, e.last_segment),
		    ERR_NOTFOUND);
	}
	journal_extent(j, &e);
	CU_ASSERT_EQUAL(e.octets, 2 * FIXTURE_SEGMENT);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	f = fixture_replay(j);
	CU_ASSERT_EQUAL(f.last, n);
	CU_ASSERT_EQUAL(f.wrong, 0);
	CU_ASSERT_TRUE(f.first > 1);
	journal_close(j);
	shim_remove_dir(dir);
}

/* A group that is on its way opens a segment: control must not begin there. */
static void
test_the_last_durable_segment_stays(void)
{
	struct journal_extent e;
	struct reason reason;
	struct journal *j;
	struct group g;
	uint64_t n = 0;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	do {
		if (journal_wants_spare(j))
			CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
		group_init(&g);
		fixture_add_changeset(&g, ++n);
		journal_place(j, &g);
		if (!g.opens_segment)
			CU_ASSERT_EQUAL(journal_write(j, &g, &reason), 0);
		group_clear(&g);
		journal_extent(j, &e);
	} while (e.last_segment == 1);
	CU_ASSERT_EQUAL(journal_retire(j, 2, &reason), 0);
	journal_extent(j, &e);
	CU_ASSERT_EQUAL(e.first_segment, 1);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	CU_ASSERT_EQUAL(fixture_replay(j).last, n - 1);
	journal_close(j);
	shim_remove_dir(dir);
}

/* --- Damage --- */

/* A log put back beside a newer control file is all that there may be. */
static void
test_leftovers_go_when_the_log_is_sound(void)
{
	struct journal_extent e;
	struct reason reason;
	struct journal *j;
	uint64_t n = 0;
	char dir[64], last[128];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	do {
		CU_ASSERT_EQUAL_FATAL(fixture_write_group(j, ++n), 0);
		journal_extent(j, &e);
	} while (e.last_segment < 3);
	CU_ASSERT_EQUAL(journal_retire(j, 2, &reason), 0);
	journal_close(j);

	fixture_put_file(dir, "00000001.log");
	fixture_put_file(dir, "00000003.log.tmp");
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	journal_close(j);
	CU_ASSERT_FALSE(fixture_has_file(dir, "00000001.log"));
	CU_ASSERT_FALSE(fixture_has_file(dir, "00000003.log.tmp"));

	fixture_put_file(dir, "00000001.log");
	(void)snprintf(last, sizeof(last), "%s/log/00000003.log", dir);
	CU_ASSERT_EQUAL(unlink(last), 0);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NOT_NULL(journal_damage(j));
	journal_close(j);
	CU_ASSERT_TRUE(fixture_has_file(dir, "00000001.log"));
	shim_remove_dir(dir);
}

static void
test_damage_is_reported_and_left_alone(void)
{
	struct journal *j;
	struct fixture_found f;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	for (uint64_t n = 1; n <= 30; n++)
		CU_ASSERT_EQUAL(fixture_write_group(j, n), 0);
	journal_close(j);
	fixture_overwrite(dir, "log/00000001.log", 3 * JOURNAL_BLOCK + 40, "XX",
	    2);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(journal_damage(j), "log/00000001.log offset"));
		CU_ASSERT_FALSE(journal_wants_spare(j));
		f = fixture_replay(j);
		CU_ASSERT(f.last < 5);
		CU_ASSERT_EQUAL(f.wrong, 0);
		journal_close(j);
	}
	CU_ASSERT(fixture_file_size(dir, "log/00000002.log") > 0);
	shim_remove_dir(dir);
}

static void
test_a_newer_format_is_refused_with_both_numbers(void)
{
	struct journal_config config = {.segment_size = FIXTURE_SEGMENT};
	uint8_t block[JOURNAL_BLOCK] = "kddnsctl\0\0\0\2";
	struct reason reason;
	struct journal *j;
	char dir[64];
	uint32_t crc;

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	journal_close(j);
	crc = crc32c(0, block, JOURNAL_BLOCK - 4);
	put_u32(block + JOURNAL_BLOCK - 4, crc);
	fixture_overwrite(dir, "control", 0, block, sizeof(block));
	config.directory = dir;
	CU_ASSERT_EQUAL(journal_open(&config, &j, &reason), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "format 2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "reads format 1"));
	shim_remove_dir(dir);
}

/* --- Writing --- */

/* J3: no write touches a block of an acknowledged group. */
struct guard {
	struct shim shim;
	size_t end; /* of the acknowledged groups in the segment */
	unsigned wrong;
};

static ssize_t (*shim_pwrite_real)(void *, int, const void *, size_t, off_t);

static ssize_t
guarded_pwrite(void *arg, int fd, const void *octets, size_t len, off_t at)
{
	struct guard *g = arg;

	if (g->end != 0 && (size_t)at < g->end)
		g->wrong++;
	return shim_pwrite_real(arg, fd, octets, len, at);
}

static void
test_acknowledged_blocks_are_never_written_again(void)
{
	struct journal *j;
	struct guard g;
	struct fixture_found f;
	struct reason reason;
	char dir[64];

	memset(&g, 0, sizeof(g));
	shim_make_dir(dir);
	shim_init(&g.shim, false);
	shim_pwrite_real = g.shim.storage.pwrite;
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &g.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
	g.shim.storage.pwrite = guarded_pwrite;
	for (uint64_t n = 1; n <= 3; n++) {
		struct group group;

		group_init(&group);
		fixture_add_changeset(&group, n);
		journal_place(j, &group);
		CU_ASSERT_EQUAL(group.segment, 1);
		CU_ASSERT(group.offset >= g.end);
		CU_ASSERT_EQUAL(group.offset % JOURNAL_BLOCK, 0);
		CU_ASSERT_EQUAL(journal_write(j, &group, &reason), 0);
		g.end = group.offset + journal_blocks(group.len);
		group_clear(&group);
	}
	CU_ASSERT_EQUAL(g.wrong, 0);
	f = fixture_replay(j);
	CU_ASSERT_EQUAL(f.last, 3);
	journal_close(j);
	shim_clear(&g.shim);
	shim_remove_dir(dir);
}

static void
test_without_a_next_segment_there_is_no_room(void)
{
	struct journal *j;
	struct reason reason = {""};
	struct shim shim;
	uint64_t n = 0;
	char dir[64];

	shim_make_dir(dir);
	shim_init(&shim, false);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &shim.storage, &j), 0);
	while (journal_room(j, &reason) == JOURNAL_ROOM_NOW)
		CU_ASSERT_EQUAL(fixture_write_group(j, ++n), 0);
	CU_ASSERT_EQUAL(journal_room(j, &reason), JOURNAL_ROOM_SOON);
	shim.fault = SHIM_FAULT_ENOSPC;
	shim.fault_stays = true;
	shim.fault_at = 1;
	CU_ASSERT_EQUAL(journal_make_spare(j, &reason), ERR_DISKFULL);
	CU_ASSERT_EQUAL(journal_room(j, &reason), JOURNAL_ROOM_NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "No space left"));
	shim.fault = SHIM_FAULT_NONE; /* somebody made room */
	CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
	CU_ASSERT_EQUAL(journal_room(j, &reason), JOURNAL_ROOM_NOW);
	CU_ASSERT_EQUAL(fixture_write_group(j, ++n), 0);
	journal_close(j);
	shim_clear(&shim);
	shim_remove_dir(dir);
}

/* Room on the disk is not needed to start: the spare, or the reserve. */
static void
test_a_full_disk_does_not_prevent_a_start(void)
{
	struct journal *j;
	struct reason reason;
	struct shim shim;
	uint64_t n = 0;
	char dir[64];

	shim_make_dir(dir);
	shim_init(&shim, false);
	shim.only_fallocate = true; /* all else is in place */
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &shim.storage, &j), 0);
	CU_ASSERT_TRUE(fixture_has_file(dir, "reserve"));
	shim_fail(&shim, SHIM_FAULT_ENOSPC, 1);
	for (int i = 0; i < 3; i++) {
		while (journal_room(j, &reason) == JOURNAL_ROOM_NOW)
			CU_ASSERT_EQUAL(fixture_write_group(j, ++n), 0);
		CU_ASSERT_NOT_EQUAL(journal_make_spare(j, &reason), 0);
		journal_close(j);
		if (i ==
		    1) /* the reserve is used up: room where the tail was */
			shim_fail(&shim, SHIM_FAULT_NONE, 0);
		CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &shim.storage, &j), 0);
		shim_fail(&shim, SHIM_FAULT_ENOSPC, 1);
		CU_ASSERT_PTR_NULL(journal_damage(j));
		CU_ASSERT_EQUAL(fixture_replay(j).last, n);
		CU_ASSERT_EQUAL(fixture_has_file(dir, "reserve"), i == 1);
	}
	journal_close(j);
	shim_clear(&shim);
	shim_remove_dir(dir);
}

CU_TestInfo journal_tests[] = {
    {"round trip", test_what_was_written_is_found_again},
    {"clean stop", test_a_clean_stop_is_remembered},
    {"in use", test_a_directory_in_use_is_refused},
    {"recycling", test_a_retired_segment_is_used_again},
    {"retired too early", test_the_last_durable_segment_stays},
    {"leftovers", test_leftovers_go_when_the_log_is_sound},
    {"J5: damage", test_damage_is_reported_and_left_alone},
    {"newer format", test_a_newer_format_is_refused_with_both_numbers},
    {"J3: blocks", test_acknowledged_blocks_are_never_written_again},
    {"no room", test_without_a_next_segment_there_is_no_room},
    {"full disk at start", test_a_full_disk_does_not_prevent_a_start},
    CU_TEST_INFO_NULL,
};
