/*
 * journal_fixture.c - a log whose groups can be judged by themselves
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "tests/unit/journal_fixture.h"
#include "tests/unit/suites.h"

#define RDATA_MAX 9000

static const uint8_t owner[] = "\1a\2ad\7example";

/* --- Groups that can be judged --- */

static uint16_t
rdata_of(uint64_t n, uint8_t rdata[RDATA_MAX])
{
	uint16_t len = (uint16_t)(n * 2654435761u % RDATA_MAX);

	for (uint16_t i = 0; i < len; i++)
		rdata[i] = (uint8_t)(n * 31 + i);
	return len;
}

void
fixture_add_changeset(struct group *g, uint64_t n)
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
	struct fixture_found *f = arg;

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
int
fixture_open_saved(const char *dir, const struct storage *st,
    uint64_t saved_lsn, struct journal **journal_out)
{
	struct journal_config config = {.directory = dir,
	    .storage = st,
	    .segment_size = FIXTURE_SEGMENT};
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

int
fixture_open(const char *dir, const struct storage *st,
    struct journal **journal_out)
{
	return fixture_open_saved(dir, st, 0, journal_out);
}

struct fixture_found
fixture_replay(struct journal *j)
{
	struct fixture_found f = {0, 0, 0, 0};
	struct reason reason;

	CU_ASSERT_EQUAL(journal_replay(j, judge, &f, &reason), 0);
	return f;
}

/* Writes group n; 0 once it is durable. */
int
fixture_write_group(struct journal *j, uint64_t n)
{
	struct reason reason;
	struct group g;
	int ret = ERR_DISKFULL;

	if (journal_room(j, &reason) == JOURNAL_ROOM_SOON)
		(void)journal_make_spare(j, &reason);
	if (journal_room(j, &reason) != JOURNAL_ROOM_NOW)
		return ret;
	group_init(&g);
	fixture_add_changeset(&g, n);
	journal_place(j, &g);
	CU_ASSERT_EQUAL(g.lsn, n);
	ret = journal_write(j, &g, &reason);
	group_clear(&g);
	return ret;
}

/* --- Files of the log --- */

void
fixture_overwrite(const char *dir, const char *file, off_t at,
    const void *octets, size_t len)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	CU_ASSERT_EQUAL(pwrite(fd, octets, len, at), (ssize_t)len);
	(void)close(fd);
}

off_t
fixture_file_size(const char *dir, const char *file)
{
	struct stat meta;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	return stat(path, &meta) == 0 ? meta.st_size : -1;
}

void
fixture_put_file(const char *dir, const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CU_ASSERT_FATAL(fd != -1);
	(void)close(fd);
}

bool
fixture_has_file(const char *dir, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/log/%s", dir, name);
	return access(path, F_OK) == 0;
}
