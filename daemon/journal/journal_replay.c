/*
 * journal_replay.c - every changeset that counts, once more
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/journal_state.h"
#include "daemon/journal/segment_reader.h"

struct walk {
	const struct segment *segment;
	journal_take take;
	void *arg;
	struct reason *reason;
};

static int
walk_group(const struct walk *w, size_t at, const struct group_head *g,
    const uint8_t *group)
{
	struct journal_location where = {.lsn = g->lsn,
	    .segment = w->segment->number};
	struct record_head head;
	struct reader reader;
	int ret;

	reader_init(&reader, group + GROUP_HEAD_LEN, g->len);
	for (uint32_t i = 0; i < g->n_changesets; i++) {
		size_t start = GROUP_HEAD_LEN + reader.pos;

		ret = record_head_read(&reader, &head);
		if (ret != 0) {
			reason_set(w->reason,
			    "log/%s offset %zu: no changeset where one should"
			    " be",
			    w->segment->name, at + start);
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
journal_walk_segment(struct journal *j, const struct segment *s,
    journal_take take, void *arg, struct reason *reason)
{
	const struct walk w = {s, take, arg, reason};
	uint64_t lsn = s->first_lsn;
	size_t at = JOURNAL_BLOCK;
	struct segment_reader r;
	int ret = 0;

	segment_reader_init(&r, j->storage, s->fd, s->end);
	while (ret == 0 && at < s->end) {
		const uint8_t *group;
		struct group_head g;

		/* Judged before, perhaps, but read again: believe nothing. */
		ret = segment_reader_group(&r, at, j->uuid, &g, &group);
		if (ret == 0 && g.lsn != lsn)
			ret = ERR_MALFORMED;
		if (ret != 0) {
			reason_set(reason,
			    "log/%s offset %zu: group %" PRIu64 ": %s", s->name,
			    at, lsn, err_text(ret));
			break;
		}
		ret = walk_group(&w, at, &g, group);
		at += group_size(g.len);
		lsn++;
	}
	segment_reader_clear(&r);
	return ret;
}

static int
replay_index(const struct segment_index *x, journal_take take, void *arg)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < x->n; i++) {
		const struct segment_index_entry *e = &x->entries[i];
		const struct record_head head = {.len = e->where.len,
		    .zone_id = e->zone_id,
		    .serial_from = e->serial_from,
		    .serial_to = e->serial_to,
		    .flags = e->flags};

		ret = take(arg, &e->where, &head, NULL);
	}
	return ret;
}

int
journal_replay(struct journal *j, journal_take take, void *arg,
    struct reason *reason)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < j->n_segments; i++) {
		const struct segment *s = j->segments[i];

		ret = s->index != NULL
		    ? replay_index(s->index, take, arg)
		    : journal_walk_segment(j, s, take, arg, reason);
	}
	return ret;
}
