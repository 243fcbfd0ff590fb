/*
 * serve.h - one request, and what is answered to it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    a serving owns what web_start() was given, read into memory.
 * Threads: immutable while it serves: any.
 * Errors:  NULL with a reason.
 */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include <microhttpd.h>
#include <stdint.h>

#include "web/sign_in.h"
#include "web/web.h"

struct sessions;

struct serving {
	struct web_site site;
	struct sign_in *sign_in; /* NULL: off */
	char *certificate, *key; /* PEM texts */
};

struct serving *serving_create(const struct web_site *site,
    const struct web_negotiate *negotiate, char reason[WEB_REASON_SIZE]);
void serving_destroy(struct serving *s); /* NULL is fine */

/* A clock that only goes forward. */
uint64_t serve_now_ms(void);

/* Who asks, and what the thread has that answers. */
struct visit {
	struct MHD_Connection *connection;
	gss_ctx_id_t *gss; /* the connection's unfinished sign-in */
	struct sessions *sessions;
	struct sign_in_keys *keys; /* the thread's */
};

/* Queues the answer. */
enum MHD_Result serve_request(const struct serving *s,
    const struct visit *visit, const char *method, const char *path);

#endif
