/*
 * tkey_rr.h - layout of TKEY RDATA (RFC 2930 section 2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing; pointers of a read TKEY point into the message.
 * Threads: any.
 * Units:   times in seconds since 1970, 32 bits; lengths in octets.
 */
#ifndef DNS_TKEY_RR_H
#define DNS_TKEY_RR_H

#include "daemon/base/buf.h"
#include "daemon/dns/message_read.h"

enum tkey_mode {
	TKEY_MODE_SERVER = 1,
	TKEY_MODE_DIFFIE_HELLMAN = 2,
	TKEY_MODE_GSSAPI = 3,
	TKEY_MODE_RESOLVER = 4,
	TKEY_MODE_DELETE = 5,
};

struct tkey_rr {
	struct name key_name; /* owner */
	struct name algorithm;
	uint32_t inception;
	uint32_t expiration;
	uint16_t mode;
	uint16_t error; /* enum tsig_error */
	uint16_t key_len;
	const uint8_t *key; /* the token */
	uint16_t other_len;
	const uint8_t *other;
};

/* ERR_MALFORMED: RDATA not of this layout; class IN and ANY are both taken. */
int tkey_rr_read(const struct rr *rr, struct tkey_rr *tkey_out);

/*
 * The TKEY RR of a TKEY query: in ADDITIONAL or, if not there, in ANSWER,
 * with the question's owner (DIALECTS: W2000 and Samba differ).  NULL: none.
 */
const struct rr *tkey_rr_find(const struct message *m);

/* RDATA into w. */
void tkey_rr_write(const struct tkey_rr *tkey, struct writer *w);

#endif
