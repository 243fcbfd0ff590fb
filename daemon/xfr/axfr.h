/*
 * axfr.h - a whole zone version as a stream of messages (RFC 5936)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SOA, everything else in canonical order of names, SOA.  One version from
 * first to last, owner names in the case they are kept in.
 *
 * Owns:    nothing: the caller holds a pin on the version.
 * Threads: one at a time.
 * Errors:  negative enum err.
 */
#ifndef XFR_AXFR_H
#define XFR_AXFR_H

#include "daemon/xfr/transfer_write.h"
#include "daemon/zone/zone.h"

enum axfr_step {
	AXFR_FIRST_SOA,
	AXFR_RRSETS,
	AXFR_LAST_SOA,
	AXFR_DONE
};

struct axfr {
	const struct transfer_query *query;
	const struct zone_version *version;
	enum axfr_step step;
	uint32_t n_messages;
	uint64_t n_rrs;
	/* Where the next message goes on. */
	struct zone_iter iter;
	const struct zone_name *name;
	unsigned rrset;  /* of name */
	size_t at;       /* octets of that RRset's rendered RRs that are sent */
	uint16_t n_sent; /* its RRs that are */
};

/* Begins; query and version must stay.  The version must have an SOA. */
void axfr_start(struct axfr *x, const struct transfer_query *query,
    const struct zone_version *version);

/*
 * Fills the next message, at most size octets; *last_out: it ends the stream.
 * ERR_NOSPACE: one RR alone does not fit into size; nothing was done, and a
 * larger size may be tried.
 */
int axfr_next(struct axfr *x, uint8_t *octets, size_t size, size_t *len_out,
    bool *last_out);

#endif
