/*
 * verify.h - TSIGs of requests, and of answers to our own (RFC 8945 section 5)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One interface for both kinds of keys: the key name finds a shared secret
 * or an established context.  MACs cover the octets as they came, with the
 * Original ID put in and ARCOUNT without the TSIG.
 *
 * Owns:    nothing; the state takes its references.
 * Threads: any.
 * Errors:  in the state: an RCODE and a TSIG error, because they are the
 *          peer's; the reason says more, for the log and not for the peer.
 */
#ifndef TSIG_VERIFY_H
#define TSIG_VERIFY_H

#include "daemon/base/reason.h"
#include "daemon/tsig/state.h"

struct contexts;
struct message;

/*
 * Verifies the TSIG of request m, in the order of RFC 8945 section 5.2: key,
 * MAC, time, truncation.  ring and contexts may be NULL: no keys of that
 * kind.  The state is set up whatever comes out; without a TSIG it is that
 * of tsig_state_init().  The caller looks at rcode, error and is_replay.
 */
void tsig_verify(struct keyring *ring, struct contexts *contexts,
    const struct message *m, struct tsig_state *state_out,
    struct reason *reason);

/*
 * Verifies the next message of the answer to the request that
 * tsig_sign_request() signed; every message must be signed.
 *
 * ERR_MALFORMED  no TSIG, or not one of this conversation
 * ERR_MISMATCH   wrong MAC
 * ERR_TIMEOUT    time outside the fudge
 * ERR_PERM       the peer says with a TSIG error that it refused ours
 */
int tsig_verify_answer(struct tsig_state *state, const struct message *m,
    struct reason *reason);

#endif
