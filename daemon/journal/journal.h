/*
 * journal.h - one log of every zone's changesets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The state directory and the log in it: segments of fixed size, written
 * front to back in groups, one sync each; recovered at opening; read back by
 * replay and by IXFR (RFC 1995 section 4).  It knows changesets only by their
 * heads.  The formats and the invariants J1 to J8 are in docs/store.md.
 *
 * The writer says where a group goes (journal_place), the log thread brings it
 * there (journal_write), so that all three, the keeper with its spare segment
 * included, work at the same time.
 *
 * Owns:    the directory's lock, control file and log; zones/ is the store's.
 * Threads: as said at each function.
 * Errors:  negative enum err and a reason.
 * Units:   octets; LSNs count groups, from 1.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/journal/record.h"

struct group;
struct journal;
struct storage;

#define JOURNAL_SEGMENT_SIZE ((size_t)64 << 20)

struct journal_config {
	const char *directory;
	/* NULL: the system; outlives the journal */
	const struct storage *storage;
	size_t segment_size; /* 0: JOURNAL_SEGMENT_SIZE; whole blocks, at least
				8 */
};

/* --- Opening: one thread, before any other uses it --- */

/*
 * Opens the directory, creating it if there is none, and takes its lock.  The
 * log is not there before journal_recover().
 * ERR_BUSY         another process holds it (its pid in the reason)
 * ERR_UNSUPPORTED  a newer format
 * ERR_IO, ERR_DISKFULL, ERR_PERM
 */
int journal_open(const struct journal_config *config,
    struct journal **journal_out, struct reason *reason);

/* True if what this group changed in the zone is saved elsewhere. */
typedef bool (*journal_is_saved)(void *arg, uint32_t zone_id, uint64_t lsn);

/* What snapshots have of it. */
struct journal_snapshots {
	journal_is_saved is_saved; /* NULL: nothing is */
	void *arg;
	bool are_whole; /* each zone there is has one that is sound */
	uint64_t oldest_lsn;
};

/*
 * Recovers the log and writes its tail anew (J7), unless the last stop was
 * clean.  A segment that has an index and whose changes are all saved is not
 * read.  Damage is no error: see journal_damage(), and journal_dropped().
 * ERR_UNSUPPORTED  a newer format
 * ERR_IO, ERR_DISKFULL
 */
int journal_recover(struct journal *j,
    const struct journal_snapshots *snapshots, struct reason *reason);

/* The pid in a lock file that somebody else holds, as text; or "unknown". */
#define JOURNAL_HOLDER_SIZE 16
void journal_lock_holder(int lock_fd, char holder_out[JOURNAL_HOLDER_SIZE]);

/* Closes, without a word in the control file; NULL is fine. */
void journal_close(struct journal *j);

/* What is wrong with the log (J5), or NULL; nothing may be written then. */
const char *journal_damage(const struct journal *j);

/*
 * What was wrong with segments that do not count for it, because snapshots
 * have all that was in them; or NULL.
 */
const char *journal_dropped(const struct journal *j);

/* True if the last stop was clean and nothing was lost since. */
bool journal_was_clean(const struct journal *j);

/* Where a changeset lies. */
struct journal_location {
	uint64_t lsn; /* of its group */
	uint32_t segment;
	uint32_t offset;
	uint32_t len;
	uint32_t share; /* blocks that it pays for, see group_share() */
};

/*
 * Gives every changeset that counts, oldest first; what take returns first,
 * if not 0, ends it.  octets holds only during the call; it is NULL for a
 * changeset of which only the index was read: it is saved.
 * ERR_MALFORMED: a group is sound but what is in it is not.
 */
typedef int (*journal_take)(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets);
int journal_replay(struct journal *j, journal_take take, void *arg,
    struct reason *reason);

/*
 * Snapshots are there up to this LSN: an empty log, whose predecessor was
 * taken away, begins after it.  ERR_MISMATCH: the log is not empty and ends
 * before it.
 */
int journal_begin_after(struct journal *j, uint64_t lsn, struct reason *reason);

/* zones/ in the directory; the journal's until journal_close(). */
int journal_zones_dirfd(const struct journal *j);
const struct storage *journal_storage(const struct journal *j);

/* A number for a new zone, not used before.  Any one thread at a time. */
uint32_t journal_take_zone_id(struct journal *j);
/* Ids up to this one are in use. */
void journal_mark_zone_id(struct journal *j, uint32_t id);

/* --- Writing --- */

/* Octets of changesets that a group may have at most. */
size_t journal_group_max(const struct journal *j);

enum journal_room {
	JOURNAL_ROOM_NOW,  /* a group of journal_group_max() has a place */
	JOURNAL_ROOM_SOON, /* when the next segment is made */
	JOURNAL_ROOM_NONE, /* it cannot be made: see the reason */
};

/* Writer: is there room for one more group? */
enum journal_room journal_room(struct journal *j, struct reason *reason);

/*
 * Writer: gives the group its LSN and place, and closes it: CRCs, padding.
 * There must be room.
 */
void journal_place(struct journal *j, struct group *g);

/*
 * Log thread: writes the placed group and syncs it.  After an error nothing
 * may be written any more (J6).
 */
int journal_write(struct journal *j, const struct group *g,
    struct reason *reason);

/* Newest group on disk; any thread. */
uint64_t journal_durable_lsn(const struct journal *j);

/* --- Looking after it: any thread, not a worker --- */

/* True if the spare segment has been used and must be made anew. */
bool journal_wants_spare(struct journal *j);

/*
 * Makes it of zeros, and before it the reserve if there is none; takes its
 * time.
 */
int journal_make_spare(struct journal *j, struct reason *reason);

/*
 * Reads one full segment that this process has not read since it was written,
 * and makes its index; those without one come first.  ERR_NOTFOUND: all are
 * done.  ERR_MALFORMED: it is damaged, *segment_out is its number, and it will
 * not be read again.
 */
int journal_check_segment(struct journal *j, uint32_t *segment_out,
    struct reason *reason);

/* True if the next one that it reads has no index yet. */
bool journal_wants_index(struct journal *j);

/*
 * Segments before this number are not needed any more.  Those that are still
 * being read stay until the next call.
 */
int journal_retire(struct journal *j, uint32_t before, struct reason *reason);

/*
 * For the control file: every zone's snapshot has what groups up to this LSN
 * changed in it.
 */
void journal_saved(struct journal *j, uint64_t lsn);

/*
 * Writes the control file: durable and saved LSN, first segment, next zone id.
 */
int journal_note(struct journal *j, struct reason *reason);

/* The same, saying that all is on disk: the last thing before closing. */
int journal_note_clean(struct journal *j, struct reason *reason);

struct journal_extent {
	uint32_t first_segment, last_segment; /* last: the one written to */
	uint64_t octets; /* of files, the spare one included */
};
void journal_extent(struct journal *j, struct journal_extent *extent_out);

/* --- Reading: any thread --- */

/*
 * Keeps segments first to last from being recycled.
 * ERR_NOTFOUND: not all are there.
 */
int journal_pin(struct journal *j, uint32_t first, uint32_t last);
void journal_unpin(struct journal *j, uint32_t first, uint32_t last);

/* len octets at offset of a pinned segment. */
int journal_read(struct journal *j, uint32_t segment, uint32_t offset,
    uint8_t *octets, uint32_t len);

#endif
