/*
 * anchor.c - the control file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/anchor.h"

/* In every format: magic, format, ..., CRC in the last 4 octets of the block.
 */
#define ANCHOR_MAGIC "kddnsctl"
#define ANCHOR_MAGIC_LEN 8
#define CRC_AT (JOURNAL_BLOCK - 4)
#define FLAG_CLEAN 1u

void
anchor_write(const struct anchor *anchor, uint8_t block[JOURNAL_BLOCK])
{
	struct writer w;

	memset(block, 0, JOURNAL_BLOCK);
	writer_init(&w, block, JOURNAL_BLOCK);
	writer_octets(&w, ANCHOR_MAGIC, ANCHOR_MAGIC_LEN);
	writer_u32(&w, JOURNAL_FORMAT);
	writer_u64(&w, anchor->sequence);
	writer_octets(&w, anchor->uuid, sizeof(anchor->uuid));
	writer_u32(&w, anchor->clean ? FLAG_CLEAN : 0);
	writer_u64(&w, anchor->durable_lsn);
	writer_u32(&w, anchor->first_segment);
	writer_u32(&w, anchor->next_zone_id);
	writer_u64(&w, anchor->saved_lsn);
	put_u32(block + CRC_AT, crc32c(0, block, CRC_AT));
}

static int
read_one(const uint8_t *block, struct anchor *anchor_out)
{
	struct reader r;
	struct anchor s;

	if (memcmp(block, ANCHOR_MAGIC, ANCHOR_MAGIC_LEN) != 0 ||
	    get_u32(block + CRC_AT) != crc32c(0, block, CRC_AT))
		return ERR_NOTFOUND;
	reader_init(&r, block, JOURNAL_BLOCK);
	reader_skip(&r, ANCHOR_MAGIC_LEN);
	s.format = reader_u32(&r);
	if (s.format != JOURNAL_FORMAT) {
		anchor_out->format = s.format;
		return ERR_UNSUPPORTED;
	}
	s.sequence = reader_u64(&r);
	memcpy(s.uuid, reader_octets(&r, sizeof(s.uuid)), sizeof(s.uuid));
	s.clean = (reader_u32(&r) & FLAG_CLEAN) != 0;
	s.durable_lsn = reader_u64(&r);
	s.first_segment = reader_u32(&r);
	s.next_zone_id = reader_u32(&r);
	s.saved_lsn = reader_u64(&r); /* once nobody wrote it: 0 */
	*anchor_out = s;
	return 0;
}

int
anchors_read(const uint8_t *octets, size_t len, struct anchor *anchor_out)
{
	int best = ERR_NOTFOUND;

	memset(anchor_out, 0, sizeof(*anchor_out));
	for (size_t at = 0; at + JOURNAL_BLOCK <= len && at < ANCHORS_LEN;
	     at += JOURNAL_BLOCK) {
		struct anchor s;
		int ret = read_one(octets + at, &s);

		if (ret == ERR_UNSUPPORTED) {
			anchor_out->format = s.format;
			return ret;
		}
		if (ret == 0 &&
		    (best != 0 || s.sequence > anchor_out->sequence)) {
			*anchor_out = s;
			best = 0;
		}
	}
	return best;
}
