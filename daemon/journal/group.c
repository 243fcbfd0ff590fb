/*
 * group.c - changesets collected for one sync
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/record.h"
#include "daemon/journal/segment.h"

#define KEEP_ROOM ((size_t)4 << 20) /* more is given back by group_reset() */

void
group_init(struct group *g)
{
	memset(g, 0, sizeof(*g));
	g->len = GROUP_HEAD_LEN;
}

void
group_clear(struct group *g)
{
	free(g->octets);
	group_init(g);
}

void
group_reset(struct group *g)
{
	uint8_t *octets = g->octets;
	size_t room = g->room;

	if (room > KEEP_ROOM) {
		free(octets);
		octets = NULL;
		room = 0;
	}
	group_init(g);
	g->octets = octets;
	g->room = room;
}

/* Room for len octets and the padding after them. */
static int
make_room(struct group *g, size_t len)
{
	size_t room = g->room == 0 ? 16 * (size_t)JOURNAL_BLOCK : g->room;
	uint8_t *octets;

	while (room < journal_blocks(len))
		room *= 2;
	if (room == g->room)
		return 0;
	octets = realloc(g->octets, room);
	if (octets == NULL)
		return ERR_NOMEM;
	g->octets = octets;
	g->room = room;
	return 0;
}

int
group_add(struct group *g, const struct changeset *cs, uint32_t *at_out,
    uint32_t *len_out)
{
	size_t len = record_len(cs);
	struct writer w;
	int ret;

	*at_out = 0;
	*len_out = 0;
	if (len > UINT32_MAX - JOURNAL_BLOCK - g->len)
		return ERR_NOMEM;
	ret = make_room(g, g->len + len);
	if (ret != 0)
		return ret;
	writer_init(&w, g->octets + g->len, len);
	record_write(cs, &w);
	*at_out = (uint32_t)g->len;
	*len_out = (uint32_t)len;
	g->len += len;
	g->n_changesets++;
	return 0;
}

uint32_t
group_share(size_t changesets_len, size_t len)
{
	uint64_t size = group_size((uint32_t)changesets_len);

	if (changesets_len == 0)
		return 0;
	return (uint32_t)((size * len + changesets_len - 1) / changesets_len);
}
