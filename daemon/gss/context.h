/*
 * context.h - established security contexts: the keys of GSS-TSIG
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table of contexts by key name (RFC 3645 section 4.1), bounded overall and
 * per principal; the idlest makes room.  A context ends at its expiry, or
 * when it is removed; then its name is free again.  Who holds a reference may
 * finish signing with it.
 *
 * MICs are made and verified only through here: one mutex per context, and
 * the checks that GSS-API leaves to us (acceptor subkey, duplicates in a
 * window of CONTEXT_WINDOW sequence numbers, expiry).
 *
 * Owns:    the contexts and their GSS-API handles.
 * Threads: any.
 * Errors:  negative enum err; what is wrong with a MIC is an enum of its own.
 * Units:   lifetimes in seconds, expiry in ms of clock_mono_ms().
 */
#ifndef GSS_CONTEXT_H
#define GSS_CONTEXT_H

#include <gssapi/gssapi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/identity/principal.h"

struct contexts; /* the table */
struct context;

#define CONTEXT_MIC_MAX 64 /* octets of any MIC that we make */
#define CONTEXT_WINDOW 1024

struct contexts_config {
	uint32_t max_contexts;
	uint32_t contexts_per_principal;
	uint32_t context_lifetime_s;
};

struct contexts_counters {
	_Atomic uint64_t count; /* now */
	_Atomic uint64_t added;
	_Atomic uint64_t expired;
	_Atomic uint64_t removed; /* by their owners or an operator */
	_Atomic uint64_t evicted_full;
	_Atomic uint64_t evicted_principal;
	_Atomic uint64_t replayed_mics;
};

/* ERR_NOMEM, ERR_RANGE (a bound of 0). */
int contexts_create(const struct contexts_config *config,
    struct contexts **contexts_out);
void contexts_destroy(struct contexts *t); /* NULL is fine */

/* Bounds from now on; contexts over them go as others come. */
void contexts_configure(struct contexts *t,
    const struct contexts_config *config);

const struct contexts_counters *contexts_counters(const struct contexts *t);

/* What negotiate.c found out about a complete context. */
struct context_facts {
	const struct name *key_name; /* as sent; compared without case */
	const struct name *algorithm;
	struct principal *principal; /* the initiator; a reference is taken */
	const char *acceptor;        /* the principal that accepted, as text */
	const struct addr *client;
	int32_t enctype;     /* of the key that makes MICs */
	uint32_t lifetime_s; /* what accept said (UINT32_MAX: no end) */
	bool spnego;
};

/*
 * Puts an established context into the table; *gss is taken then (and set to
 * GSS_C_NO_CONTEXT).  Gives a reference for the caller.
 *
 * ERR_EXISTS   the key name is in use
 * ERR_TIMEOUT  the lifetime is over already
 */
int contexts_add(struct contexts *t, gss_ctx_id_t *gss,
    const struct context_facts *facts, struct context **context_out);

/*
 * The context of that key name, with a reference, marked as used now.
 *
 * ERR_NOTFOUND  no such
 * ERR_TIMEOUT   expired (it is removed: next time ERR_NOTFOUND)
 */
int contexts_find(struct contexts *t, const uint8_t *key_name,
    struct context **context_out);

/* True if a context that has not expired has this name. */
bool contexts_has(struct contexts *t, const uint8_t *key_name);

/* Ends it: the name is free, and no new request finds it.  False: it was not
 * in the table any more. */
bool contexts_remove(struct contexts *t, struct context *c);

/* Removes what has expired; to be called now and then.  Returns how many. */
size_t contexts_expire(struct contexts *t);

/* For lists: calls take for each context, which must not call back here. */
void contexts_walk(struct contexts *t,
    void (*take)(void *arg, const struct context *c), void *arg);

struct context *context_ref(struct context *c);
void context_unref(struct context *c); /* NULL is fine */

const struct name *context_key_name(const struct context *c);
const struct name *context_algorithm(const struct context *c);
struct principal *context_principal(const struct context *c); /* lent */
const char *context_acceptor(const struct context *c);
const struct addr *context_client(const struct context *c);
int32_t context_enctype(const struct context *c);
uint64_t context_created_ms(const struct context *c);
uint64_t context_expiry_ms(const struct context *c);
uint64_t context_used_ms(const struct context *c);
bool context_is_spnego(const struct context *c);

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

/* "replayed MIC", ...; never NULL. */
const char *context_verdict_text(enum context_verdict v);

#endif
