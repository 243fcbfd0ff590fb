/*
 * test_journal_open.c - the log written, crashed, found again
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Group n holds one changeset of zone 1 from serial n-1 to n with one RR whose
 * RDATA follows from n, so whatever is recovered can be judged by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/segment.h"
#include "daemon/journal/segment_index.h"
#include "tests/unit/storage_shim.h"
#include "tests/unit/suites.h"

#define SEGMENT_SIZE (16 * (size_t)JOURNAL_BLOCK)
#define RDATA_MAX 9000

static const uint8_t owner[] = "\1a\2ad\7example";

struct found {
	uint64_t first, last; /* LSNs; 0: none */
	unsigned wrong;
	unsigned n_indexed; /* of which only the index was read */
};

/* --- Groups that can be judged --- */

static uint16_t
rdata_of(uint64_t n, uint8_t rdata[RDATA_MAX])
{
	uint16_t len = (uint16_t)(n * 2654435761u % RDATA_MAX);

	for (uint16_t i = 0; i < len; i++)
		rdata[i] = (uint8_t)(n * 31 + i);
	return len;
}

static void
add_changeset(struct group *g, uint64_t n)
{
	static uint8_t rdata[RDATA_MAX];
	struct changeset_source source = {.signer = "PC1$@AD.EXAMPLE"};
	struct changeset_rr rr = {
	    .rr = {.owner = owner, .type = TYPE_TXT, .class = CLASS_IN}};
	struct changeset cs = {.zone_id = 1,
	    .serial_from = (uint32_t)n - 1,
	    .serial_to = (uint32_t)n,
	    .n_added = 1,
	    .added = &rr,
	    .n_sources = 1,
	    .sources = &source};
	uint32_t at, len;

	rr.rr.rdata = rdata;
	rr.rr.rdata_len = rdata_of(n, rdata);
	CU_ASSERT_EQUAL_FATAL(group_add(g, &cs, &at, &len), 0);
}

static bool
is_changeset(uint64_t n, const uint8_t *octets, uint32_t len)
{
	static uint8_t rdata[RDATA_MAX];
	struct changeset cs;
	struct arena a;
	bool is;

	arena_init(&a, 0);
	is = record_read(octets, len, &a, &cs) == 0 &&
	    cs.serial_to == (uint32_t)n && cs.n_added == 1 &&
	    cs.added[0].rr.rdata_len == rdata_of(n, rdata) &&
	    memcmp(cs.added[0].rr.rdata, rdata, cs.added[0].rr.rdata_len) == 0;
	arena_clear(&a);
	return is;
}

static int
judge(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct found *f = arg;

	if (f->first == 0)
		f->first = where->lsn;
	else if (where->lsn != f->last + 1)
		f->wrong++;
	f->last = where->lsn;
	f->n_indexed += octets == NULL;
	if (head->len != where->len || head->serial_to != where->lsn ||
	    (octets != NULL && !is_changeset(where->lsn, octets, head->len)))
		f->wrong++;
	return 0;
}

static bool
is_up_to(void *arg, uint32_t zone_id, uint64_t lsn)
{
	CU_ASSERT_EQUAL(zone_id, 1);
	return lsn <= *(const uint64_t *)arg;
}

/* Opens and recovers; a snapshot has everything up to saved_lsn. */
static int
open_saved(const char *dir, const struct storage *st, uint64_t saved_lsn,
    struct journal **journal_out)
{
	struct journal_config config = {.directory = dir,
	    .storage = st,
	    .segment_size = SEGMENT_SIZE};
	struct reason reason = {""};
	int ret = journal_open(&config, journal_out, &reason);

	if (ret == 0)
		ret = journal_recover(*journal_out,
		    &(struct journal_snapshots){is_up_to, &saved_lsn,
			.are_whole = true, .oldest_lsn = saved_lsn},
		    &reason);
	if (ret == 0)
		return 0;
	CU_ASSERT_NOT_EQUAL(reason.text[0], '\0');
	journal_close(*journal_out);
	*journal_out = NULL;
	return ret;
}

static int
open_journal(const char *dir, const struct storage *st,
    struct journal **journal_out)
{
	return open_saved(dir, st, 0, journal_out);
}

static struct found
replay(struct journal *j)
{
	struct found f = {0, 0, 0, 0};
	struct reason reason;

	CU_ASSERT_EQUAL(journal_replay(j, judge, &f, &reason), 0);
	return f;
}

