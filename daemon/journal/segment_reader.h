/*
 * segment_reader.h - the groups of a segment, one after the other
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads ahead by the megabyte; nothing is mapped, so that a sector that cannot
 * be read is an error and no signal.
 *
 * Owns:    its buffer.
 * Threads: one at a time.
 * Errors:  negative enum err.
 * Units:   octets from the start of the segment.
 */
#ifndef JOURNAL_SEGMENT_READER_H
#define JOURNAL_SEGMENT_READER_H

#include "daemon/base/storage.h"
#include "daemon/journal/segment.h"

/* Room that grows; all zero: none yet. */
struct segment_room {
	uint8_t *octets; /* free() it */
	size_t size;
};

struct segment_reader {
	const struct storage *storage;
	int fd;
	size_t end; /* nothing is read from here on */
	struct segment_room room;
	size_t from, len; /* what of the file is in it */
};

void segment_reader_init(struct segment_reader *r, const struct storage *st,
    int fd, size_t end);
void segment_reader_clear(struct segment_reader *r);

/*
 * The sound group at that place; *octets_out is its start, until the next
 * call.
 * ERR_MALFORMED    there is none
 * ERR_UNSUPPORTED  a newer format
 * ERR_IO, ERR_NOMEM
 */
int segment_reader_group(struct segment_reader *r, size_t at,
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out,
    const uint8_t **octets_out);

/*
 * Reads the whole file, size octets, into the room, which grows.  What cannot
 * be read is zeros, and the first such offset is *unreadable_out (0: none).
 * ERR_NOMEM.
 */
int segment_read_all(const struct storage *st, int fd, size_t size,
    struct segment_room *room, size_t *unreadable_out);

#endif
