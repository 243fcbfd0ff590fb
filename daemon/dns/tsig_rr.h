/*
 * tsig_rr.h - layout of TSIG RDATA and of what a MAC covers (RFC 8945)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Layout only: keys and MACs are the business of daemon/tsig and daemon/gss.
 *
 * Owns:    nothing; pointers of a read TSIG point into the message.
 * Threads: any.
 * Units:   times in seconds since 1970, 48 bits; lengths in octets.
 */
#ifndef DNS_TSIG_RR_H
#define DNS_TSIG_RR_H

#include "daemon/base/buf.h"
#include "daemon/dns/message_read.h"

struct tsig_rr {
	struct name key_name; /* owner */
	struct name algorithm;
	uint64_t time_signed;
	uint16_t fudge;
	uint16_t mac_len;
	const uint8_t *mac;
	uint16_t original_id;
	uint16_t error; /* enum tsig_error */
	uint16_t other_len;
	const uint8_t *other;
};

/* ERR_MALFORMED: wrong class, TTL or RDATA. */
int tsig_rr_read(const struct rr *rr, struct tsig_rr *tsig_out);

/* Octets of the whole RR, written uncompressed. */
size_t tsig_rr_room(const struct tsig_rr *tsig);

/*
 * Appends the RR to the finished message of *len octets in room for size and
 * raises ARCOUNT.  ERR_NOSPACE.
 */
int tsig_rr_append(const struct tsig_rr *tsig, uint8_t *octets, size_t *len,
    size_t size);

/*
 * RFC 8945 section 4.3.3: the variables that a MAC covers, names in canonical
 * form (lower case, uncompressed), into w.
 */
void tsig_rr_variables(const struct tsig_rr *tsig, struct writer *w);
#define TSIG_VARIABLES_MAX (2 * NAME_LEN_MAX + 18 + UINT16_MAX)

/* Only the timers (section 5.3.1), for messages after the first of a stream. */
void tsig_rr_timers(const struct tsig_rr *tsig, struct writer *w);

#endif
