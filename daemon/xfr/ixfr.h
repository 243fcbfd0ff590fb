/*
 * ixfr.h - the way from a client's serial to ours (RFC 1995)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Three forms of answer (RFC 1995 section 4): our SOA alone, when the client
 * has our serial or a later one; the changesets one after the other, each as
 * old SOA, deletions, new SOA, additions; the whole zone as by AXFR.  The
 * whole zone when the history does not reach back, has a gap, cannot be read,
 * or has more RRs than the zone and than IXFR_RRS_ALWAYS.
 *
 * A changeset names its SOA only when more than the serial changed.  The SOA
 * that the client has is the one that the first such changeset deletes, or
 * else ours; so the history is looked through once before it is sent.
 *
 * Owns:    its arena; the history and the pin are the caller's.
 * Threads: one at a time; reads the history, which may block.
 * Errors:  negative enum err.
 */
#ifndef XFR_IXFR_H
#define XFR_IXFR_H

#include "daemon/base/arena.h"
#include "daemon/xfr/axfr.h"
#include "daemon/zone/changeset.h"

/* A history of no more RRs than this is not "larger than the zone". */
#define IXFR_RRS_ALWAYS 10000

/* Where changesets come from, oldest first. */
struct ixfr_history {
	void *arg;
	/* From the start again.  ERR_NOTFOUND: does not reach back. */
	int (*rewind)(void *arg);
	/* The next, into a; ERR_NOTFOUND after the last. */
	int (*next)(void *arg, struct arena *a, struct changeset *cs_out);
};

enum ixfr_form {
	IXFR_CURRENT, /* SOA alone */
	IXFR_DELTAS,
	IXFR_ZONE, /* as AXFR */
};

enum ixfr_step {
	IXFR_FIRST_SOA,
	IXFR_NEXT_CHANGESET,
	IXFR_OLD_SOA,
	IXFR_DELETED,
	IXFR_NEW_SOA,
	IXFR_ADDED,
	IXFR_LAST_SOA,
	IXFR_DONE,
};

struct ixfr {
	const struct transfer_query *query;
	const struct zone_version *version;
	enum ixfr_form form;
	enum ixfr_step step;
	uint32_t n_messages;
	uint64_t n_rrs;
	struct axfr axfr; /* IXFR_ZONE */
	/* IXFR_DELTAS */
	struct ixfr_history history;
	struct arena arena; /* of the changeset in hand */
	struct changeset changeset;
	uint32_t at;     /* RRs of the list in hand that are sent */
	uint32_t serial; /* where the client is after what was sent */
	uint32_t soa_ttl;
	uint16_t soa_len;
	uint8_t soa[2 * NAME_LEN_MAX + 20]; /* RDATA, as of serial */
};

/*
 * The serial that the client has: of the SOA in AUTHORITY (RFC 1995 section
 * 3).  False: there is none, FORMERR.
 */
bool ixfr_client_serial(const struct message *q, uint32_t *serial_out);

/* True if serial is ours or later: the answer is our SOA alone. */
bool ixfr_is_current(const struct zone_version *v, uint32_t serial);

/*
 * Chooses the form and begins.  query, version and history must stay until
 * ixfr_stop(), which must follow whatever is returned.  ERR_NOMEM.
 */
int ixfr_start(struct ixfr *x, const struct transfer_query *query,
    const struct zone_version *version, uint32_t client_serial,
    const struct ixfr_history *history);

/*
 * Fills the next message as axfr_next() does; also ERR_NOMEM, ERR_IO,
 * ERR_MALFORMED.  ERR_MISMATCH: the history is not what it was.
 */
int ixfr_next(struct ixfr *x, uint8_t *octets, size_t size, size_t *len_out,
    bool *last_out);

void ixfr_stop(struct ixfr *x);

/*
 * A whole answer of our SOA alone: for UDP when the deltas do not fit (RFC
 * 1995 section 2), and when ixfr_is_current().  ERR_NOSPACE.
 */
int ixfr_single_soa(const struct transfer_query *query,
    const struct zone_version *version, uint8_t *octets, size_t size,
    size_t *len_out);

#endif
