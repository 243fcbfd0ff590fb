/*
 * segment_reader.c - the groups of a segment, one after the other
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/segment_reader.h"

#define READ_AHEAD ((size_t)1 << 20)

static int
grow(struct segment_room *room, size_t size)
{
	uint8_t *octets;

	if (size <= room->size)
		return 0;
	octets = realloc(room->octets, size);
	if (octets == NULL)
		return ERR_NOMEM;
	room->octets = octets;
	room->size = size;
	return 0;
}

void
segment_reader_init(struct segment_reader *r, const struct storage *st, int fd,
    size_t end)
{
	memset(r, 0, sizeof(*r));
	r->storage = st;
	r->fd = fd;
	r->end = end;
}

void
segment_reader_clear(struct segment_reader *r)
{
	free(r->room.octets);
	memset(r, 0, sizeof(*r));
}

/* Brings len octets at that place into memory, and more behind them. */
static int
fetch(struct segment_reader *r, size_t at, size_t len)
{
	size_t wanted = len > READ_AHEAD ? len : READ_AHEAD;
	int ret;

	if (at > r->end || len > r->end - at)
		return ERR_MALFORMED;
	if (at >= r->from && at - r->from <= r->len &&
	    len <= r->len - (at - r->from))
		return 0;
	if (wanted > r->end - at)
		wanted = r->end - at;
	ret = grow(&r->room, wanted);
	if (ret != 0)
		return ret;
	r->len = 0;
	ret = storage_read(r->storage, r->fd, r->room.octets, wanted, at);
	if (ret != 0)
		return ret == ERR_RANGE ? ERR_MALFORMED : ret;
	r->from = at;
	r->len = wanted;
	return 0;
}

int
segment_reader_group(struct segment_reader *r, size_t at,
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out,
    const uint8_t **octets_out)
{
	size_t size;
	int ret = fetch(r, at, GROUP_HEAD_LEN);

	*octets_out = NULL;
	memset(head_out, 0, sizeof(*head_out));
	if (ret == 0)
		ret = group_head_peek(r->room.octets + (at - r->from), uuid,
		    head_out);
	if (ret != 0)
		return ret;
	size = group_size(head_out->len);
	ret = fetch(r, at, size);
	if (ret == 0)
		ret = group_head_read(r->room.octets + (at - r->from), size,
		    uuid, head_out);
	if (ret == 0)
		*octets_out = r->room.octets + (at - r->from);
	return ret;
}

/* --- The whole of it --- */

#define STEP ((size_t)1 << 20)

/* Block by block. */
static void
read_around(const struct storage *st, int fd, uint8_t *octets, size_t at,
    size_t end, size_t *unreadable)
{
	for (; at < end; at += JOURNAL_BLOCK) {
		size_t n = end - at < JOURNAL_BLOCK ? end - at : JOURNAL_BLOCK;

		if (storage_read(st, fd, octets + at, n, at) == 0)
			continue;
		memset(octets + at, 0, n);
		if (*unreadable == 0)
			*unreadable = at;
	}
}

int
segment_read_all(const struct storage *st, int fd, size_t size,
    struct segment_room *room, size_t *unreadable_out)
{
	uint8_t *octets;

	*unreadable_out = 0;
	if (grow(room, size) != 0)
		return ERR_NOMEM;
	octets = room->octets;
	for (size_t at = 0; at < size; at += STEP) {
		size_t n = size - at < STEP ? size - at : STEP;

		if (storage_read(st, fd, octets + at, n, at) != 0)
			read_around(st, fd, octets, at, at + n, unreadable_out);
	}
	return 0;
}
