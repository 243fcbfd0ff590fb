/*
 * segment_walk.h - the changesets of a segment, one after the other
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err and a reason.
 */
#ifndef JOURNAL_SEGMENT_WALK_H
#define JOURNAL_SEGMENT_WALK_H

#include "daemon/journal/journal.h"
#include "daemon/journal/segment.h"

/* A segment that counts, up to its end. */
struct segment_place {
	const struct storage *storage;
	int fd;
	uint32_t number;
	uint64_t first_lsn;
	size_t end; /* behind its last group */
	const uint8_t *uuid;
};

/*
 * Gives each changeset; what take returns first, if not 0, ends it.
 * ERR_MALFORMED    a group, or what is in it, is not sound
 * ERR_UNSUPPORTED  a newer format
 * ERR_IO, ERR_NOMEM
 */
int segment_walk(const struct segment_place *place, journal_take take,
    void *arg, struct reason *reason);

#endif
