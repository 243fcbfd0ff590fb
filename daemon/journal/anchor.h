/*
 * anchor.h - the control file: what the log was like when last looked after
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two blocks written in turn, so that one is whole whenever the power goes.
 * Recovery works without them; with them it knows what must be there.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  negative enum err.
 */
#ifndef JOURNAL_ANCHOR_H
#define JOURNAL_ANCHOR_H

#include <stdbool.h>

#include "daemon/journal/segment.h"

#define ANCHORS_LEN (2 * JOURNAL_BLOCK)

struct anchor {
	uint32_t format;
	uint64_t sequence; /* counts writings */
	uint8_t uuid[JOURNAL_UUID_LEN];
	bool clean; /* stopped in order: the whole log is on disk */
	uint64_t durable_lsn;
	uint32_t first_segment;
	uint32_t next_zone_id;
	uint64_t saved_lsn; /* up to it every zone's snapshot has all */
};

void anchor_write(const struct anchor *anchor, uint8_t block[JOURNAL_BLOCK]);

/*
 * The newer sound one of the two slots in len octets.
 * ERR_NOTFOUND     neither is sound
 * ERR_UNSUPPORTED  a newer format (in anchor_out->format)
 */
int anchors_read(const uint8_t *octets, size_t len, struct anchor *anchor_out);

#endif