/* Writes group n; 0 once it is durable. */
static int
write_group(struct journal *j, uint64_t n)
{
	struct reason reason;
	struct group g;
	int ret = ERR_DISKFULL;

	if (journal_room(j, &reason) == JOURNAL_ROOM_SOON)
		(void)journal_make_spare(j, &reason);
	if (journal_room(j, &reason) != JOURNAL_ROOM_NOW)
		return ret;
	group_init(&g);
	add_changeset(&g, n);
	journal_place(j, &g);
	CU_ASSERT_EQUAL(g.lsn, n);
	ret = journal_write(j, &g, &reason);
	group_clear(&g);
	return ret;
}

/* --- Plain life --- */

static void
test_what_was_written_is_found_again(void)
{
	char dir[64];
	struct journal *j;
	struct found f;

	shim_make_dir(dir);
	for (uint64_t n = 0; n < 60; n += 20) {
		CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
		CU_ASSERT_PTR_NULL(journal_damage(j));
		CU_ASSERT_EQUAL(journal_durable_lsn(j), n);
		f = replay(j);
		CU_ASSERT_EQUAL(f.last, n);
		CU_ASSERT_EQUAL(f.wrong, 0);
		for (uint64_t i = n + 1; i <= n + 20; i++)
			CU_ASSERT_EQUAL(write_group(j, i), 0);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_FALSE(journal_was_clean(j));
	CU_ASSERT_EQUAL(write_group(j, 1), 0);
	CU_ASSERT_EQUAL(journal_take_zone_id(j), 1);
	CU_ASSERT_EQUAL(journal_note_clean(j, &reason), 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_TRUE(journal_was_clean(j));
	CU_ASSERT_EQUAL(journal_take_zone_id(j), 2);
	CU_ASSERT_EQUAL(write_group(j, 2), 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_FALSE(journal_was_clean(j));
	CU_ASSERT_EQUAL(replay(j).last, 2);
	journal_close(j);
	shim_remove_dir(dir);
}

static void
test_a_directory_in_use_is_refused(void)
{
	struct journal_config config = {.segment_size = SEGMENT_SIZE};
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
	struct found f;
	uint64_t n = 0;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	for (int round = 0; round < 6; round++) {
		do {
			CU_ASSERT_EQUAL_FATAL(write_group(j, ++n), 0);
			journal_extent(j, &e);
		} while (e.last_segment < round + 2u);
		CU_ASSERT_EQUAL(journal_pin(j, e.first_segment,
				    e.first_segment),
		    0);
		CU_ASSERT_EQUAL(journal_retire(j, e.last_segment, &reason), 0);
		CU_ASSERT_EQUAL(replay(j).wrong, 0);
		journal_unpin(j, e.first_segment, e.first_segment);
		CU_ASSERT_TRUE(journal_wants_spare(j));
		CU_ASSERT_EQUAL(journal_retire(j, e.last_segment, &reason), 0);
		CU_ASSERT_FALSE(journal_wants_spare(j));
		CU_ASSERT_EQUAL(journal_pin(j, e.first_segment, e.last_segment),
		    ERR_NOTFOUND);
	}
	journal_extent(j, &e);
	CU_ASSERT_EQUAL(e.octets, 2 * SEGMENT_SIZE);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	f = replay(j);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	do {
		if (journal_wants_spare(j))
			CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
		group_init(&g);
		add_changeset(&g, ++n);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	CU_ASSERT_EQUAL(replay(j).last, n - 1);
	journal_close(j);
	shim_remove_dir(dir);
}

/* --- Damage --- */

static void
overwrite(const char *dir, const char *file, off_t at, const void *octets,
    size_t len)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	CU_ASSERT_EQUAL(pwrite(fd, octets, len, at), (ssize_t)len);
	(void)close(fd);
}

static off_t
file_size(const char *dir, const char *file)
{
	struct stat meta;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	return stat(path, &meta) == 0 ? meta.st_size : -1;
}

static void
put_file(const char *dir, const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CU_ASSERT_FATAL(fd != -1);
	(void)close(fd);
}

static bool
has_file(const char *dir, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/log/%s", dir, name);
	return access(path, F_OK) == 0;
}

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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	do {
		CU_ASSERT_EQUAL_FATAL(write_group(j, ++n), 0);
		journal_extent(j, &e);
	} while (e.last_segment < 3);
	CU_ASSERT_EQUAL(journal_retire(j, 2, &reason), 0);
	journal_close(j);

	put_file(dir, "00000001.log");
	put_file(dir, "00000003.log.tmp");
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	journal_close(j);
	CU_ASSERT_FALSE(has_file(dir, "00000001.log"));
	CU_ASSERT_FALSE(has_file(dir, "00000003.log.tmp"));

	put_file(dir, "00000001.log");
	(void)snprintf(last, sizeof(last), "%s/log/00000003.log", dir);
	CU_ASSERT_EQUAL(unlink(last), 0);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_PTR_NOT_NULL(journal_damage(j));
	journal_close(j);
	CU_ASSERT_TRUE(has_file(dir, "00000001.log"));
	shim_remove_dir(dir);
}

static void
test_damage_is_reported_and_left_alone(void)
{
	struct journal *j;
	struct found f;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	for (uint64_t n = 1; n <= 30; n++)
		CU_ASSERT_EQUAL(write_group(j, n), 0);
	journal_close(j);
	overwrite(dir, "log/00000001.log", 3 * JOURNAL_BLOCK + 40, "XX", 2);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(journal_damage(j), "log/00000001.log offset"));
		CU_ASSERT_FALSE(journal_wants_spare(j));
		f = replay(j);
		CU_ASSERT(f.last < 5);
		CU_ASSERT_EQUAL(f.wrong, 0);
		journal_close(j);
	}
	CU_ASSERT(file_size(dir, "log/00000002.log") > 0);
	shim_remove_dir(dir);
}

