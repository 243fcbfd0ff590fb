/*
 * history.h - which changesets of a zone the log still has
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One entry of 24 octets a changeset, oldest first, each going on where the
 * one before ended; and for each segment the newest changeset of the zone in
 * it, by which the keeper knows what a snapshot has made superfluous.
 *
 * The entries stand in chunks, which are never moved.  A reader (struct
 * history_range) holds the chunk that it is in, and that one the ones after
 * it: so a range of any length is opened at once, and what is cut meanwhile
 * stays readable to whoever had opened it.
 *
 * Owns:    the lists; the changesets are in the log.
 * Threads: one at a time: the zone's lock guards it, its ranges too.
 * Errors:  ERR_NOMEM.
 * Units:   octets as blocks of the log that a changeset pays for; positions
 *          count the changesets that were ever appended.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/journal/journal.h"

struct history_entry {
	uint32_t serial_from;
	uint32_t serial_to;
	uint32_t segment;
	uint32_t offset;
	uint32_t len;
	uint32_t share;
};

struct history_chunk;

struct history_use {
	uint32_t segment;
	uint64_t last_lsn; /* of the zone's groups in it */
};

struct history {
	struct history_chunk **chunks; /* oldest first */
	size_t n_chunks, chunks_room;
	uint64_t first, end; /* positions first to end - 1 count */
	uint64_t octets;     /* of those */

	struct history_use *uses; /* by segment; all that a snapshot lacks */
	size_t n_uses, uses_room;
	uint64_t last_lsn;    /* newest changeset */
	uint64_t octets_ever; /* of all that were ever appended */
};

void history_init(struct history *h);
void history_clear(struct history *h);

/*
 * Takes note of a changeset.  One that has RRs but does not go on where the
 * last one ended makes what was before useless, and it is forgotten.
 */
int history_append(struct history *h, uint32_t serial_from, uint32_t serial_to,
    const struct journal_location *where);

/* Room for one more, so that the next history_append() cannot fail. */
int history_reserve(struct history *h);

/* A changeset without a serial of its own: only where it lies. */
int history_note(struct history *h, const struct journal_location *where);

/* How many changesets there are, the oldest and the newest of them, or NULL. */
size_t history_count(const struct history *h);
const struct history_entry *history_oldest(const struct history *h);
const struct history_entry *history_newest(const struct history *h);

/* Entries that lead from one serial to another, to be read one by one. */
struct history_range {
	struct history_chunk *chunk; /* holds at; NULL: none is left */
	uint64_t at, end;
	uint64_t len; /* octets of all of them in the log */
	uint32_t first_segment, last_segment; /* 0: the range is empty */
};

/*
 * Opens the range; empty if the serials are the same.  ERR_NOTFOUND: history
 * does not have it.
 */
int history_open(const struct history *h, uint32_t from, uint32_t to,
    struct history_range *range_out);

/* The entry that the range stands at; false: it is at its end. */
bool history_peek(const struct history_range *r,
    struct history_entry *entry_out);

/* Goes one further. */
void history_step(struct history_range *r);

void history_close(struct history_range *r);

/* Forgets the oldest entries until at most octets are left. */
void history_cut_octets(struct history *h, uint64_t octets);

/* Forgets the entries in segments up to this one. */
void history_cut_segment(struct history *h, uint32_t segment);

void history_forget(struct history *h);

/* A snapshot has everything up to this LSN. */
void history_saved(struct history *h, uint64_t lsn);

/* The first segment that has something no snapshot has; 0: none. */
uint32_t history_unsaved_segment(const struct history *h);

/* The first segment that any of it needs; 0: none. */
uint32_t history_first_segment(const struct history *h);

#endif
