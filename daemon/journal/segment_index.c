/*
 * segment_index.c - octets of the index of a closed segment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/segment_index.h"

/* In every format: magic, format, ..., CRC in the last 4 octets. */
#define INDEX_MAGIC "kddnsidx"
#define INDEX_MAGIC_LEN 8
#define HEAD_LEN (INDEX_MAGIC_LEN + 4 + JOURNAL_UUID_LEN + 4 + 8 + 8 + 4 + 4)
#define ENTRY_LEN 32
#define CRC_LEN 4

void
segment_index_clear(struct segment_index *x)
{
	free(x->entries);
	memset(x, 0, sizeof(*x));
}

int
segment_index_add(struct segment_index *x,
    const struct segment_index_entry *entry)
{
	if (x->n == x->room) {
		size_t room = x->room == 0 ? 1024 : 2 * x->room;
		struct segment_index_entry *more =
		    reallocarray(x->entries, room, sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		x->entries = more;
		x->room = room;
	}
	x->entries[x->n++] = *entry;
	return 0;
}

size_t
segment_index_len(const struct segment_index *x)
{
	return HEAD_LEN + x->n * ENTRY_LEN + CRC_LEN;
}

void
segment_index_write(const struct segment_index *x, uint8_t *octets)
{
	size_t len = segment_index_len(x);
	struct writer w;

	writer_init(&w, octets, len);
	writer_octets(&w, INDEX_MAGIC, INDEX_MAGIC_LEN);
	writer_u32(&w, SEGMENT_INDEX_FORMAT);
	writer_octets(&w, x->uuid, sizeof(x->uuid));
	writer_u32(&w, x->number);
	writer_u64(&w, x->first_lsn);
	writer_u64(&w, x->last_lsn);
	writer_u32(&w, x->end);
	writer_u32(&w, (uint32_t)x->n);
	for (size_t i = 0; i < x->n; i++) {
		const struct segment_index_entry *e = &x->entries[i];

		writer_u32(&w, (uint32_t)(e->where.lsn - x->first_lsn));
		writer_u32(&w, e->zone_id);
		writer_u32(&w, e->serial_from);
		writer_u32(&w, e->serial_to);
		writer_u32(&w, e->flags);
		writer_u32(&w, e->where.offset);
		writer_u32(&w, e->where.len);
		writer_u32(&w, e->where.share);
	}
	writer_u32(&w, crc32c(0, octets, len - CRC_LEN));
}

static int
read_entries(struct reader *r, uint32_t n, struct segment_index *x)
{
	x->entries = calloc((size_t)n + 1, sizeof(*x->entries));
	if (x->entries == NULL)
		return ERR_NOMEM;
	x->n = x->room = n;
	for (uint32_t i = 0; i < n; i++) {
		struct segment_index_entry *e = &x->entries[i];

		e->where.segment = x->number;
		e->where.lsn = x->first_lsn + reader_u32(r);
		e->zone_id = reader_u32(r);
		e->serial_from = reader_u32(r);
		e->serial_to = reader_u32(r);
		e->flags = reader_u32(r);
		e->where.offset = reader_u32(r);
		e->where.len = reader_u32(r);
		e->where.share = reader_u32(r);
		if (e->where.lsn > x->last_lsn || e->where.offset > x->end ||
		    e->where.len > x->end - e->where.offset ||
		    (i > 0 && e->where.lsn < e[-1].where.lsn))
			return ERR_MALFORMED;
	}
	return 0;
}

int
segment_index_read(const uint8_t *octets, size_t len,
    struct segment_index *index_out)
{
	struct segment_index x = {.n = 0};
	struct reader r;
	uint32_t format, n;
	int ret;

	memset(index_out, 0, sizeof(*index_out));
	if (len < HEAD_LEN + CRC_LEN ||
	    memcmp(octets, INDEX_MAGIC, INDEX_MAGIC_LEN) != 0 ||
	    get_u32(octets + len - CRC_LEN) != crc32c(0, octets, len - CRC_LEN))
		return ERR_MALFORMED;
	reader_init(&r, octets, len - CRC_LEN);
	reader_skip(&r, INDEX_MAGIC_LEN);
	format = reader_u32(&r);
	if (format != SEGMENT_INDEX_FORMAT)
		return ERR_UNSUPPORTED;
	memcpy(x.uuid, reader_octets(&r, sizeof(x.uuid)), sizeof(x.uuid));
	x.number = reader_u32(&r);
	x.first_lsn = reader_u64(&r);
	x.last_lsn = reader_u64(&r);
	x.end = reader_u32(&r);
	n = reader_u32(&r);
	if (x.first_lsn == 0 || x.last_lsn < x.first_lsn - 1 ||
	    reader_left(&r) != (uint64_t)n * ENTRY_LEN)
		return ERR_MALFORMED;
	ret = read_entries(&r, n, &x);
	if (ret == 0)
		*index_out = x;
	else
		segment_index_clear(&x);
	return ret;
}