static void
test_a_newer_format_is_refused_with_both_numbers(void)
{
	struct journal_config config = {.segment_size = SEGMENT_SIZE};
	uint8_t block[JOURNAL_BLOCK] = "kddnsctl\0\0\0\2";
	struct reason reason;
	struct journal *j;
	char dir[64];
	uint32_t crc;

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	journal_close(j);
	crc = crc32c(0, block, JOURNAL_BLOCK - 4);
	put_u32(block + JOURNAL_BLOCK - 4, crc);
	overwrite(dir, "control", 0, block, sizeof(block));
	config.directory = dir;
	CU_ASSERT_EQUAL(journal_open(&config, &j, &reason), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "format 2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "reads format 1"));
	shim_remove_dir(dir);
}

/* --- Crashes and faults --- */

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
		struct found f;

		if (open_saved(l->image, &l->image_shim.storage,
			again == 0 ? 0 : l->acknowledged, &j) != 0) {
			l->wrong++;
			return;
		}
		f = replay(j);
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
	first = replay(j).first;
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
	int ret = open_journal(l->dir, &l->shim.storage, &j);

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
		ret = write_group(j, l->placed);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(l.dir, &l.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(write_group(j, 1), 0);
	CU_ASSERT_EQUAL(write_group(j, 2), 0);
	shim_fail(&l.shim, SHIM_FAULT_EIO, 2); /* write goes, sync fails */
	CU_ASSERT_EQUAL(write_group(j, 3), ERR_IO);
	shim_fail(&l.shim, SHIM_FAULT_NONE, 0);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(l.dir, &l.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(journal_durable_lsn(j), 3);
	shim_crash(&l.shim, l.dir, l.image, SHIM_CRASH_NOTHING, &l.seed);
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(l.image, NULL, &j), 0);
	CU_ASSERT_EQUAL(replay(j).last, 3);
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
		CU_ASSERT_EQUAL_FATAL(open_journal(l.dir, &l.shim.storage, &j),
		    0);
		CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
		sync_log_dir(&l);
		CU_ASSERT_EQUAL(write_group(j, 1), 0);
		CU_ASSERT_EQUAL(write_group(j, 2), 0);
		shim_fail(&l.shim, SHIM_FAULT_EIO, 2);
		CU_ASSERT_EQUAL(write_group(j, 3), ERR_IO);
		shim_fail(&l.shim, SHIM_FAULT_ENOSPC, n);
		journal_close(j);
		if (open_journal(l.dir, &l.shim.storage, &j) == 0)
			journal_close(j);
		shim_crash(&l.shim, l.dir, l.image, SHIM_CRASH_NOTHING,
		    &l.seed);
		CU_ASSERT_EQUAL_FATAL(open_journal(l.image,
					  &l.image_shim.storage, &j),
		    0);
		last = journal_durable_lsn(j);
		CU_ASSERT(last == 2 || last == 3);
		journal_close(j);
		CU_ASSERT_EQUAL_FATAL(open_journal(l.image,
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
	struct found f;
	struct reason reason;
	char dir[64];

	memset(&g, 0, sizeof(g));
	shim_make_dir(dir);
	shim_init(&g.shim, false);
	shim_pwrite_real = g.shim.storage.pwrite;
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &g.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(journal_make_spare(j, &reason), 0);
	g.shim.storage.pwrite = guarded_pwrite;
	for (uint64_t n = 1; n <= 3; n++) {
		struct group group;

		group_init(&group);
		add_changeset(&group, n);
		journal_place(j, &group);
		CU_ASSERT_EQUAL(group.segment, 1);
		CU_ASSERT(group.offset >= g.end);
		CU_ASSERT_EQUAL(group.offset % JOURNAL_BLOCK, 0);
		CU_ASSERT_EQUAL(journal_write(j, &group, &reason), 0);
		g.end = group.offset + journal_blocks(group.len);
		group_clear(&group);
	}
	CU_ASSERT_EQUAL(g.wrong, 0);
	f = replay(j);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &shim.storage, &j), 0);
	while (journal_room(j, &reason) == JOURNAL_ROOM_NOW)
		CU_ASSERT_EQUAL(write_group(j, ++n), 0);
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
	CU_ASSERT_EQUAL(write_group(j, ++n), 0);
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
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &shim.storage, &j), 0);
	CU_ASSERT_TRUE(has_file(dir, "reserve"));
	shim_fail(&shim, SHIM_FAULT_ENOSPC, 1);
	for (int i = 0; i < 3; i++) {
		while (journal_room(j, &reason) == JOURNAL_ROOM_NOW)
			CU_ASSERT_EQUAL(write_group(j, ++n), 0);
		CU_ASSERT_NOT_EQUAL(journal_make_spare(j, &reason), 0);
		journal_close(j);
		if (i ==
		    1) /* the reserve is used up: room where the tail was */
			shim_fail(&shim, SHIM_FAULT_NONE, 0);
		CU_ASSERT_EQUAL_FATAL(open_journal(dir, &shim.storage, &j), 0);
		shim_fail(&shim, SHIM_FAULT_ENOSPC, 1);
		CU_ASSERT_PTR_NULL(journal_damage(j));
		CU_ASSERT_EQUAL(replay(j).last, n);
		CU_ASSERT_EQUAL(has_file(dir, "reserve"), i == 1);
	}
	journal_close(j);
	shim_clear(&shim);
	shim_remove_dir(dir);
}

