/*
 * journal_replay.c - every changeset that counts, once more
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>
#include <sys/mman.h>

#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/journal_state.h"

struct replay {
	journal_take take;
	void *arg;
	struct reason *reason;
};

static int
replay_group(const struct replay *r, const struct segment *s,
    const uint8_t *octets, size_t at, const struct group_head *g)
{
	struct journal_location where = {.lsn = g->lsn, .segment = s->number};
	struct record_head head;
	struct reader reader;
	int ret;

	reader_init(&reader, octets + at + GROUP_HEAD_LEN, g->len);
	for (uint32_t i = 0; i < g->n_changesets; i++) {
		size_t start = reader.pos;

		ret = record_head_read(&reader, &head);
		if (ret != 0) {
			reason_set(r->reason,
			    "log/%s offset %zu: no changeset where one should"
			    " be",
			    s->name, at + GROUP_HEAD_LEN + start);
			return ret;
		}
		where.offset = (uint32_t)(at + GROUP_HEAD_LEN + start);
		where.len = head.len;
		where.share = group_share(g->len, head.len);
		ret = r->take(r->arg, &where, &head, octets + where.offset);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
replay_segment(struct journal *j, const struct replay *r,
    const struct segment *s)
{
	const uint8_t *octets;
	struct group_head g;
	size_t at = JOURNAL_BLOCK;
	void *map;
	int ret = 0;

	map = mmap(NULL, s->end, PROT_READ, MAP_SHARED, s->fd, 0);
	if (map == MAP_FAILED) {
		reason_set(r->reason, "cannot read log/%s: %m", s->name);
		return ERR_IO;
	}
	octets = map;
	while (ret == 0 && at < s->end) {
		/* Judged a moment ago, but read again: believe nothing. */
		ret = group_head_read(octets + at, s->end - at, j->uuid, &g);
		if (ret != 0) {
			reason_set(r->reason, "log/%s offset %zu: %s", s->name,
			    at, err_text(ret));
			break;
		}
		ret = replay_group(r, s, octets, at, &g);
		at += group_size(g.len);
	}
	(void)munmap(map, s->end);
	return ret;
}

int
journal_replay(struct journal *j, journal_take take, void *arg,
    struct reason *reason)
{
	const struct replay r = {take, arg, reason};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < j->n_segments; i++)
		ret = replay_segment(j, &r, j->segments[i]);
	return ret;
}
