/*
 * zone_file.h - a whole zone from and to a zone file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: load: the writer (or before it starts); dump: any thread that
 *          holds a pin.
 */
#ifndef ZONE_ZONE_FILE_H
#define ZONE_ZONE_FILE_H

#include "daemon/base/reason.h"
#include "daemon/zone/txn.h"

struct storage;

/*
 * Reads the file into the transaction of an empty zone and checks it: an SOA
 * and an NS at the apex, nothing outside the zone, no CNAME beside other
 * data, one CNAME, DNAME and SOA a name, same TTL within an RRset (the first
 * one's is taken).  Duplicates are dropped.
 * ERR_NOTFOUND, ERR_PERM, ERR_MALFORMED: reason says "FILE:LINE: what" or
 * "FILE: what".
 */
int zone_file_load(struct zone_txn *txn, const char *path,
    struct reason *reason);

/*
 * The zone as text, SOA first, then canonical order; each line through put.
 * Returns 0 or what put returned first.
 */
typedef int (*zone_file_put)(void *arg, const char *line, size_t len);
int zone_file_write(const struct zone_version *v, zone_file_put put, void *arg);

/*
 * Writes the file anew: temporary file beside it, fsync, rename, fsync of the
 * folder; owner and mode of an existing file are kept.  digest_out gets the
 * digest (zone_file_digest()) by which an edited file is recognised.
 */
#define ZONE_FILE_DIGEST_LEN 16
int zone_file_dump(const struct zone_version *v, const struct storage *st,
    const char *path, uint8_t digest_out[ZONE_FILE_DIGEST_LEN],
    struct reason *reason);

/* The digest of the file as it is.  ERR_NOTFOUND, ERR_IO. */
int zone_file_digest(const char *path,
    uint8_t digest_out[ZONE_FILE_DIGEST_LEN]);

#endif