/* --- Reading --- */

/* A storage that counts what is read, and has one bad sector. */
struct reading {
	struct shim shim;
	size_t octets;
	off_t bad; /* of segments; 0: none */
};

static ssize_t (*shim_pread_real)(void *, int, void *, size_t, off_t);

static ssize_t
counted_pread(void *arg, int fd, void *octets, size_t len, off_t at)
{
	struct reading *r = arg;
	struct stat meta;

	if (r->bad != 0 && at <= r->bad && at + (off_t)len > r->bad &&
	    fstat(fd, &meta) == 0 && (size_t)meta.st_size == SEGMENT_SIZE) {
		errno = EIO;
		return -1;
	}
	r->octets += len;
	return shim_pread_real(arg, fd, octets, len, at);
}

static void
reading_init(struct reading *r)
{
	memset(r, 0, sizeof(*r));
	shim_init(&r->shim, false);
	shim_pread_real = r->shim.storage.pread;
	r->shim.storage.pread = counted_pread;
}

static void
test_a_sector_that_cannot_be_read_is_damage(void)
{
	struct reading r;
	struct journal *j;
	char dir[64];

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	for (uint64_t n = 1; n <= 3; n++)
		CU_ASSERT_EQUAL(write_group(j, n), 0);
	journal_close(j);
	for (r.bad = JOURNAL_BLOCK; r.bad < 3 * JOURNAL_BLOCK;
	     r.bad += JOURNAL_BLOCK / 2) {
		CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j),
		    0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(journal_damage(j), "log/00000001.log offset"));
		CU_ASSERT(replay(j).last < 3);
		journal_close(j);
	}
	/* The only group there is: nothing behind it shows that it was one. */
	shim_remove_dir(dir);
	r.bad = 0;
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(write_group(j, 1), 0);
	journal_close(j);
	r.bad = JOURNAL_BLOCK;
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
	CU_ASSERT_PTR_NOT_NULL(strstr(journal_damage(j), "cannot be read"));
	journal_close(j);
	/* Where nothing was written yet it does no harm. */
	r.bad = SEGMENT_SIZE - 100;
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	journal_close(j);
	shim_clear(&r.shim);
	shim_remove_dir(dir);
}

