/*
 * apply.h - what an update changes (RFC 2136 section 3.4.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the writer.
 * Errors:  negative enum err.
 */
#ifndef UPDATE_APPLY_H
#define UPDATE_APPLY_H

#include "daemon/update/overlay.h"
#include "daemon/update/update.h"

/*
 * Makes the changes on the overlay, in message order.  What the RFC has a
 * server ignore is passed over silently:
 *
 *	a CNAME beside other types, other types beside a CNAME
 *	an SOA that is not the apex's or has no later serial (RFC 1982)
 *	the deletion of the SOA, of the last NS or of all NS of the apex
 *
 * as is what BIND ignores: MD and MF (RFC 1123), NS and DNAME of a wildcard,
 * a DS at the apex, and, where there are n RRs already, any RR that TYPE(n)
 * grants, be it one of those with a new TTL.  ERR_NOMEM.
 */
int apply_update(const struct update *u, struct overlay *o);

#endif
