/*
 * store.h - the zones of this server: loaded, changed, kept
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns the zones, the one writer thread and the one log thread.  A change is
 * a job: judged by the writer against the private view of its zone, written
 * and synced by the log thread as part of a group, published by the writer,
 * and only then finished (STORE.md section 5).  Groups form by themselves:
 * the writer takes all that is queued whenever the previous group has gone to
 * the log.
 *
 * Owns:    the state directory, the zones, its threads.
 * Threads: as said at each function.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "daemon/base/addr.h"
#include "daemon/base/histogram.h"
#include "daemon/base/reason.h"
#include "daemon/dns/types.h"
#include "daemon/zone/changeset.h"

struct arena;
struct epoch;
struct store;
struct store_zone; /* lives until store_close(), whatever reloads do */

enum serial_method {
	SERIAL_INCREMENT,
	SERIAL_UNIXTIME,
	SERIAL_DATE
};

/* One zone of the configuration; all is copied. */
struct store_zone_config {
	struct name apex;
	const char *file; /* absolute path, or NULL: no zone file */
	struct {
		bool given; /* else the file must exist */
		struct name mname, rname;
		const struct name *nameservers;
		size_t n_nameservers;
		uint32_t refresh_s, retry_s, expire_s, minimum_s;
		uint32_t ttl_s; /* of the SOA and NS RRs */
	} soa;
	enum serial_method serial_method;
	uint32_t dump_interval_s;
	uint64_t max_journal_size;     /* octets; 0: no limit */
	uint32_t max_records_per_name; /* 0: no limit */
	uint64_t max_records;          /* 0: no limit */
};

struct store_config {
	const char *directory;
	uint64_t journal_total_size; /* octets */
	struct epoch *epoch;         /* of the workers */
	/*
	 * Told by the writer after each publication of a zone with a new
	 * serial; must not block.
	 */
	void (*published)(void *arg, struct store_zone *z, uint32_t serial_from,
	    uint32_t serial_to);
	/* Told, by any thread of the store, when writing ends for good (J6). */
	void (*failed)(void *arg, const char *reason);
	void *arg;
};

/*
 * Opens the state directory (creating it if there is none), takes its lock,
 * recovers the log, loads the zones: from snapshot and log, or else from the
 * zone file, or else from soa{}.  Nothing is served before the recovered tail
 * is on disk (J7).  A zone that cannot be loaded does not keep the others from
 * it: it stays without a version, and its reason is in its status.
 * ERR_BUSY: another daemon holds the directory (its pid in the reason).
 * ERR_MALFORMED: damage before the end of the log is no error here: the store
 * opens read-only (J5), see store_status().
 */
int store_open(const struct store_config *config,
    const struct store_zone_config *zones, size_t n_zones,
    struct store **store_out, struct reason *reason);

/* Starts the writer, log and keeper threads. */
int store_start(struct store *s);

/* Finishes the batch in hand, checkpoints, stops the threads. */
void store_stop(struct store *s);

/* After store_stop(); NULL is fine. */
void store_close(struct store *s);

enum store_files {
	STORE_FILES_LOOK,  /* an edited zone file is found */
	STORE_FILES_LEAVE, /* files of zones that are loaded are not looked at */
};

/*
 * New configuration (SIGHUP): zones are added, changed or taken out of
 * service (their data stays).  Any one thread at a time, not a worker.
 * Edited zone files: as store_reload_zone(); findings as log lines, and in
 * the zones' status.
 */
int store_reconfigure(struct store *s, const struct store_zone_config *zones,
    size_t n_zones, enum store_files files, struct reason *reason);

/*
 * Looks at one zone's file again (kddnsctl reload ZONE).  An edited one is read
 * if the zone is frozen, and its difference becomes a changeset; the zone
 * stays frozen.
 * ERR_BUSY       it was edited, and the zone is not frozen: it is not read
 * ERR_MALFORMED  the file has a mistake; the zone stays as it was
 */
int store_reload_zone(struct store *s, struct store_zone *z,
    struct reason *reason);

/* Updates are refused, the zone file is written and may be edited. */
int store_freeze_zone(struct store *s, struct store_zone *z,
    struct reason *reason);

/* The edited file is read, updates are taken again. */
int store_thaw_zone(struct store *s, struct store_zone *z,
    struct reason *reason);

/*
 * Throws the data of a zone that is not configured away (kddnsctl zone-purge).
 * ERR_BUSY: it is configured.  ERR_NOTFOUND: there is none.
 */
int store_purge_zone(struct store *s, const struct name *apex,
    struct reason *reason);

/* True if updates are refused: why is set then.  Any thread. */
bool store_zone_is_frozen(const struct store_zone *z, struct reason *why);

/* --- Finding zones: any thread; results stay until store_close(). --- */

/* The zone that is the closest encloser of name; NULL: none of ours. */
struct store_zone *store_find(const struct store *s, const uint8_t *name);

/* The zone with this apex, or NULL. */
struct store_zone *store_find_apex(const struct store *s, const uint8_t *apex);

/* Zones in service, in order of names: i from 0, NULL after the last. */
struct store_zone *store_zone_at(const struct store *s, size_t i);

/* Zones that are not configured any more, but have data, in the same way. */
struct store_zone *store_zone_kept_at(const struct store *s, size_t i);

