/*
 * segment.c - octets of a log segment: its header, its groups
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/segment.h"

/* In every format: magic, format, ..., CRC in the last 4 octets of the block.
 */
#define SEGMENT_MAGIC "kddnslog"
#define SEGMENT_MAGIC_LEN 8
#define CRC_AT (JOURNAL_BLOCK - 4)

#define GROUP_MAGIC 0x6b644752u /* "kdGR" */
#define GROUP_CRC_AT (GROUP_HEAD_LEN - 4)

bool
segment_name_read(const char *name, const char *suffix, uint32_t *number_out)
{
	uint64_t n = 0;
	size_t digits = strspn(name, "0123456789");

	if (digits < 8 || digits > 10 || strcmp(name + digits, suffix) != 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		n = 10 * n + (uint64_t)(name[i] - '0');
	if (n == 0 || n > UINT32_MAX)
		return false;
	*number_out = (uint32_t)n;
	return true;
}

void
segment_head_write(const struct segment_head *head,
    uint8_t block[JOURNAL_BLOCK])
{
	struct writer w;

	memset(block, 0, JOURNAL_BLOCK);
	writer_init(&w, block, JOURNAL_BLOCK);
	writer_octets(&w, SEGMENT_MAGIC, SEGMENT_MAGIC_LEN);
	writer_u32(&w, JOURNAL_FORMAT);
	writer_octets(&w, head->uuid, sizeof(head->uuid));
	writer_u32(&w, head->number);
	writer_u32(&w, head->next_zone_id);
	writer_u64(&w, head->first_lsn);
	put_u32(block + CRC_AT, crc32c(0, block, CRC_AT));
}

int
segment_head_read(const uint8_t block[JOURNAL_BLOCK],
    struct segment_head *head_out)
{
	struct segment_head h;
	struct reader r;

	memset(head_out, 0, sizeof(*head_out));
	if (memcmp(block, SEGMENT_MAGIC, SEGMENT_MAGIC_LEN) != 0 ||
	    get_u32(block + CRC_AT) != crc32c(0, block, CRC_AT))
		return ERR_MALFORMED;
	reader_init(&r, block, JOURNAL_BLOCK);
	reader_skip(&r, SEGMENT_MAGIC_LEN);
	h.format = reader_u32(&r);
	if (h.format != JOURNAL_FORMAT) {
		head_out->format = h.format;
		return ERR_UNSUPPORTED;
	}
	memcpy(h.uuid, reader_octets(&r, sizeof(h.uuid)), sizeof(h.uuid));
	h.number = reader_u32(&r);
	h.next_zone_id = reader_u32(&r);
	h.first_lsn = reader_u64(&r);
	if (h.number == 0 || h.first_lsn == 0)
		return ERR_MALFORMED;
	*head_out = h;
	return 0;
}

static uint32_t
seed(const uint8_t uuid[JOURNAL_UUID_LEN], const uint8_t lsn[8])
{
	return crc32c(crc32c(0, uuid, JOURNAL_UUID_LEN), lsn, 8);
}

/*
 * magic 4, format 2, zero 2, LSN 8, length 4, changesets 4, CRC of all behind
 * the head (padding included) 4, CRC of the head before it 4.
 */
#define LSN_AT 8

void
group_head_write(const struct group_head *head,
    const uint8_t uuid[JOURNAL_UUID_LEN], uint8_t *group)
{
	size_t size = group_size(head->len), end = GROUP_HEAD_LEN + head->len;
	struct writer w;
	uint32_t s;

	memset(group + end, 0, size - end);
	writer_init(&w, group, GROUP_HEAD_LEN);
	writer_u32(&w, GROUP_MAGIC);
	writer_u16(&w, JOURNAL_FORMAT);
	writer_u16(&w, 0);
	writer_u64(&w, head->lsn);
	writer_u32(&w, head->len);
	writer_u32(&w, head->n_changesets);
	s = seed(uuid, group + LSN_AT);
	writer_u32(&w,
	    crc32c(s, group + GROUP_HEAD_LEN, size - GROUP_HEAD_LEN));
	writer_u32(&w, crc32c(s, group, GROUP_CRC_AT));
}

/* body_crc_out: what the body's CRC should be. */
static int
read_group_head(const uint8_t *octets, const uint8_t uuid[JOURNAL_UUID_LEN],
    struct group_head *head_out, uint32_t *body_crc_out)
{
	struct group_head h;
	struct reader r;

	memset(head_out, 0, sizeof(*head_out));
	reader_init(&r, octets, GROUP_HEAD_LEN);
	if (reader_u32(&r) != GROUP_MAGIC)
		return ERR_MALFORMED;
	h.format = reader_u16(&r);
	reader_skip(&r, 2);
	h.lsn = reader_u64(&r);
	h.len = reader_u32(&r);
	h.n_changesets = reader_u32(&r);
	*body_crc_out = reader_u32(&r);
	if (reader_u32(&r) !=
	    crc32c(seed(uuid, octets + LSN_AT), octets, GROUP_CRC_AT))
		return ERR_MALFORMED;
	*head_out = h;
	return h.format == JOURNAL_FORMAT ? 0 : ERR_UNSUPPORTED;
}

int
group_head_peek(const uint8_t octets[GROUP_HEAD_LEN],
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out)
{
	uint32_t body_crc;

	return read_group_head(octets, uuid, head_out, &body_crc);
}

int
group_head_read(const uint8_t *octets, size_t len,
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out)
{
	uint32_t body_crc;
	size_t size;
	int ret;

	memset(head_out, 0, sizeof(*head_out));
	if (len < GROUP_HEAD_LEN)
		return ERR_MALFORMED;
	ret = read_group_head(octets, uuid, head_out, &body_crc);
	if (ret != 0)
		return ret;
	size = group_size(head_out->len);
	if (size <= len &&
	    body_crc ==
		crc32c(seed(uuid, octets + LSN_AT), octets + GROUP_HEAD_LEN,
		    size - GROUP_HEAD_LEN))
		return 0;
	memset(head_out, 0, sizeof(*head_out));
	return ERR_MALFORMED;
}

int
segment_numbers_add(struct segment_numbers *s, uint32_t number)
{
	if (s->n == s->room) {
		size_t room = s->room == 0 ? 64 : 2 * s->room;
		uint32_t *more = reallocarray(s->at, room, sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		s->at = more;
		s->room = room;
	}
	s->at[s->n++] = number;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
segment_numbers_sort(struct segment_numbers *s)
{
	if (s->n > 0)
		qsort(s->at, s->n, sizeof(*s->at), by_number);
}
