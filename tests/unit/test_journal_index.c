/*
 * test_journal_index.c - what of the log is read at a start, and later
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/journal/segment_index.h"
#include "tests/unit/journal_fixture.h"
#include "tests/unit/storage_shim.h"
#include "tests/unit/suites.h"

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
	    fstat(fd, &meta) == 0 && (size_t)meta.st_size == FIXTURE_SEGMENT) {
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
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	for (uint64_t n = 1; n <= 3; n++)
		CU_ASSERT_EQUAL(fixture_write_group(j, n), 0);
	journal_close(j);
	for (r.bad = JOURNAL_BLOCK; r.bad < 3 * JOURNAL_BLOCK;
	     r.bad += JOURNAL_BLOCK / 2) {
		CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j),
		    0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(journal_damage(j), "log/00000001.log offset"));
		CU_ASSERT(fixture_replay(j).last < 3);
		journal_close(j);
	}
	/* The only group there is: nothing behind it shows that it was one. */
	shim_remove_dir(dir);
	r.bad = 0;
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	CU_ASSERT_EQUAL(fixture_write_group(j, 1), 0);
	journal_close(j);
	r.bad = JOURNAL_BLOCK;
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(journal_damage(j));
	CU_ASSERT_PTR_NOT_NULL(strstr(journal_damage(j), "cannot be read"));
	journal_close(j);
	/* Where nothing was written yet it does no harm. */
	r.bad = FIXTURE_SEGMENT - 100;
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
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
		CU_ASSERT_EQUAL_FATAL(fixture_write_group(j, ++n), 0);
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
	struct fixture_found f, g;
	uint64_t n;
	char dir[64];

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 9);
	CU_ASSERT_TRUE(journal_wants_index(j));
	CU_ASSERT_EQUAL(check_all_segments(j), 8);
	CU_ASSERT_EQUAL(check_all_segments(j), 0);
	CU_ASSERT_FALSE(journal_wants_index(j));
	journal_close(j);

	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	f = fixture_replay(j);
	CU_ASSERT_EQUAL(f.n_indexed, 0);
	CU_ASSERT_EQUAL(check_all_segments(j), 0); /* read already */
	journal_close(j);

	r.octets = 0;
	CU_ASSERT_EQUAL_FATAL(fixture_open_saved(dir, &r.shim.storage, n, &j),
	    0);
	CU_ASSERT_PTR_NULL(journal_damage(j));
	CU_ASSERT_EQUAL(journal_durable_lsn(j), n);
	g = fixture_replay(j);
	CU_ASSERT_EQUAL(g.wrong, 0);
	CU_ASSERT_EQUAL(g.first, f.first);
	CU_ASSERT_EQUAL(g.last, n);
	CU_ASSERT(g.n_indexed > 0);
	CU_ASSERT(r.octets < 4 * FIXTURE_SEGMENT);
	/* They are read in the background, for what may have happened. */
	CU_ASSERT_FALSE(journal_wants_index(j));
	CU_ASSERT_EQUAL(check_all_segments(j), 8);
	CU_ASSERT_EQUAL(fixture_write_group(j, n + 1), 0);
	journal_close(j);

	/* One that a snapshot lacks in part is read. */
	CU_ASSERT_EQUAL_FATAL(fixture_open_saved(dir, &r.shim.storage, n / 2,
				  &j),
	    0);
	f = fixture_replay(j);
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
	struct fixture_found f;
	unsigned wrong = 0;
	uint8_t octet;
	uint64_t n;
	off_t size;
	char dir[64], path[128];
	int fd;

	shim_make_dir(dir);
	reading_init(&r);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 2);
	CU_ASSERT_EQUAL(check_all_segments(j), 1);
	journal_close(j);
	size = fixture_file_size(dir, "log/00000001.index");
	(void)snprintf(path, sizeof(path), "%s/log/00000001.index", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	for (off_t at = 0; at < size; at++) {
		CU_ASSERT_EQUAL(pread(fd, &octet, 1, at), 1);
		octet ^= (uint8_t)(1 << at % 8);
		CU_ASSERT_EQUAL(pwrite(fd, &octet, 1, at), 1);
		CU_ASSERT_EQUAL_FATAL(fixture_open_saved(dir, &r.shim.storage,
					  n, &j),
		    0);
		f = fixture_replay(j);
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
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 3);
	CU_ASSERT_EQUAL(check_all_segments(j), 2);
	journal_close(j);
	make_index_lie(dir);
	for (unsigned wrong = 2; wrong-- > 0;) {
		struct fixture_found f;

		CU_ASSERT_EQUAL_FATAL(fixture_open_saved(dir, &r.shim.storage,
					  n, &j),
		    0);
		f = fixture_replay(j);
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
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	(void)fill_segments(j, 2);
	CU_ASSERT_EQUAL(check_all_segments(j), 1);
	fixture_put_file(dir, "00000002.index");
	journal_close(j);
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, NULL, &j), 0);
	CU_ASSERT_TRUE(fixture_has_file(dir, "00000001.index"));
	CU_ASSERT_FALSE(fixture_has_file(dir, "00000002.index"));
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
	CU_ASSERT_EQUAL_FATAL(fixture_open(dir, &r.shim.storage, &j), 0);
	n = fill_segments(j, 4);
	CU_ASSERT_EQUAL(check_all_segments(j), 3);
	journal_close(j);
	fixture_overwrite(dir, "log/00000002.log", JOURNAL_BLOCK + 40, "XX", 2);
	CU_ASSERT_EQUAL_FATAL(fixture_open_saved(dir, &r.shim.storage, n, &j),
	    0);
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

CU_TestInfo journal_index_tests[] = {
    {"bad sector", test_a_sector_that_cannot_be_read_is_damage},
    {"index", test_a_start_reads_what_no_snapshot_has},
    {"wrong index", test_an_index_that_is_wrong_is_done_without},
    {"lying index", test_an_index_that_lies_does_so_once},
    {"index of the last", test_the_last_segment_has_no_index},
    {"checked later", test_damage_in_what_a_start_did_not_read_is_found},
    CU_TEST_INFO_NULL,
};
