/*
 * fuzz_journal.c - octets of the state directory, whatever they are
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The input is tried as a segment, as it is and with the CRCs put right, as a
 * control file, and as a changeset.  Nothing may be read beyond its end, and
 * what recovery calls sound must read as such.
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/journal/anchor.h"
#include "daemon/journal/record.h"
#include "daemon/journal/recover.h"
#include "daemon/journal/segment_index.h"
#include "tests/fuzz/fuzz.h"

#define CRC_AT (JOURNAL_BLOCK - 4)
#define ARENA_LIMIT ((size_t)64 << 20)

static void
read_records(const uint8_t *octets, size_t len, struct arena *arena)
{
	struct record_head head;
	struct changeset cs;
	struct reader r;

	reader_init(&r, octets, len);
	for (;;) {
		size_t start = r.pos;

		if (record_head_read(&r, &head) != 0)
			return;
		(void)record_read(octets + start, head.len, arena, &cs);
	}
}

static int
load(void *arg, struct recover_segment *s)
{
	s->octets = arg;
	return 0;
}

static void
try_segment(const uint8_t *octets, size_t len, struct arena *arena)
{
	const struct recover_promise promise = {.given = false};
	struct recover_segment segment = {.number = 1,
	    .head = len < JOURNAL_BLOCK ? NULL : octets,
	    .len = len};
	struct recover_result result;
	struct group_head g;

	if (recover_log(&segment, 1, &promise, load, (void *)(uintptr_t)octets,
		&result) != 0)
		return;
	for (size_t at = JOURNAL_BLOCK; at < segment.end;
	     at += group_size(g.len)) {
		MUST(group_head_read(octets + at, segment.end - at, result.uuid,
			 &g) == 0);
		read_records(octets + at + GROUP_HEAD_LEN, g.len, arena);
	}
}

/* Makes the CRC of the segment's head right, and of a group right after it. */
static void
put_crcs_right(uint8_t *octets, size_t len)
{
	struct segment_head head;
	struct group_head g;
	struct reader r;

	if (len < JOURNAL_BLOCK)
		return;
	put_u32(octets + CRC_AT, crc32c(0, octets, CRC_AT));
	if (segment_head_read(octets, &head) != 0 ||
	    len < 2 * (size_t)JOURNAL_BLOCK)
		return;
	reader_init(&r, octets + JOURNAL_BLOCK, GROUP_HEAD_LEN);
	reader_skip(&r, 16);
	g.lsn = head.first_lsn;
	g.len = reader_u32(&r);
	g.n_changesets = reader_u32(&r);
	if (group_size(g.len) <= len - JOURNAL_BLOCK)
		group_head_write(&g, head.uuid, octets + JOURNAL_BLOCK);
}

static void
try_record(uint8_t *octets, size_t len, struct arena *arena)
{
	struct changeset cs;

	if (len >= RECORD_HEAD_LEN && len <= UINT32_MAX) {
		put_u32(octets, (uint32_t)len);
		put_u32(octets + 4, crc32c(0, octets + 8, len - 8));
	}
	if (record_read(octets, len, arena, &cs) == 0)
		MUST(record_len(&cs) == len);
}

/* What is read as an index is written as it was. */
static void
try_index(uint8_t *octets, size_t len)
{
	struct segment_index x;
	uint8_t *again;

	if (len >= 4)
		put_u32(octets + len - 4, crc32c(0, octets, len - 4));
	if (segment_index_read(octets, len, &x) != 0)
		return;
	MUST(segment_index_len(&x) == len);
	again = malloc(len);
	if (again != NULL) {
		segment_index_write(&x, again);
		MUST(memcmp(again, octets, len) == 0);
	}
	free(again);
	segment_index_clear(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	struct anchor anchor;
	struct arena arena;

	if (copy == NULL)
		return 0;
	arena_init(&arena, ARENA_LIMIT);
	try_segment(octets, len, &arena);
	(void)anchors_read(octets, len, &anchor);
	memcpy(copy, octets, len);
	put_crcs_right(copy, len);
	try_segment(copy, len, &arena);
	memcpy(copy, octets, len);
	try_record(copy, len, &arena);
	memcpy(copy, octets, len);
	try_index(copy, len);
	arena_clear(&arena);
	free(copy);
	return 0;
}
