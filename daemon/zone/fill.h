/*
 * fill.h - an empty zone filled, name by name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * As long as the names come in canonical order the trie is built from its
 * leaves (trie_build.h); from the first one on that does not, each is put
 * where it belongs.
 *
 * Owns:    the names, until the transaction has them.
 * Threads: as the transaction.
 * Errors:  ERR_NOMEM, ERR_RANGE.
 */
#ifndef ZONE_FILL_H
#define ZONE_FILL_H

#include "daemon/zone/trie_build.h"
#include "daemon/zone/txn.h"

struct zone_fill {
	struct zone_txn *txn;
	bool in_order; /* so far */
	struct trie_build build;
	struct zone_name *name; /* the last one, not yet built in; or NULL */
};

/* txn: of an empty zone, and nobody else's until zone_fill_finish(). */
void zone_fill_init(struct zone_fill *f, struct zone_txn *txn);
void zone_fill_clear(struct zone_fill *f);

/* Goes to the name: what the zone has of it, or NULL. */
int zone_fill_go_to(struct zone_fill *f, const uint8_t *owner,
    const struct zone_name **name_out);

/* Puts an RRset at the name that was gone to last. */
int zone_fill_put(struct zone_fill *f, const struct rrset_change *change);

/* All is in the transaction then. */
int zone_fill_finish(struct zone_fill *f);

#endif
