/*
 * group.h - changesets collected for one sync
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    its octets, which are kept from group to group.
 * Threads: one at a time: the writer fills and places it, then the log thread
 *          has it until it is written.
 * Errors:  ERR_NOMEM.
 */
#ifndef JOURNAL_GROUP_H
#define JOURNAL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct changeset;

struct group {
	uint8_t *octets; /* head, changesets, padding */
	size_t room;
	size_t len; /* head and changesets so far */
	uint32_t n_changesets;

	/* Where it goes: set by journal_place(). */
	uint64_t lsn;
	uint32_t segment;
	uint32_t offset;
	bool opens_segment; /* it is the first one there */
};

void group_init(struct group *g);
void group_clear(struct group *g);

/* Forgets the changesets. */
void group_reset(struct group *g);

/* Appends cs; *at_out is its offset in the group, *len_out its octets. */
int group_add(struct group *g, const struct changeset *cs, uint32_t *at_out,
    uint32_t *len_out);

/*
 * The part of the group's blocks that len octets of changesets pay for: small
 * groups are mostly padding, and the sum over the changesets is at least the
 * group.
 */
uint32_t group_share(size_t changesets_len, size_t len);

#endif
