/*
 * keyring.h - shared secrets of key {} statements
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An immutable set of keys by name.  A reload makes a new one; requests in
 * hand keep theirs.
 *
 * Owns:    copies of names and secrets; wiped when the last reference goes.
 * Threads: any, once made.
 * Errors:  negative enum err and a reason.
 */
#ifndef TSIG_KEYRING_H
#define TSIG_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/dns/name.h"

/*
 * RFC 8945 section 6; the last two are those of a security context.  HMAC-MD5
 * is weak, and serves only where a key {} asks for it.
 */
enum tsig_algorithm {
	TSIG_HMAC_MD5, /* hmac-md5.sig-alg.reg.int. */
	TSIG_HMAC_SHA1,
	TSIG_HMAC_SHA224,
	TSIG_HMAC_SHA256,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
	TSIG_GSS,           /* gss-tsig. (RFC 3645) */
	TSIG_GSS_MICROSOFT, /* gss.microsoft.com. (Windows 2000) */
	TSIG_ALGORITHMS,
};

/* The domain name of the algorithm, lower case. */
const struct name *tsig_algorithm_name(enum tsig_algorithm algorithm);

/* False: we do not know it. */
bool tsig_algorithm_from_name(const uint8_t *name,
    enum tsig_algorithm *algorithm_out);

/* "hmac-sha256" */
const char *tsig_algorithm_text(enum tsig_algorithm algorithm);

static inline bool
tsig_algorithm_is_gss(enum tsig_algorithm algorithm)
{
	return algorithm == TSIG_GSS || algorithm == TSIG_GSS_MICROSOFT;
}

/* The number that BIND knows it by, in place of one of DNSSEC. */
unsigned tsig_algorithm_number(enum tsig_algorithm algorithm);

/* Octets of the whole MAC; 0 for those of a context. */
size_t tsig_algorithm_mac_len(enum tsig_algorithm algorithm);

/* What a ring is made from. */
struct keyring_secret {
	struct name name;
	enum tsig_algorithm algorithm; /* HMAC */
	unsigned
	    mac_bits; /* truncated MACs (RFC 8945 section 5.2.2.1); 0: whole */
	const uint8_t *secret;
	size_t secret_len;
};

struct keyring;
struct shared_key; /* opaque; lives as long as its ring */

/*
 * ERR_EXISTS  two keys of one name
 * ERR_RANGE   mac_bits that RFC 8945 does not allow; no secret
 * ERR_UNSUPPORTED  algorithm of a context
 * ERR_CRYPTO       OpenSSL does not do the algorithm (FIPS and HMAC-MD5)
 */
int keyring_create(const struct keyring_secret *secrets, size_t n,
    struct keyring **ring_out, struct reason *reason);

struct keyring *keyring_ref(struct keyring *r);
void keyring_unref(struct keyring *r); /* NULL is fine */

size_t keyring_count(const struct keyring *r);
const struct shared_key *keyring_at(const struct keyring *r, size_t i);

/* NULL: no key of that name (compared without case).  r may be NULL. */
const struct shared_key *keyring_find(const struct keyring *r,
    const uint8_t *name);

const struct name *shared_key_name(const struct shared_key *k);
enum tsig_algorithm shared_key_algorithm(const struct shared_key *k);

/*
 * The number that BIND tells keys of one name apart by: the key tag (RFC 4034
 * appendix B) of a KEY RR with the secret.
 */
uint16_t shared_key_tag(const struct shared_key *k);

/* Octets of the MACs that it makes, and of the shortest that it takes. */
size_t shared_key_mac_len(const struct shared_key *k);

#endif
