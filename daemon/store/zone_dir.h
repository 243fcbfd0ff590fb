/*
 * zone_dir.h - the files of one zone in the state directory
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	zones/<id>/name                   whose it is
 *	zones/<id>/<serial>-<lsn>.snap    the zone at that serial
 *	zones/<id>/dump                   what its zone file is like
 *	zones/<id>/frozen                 there: updates are refused
 *
 * Each is complete or not there.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep, or before there are threads.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_ZONE_DIR_H
#define STORE_ZONE_DIR_H

#include "daemon/store/state.h"

/* Adds to the list of zones each one that has a directory. */
int zone_dir_find_all(struct store *s, struct reason *reason);

/*
 * Makes the directory of a zone that has none, and so gives it its id.  It is
 * nobody's until it is named, which is the last thing to do.
 */
int zone_dir_create(struct store_zone *z, struct reason *reason);
int zone_dir_name(struct store_zone *z, struct reason *reason);

/*
 * Removes the directory.  An error: it is there as before; without one it is
 * not a zone's any more, though some of its files may be left.
 */
int zone_dir_remove(struct store_zone *z, struct reason *reason);

/* Writes v as it was after lsn, and removes older snapshots. */
int zone_dir_save(struct store_zone *z, const struct zone_version *v,
    uint64_t lsn, struct reason *reason);

/*
 * Reads the newest snapshot into the transaction of the empty zone; sets
 * z->snapshot_lsn.  ERR_NOTFOUND: the zone is new.  That one which is not has
 * lost its snapshot is ERR_IO.
 */
int zone_dir_load(struct store_zone *z, struct zone_txn *txn,
    struct reason *reason);

/*
 * z->file and z->frozen from the files dump and frozen.  An error: whether it
 * is frozen is not known; both a yes and a no could cost updates.
 */
int zone_dir_read_notes(struct store_zone *z, struct reason *reason);
int zone_dir_write_file_state(struct store_zone *z,
    const struct zone_file_state *state, struct reason *reason);

/* Makes or removes the file frozen, durably; z->frozen is the caller's. */
int zone_dir_note_frozen(struct store_zone *z, bool frozen,
    struct reason *reason);

/* CRC-32C of the path of its zone file as configured; 0: none. */
uint32_t zone_dir_path_crc(struct store_zone *z);

#endif
