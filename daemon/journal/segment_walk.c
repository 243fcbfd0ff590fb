/*
 * segment_walk.c - the changesets of a segment, one after the other
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>

#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/segment_reader.h"
#include "daemon/journal/segment_walk.h"

struct walk {
	const struct segment_place *place;
	journal_take take;
	void *arg;
	struct reason *reason;
};

static int
walk_group(const struct walk *w, size_t at, const struct group_head *g,
    const uint8_t *group)
{
	struct journal_location where = {.lsn = g->lsn,
	    .segment = w->place->number};
	struct record_head head;
	struct reader reader;
	int ret;

	reader_init(&reader, group + GROUP_HEAD_LEN, g->len);
	for (uint32_t i = 0; i < g->n_changesets; i++) {
		size_t start = GROUP_HEAD_LEN + reader.pos;

		ret = record_head_read(&reader, &head);
		if (ret != 0) {
			reason_set(w->reason,
			    "log/%08" PRIu32 ".log offset %zu: no changeset"
			    " where one should be",
			    w->place->number, at + start);
			return ret;
		}
		where.offset = (uint32_t)(at + start);
		where.len = head.len;
		where.share = group_share(g->len, head.len);
		ret = w->take(w->arg, &where, &head, group + start);
		if (ret != 0)
			return ret;
	}
	return 0;
}

int
segment_walk(const struct segment_place *place, journal_take take, void *arg,
    struct reason *reason)
{
	const struct walk w = {place, take, arg, reason};
	uint64_t lsn = place->first_lsn;
	size_t at = JOURNAL_BLOCK;
	struct segment_reader r;
	int ret = 0;

	segment_reader_init(&r, place->storage, place->fd, place->end);
	while (ret == 0 && at < place->end) {
		const uint8_t *group;
		struct group_head g;

		/* Judged before, perhaps, but read again: believe nothing. */
		ret = segment_reader_group(&r, at, place->uuid, &g, &group);
		if (ret == 0 && g.lsn != lsn)
			ret = ERR_MALFORMED;
		if (ret != 0) {
			reason_set(reason,
			    "log/%08" PRIu32 ".log offset %zu: group %" PRIu64
			    ": %s",
			    place->number, at, lsn, err_text(ret));
			break;
		}
		ret = walk_group(&w, at, &g, group);
		at += group_size(g.len);
		lsn++;
	}
	segment_reader_clear(&r);
	return ret;
}
