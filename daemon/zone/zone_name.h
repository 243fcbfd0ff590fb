/*
 * zone_name.h - a name and its RRsets in one piece
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside of the room; readers use zone.h.  Never changed once a trie has it:
 * a change makes a new one.
 *
 * Owns:    nothing; the slab has it.
 * Threads: as the version it is in.
 * Errors:  negative enum err.
 * Units:   octets.
 */
#ifndef ZONE_ZONE_NAME_H
#define ZONE_ZONE_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/zone/rrset.h"

struct slab;
struct rrset_change;

struct zone_name {
	uint64_t birth;     /* generation */
	uint32_t len;       /* of all */
	uint32_t principal; /* owner's id in the table of principals; 0: none */
	uint8_t flags;      /* none yet */
	uint8_t owner_len;
	uint16_t n_rrsets;
	uint8_t owner[]; /* padded to 4; then the RRsets, each padded to 4 */
};

/* Octets of an RRset of n RRs whose RDATA are rdata_len together. */
static inline size_t
rrset_size(size_t n, size_t rdata_len)
{
	size_t size =
	    sizeof(struct rrset) + n * (sizeof(uint32_t) + 10) + rdata_len;

	return (size + 3) & ~(size_t)3;
}

/* The same of an RRset that is there. */
size_t rrset_len(const struct rrset *s);

/* How many RRs the name has. */
unsigned zone_name_n_records(const struct zone_name *n);

/* The RRsets, one after the other. */
const uint8_t *zone_name_rrsets(const struct zone_name *n);

/*
 * A name born in generation with room for RRsets of rrsets_len octets, which
 * *rrsets_out points to and the caller fills in.  ERR_NOMEM, ERR_RANGE: too
 * much for one name.
 */
int zone_name_create(struct slab *slab, uint64_t generation,
    const uint8_t *owner, size_t rrsets_len, struct zone_name **name_out,
    uint8_t **rrsets_out);
void zone_name_free(struct slab *slab, struct zone_name *n);

/*
 * A copy of old (NULL: no RRsets yet) with the change made.  *name_out is NULL
 * when no RRset is left.  ERR_NOMEM, ERR_RANGE.
 */
int zone_name_change(struct slab *slab, uint64_t generation,
    const struct zone_name *old, const struct rrset_change *change,
    struct zone_name **name_out);

#endif
