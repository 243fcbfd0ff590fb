/*
 * recover.h - which groups of a log count
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pure function over octets, so that it can be tried on every image a crash
 * may leave.  LSNs are dense over all segments: the longest run of sound
 * groups counts and nothing after it (J4).  At most one group can be torn, the
 * last; a sound group behind an unsound one, a gap, a missing segment or one
 * that cannot be read is damage (J5).
 *
 * Damage to segments whose groups all snapshots have costs nothing but
 * history: the log then begins with the segment after them.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err and a reason.
 */
#ifndef JOURNAL_RECOVER_H
#define JOURNAL_RECOVER_H

#include <stdbool.h>

#include "daemon/base/reason.h"
#include "daemon/journal/segment.h"

struct anchor;
struct segment_index;

struct recover_segment {
	uint32_t number;     /* by the file's name */
	const uint8_t *head; /* its first block; NULL: it has none */
	size_t len;
	/* Stands for its groups, which are not read then; or NULL. */
	const struct segment_index *index;
	/* All of it; what could not be read is zeros. */
	const uint8_t *octets;
	size_t unreadable; /* first such offset; 0: none */
	/* Found out: */
	bool counts; /* head sound and in its place */
	uint64_t first_lsn;
	size_t end; /* behind its last group that counts */
};

/* What is known of the log from elsewhere. */
struct recover_promise {
	/* By the control file; all zero if there was none. */
	bool given;
	uint8_t uuid[JOURNAL_UUID_LEN];
	uint32_t first_segment;
	uint64_t durable_lsn;
	uint64_t saved_lsn; /* snapshots have all up to this group */
	/* By the snapshots themselves. */
	bool zones_are_whole;   /* each zone there is has one that is sound */
	uint64_t snapshots_lsn; /* of the oldest of them */
};

/* Sets what the control file says. */
void recover_promise_set(struct recover_promise *promise,
    const struct anchor *anchor);

struct recover_result {
	uint8_t uuid[JOURNAL_UUID_LEN];
	uint64_t last_lsn; /* 0: no group ever */
	uint32_t next_zone_id;
	bool damaged; /* reason says which file and offset */
	struct reason reason;
	/* The first segments do not count, for this; "": they do. */
	struct reason dropped;
};

/*
 * Gives the octets of s (and what of them is unreadable); those of the segment
 * before are not needed any more.  Not asked of segments with an index.
 */
typedef int (*recover_load)(void *arg, struct recover_segment *s);

/*
 * Judges the segments, given in order of their numbers.
 * ERR_UNSUPPORTED: one is of a newer format; result_out->reason says which.
 * What load returns, if not 0.
 */
int recover_log(struct recover_segment *segments, size_t n,
    const struct recover_promise *promise, recover_load load, void *arg,
    struct recover_result *result_out);

#endif
