/*
 * txn.h - the next version of a zone, being made
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	zone_begin(z, &txn);                  from the newest sealed version
 *	    zone_put(txn, &change) ...        readable at once by zone_view()
 *	v = zone_seal(txn);                   ends the transaction
 *	    ... the disk has it ...
 *	zone_publish(z, v);                   visible
 *
 * Several sealed versions may wait to be published, in order; when the disk
 * fails all of them are dropped.
 *
 * Owns:    the zone owns all; zone_seal() or zone_abort() ends a transaction.
 * Threads: the writer alone.
 * Errors:  ERR_NOMEM, which leaves the view as it was.
 */
#ifndef ZONE_TXN_H
#define ZONE_TXN_H

#include "daemon/zone/zone.h"

struct zone_txn;

/* A whole RRset after a change; n 0: the RRset goes away. */
struct rrset_change {
	const uint8_t *owner; /* its case is taken if the name is new */
	uint16_t type;
	uint32_t ttl;
	uint16_t n;
	const struct rdata_ref *rdatas; /* in any order, no two equal */
	const uint32_t *timestamps;     /* n of them, or NULL: all 0 */
};

/* Opens the one transaction of z. */
int zone_begin(struct zone *z, struct zone_txn **txn_out);

/* The apex of the zone being changed. */
const struct name *zone_txn_apex(const struct zone_txn *txn);

/* The private state, to look things up in; valid until the next zone_put(). */
const struct zone_version *zone_view(const struct zone_txn *txn);

/* Puts the RRset in place of the one of that owner and type. */
int zone_put(struct zone_txn *txn, const struct rrset_change *change);

/* Replaces the serial in the apex SOA, which must be there. */
int zone_put_serial(struct zone_txn *txn, uint32_t serial);

/* Closes the transaction; what it made is the newest sealed version. */
const struct zone_version *zone_seal(struct zone_txn *txn);

/* Undoes everything since zone_begin(). */
void zone_abort(struct zone_txn *txn);

/* Makes v, the oldest sealed version, the one that zone_current() gives. */
void zone_publish(struct zone *z, const struct zone_version *v);

/* Forgets all sealed versions that are not published. */
void zone_drop_sealed(struct zone *z);

/* Frees what no reader and no pin can see any more; cheap, never waits. */
void zone_reclaim(struct zone *z);

/* True while somebody holds a version by a pin. */
bool zone_is_pinned(const struct zone *z);

/* For tests and metrics. */
struct zone_memory {
	size_t octets_in_use;  /* live and retired objects */
	size_t octets_retired; /* waiting for readers or pins */
	size_t octets_taken;   /* from the system */
};
void zone_memory(const struct zone *z, struct zone_memory *memory_out);

#endif
