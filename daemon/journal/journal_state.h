/*
 * journal_state.h - what the files of the journal share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: as said at the fields.
 */
#ifndef JOURNAL_JOURNAL_STATE_H
#define JOURNAL_JOURNAL_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/base/storage.h"
#include "daemon/journal/anchor.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/recover.h"
#include "daemon/journal/segment.h"
#include "daemon/journal/segment_index.h"

#define SEGMENT_NAME_SIZE 32

struct segment {
	uint32_t number; /* 0: spare */
	uint64_t first_lsn;
	int fd;
	size_t size; /* of the file */
	size_t end;  /* behind the last group; the writer's for the last one */
	unsigned n_pins;
	bool has_index;  /* on disk */
	bool is_checked; /* read since it was written, in this life */
	struct segment_index *index;  /* until the replay, if it was not read */
	char name[SEGMENT_NAME_SIZE]; /* in log/; the log thread's for the last
					 one */
};

struct journal {
	const struct storage *storage;
	size_t segment_size;
	size_t group_max;
	int lock_fd, dirfd, log_dirfd, zones_dirfd, control_fd;
	uint8_t uuid[JOURNAL_UUID_LEN];
	bool was_clean;
	bool damaged;
	struct reason damage;
	struct reason dropped; /* why the first segments did not count, or "" */
	_Atomic uint32_t next_zone_id;

	uint64_t next_lsn; /* the writer's */
	_Atomic uint64_t durable_lsn;
	_Atomic uint32_t durable_segment; /* holds the durable LSN */
	_Atomic uint64_t saved_lsn;       /* for the control file */

	struct recover_promise promise; /* what the control file said */
	pthread_mutex_t anchor_lock;
	struct anchor anchor; /* last written */
	_Atomic uint32_t n_spares_made;
	atomic_bool has_reserve;

	pthread_mutex_t lock;      /* guards what follows */
	struct segment **segments; /* numbers are consecutive */
	size_t n_segments, segments_room;
	struct segment *spare;
	struct reason no_spare; /* why it could not be made, or "" */
};

struct segment *segment_create(void);
void segment_destroy(struct journal *j, struct segment *s);
void segment_forget_index(struct segment *s);

/* Appends to j->segments; under the lock, or before there are threads. */
int journal_add_segment(struct journal *j, struct segment *s);

/* Writes the head of s and gives it the name of its number, durably. */
int journal_name_segment(struct journal *j, struct segment *s,
    struct reason *reason);

/*
 * The reserve: room on the disk that only recovery uses, so that a full disk
 * does not keep the daemon from starting.
 */
#define RESERVE_NAME "reserve"
int journal_make_reserve(struct journal *j, struct reason *reason);

/*
 * What recovery judged becomes what the disk has: the last segment, whose
 * octets are tail, is written anew, or the first one made.  Nothing is touched
 * if there is damage.
 */
int journal_make_whole(struct journal *j, const uint8_t *tail,
    struct reason *reason);

/* "00000012.index" */
void journal_index_name(char name[SEGMENT_NAME_SIZE], uint32_t number);

/* The index of a segment, if it is there and sound; ERR_NOTFOUND. */
int journal_read_index(struct journal *j, uint32_t number,
    struct segment_index **index_out);

/* Gives the changesets of one segment from its octets. */
int journal_walk_segment(struct journal *j, const struct segment *s,
    journal_take take, void *arg, struct reason *reason);

/* A file of zeros, segment_size long; number 0. */
int journal_new_segment(struct journal *j, struct segment **segment_out,
    struct reason *reason);

#endif
