/*
 * zone_scan.h - zone files read (RFC 1035 section 5), by libzscanner
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: one scan at a time per call; any thread.
 */
#ifndef DNS_ZONE_SCAN_H
#define DNS_ZONE_SCAN_H

#include "daemon/base/reason.h"
#include "daemon/dns/message_read.h"
#include "daemon/dns/rdata.h"

/*
 * Takes one RR of the file; 0 to go on, or an error that ends the scan with
 * the reason it set ("FILE:LINE: " is put before it).
 */
typedef int (
    *zone_scan_rr)(void *arg, const struct rr *rr, struct reason *reason);

/*
 * Reads the zone file at path with origin as first $ORIGIN and default_ttl
 * where the file gives none.  Microsoft's WINS and WINSR lines give RRs of
 * TYPE65281 and TYPE65282.  A relative $INCLUDE starts at the folder of the
 * file it stands in.
 *
 * ERR_NOTFOUND, ERR_PERM, ERR_IO  it or an included one cannot be read
 * ERR_UNSUPPORTED                 it is no regular file
 * ERR_MALFORMED                   reason says "FILE:LINE: what" for the first
 *                                 mistake; meta-types are one
 */
int zone_scan_file(const char *path, const struct name *origin,
    uint32_t default_ttl, zone_scan_rr take, void *arg, struct reason *reason);

/*
 * The same from memory; name stands for the file in messages.  $INCLUDE is a
 * mistake, and the default TTL is an hour.
 */
int zone_scan_text(const char *text, size_t len, const char *name,
    const struct name *origin, zone_scan_rr take, void *arg,
    struct reason *reason);

/*
 * One RR as a line of a zone file, "owner. TTL CLASS TYPE RDATA\n", ended;
 * *len_out without the end.  ERR_NOSPACE, ERR_NOMEM.
 */
int rr_to_text(const struct rr *rr, char *text, size_t size, size_t *len_out);
#define RR_TEXT_SIZE(rdata_len)                                                \
	(NAME_TEXT_SIZE + 64 + RDATA_TEXT_SIZE(rdata_len)) /* always enough */

#endif
