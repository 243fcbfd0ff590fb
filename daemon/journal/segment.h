/*
 * segment.h - octets of a log segment: its header, its groups
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A segment is one block of header, then groups, each starting on a block; a
 * group is what one sync makes durable.  Every CRC is seeded with the store's
 * uuid, a group's with its LSN too: a group that an older life of the file
 * left behind never passes for a new one, and nobody who only chooses RDATA
 * can make octets that look like a group.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  ERR_MALFORMED: not (or not wholly) there; ERR_UNSUPPORTED: sound,
 *          but of a newer format.
 * Units:   octets; numbers in network order.
 */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_FORMAT 1
#define JOURNAL_BLOCK 4096
#define JOURNAL_UUID_LEN 16

/* len rounded up to whole blocks. */
static inline size_t
journal_blocks(size_t len)
{
	return (len + JOURNAL_BLOCK - 1) / JOURNAL_BLOCK * JOURNAL_BLOCK;
}

/* "00000012.log", and nothing that merely looks like it. */
bool segment_name_read(const char *name, const char *suffix,
    uint32_t *number_out);

struct segment_head {
	uint32_t format;
	uint8_t uuid[JOURNAL_UUID_LEN];
	uint32_t number; /* counts from 1; the file's name says the same */
	uint32_t next_zone_id; /* ids below it are, or were, in use */
	uint64_t first_lsn;
};

void segment_head_write(const struct segment_head *head,
    uint8_t block[JOURNAL_BLOCK]);

/* format is set also with ERR_UNSUPPORTED. */
int segment_head_read(const uint8_t block[JOURNAL_BLOCK],
    struct segment_head *head_out);

#define GROUP_HEAD_LEN 32

struct group_head {
	uint16_t format;
	uint64_t lsn;
	uint32_t
	    len; /* of the changesets; with head and padding: group_size() */
	uint32_t n_changesets;
};

/* Octets of the whole group in the segment: whole blocks. */
static inline size_t
group_size(uint32_t len)
{
	return journal_blocks((size_t)len + GROUP_HEAD_LEN);
}

/*
 * Writes the head in front of the changesets at group[GROUP_HEAD_LEN],
 * head->len of them, zeroes the padding after them, computes the CRCs.
 */
void group_head_write(const struct group_head *head,
    const uint8_t uuid[JOURNAL_UUID_LEN], uint8_t *group);

/*
 * What the head says, GROUP_HEAD_LEN octets, its own CRC compared.  format and
 * lsn are set also with ERR_UNSUPPORTED.
 */
int group_head_peek(const uint8_t octets[GROUP_HEAD_LEN],
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out);

/* A whole sound group at the start of the octets. */
int group_head_read(const uint8_t *octets, size_t len,
    const uint8_t uuid[JOURNAL_UUID_LEN], struct group_head *head_out);

/* Numbers of segments, of a folder; start with zeros, free() what is at. */
struct segment_numbers {
	uint32_t *at;
	size_t n, room;
};

/* ERR_NOMEM. */
int segment_numbers_add(struct segment_numbers *s, uint32_t number);

/* Smallest first. */
void segment_numbers_sort(struct segment_numbers *s);

#endif