/* Writes groups until there are so many segments; the last one's LSN. */
static uint64_t
fill_segments(struct journal *j, uint32_t n_segments)
{
	struct journal_extent e;
	uint64_t n = journal_durable_lsn(j);

	do {
		CU_ASSERT_EQUAL_FATAL(write_group(j, ++n), 0);
		journal_extent(j, &e);
	} while (e.last_segment < n_segments);
	return n;
}

static unsigned
check_all_segments(struct journal *j)
{
	struct reason reason;
	uint32_t segment;
	unsigned n = 0;

	while (journal_check_segment(j, &segment, &reason) == 0)
		n++;
	return n;
}

static void
test_a_start_reads_what_no_snapshot_has(void)
{
	struct reading r;
	struct journal *j;
	struct found f, g;
	uint64_t n;
	char dir[64];

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 9);
	CU_ASSERT_TRUE(journal_wants_index(j));
	CU_ASSERT_EQUAL(check_all_segments(j), 8);
	CU_ASSERT_EQUAL(check_all_segments(j), 0);
	CU_ASSERT_FALSE(journal_wants_index(j));
	journal_close(j);

	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	f = replay(j);
	CU_ASSERT_EQUAL(f.n_indexed, 0);
	CU_ASSERT_EQUAL(check_all_segments(j), 0); /* read already */
	journal_close(j);

	r.octets = 0;
	CU_ASSERT_EQUAL_FATAL(open_saved(dir, &r.shim.storage, n, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	CU_ASSERT_EQUAL(journal_durable_lsn(j), n);
	g = replay(j);
	CU_ASSERT_EQUAL(g.wrong, 0);
	CU_ASSERT_EQUAL(g.first, f.first);
	CU_ASSERT_EQUAL(g.last, n);
	CU_ASSERT(g.n_indexed > 0);
	CU_ASSERT(r.octets < 4 * SEGMENT_SIZE);
	/* They are read in the background, for what may have happened. */
	CU_ASSERT_FALSE(journal_wants_index(j));
	CU_ASSERT_EQUAL(check_all_segments(j), 8);
	CU_ASSERT_EQUAL(write_group(j, n + 1), 0);
	journal_close(j);

	/* One that a snapshot lacks in part is read. */
	CU_ASSERT_EQUAL_FATAL(open_saved(dir, &r.shim.storage, n / 2, &j), 0);
	f = replay(j);
	CU_ASSERT_EQUAL(f.wrong, 0);
	CU_ASSERT(f.n_indexed > 0 && f.n_indexed < n / 2);
	journal_close(j);
	shim_clear(&r.shim);
	shim_remove_dir(dir);
}

/* Every bit of it: then the segment itself is read. */
static void
test_an_index_that_is_wrong_is_done_without(void)
{
	struct reading r;
	struct journal *j;
	struct found f;
	unsigned wrong = 0;
	uint8_t octet;
	uint64_t n;
	off_t size;
	char dir[64], path[128];
	int fd;

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 2);
	CU_ASSERT_EQUAL(check_all_segments(j), 1);
	journal_close(j);
	size = file_size(dir, "log/00000001.index");
	(void)snprintf(path, sizeof(path), "%s/log/00000001.index", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	for (off_t at = 0; at < size; at++) {
		CU_ASSERT_EQUAL(pread(fd, &octet, 1, at), 1);
		octet ^= (uint8_t)(1 << at % 8);
		CU_ASSERT_EQUAL(pwrite(fd, &octet, 1, at), 1);
		CU_ASSERT_EQUAL_FATAL(open_saved(dir, &r.shim.storage, n, &j),
		    0);
		f = replay(j);
		wrong += journal_damage(j) != NULL || f.wrong != 0 ||
		    f.n_indexed != 0 || f.last != n;
		journal_close(j);
		octet ^= (uint8_t)(1 << at % 8);
		CU_ASSERT_EQUAL(pwrite(fd, &octet, 1, at), 1);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	(void)close(fd);
	shim_clear(&r.shim);
	shim_remove_dir(dir);
}

/* Sound octets in the place of log/00000001.index, one serial too high. */
static void
make_index_lie(const char *dir)
{
	uint8_t octets[4096];
	struct segment_index x;
	char path[128];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log/00000001.index", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	len = pread(fd, octets, sizeof(octets), 0);
	CU_ASSERT_EQUAL_FATAL(segment_index_read(octets, (size_t)len, &x), 0);
	x.entries[0].serial_to++;
	segment_index_write(&x, octets);
	segment_index_clear(&x);
	CU_ASSERT_EQUAL(pwrite(fd, octets, (size_t)len, 0), len);
	(void)close(fd);
}

/* Until the segment is read again: then the index is made anew. */
static void
test_an_index_that_lies_does_so_once(void)
{
	struct reading r;
	struct journal *j;
	uint64_t n;
	char dir[64];

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 3);
	CU_ASSERT_EQUAL(check_all_segments(j), 2);
	journal_close(j);
	make_index_lie(dir);
	for (unsigned wrong = 2; wrong-- > 0;) {
		struct found f;

		CU_ASSERT_EQUAL_FATAL(open_saved(dir, &r.shim.storage, n, &j),
		    0);
		f = replay(j);
		CU_ASSERT(f.n_indexed > 0);
		CU_ASSERT_EQUAL(f.wrong, wrong);
		CU_ASSERT_EQUAL(check_all_segments(j), 2);
		journal_close(j);
	}
	shim_clear(&r.shim);
	shim_remove_dir(dir);
}

/* What another life of the directory, put back in part, may have left. */
static void
test_the_last_segment_has_no_index(void)
{
	struct journal *j;
	char dir[64];

	shim_make_dir(dir);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	(void)fill_segments(j, 2);
	CU_ASSERT_EQUAL(check_all_segments(j), 1);
	put_file(dir, "00000002.index");
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, NULL, &j), 0);
	CU_ASSERT_TRUE(has_file(dir, "00000001.index"));
	CU_ASSERT_FALSE(has_file(dir, "00000002.index"));
	journal_close(j);
	shim_remove_dir(dir);
}

