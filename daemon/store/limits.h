/*
 * limits.h - how much one update may change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any that holds the version.
 */
#ifndef STORE_LIMITS_H
#define STORE_LIMITS_H

#include "daemon/base/reason.h"
#include "daemon/dns/types.h"
#include "daemon/zone/txn.h"

struct arena;

struct limits {
	const struct zone_version *view; /* what is to be changed */
	struct arena *arena;             /* for what is sorted */
	size_t octets;                   /* of a changeset */
	bool is_own; /* the store's own change: what follows does not hold */
	uint64_t records;          /* of the zone; 0: no limit */
	uint32_t records_per_name; /* 0: no limit */
};

/*
 * Octets of the changeset that one change comes to, at most: the RRs that come
 * and go, not those that stay.
 */
size_t limits_change_octets(const struct zone_version *before,
    const struct rrset_change *c);

struct limits_verdict {
	enum rcode rcode;     /* NOERROR: it is not too much */
	struct reason reason; /* else why */
	size_t octets;        /* what the changes come to in a changeset */
};

/* ERR_NOMEM. */
int limits_check(const struct limits *l, const struct rrset_change *changes,
    size_t n, struct limits_verdict *verdict_out);

#endif
