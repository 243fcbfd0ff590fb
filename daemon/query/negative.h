/*
 * negative.h - what says that there is nothing (RFC 2308)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any that holds the version.
 * Errors:  negative enum err.
 */
#ifndef QUERY_NEGATIVE_H
#define QUERY_NEGATIVE_H

#include "daemon/dns/message_write.h"

struct zone_version;

/*
 * The zone's SOA into AUTHORITY, its TTL lowered to the MINIMUM field: how
 * long the absence may be cached (RFC 2308 sections 3 and 5).
 * ERR_NOSPACE; ERR_NOTFOUND: the version has no SOA.
 */
int negative_write(struct message_writer *w, const struct zone_version *v,
    const struct name *apex);

#endif