static void
test_damage_in_what_a_start_did_not_read_is_found(void)
{
	struct reading r;
	struct journal *j;
	struct reason reason = {""};
	uint32_t segment;
	uint64_t n;
	char dir[64];

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(open_journal(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 4);
	CU_ASSERT_EQUAL(check_all_segments(j), 3);
	journal_close(j);
	overwrite(dir, "log/00000002.log", JOURNAL_BLOCK + 40, "XX", 2);
	CU_ASSERT_EQUAL_FATAL(open_saved(dir, &r.shim.storage, n, &j), 0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	CU_ASSERT_EQUAL(journal_check_segment(j, &segment, &reason), 0);
	CU_ASSERT_EQUAL(segment, 1);
	CU_ASSERT_EQUAL(journal_check_segment(j, &segment, &reason),
	    ERR_MALFORMED);
	CU_ASSERT_EQUAL(segment, 2);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(reason.text, "log/00000002.log offset 4096"));
	CU_ASSERT_EQUAL(journal_check_segment(j, &segment, &reason), 0);
	CU_ASSERT_EQUAL(journal_check_segment(j, &segment, &reason),
	    ERR_NOTFOUND);
	journal_close(j);
	shim_clear(&r.shim);
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
    {"bad sector", test_a_sector_that_cannot_be_read_is_damage},
    {"index", test_a_start_reads_what_no_snapshot_has},
    {"wrong index", test_an_index_that_is_wrong_is_done_without},
    {"lying index", test_an_index_that_lies_does_so_once},
    {"index of the last", test_the_last_segment_has_no_index},
    {"checked later", test_damage_in_what_a_start_did_not_read_is_found},
    {"J7: on disk", test_what_recovery_found_is_on_disk},
    {"J7: gone", test_what_was_gone_stays_gone},
    {"J1, J8: crashes", test_a_crash_at_any_call_loses_nothing_acknowledged},
    {"J6: faults", test_any_failing_call_loses_nothing_acknowledged},
    CU_TEST_INFO_NULL,
};
