/*
 * private.h - MACs and what they cover, for verify.c and sign.c
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TSIG_PRIVATE_H
#define TSIG_PRIVATE_H

#include "daemon/dns/tsig_rr.h"
#include "daemon/gss/context.h"
#include "daemon/tsig/state.h"

#define HMAC_LEN_MAX 64
#define OTHER_LEN_MAX 64 /* of a TSIG that we look at; nobody needs over 6 */

/* The whole HMAC of a key over the pieces. */
int shared_key_mac(const struct shared_key *k,
    const struct context_piece *pieces, size_t n,
    uint8_t mac_out[HMAC_LEN_MAX]);

/*
 * What a MAC covers (RFC 8945 section 4.3): the MAC before with its length,
 * the message with its header as it was before the TSIG was added, and the
 * variables (or, in a stream, the timers).  The octets of the message are
 * referred to.
 */
struct covered {
	uint8_t before[2 + TSIG_MAC_MAX];
	uint8_t header[MESSAGE_HEADER_LEN];
	uint8_t variables[2 * NAME_LEN_MAX + 18 + OTHER_LEN_MAX];
	struct context_piece pieces[4];
	size_t n;
};

enum covered_variables {
	COVERED_ALL,
	COVERED_TIMERS,
};

/*
 * Sets up c for the len octets of a message without its TSIG, whose header
 * (MESSAGE_HEADER_LEN octets, whole) may differ from that at octets.
 */
void covered_init(struct covered *c, const struct tsig_state *s,
    const uint8_t *header, const uint8_t *octets, size_t len,
    const struct tsig_rr *tsig, enum covered_variables variables);

/* The header of m as it was before its TSIG was added. */
void covered_header(const struct message *m, const struct tsig_rr *tsig,
    uint8_t header_out[MESSAGE_HEADER_LEN]);

#endif
