/*
 * context.h - one established security context: a key of GSS-TSIG
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MICs are made and verified only through here: one mutex per context, and
 * the checks that GSS-API leaves to us (acceptor subkey, duplicates in a
 * window of sequence numbers, expiry).  Contexts come from the table of
 * contexts.h.
 *
 * Owns:    its key, or its GSS-API handle.
 * Threads: any; counted by references.
 * Errors:  negative enum err; what is wrong with a MIC is an enum of its own.
 * Units:   lifetimes in seconds, expiry in ms of clock_mono_ms().
 */
#ifndef GSS_CONTEXT_H
#define GSS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/identity/principal.h"

struct context;

#define CONTEXT_MIC_MAX 64 /* octets of any MIC that we make */

struct context *context_ref(struct context *c);
void context_unref(struct context *c); /* NULL is fine */

const struct name *context_key_name(const struct context *c);
const struct name *context_algorithm(const struct context *c);
struct principal *context_principal(const struct context *c); /* lent */
const char *context_acceptor(const struct context *c);
const struct addr *context_client(const struct context *c);
int32_t context_enctype(const struct context *c);
uint32_t context_kvno(const struct context *c); /* the ticket's; 0: unknown */
uint64_t context_created_ms(const struct context *c);
uint64_t context_used_ms(const struct context *c);
bool context_is_spnego(const struct context *c);

/* The initiator's token with its AP-REQ; NULL: it was not kept. */
const uint8_t *context_token(const struct context *c, size_t *len_out);

/* Seconds until its expiry; 0: expired. */
uint32_t context_seconds_left(const struct context *c);

/* Octets of a MIC that it makes. */
size_t context_mic_len(const struct context *c);

/* One of the pieces that a MIC covers, in order. */
struct context_piece {
	const void *octets;
	size_t len;
};

/*
 * Makes a MIC over the pieces.  ERR_CRYPTO; ERR_NOMEM.  Works after expiry,
 * too: the answer to a request that came in time is signed.
 */
int context_sign(struct context *c, const struct context_piece *pieces,
    size_t n, uint8_t mic_out[CONTEXT_MIC_MAX], size_t *mic_len_out,
    struct reason *reason);

enum context_verdict {
	CONTEXT_VALID,    /* authentic, and for the first time */
	CONTEXT_BAD_MIC,  /* not authentic */
	CONTEXT_REPLAYED, /* authentic, but was here before: never apply */
	CONTEXT_TOO_OLD, /* authentic, but older than the window: as replayed */
	CONTEXT_NO_SUBKEY, /* AES MIC without the acceptor's subkey */
	CONTEXT_EXPIRED,
};

/* Verifies a MIC over the pieces; reason says why not. */
enum context_verdict context_verify(struct context *c,
    const struct context_piece *pieces, size_t n, const uint8_t *mic,
    size_t mic_len, struct reason *reason);

#endif