const struct name *store_zone_apex(const struct store_zone *z);

/* The apex as text without the final dot. */
const char *store_zone_text(const struct store_zone *z);

/* The published version, or NULL (not loaded); inside the epoch. */
const struct zone_version *store_zone_version(const struct store_zone *z);

/*
 * The published version, pinned (zone_unpin() it); any thread, epoch or not.
 * NULL: not loaded.
 */
const struct zone_version *store_zone_pin(struct store_zone *z);

/* A slot for what the server hangs on a zone (policy, ACLs): plain pointer. */
void store_zone_set_user(struct store_zone *z, void *user);
void *store_zone_user(const struct store_zone *z);

/* --- Changing --- */

/*
 * An update on its way.  The server embeds it in its request and fills in
 * the first part.
 */
struct store_job {
	struct store_zone *zone;
	/*
	 * Writer thread: judges against view and says what shall change.
	 * NOERROR with *n_out 0: nothing to do.  What it returns lies in
	 * arena, which lives until the group is done.
	 */
	enum rcode (*judge)(struct store_job *job,
	    const struct zone_version *view, struct arena *arena,
	    struct rrset_change **changes_out, size_t *n_out);
	/* Writer thread, once, after publication or failure; must not block. */
	void (*done)(struct store_job *job);
	const char *signer; /* for the journal; lives until done() */
	struct addr address;
	bool is_own; /* the store's: no limit holds, a frozen zone takes it */
	/* What will be looked for first, if it is known; until done(). */
	const uint8_t *owner;

	/* Results, set before done(). */
	enum rcode rcode; /* SERVFAIL: unknown, see STORE.md section 4 */
	bool changed;
	uint32_t serial_from, serial_to;
	struct reason
	    reason; /* when the store decided: limit, read-only, too old */

	/* The store's own. */
	uint64_t queued_ms;
	struct store_job *next;
};

/*
 * Queues a job; any thread.  False: the ring is full, done() will not come.
 * Nobody looks for it before store_wake(): who submits many wakes once, and
 * they become durable together.
 */
bool store_submit(struct store *s, struct store_job *job);
void store_wake(struct store *s);

/* --- History: for IXFR and `journal` --- */

struct store_history; /* a pinned range of changesets */

/*
 * Changesets that lead from serial to the pinned version v (of z).
 * ERR_NOTFOUND: history does not reach back (send AXFR).
 * Any thread.  However long the range is, opening it costs no more than
 * finding its ends, and nobody waits while it is read.
 */
int store_history_open(struct store_zone *z, uint32_t serial,
    const struct zone_version *v, struct store_history **history_out);

/* The same from one serial (NULL: the oldest) to another (NULL: the newest). */
int store_history_open_range(struct store_zone *z, const uint32_t *from,
    const uint32_t *to, struct store_history **history_out);

/* Octets of RRs in it, about: to choose between IXFR and AXFR. */
uint64_t store_history_octets(const struct store_history *h);

/*
 * The next changeset, oldest first, read from the log into arena.
 * ERR_NOTFOUND after the last.
 */
int store_history_next(struct store_history *h, struct arena *arena,
    struct changeset *cs_out);

void store_history_close(struct store_history *h);

/* --- Looking after it --- */

enum store_sync_flag {
	STORE_SYNC_CLEAN = 1, /* forget the history, too */
	STORE_SYNC_FORCE = 2, /* write the zone file though it was edited */
};

/*
 * Dumps the zone file and makes a snapshot now; z NULL: all.  Blocks; not a
 * worker.  ERR_BUSY: its file was edited and stays.
 */
int store_sync(struct store *s, struct store_zone *z, unsigned flags,
    struct reason *reason);

struct store_status {
	bool writable;
	struct reason reason; /* why not, or "" */
	uint64_t lsn;         /* newest durable group */
	uint64_t log_octets;
	uint32_t n_segments;
	uint64_t n_groups, n_updates, n_changes; /* since start */
	uint64_t group_octets;                   /* whole blocks of them */
	uint64_t n_ring_full;  /* not taken: the writer has too much to do */
	uint64_t n_over_share; /* refused: so much of one signer */
	uint64_t n_too_old;    /* refused: waited more than 5 s */
	uint64_t queued;
};
void store_status(const struct store *s, struct store_status *status_out);

/* Of groups since the start. */
struct store_spread {
	struct histogram commit_us; /* to write and sync one */
	struct histogram batch;     /* updates in one */
};
extern const struct histogram_bounds store_commit_us, store_batch;
const struct store_spread *store_spread(const struct store *s);

struct store_zone_status {
	bool loaded;
	struct reason reason; /* why not, or a warning (edited file), or "" */
	const char *file;
	uint32_t serial;
	uint64_t n_names, n_records;
	uint64_t journal_octets;
	uint32_t journal_first_serial;
	uint32_t n_changesets;
	uint32_t dumped_serial;
	uint64_t dumped_time_s; /* 0: never */
	bool dump_pending;      /* the file is not what the zone is */
	bool frozen;
	char loaded_from[32]; /* "snapshot", "zone file", "soa" */
};
void store_zone_status(struct store_zone *z,
    struct store_zone_status *status_out);

#endif
