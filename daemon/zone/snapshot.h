/*
 * snapshot.h - a zone version as one file of octets (STORE.md section 4)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Header, 64 KiB blocks with a CRC-32C each, footer.  Read in order and bulk
 * built.  Writing syncs in small steps so that the log's syncs stay short.
 *
 * Threads: write: any thread with a pin; read: the writer.
 */
#ifndef ZONE_SNAPSHOT_H
#define ZONE_SNAPSHOT_H

#include "daemon/base/reason.h"
#include "daemon/zone/txn.h"

struct storage;

/* Where the file is. */
struct snapshot_place {
	const struct storage *storage;
	int dirfd;
	const char *path; /* inside dirfd */
};

struct snapshot_info {
	struct name apex;
	uint32_t serial;
	uint64_t lsn; /* of the last group it contains */
	uint64_t n_names;
	uint64_t n_records;
	uint64_t octets; /* file size */
};

/*
 * Writes v to a new file at the place and syncs it; the caller renames it.
  ERR_IO, ERR_DISKFULL: reason says what.
 */
int snapshot_write(const struct zone_version *v, uint64_t lsn,
    const struct snapshot_place *place, struct snapshot_info *info_out,
    struct reason *reason);

/*
 * Reads the file into the transaction of an empty zone.
 * ERR_MALFORMED     damage: reason says file and offset
 * ERR_UNSUPPORTED   a newer format
 * ERR_MISMATCH      another zone's
 * On every error the transaction must be aborted.
 */
int snapshot_read(struct zone_txn *txn, const struct snapshot_place *place,
    struct snapshot_info *info_out, struct reason *reason);

/* The same from memory; name stands for the file in messages. */
int snapshot_read_octets(struct zone_txn *txn, const uint8_t *octets,
    size_t len, const char *name, struct snapshot_info *info_out,
    struct reason *reason);

#endif
