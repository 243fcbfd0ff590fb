/*
 * rrset.h - an RRset as a zone version keeps it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Immutable once made.  Its RRs lie ready for an answer: type, class, TTL,
 * RDLENGTH and RDATA of each, as they follow an owner name on the wire, in
 * canonical order (RFC 4034 section 6.3), no two equal.
 *
 * Owns:    nothing: an RRset belongs to the zone version it was found in.
 * Threads: any, as long as the version is held (epoch or pin).
 * Units:   octets; TTL in seconds; timestamps in hours since 1601, 0: static.
 */
#ifndef ZONE_RRSET_H
#define ZONE_RRSET_H

#include <stddef.h>
#include <stdint.h>

/*
 * Owner, type, class, TTL, RDLENGTH and RDATA of an RR together may have so
 * many octets: what a message of a transfer has room for beside its header, a
 * question and a signature.
 */
#define RR_TRANSFER_LEN_MAX 64240u

struct rrset {
	uint16_t type;
	uint16_t n_rrs; /* at least 1 */
	uint32_t ttl;
	uint32_t rendered_len;
	uint32_t timestamps[]; /* n_rrs of them, then the rendered RRs */
};

/* The rendered RRs, rendered_len octets. */
static inline const uint8_t *
rrset_rendered(const struct rrset *s)
{
	return (const uint8_t *)(s->timestamps + s->n_rrs);
}

/* One RDATA; what lists of RDATA are made of. */
struct rdata_ref {
	const uint8_t *octets;
	uint16_t len;
};

/*
 * Steps through the RDATA: start with *at = 0; false after the last.
 *
 *	for (size_t at = 0; rrset_next(s, &at, &rdata);)
 */
static inline int
rrset_next(const struct rrset *s, size_t *at, struct rdata_ref *rdata_out)
{
	const uint8_t *p = rrset_rendered(s) + *at;

	if (*at >= s->rendered_len)
		return 0;
	rdata_out->len = (uint16_t)(p[8] << 8 | p[9]);
	rdata_out->octets = p + 10;
	*at += 10u + rdata_out->len;
	return 1;
}

#endif
