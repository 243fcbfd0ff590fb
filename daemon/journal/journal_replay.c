/*
 * journal_replay.c - every changeset that counts, once more
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/journal/journal_state.h"
#include "daemon/journal/segment_walk.h"

int
journal_walk_segment(struct journal *j, const struct segment *s,
    journal_take take, void *arg, struct reason *reason)
{
	const struct segment_place place = {.storage = j->storage,
	    .fd = s->fd,
	    .number = s->number,
	    .first_lsn = s->first_lsn,
	    .end = s->end,
	    .uuid = j->uuid};

	return segment_walk(&place, take, arg, reason);
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
		struct segment *s = j->segments[i];

		ret = s->index != NULL
		    ? replay_index(s->index, take, arg)
		    : journal_walk_segment(j, s, take, arg, reason);
		segment_forget_index(s); /* history has it now */
	}
	return ret;
}
