/*
 * version.h - a zone and its versions, as this room sees them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside of the room.  The versions of a zone are one list: pinned and not
 * yet reclaimed ones, the published one, sealed ones.
 *
 * Threads: as zone.h and txn.h say; pins count with atomics.
 */
#ifndef ZONE_VERSION_H
#define ZONE_VERSION_H

#include <stdatomic.h>

#include "daemon/base/epoch.h"
#include "daemon/zone/slab.h"
#include "daemon/zone/trie.h"
#include "daemon/zone/txn.h"

struct zone_version {
	uint64_t generation;
	struct node root;
	const uint8_t *apex_owner;
	const struct zone_name *apex; /* or NULL */
	uint32_t serial;
	size_t n_names;
	size_t n_records;
	size_t n_marked; /* names with LEAF_CUT or LEAF_DNAME */
	_Atomic uint32_t pins;
	struct garbage retired; /* shown by older versions only */
	struct garbage kept;    /* for this one, which is pinned */
	struct zone_version *older, *newer;
};

struct zone_txn {
	struct zone *zone;
	struct zone_version *version; /* NULL: no transaction is open */
	struct trie_edit edit;
};

struct zone {
	struct name apex;
	struct epoch *epoch; /* or NULL: no readers */
	struct zone_version *_Atomic current;
	struct zone_version *oldest, *newest;
	uint64_t last_generation;
	uint64_t settled; /* versions up to this one have been judged */
	uint64_t marked;  /* the mark stands for those up to this one */
	struct epoch_mark mark;
	struct slab slab;
	struct zone_txn txn;
};

/* Takes v out of the list and frees it; its lists must be empty. */
void version_drop(struct zone *z, struct zone_version *v);

/*
 * Puts a name in place: n, of this generation, takes the place of what is at
 * spot; NULL removes it.  On error the view is as before and n stays the
 * caller's.  k is the key of the name.
 */
int txn_place_name(struct zone_txn *txn, const struct key *k,
    const struct trie_spot *spot, struct zone_name *n);

/*
 * Takes n, of this generation, whose key is k, as the next name of a zone that
 * is built from nothing; txn_finish_build() makes the names the view.  On
 * error n stays the caller's.
 */
struct trie_build;
int txn_build_name(struct zone_txn *txn, struct trie_build *b,
    const struct key *k, struct zone_name *n);
int txn_finish_build(struct zone_txn *txn, struct trie_build *b);

#endif
