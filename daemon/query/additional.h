/*
 * additional.h - addresses that the asker will want next
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RFC 1034 section 4.3.2 step 6 for targets of NS, MX, SRV, KX, AFSDB and RT.
 * Only authoritative data of the zone; glue is referral.h's.  No wildcard is
 * expanded: what is left out here is merely asked for.
 *
 * Owns:    nothing.
 * Threads: any that holds the version.
 * Errors:  none: RRsets that do not fit are left out (RFC 2181 section 9).
 */
#ifndef QUERY_ADDITIONAL_H
#define QUERY_ADDITIONAL_H

#include "daemon/dns/message_write.h"

struct rrset;
struct zone_name;
struct zone_version;

#define ADDITIONAL_RRSETS_MAX 32

/* What ADDITIONAL has or must not repeat. */
struct additional {
	struct message_writer *w;
	const struct zone_version *version;
	const struct name *apex;
	unsigned n_known;
	const struct rrset *known[ADDITIONAL_RRSETS_MAX];
};

void additional_init(struct additional *a, struct message_writer *w,
    const struct zone_version *v, const struct name *apex);

/* The RRset is in the message: it is not repeated. */
void additional_know(struct additional *a, const struct rrset *s);

/* A and AAAA of all targets of an RRset that was answered. */
void additional_write(struct additional *a, const struct rrset *answered);

#endif
