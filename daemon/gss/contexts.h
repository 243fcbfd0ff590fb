/*
 * contexts.h - the table of established security contexts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contexts by key name (RFC 3645 section 4.1), bounded overall and per
 * principal; the idlest makes room.  A context ends at its expiry, or when it
 * is removed; then its name is free again.  Who holds a reference may finish
 * signing with it.
 *
 * An AP-REQ makes one context: recorded and sent again it would be useless to
 * who has no key, but it would take the places of the client's own.  (Weak
 * contexts are left to krb5's replay cache: acceptor.h.)
 *
 * Owns:    a reference on each context in it.
 * Threads: any.  Lookups lock one shard; changes lock the whole structure.
 * Errors:  negative enum err.
 * Units:   lifetimes in seconds.
 */
#ifndef GSS_CONTEXTS_H
#define GSS_CONTEXTS_H

#include <gssapi/gssapi.h>
#include <stdatomic.h>

#include "daemon/gss/context.h"
#include "daemon/gss/mic.h"

struct contexts;

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
	uint32_t kvno;       /* of the ticket; 0: it does not say */
	uint32_t lifetime_s; /* what accept said (UINT32_MAX: no end) */
	bool spnego;
	const uint8_t *token; /* with its AP-REQ; copied; NULL: not kept */
	size_t token_len;
};

/* What MICs are made with from now on. */
struct context_session {
	struct mic_key key;                /* of an AES context */
	uint8_t ap_req[REPLAY_DIGEST_LEN]; /* with a key (mic.h) */
	gss_ctx_id_t gss;                  /* of any other */
};

void context_session_clear(struct context_session *s);

/*
 * Puts an established context into the table.  What is left in the session is
 * the caller's to clear.  Gives a reference for the caller.
 *
 * ERR_EXISTS   the key name is in use
 * ERR_PERM     its AP-REQ has made a context before
 * ERR_TIMEOUT  the lifetime is over already
 */
int contexts_add(struct contexts *t, struct context_session *session,
    const struct context_facts *facts, struct context **context_out);

/*
 * The context of that key name, with a reference.  Whose message it is nobody
 * knows yet: contexts_used() when it has been verified.
 *
 * ERR_NOTFOUND  no such
 * ERR_TIMEOUT   expired (it is removed: next time ERR_NOTFOUND)
 */
int contexts_find(struct contexts *t, const uint8_t *key_name,
    struct context **context_out);

/*
 * It is used now: of those that make room, it is the last.  Only for messages
 * whose MIC is valid, or else forged ones would keep a context.
 */
void contexts_used(struct contexts *t, struct context *c);

/* True if a context that has not expired has this name. */
bool contexts_has(struct contexts *t, const uint8_t *key_name);

/* Ends it: the name is free, and no new request finds it.  False: it was not
 * in the table any more. */
bool contexts_remove(struct contexts *t, struct context *c);

/* Removes what has expired; to be called now and then.  Returns how many. */
size_t contexts_expire(struct contexts *t);

/*
 * For lists: calls take for each context until it returns other than 0, and
 * returns that.  No lock is held meanwhile; what comes or goes during the walk
 * may be seen or not.  ERR_NOMEM.
 */
int contexts_walk(struct contexts *t, int (*take)(void *arg, struct context *c),
    void *arg);

#endif
