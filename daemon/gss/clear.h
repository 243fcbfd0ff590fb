/*
 * clear.h - what a token says in clear text, before any key is asked
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small DER reader for the outside of GSS-API tokens (RFC 2743 section
 * 3.1), SPNEGO (RFC 4178 section 4.2) and the AP-REQ with its ticket (RFC
 * 4120 sections 5.3, 5.5.1).  It chooses the acceptor's key and explains
 * failures; all of it is the client's claim, and nothing else rests on it.
 *
 * Owns:    nothing: pointers point into the token.
 * Threads: any.
 * Errors:  none: kind says how far the token could be read.
 * Units:   octets.
 */
#ifndef GSS_CLEAR_H
#define GSS_CLEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLEAR_COMPONENTS_MAX 8

struct clear_octets {
	const uint8_t *octets;
	size_t len;
};

enum clear_kind {
	CLEAR_EMPTY,
	CLEAR_KRB5,         /* the krb5 mechanism by itself */
	CLEAR_SPNEGO_INIT,  /* NegTokenInit: begins a negotiation */
	CLEAR_SPNEGO_REPLY, /* NegTokenResp: goes on with one */
	CLEAR_NTLM,         /* "NTLMSSP", not in SPNEGO */
	CLEAR_OTHER,        /* another mechanism */
	CLEAR_MALFORMED,
};

/* Bits: mechanisms that SPNEGO offers, or the one of the token. */
enum clear_mechanism {
	CLEAR_MECH_KRB5 = 1,
	CLEAR_MECH_MS_KRB5 = 2, /* 1.2.840.48018.1.2.2 */
	CLEAR_MECH_NTLM = 4,
	CLEAR_MECH_NEGOEX = 8,
	CLEAR_MECH_IAKERB = 16,
	CLEAR_MECH_OTHER = 32,
};

struct clear_ap_req {
	struct clear_octets whole; /* what krb5_rd_req() takes */
	bool wants_mutual;
	struct clear_octets ticket;
	struct clear_octets realm; /* the ticket's */
	unsigned n_components;
	struct clear_octets components[CLEAR_COMPONENTS_MAX]; /* sname */
	int32_t enctype;                                      /* the ticket's */
	bool has_kvno;
	uint32_t kvno;
	struct clear_octets authenticator; /* ciphertext */
};

struct clear_token {
	enum clear_kind kind;
	unsigned mechanisms; /* enum clear_mechanism */
	unsigned first;      /* NegTokenInit: the first of them; 0: none */
	bool is_plain; /* framed and whole; NegTokenInit: a token, no MIC */
	bool has_ap_req;
	unsigned ap_req_mechanism; /* which it was framed for */
	struct clear_ap_req ap_req;
};

/* Reads the token, as far as it can be read. */
void clear_read(const uint8_t *token, size_t len, struct clear_token *c_out);

/* The ticket's name as text, escaped: "DNS/ns1.ad.example.test@REALM". */
char *clear_sname_text(const struct clear_ap_req *ap, char *text, size_t size);

/*
 * The ctime of an Authenticator (RFC 4120 section 5.5.1) that was decrypted,
 * in seconds since 1970; 0: it cannot be read.
 */
int64_t clear_authenticator_time(const uint8_t *octets, size_t len);

#endif
