/*
 * sign.h - TSIGs on what we send (RFC 8945 section 5.3)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any; one at a time for a state.
 * Errors:  negative enum err.
 * Units:   octets.
 */
#ifndef TSIG_SIGN_H
#define TSIG_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/tsig/state.h"

/* Octets to reserve for the TSIG of the next answer; 0: not signed. */
size_t tsig_room(const struct tsig_state *s);

/*
 * Signs the next message of an answer, a whole message of *len octets in room
 * for size; nothing is done when the request was not signed, or its RCODE is
 * to be FORMERR for the TSIG's sake.  The first message covers the request's
 * MAC and all variables; the next ones the MAC before and the timers only
 * (section 5.3.1).  After BADKEY and BADSIG the MAC is empty; BADTIME has
 * our time in Other Data.
 *
 * ERR_NOSPACE  no room was left
 * ERR_CRYPTO   no MAC could be made: the answer must not be sent
 */
int tsig_sign(struct tsig_state *s, uint8_t *octets, size_t *len, size_t size);

/*
 * Signs a request of ours with a shared key; the state serves for
 * tsig_verify_answer().  ERR_NOSPACE, ERR_CRYPTO.
 */
int tsig_sign_request(struct keyring *ring, const struct shared_key *key,
    uint8_t *octets, size_t *len, size_t size, struct tsig_state *state_out);

#endif
