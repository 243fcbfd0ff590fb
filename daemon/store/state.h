/*
 * state.h - what the files of this room share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: as said at the fields.  Locks, in the order they may be taken:
 * store.upkeep, store_zone.lock, the journal's own.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/base/ring.h"
#include "daemon/base/wake.h"
#include "daemon/journal/journal.h"
#include "daemon/store/history.h"
#include "daemon/store/store.h"
#include "daemon/store/zone_dir_files.h"

struct batch;
struct gone_zone;
struct part;
struct mark;
struct queue;

struct store_zone {
	struct store *store;
	uint32_t id;       /* 0: not in the state directory yet */
	bool is_named;     /* its directory says whose it is */
	uint32_t other_id; /* of a second directory that is its, or 0 */
	struct name apex;
	char *text;
	_Atomic(struct zone *) zone; /* NULL: not loaded */
	_Atomic(void *) user;
	atomic_bool in_service;
	atomic_bool frozen; /* updates are refused */

	pthread_mutex_t lock;            /* guards what follows; held shortly */
	struct store_zone_config config; /* its strings are ours */
	struct name *nameservers;        /* config.soa's */
	struct history history;
	struct zone_file_state file;
	struct reason problem; /* why it is not loaded, or a warning */
	const char *loaded_from;

	/* Under store.upkeep. */
	const struct store_zone_config *wanted; /* while one is taken over */
	uint64_t snapshot_lsn;
	uint64_t snapshot_octets; /* of its file */
	uint64_t saved_octets;    /* history.octets_ever then */
	uint64_t dump_due_ms;     /* 0: nothing to dump */
	uint64_t save_after_ms;   /* a checkpoint failed: not before then */
	bool file_edited;
	bool said_holding; /* that it keeps the log from shrinking */

	/* The writer's. */
	const struct zone_version *newest; /* sealed last, or NULL */
	struct part *part;                 /* of the open batch, or NULL */
};

/* Immutable once published; old ones stay until store_close(). */
struct zone_table {
	struct zone_table *older;
	size_t n;
	struct store_zone **sorted; /* by apex; in service */
	size_t mask;
	struct store_zone **slots; /* by hash of the apex, linear probing */
	unsigned labels_max;       /* of an apex */
};

struct counters {
	_Atomic uint64_t groups, group_octets, updates, changes;
	_Atomic uint64_t ring_full, over_share, too_old;
	struct store_spread spread; /* log thread's, writer's */
};

struct commit {
	struct ring *ring;   /* of store_job */
	struct queue *queue; /* the writer's: what it took from the ring */
	struct wake wake;
	pthread_t thread, log_thread;
	bool running;
	atomic_bool stop;

	struct batch *batches; /* two */
	struct batch *open;    /* the one being filled */
	struct batch *in_log;  /* the one with the log thread, or NULL */
	_Atomic uint64_t published_lsn; /* up to it all is in the history */
	struct wake log_wake;
	_Atomic(struct batch *) to_log, from_log;
	atomic_bool log_stop;

	_Atomic(struct mark *) marks; /* the keeper's, newest first */
};

struct keeper {
	struct wake wake;
	pthread_t thread;
	struct wake segments_wake;
	pthread_t segments_thread;
	bool running;
	atomic_bool stop;
	bool said_no_spare; /* the segments thread's */
	bool saved_more;    /* under upkeep: snapshots nobody has counted */
};

struct store {
	struct store_config config;
	struct journal *journal;
	struct commit commit;
	struct keeper keeper;
	struct counters counters;
	atomic_bool closing; /* store_submit() takes no more */

	_Atomic(struct zone_table *) table;

	/*
	 * Every zone there ever was, in or out of service.  The list grows at
	 * its end only, under upkeep; readers of n_zones may walk it.
	 */
	struct store_zone **_Atomic zones;
	_Atomic size_t n_zones;
	size_t zones_room;
	void *old_lists[64]; /* lists that were outgrown */
	size_t n_old_lists;
	_Atomic(struct gone_zone *) gone; /* data that the writer shall free */

	pthread_mutex_t upkeep; /* one checkpoint, dump or reload at a time */
	char **strings;         /* paths of all configurations */
	size_t n_strings, strings_room;
	struct store_zone **by_apex; /* of the list; linear probing */
	size_t by_apex_mask;

	pthread_mutex_t status_lock;
	struct reason read_only; /* why, or "" */
	atomic_bool is_read_only;
};

/* Ends writing for good (J5, J6); the first reason stays. */
void store_set_read_only(struct store *s, const char *why);

/* 0, or ERR_IO and why nothing is written. */
int store_check_writable(const struct store *s, struct reason *reason);

/* store_open() on a journal as configured: tests want small segments. */
int store_open_journal(const struct store_config *config,
    const struct journal_config *journal_config,
    const struct store_zone_config *zones, size_t n_zones,
    struct store **store_out, struct reason *reason);

/* zone_current() of a loaded zone, pinned, with the LSN it stands for. */
const struct zone_version *store_zone_pin_lsn(struct store_zone *z,
    uint64_t *lsn_out);

#endif
