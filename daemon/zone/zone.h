/*
 * zone.h - one zone's versions: looked up by many, changed by one
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A zone version is an immutable state of the zone: a path-copying qp-trie of
 * names with their RRsets.  Readers find things in a version; the writer makes
 * the next one in a transaction (zone/txn.h) and publishes it.
 *
 * Owns:    the zone owns its versions and all that is found in them.
 * Threads: finding: any thread that holds the version, by being inside the
 *          epoch since before it loaded zone_current(), or by a pin.
 *          Everything else: the writer alone, except zone_unpin() (any).
 * Errors:  negative enum err.
 */
#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/zone/rrset.h"

struct epoch;
struct zone;
struct zone_version;
struct zone_name; /* a name that has RRsets */

/* An empty zone, no version published.  epoch: of the readers; may be NULL. */
int zone_create(const struct name *apex, struct epoch *epoch,
    struct zone **zone_out);

/* Frees the zone and all versions; no reader may be left.  NULL is fine. */
void zone_destroy(struct zone *z);

const struct name *zone_apex(const struct zone *z);

/* The published version, or NULL before the first; valid in the epoch. */
const struct zone_version *zone_current(const struct zone *z);

/* What a version says of itself. */
uint32_t version_serial(const struct zone_version *v); /* 0 without SOA */
size_t version_n_names(const struct zone_version *v);
size_t version_n_records(const struct zone_version *v);
const struct rrset *version_soa(const struct zone_version *v); /* or NULL */
/* The apex, or NULL. */
const struct zone_name *version_apex(const struct zone_version *v);

/* A name that has RRsets. */
const uint8_t *zone_name_owner(const struct zone_name *n);
unsigned zone_name_n_rrsets(const struct zone_name *n);
/* The i-th RRset, by ascending type. */
const struct rrset *zone_name_rrset_at(const struct zone_name *n, unsigned i);
/* The RRset of this type, or NULL. */
const struct rrset *zone_name_rrset(const struct zone_name *n, uint16_t type);

/* The name itself, or NULL: no wildcard, no cut, no CNAME is looked at. */
const struct zone_name *zone_get(const struct zone_version *v,
    const uint8_t *name);

/*
 * For names that will be looked for soon, at most ZONE_WARM_MAX: walks to all
 * of them in step, so that memory that one waits for is on its way for all.
 */
#define ZONE_WARM_MAX 16
void zone_warm(const struct zone_version *v, const uint8_t *const *names,
    size_t n);

enum zone_found_kind {
	ZONE_FOUND_NAME,    /* it has RRsets */
	ZONE_FOUND_EMPTY,   /* empty non-terminal (RFC 8020) */
	ZONE_FOUND_NOTHING, /* does not exist */
};

struct zone_found {
	enum zone_found_kind kind;
	const struct zone_name *name; /* ZONE_FOUND_NAME */
	/*
	 * Labels of the closest encloser (RFC 4592 section 3.3.1), which may be
	 * an empty non-terminal; of the name itself unless ZONE_FOUND_NOTHING.
	 */
	unsigned encloser_labels;
	/* The highest zone cut (NS, not at the apex) at or above the name. */
	const struct zone_name *cut;
	/* The highest DNAME strictly above the name, unless at or below cut. */
	const struct zone_name *dname;
};

/* All that an answer needs to know; name must be at or below the apex. */
void zone_find(const struct zone_version *v, const uint8_t *name,
    struct zone_found *found_out);

/* Names in canonical order (RFC 4034 section 6.1). */
struct zone_iter {
	const struct zone_version *version;
	const struct zone_name *at;
	struct {
		const void *node;
		unsigned child;
	} path[2 * NAME_LEN_MAX]; /* one for each symbol of a key, at most */
	unsigned depth;
};

/* The first name, or NULL. */
const struct zone_name *zone_first(struct zone_iter *it,
    const struct zone_version *v);
/* The one after it, or NULL. */
const struct zone_name *zone_next(struct zone_iter *it);
/* The first name at or after name in canonical order, or NULL. */
const struct zone_name *zone_seek(struct zone_iter *it,
    const struct zone_version *v, const uint8_t *name);

/*
 * Keeps a version for a long reader (transfer, dump, snapshot) beyond the
 * epoch.  zone_pin() by the writer, or by a thread inside the epoch;
 * zone_unpin() by any thread; what it frees, the writer frees later.
 */
void zone_pin(const struct zone_version *v);
void zone_unpin(const struct zone_version *v);

#endif
