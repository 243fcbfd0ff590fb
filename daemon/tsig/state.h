/*
 * state.h - one conversation signed with TSIG: a request and its answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verify.h fills in a state from a request; sign.h signs the answers with it,
 * whatever kind of key it was, each MAC over the one before.
 *
 * Owns:    a state owns its references on ring and context.
 * Threads: one at a time; may move between threads with its request.
 * Units:   seconds since 1970 (wall clock), octets.
 */
#ifndef TSIG_STATE_H
#define TSIG_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/dns/types.h"
#include "daemon/identity/principal.h"
#include "daemon/tsig/keyring.h"

struct context;

#define TSIG_FUDGE_S 300 /* of what we sign; RFC 8945 section 10 */
#define TSIG_REPLAY_DIGEST_LEN 32
#define TSIG_MAC_MAX 128 /* a request's MAC: HMAC 64, a MIC of any client */

struct tsig_state {
	bool is_signed; /* the request had a TSIG RR: so must the answer */
	bool is_verified;
	bool is_replay; /* authentic, but was here before: UDP stays silent */

	/*
	 * What the checks ask for: NOERROR (go on); FORMERR (answer without
	 * TSIG); NOTAUTH with error set (tsig_sign() makes the rest).
	 */
	enum rcode rcode;
	enum tsig_error error;

	/*
	 * Who signed; of the kind NONE unless verified.  key_name is always the
	 * TSIG's owner as sent; principal is lent by the context.
	 */
	struct signer signer;
	struct name algorithm_name; /* as sent: it is echoed */
	enum tsig_algorithm algorithm;

	struct keyring *ring;         /* reference, or NULL */
	const struct shared_key *key; /* in ring, or NULL */
	struct context *context;      /* reference, or NULL */

	uint64_t time_signed; /* the peer's, of the last message verified */
	uint16_t original_id; /* the request's */

	uint8_t mac[TSIG_MAC_MAX]; /* of the last message: the next covers it */
	size_t mac_len;            /* 0: none (the final TKEY answer) */
	unsigned n_messages;       /* of the answer, signed or verified */

	/*
	 * Of a request verified with a shared key: its whole MAC, cut or filled
	 * up with 0.  Whoever sends it again has the same.
	 */
	uint8_t replay_digest[TSIG_REPLAY_DIGEST_LEN];
};

/* A state for an unsigned request. */
void tsig_state_init(struct tsig_state *s);

/* Drops the references; to be called once for each state, whatever it holds. */
void tsig_state_clear(struct tsig_state *s);

/*
 * The state for the final TKEY answer (RFC 3645 section 4.1.3): signed with
 * the new context, no request MAC before it.  Takes a reference of its own.
 */
void tsig_state_for_tkey(struct tsig_state *s, struct context *c,
    const struct name *key_name, const struct name *algorithm_name);

#endif
