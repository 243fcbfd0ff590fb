/*
 * segment_index.h - octets of the index of a closed segment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a start needs of a segment whose changes all snapshots have: which
 * changesets lie where.  Made from the segment and never needed: without it,
 * or with one that does not fit, the segment itself is read.
 *
 * Owns:    the entries, heap memory.
 * Threads: any.
 * Errors:  negative enum err.
 * Units:   octets; numbers in network order.
 */
#ifndef JOURNAL_SEGMENT_INDEX_H
#define JOURNAL_SEGMENT_INDEX_H

#include "daemon/journal/journal.h"
#include "daemon/journal/segment.h"

#define SEGMENT_INDEX_FORMAT 1

/* One changeset. */
struct segment_index_entry {
	struct journal_location where; /* segment: that of the index */
	uint32_t zone_id;
	uint32_t serial_from;
	uint32_t serial_to;
	uint32_t flags; /* enum changeset_flag */
};

struct segment_index {
	uint8_t uuid[JOURNAL_UUID_LEN];
	uint32_t number;
	uint64_t first_lsn, last_lsn;
	uint32_t end; /* behind the last group */
	size_t n, room;
	struct segment_index_entry *entries;
};

void segment_index_clear(struct segment_index *x);

/* Appends; ERR_NOMEM. */
int segment_index_add(struct segment_index *x,
    const struct segment_index_entry *entry);

/* Octets of x as a file. */
size_t segment_index_len(const struct segment_index *x);

/* Writes them. */
void segment_index_write(const struct segment_index *x, uint8_t *octets);

/*
 * Reads a whole file.  ERR_MALFORMED, ERR_UNSUPPORTED: do without;
 * ERR_NOMEM.
 */
int segment_index_read(const uint8_t *octets, size_t len,
    struct segment_index *index_out);

#endif
