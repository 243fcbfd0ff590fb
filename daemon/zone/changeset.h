/*
 * changeset.h - what a zone gains and loses between two serials
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The unit of journal and IXFR: RRs deleted, then RRs added (RFC 1995 section
 * 4), without the SOA when only its serial changed.
 *
 * Owns:    nothing: all lies in the arena it was made in.
 * Threads: one at a time.
 */
#ifndef ZONE_CHANGESET_H
#define ZONE_CHANGESET_H

#include "daemon/base/addr.h"
#include "daemon/dns/message_read.h"
#include "daemon/zone/txn.h"

struct arena;

enum changeset_flag {
	CHANGESET_METADATA = 1,     /* no RR changes, no new serial */
	CHANGESET_SOA_FULL = 2,     /* the SOA is among the RRs */
	CHANGESET_ZONE_ADDED = 4,   /* first changeset of the zone */
	CHANGESET_ZONE_REMOVED = 8, /* zone-purge */
	CHANGESET_CHECKPOINT = 16,  /* a snapshot at this serial is complete */
};

/* Who asked for a change. */
struct changeset_source {
	const char *signer; /* principal or key name as text; "" for none */
	struct addr address;
	uint64_t time_us; /* wall clock */
};

struct changeset_rr {
	struct rr rr;
	uint16_t source; /* index into sources */
};

struct changeset {
	uint32_t zone_id;
	uint32_t serial_from;
	uint32_t serial_to;
	uint64_t time_us; /* wall clock */
	uint32_t flags;
	uint32_t n_deleted;
	struct changeset_rr *deleted; /* by owner, type, RDATA */
	uint32_t n_added;
	struct changeset_rr *added;
	uint16_t n_sources;
	struct changeset_source *sources;
	const uint8_t *metadata; /* owners, timestamps, frozen */
	uint32_t metadata_len;
};

/*
 * Appends to the lists the difference of one RRset between two versions:
 * before and after may be NULL.  A new TTL deletes all and adds all.  An SOA
 * that differs only in its serial adds nothing.
 * ERR_NOMEM.
 */
struct changeset_builder {
	struct arena *arena;
	struct changeset *cs;
	uint32_t deleted_room, added_room;
};
void changeset_start(struct changeset_builder *b, struct arena *a,
    struct changeset *cs);
int changeset_add_difference(struct changeset_builder *b, const uint8_t *owner,
    const struct rrset *before, const struct rrset *after, uint16_t source);

/* True if nothing was deleted or added. */
bool changeset_is_empty(const struct changeset *cs);

/*
 * Puts cs into the transaction: replay and IXFR.  ERR_MISMATCH when the
 * view's serial is not serial_from, an RR to delete is not there or one to
 * add is: then the transaction must be aborted.
 */
int changeset_apply(struct zone_txn *txn, const struct changeset *cs);

#endif
