/*
 * referral.h - where to ask instead: delegations and their glue
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any that holds the version.
 * Errors:  negative enum err.
 */
#ifndef QUERY_REFERRAL_H
#define QUERY_REFERRAL_H

#include "daemon/dns/message_write.h"

struct zone_name;
struct zone_version;

/*
 * The NS RRset of the cut into AUTHORITY; A and AAAA of its targets into
 * ADDITIONAL: first those at or below the cut, without which nobody gets
 * there (TC if they do not fit, RFC 9471 section 2), then what the zone has
 * of the others: sibling glue and its own addresses, as far as they fit.
 * ERR_NOSPACE: the NS RRset does not fit.
 */
int referral_write(struct message_writer *w, const struct zone_version *v,
    const struct name *apex, const struct zone_name *cut);

#endif
