/*
 * helper_wire.h - a question to the helper of an external rule, in octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * BIND's protocol.  A question has a stream connection of its own: the version
 * and the octets of the whole, as numbers of 32 bits; signer, owner, address,
 * type and key as strings that end with an octet 0; and a token, its length (32
 * bits) before it.  What there is not is empty.  The answer is a number of 32
 * bits: 1 is yes, 0 is no.
 *
 *	signer   the key's name, or the principal as a domain name
 *	key      NAME/ALGORITHM/TAG of what signed, numbers as BIND has them
 *	token    of a security context: the one that its ticket came in
 *
 * Names have no final dot, and what is special in zone files is escaped.
 *
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_HELPER_WIRE_H
#define SERVER_HELPER_WIRE_H

#include "daemon/base/buf.h"
#include "daemon/identity/principal.h"
#include "daemon/policy/policy.h"

struct addr;
struct context;
struct shared_key;

#define HELPER_VERSION 1
#define HELPER_ANSWER_LEN 4

/* Who asks: the same in all questions of an update; all is lent. */
struct helper_asker {
	const struct signer *signer;
	const struct addr *address;
	const struct shared_key *key; /* of a signer KEY, or NULL */
	/* Of a signer PRINCIPAL; NULL: nobody knows of one. */
	const struct context *context;
};

/* Octets that suffice for any question of this asker. */
size_t helper_wire_room(const struct helper_asker *a);

/*
 * Writes the question, which must have that room.  ERR_RANGE: the signer cannot
 * be a domain name.
 */
int helper_wire_write(const struct helper_asker *a, const uint8_t *owner,
    uint16_t type, struct writer *w);

/* Yes, no, or none: it is neither. */
enum policy_word helper_wire_answer(const uint8_t octets[HELPER_ANSWER_LEN]);

#endif
