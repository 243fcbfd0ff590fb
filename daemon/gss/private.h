/*
 * private.h - inside of a context, for context.c and contexts.c
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef GSS_PRIVATE_H
#define GSS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "daemon/gss/contexts.h"
#include "daemon/gss/window.h"

struct owner; /* owners.h */

struct context {
	atomic_uint n_refs;
	_Atomic uint64_t used_ms;

	/* Set when made. */
	struct name key_name;
	const struct name *algorithm; /* static */
	struct principal *principal;
	char *acceptor;
	struct addr client;
	int32_t enctype;
	uint32_t kvno; /* 0: unknown */
	bool spnego;
	uint8_t *token; /* NULL: not kept */
	size_t token_len;
	uint64_t created_ms;
	uint64_t expiry_ms;

	pthread_mutex_t lock; /* guards all below, to the window */
	struct mic_key key;   /* of an AES context */
	gss_ctx_id_t gss;     /* of any other */
	struct window window;

	/* The table's: by its structure lock and the shard's. */
	uint64_t hash;
	bool is_linked;
	struct context *chain;         /* of a bucket */
	TAILQ_ENTRY(context) by_use;   /* of a shard, idlest first */
	TAILQ_ENTRY(context) by_owner; /* of the owner */
	struct owner *owner;
	struct context *dead; /* unlinked, to be released without locks */
};

/*
 * A context with one reference; takes the session's key or handle.  ERR_NOMEM;
 * ERR_TIMEOUT when the shorter of both lifetimes is 0.
 */
int context_create(struct context_session *session,
    const struct context_facts *facts, uint32_t lifetime_max_s,
    struct context **context_out);

/* True once its time is over. */
bool context_is_expired(const struct context *c);

#endif
