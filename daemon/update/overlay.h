/*
 * overlay.h - the RRsets of a zone version as an update leaves them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sheet laid over a version: names and RRsets appear on it as they are asked
 * for, as the version has them, and are changed there; overlay_changes() says
 * in what the sheet differs from the version.  Names, RRsets and RRs are found
 * by hash, so that one message with thousands of RRs costs thousands of steps.
 *
 * Owns:    nothing: all lies in the arena, and points into version and message.
 * Threads: one at a time.
 * Errors:  negative enum err; NULL: no memory.
 */
#ifndef UPDATE_OVERLAY_H
#define UPDATE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/zone/txn.h"

struct arena;
struct rr;

struct overlay_rr {
	struct rdata_ref rdata;
	uint32_t timestamp;
	uint64_t hash;
	struct overlay_rr *next_in_bucket;
	struct overlay_rr *prev, *next; /* in the order they came */
};

struct overlay_name;

struct overlay_set {
	struct overlay_name *name;
	uint16_t type;
	const struct rrset *before; /* the version's, or NULL */
	uint32_t ttl;
	uint32_t n;        /* RRs now */
	bool is_loaded;    /* rrs has them; else they are before's */
	bool is_permitted; /* a mark for permit.c: its deletion is granted */
	struct overlay_rr *rrs, *last;
	struct overlay_rr **buckets;
	size_t n_buckets; /* a power of two, or 0 */
	struct overlay_set *next_in_bucket;
	struct overlay_set *next_of_name;
	struct overlay_set *next; /* of the overlay, in the order they came */
};

struct overlay_name {
	const uint8_t *owner; /* as the message spells it first */
	uint64_t hash;
	const struct zone_name *before; /* the version's, or NULL */
	unsigned n_rrsets;              /* that have RRs now */
	bool is_whole;                  /* sets has every RRset of before */
	bool is_permitted; /* a mark for permit.c: its deletion is granted */
	struct overlay_set *sets;
	struct overlay_name *next_in_bucket;
};

struct overlay {
	const struct zone_version *view;
	struct arena *arena;
	uint64_t seed;
	struct overlay_name **names;
	struct overlay_set **sets;
	size_t n_buckets; /* of names and of sets, a power of two */
	struct overlay_set *first, **end;
	size_t n_sets;
};

/*
 * An empty sheet over view (NULL: over an empty zone), about to see n_expected
 * names.  ERR_NOMEM.
 */
int overlay_init(struct overlay *o, const struct zone_version *view,
    size_t n_expected, struct arena *a);

struct overlay_name *overlay_name(struct overlay *o, const uint8_t *owner);
struct overlay_set *overlay_set(struct overlay *o, struct overlay_name *name,
    uint16_t type);

/* Puts all RRsets of the name into its list.  ERR_NOMEM. */
int overlay_whole_name(struct overlay *o, struct overlay_name *name);

/* Puts the RRs of the set into its list.  ERR_NOMEM. */
int overlay_load(struct overlay *o, struct overlay_set *set);

/* The RR of a loaded set with RDATA equal to this, or NULL. */
struct overlay_rr *overlay_find(struct overlay *o,
    const struct overlay_set *set, const struct rdata_ref *rdata);

/*
 * Adds an RR as RFC 2136 section 3.4.2.2 has it: to its equal it gives its TTL,
 * and so to all of the set; one that it replaces (CNAME, SOA, DNAME; WKS of
 * the same address and protocol) goes.  ERR_NOMEM.
 */
int overlay_add(struct overlay *o, struct overlay_set *set,
    const struct rdata_ref *rdata, uint32_t ttl);

/* Adds an RR if none is equal to it, whatever its type.  ERR_NOMEM. */
int overlay_collect(struct overlay *o, struct overlay_set *set,
    const struct rdata_ref *rdata);

/* Takes the equal RR, if any, out of the set.  ERR_NOMEM. */
int overlay_remove(struct overlay *o, struct overlay_set *set,
    const struct rdata_ref *rdata);

/* Takes all RRs out of the set. */
void overlay_clear(struct overlay_set *set);

/* True if the set, loaded, and rrset (NULL: empty) have equal RRs. */
bool overlay_equals(struct overlay *o, const struct overlay_set *set,
    const struct rrset *rrset);

/*
 * The RRsets that differ from the version, those that go away first.  Their
 * RDATA lie in the arena: the first change of a name may end what the version
 * has of it.  ERR_NOMEM; ERR_RANGE: an RRset has more RRs than one can.
 */
int overlay_changes(struct overlay *o, struct rrset_change **changes_out,
    size_t *n_out);

#endif
