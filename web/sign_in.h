/*
 * sign_in.h - Kerberos over HTTP: SPNEGO as in RFC 4559
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tickets are for HTTP/ and this host; keys of other services do not open the
 * door.  The keytab is read at each sign-in, so a new key needs no reload.
 *
 * Owns:    copies of what it was made from.
 * Threads: immutable, any; a context is for one at a time.
 * Errors:  in the result.
 * Units:   as named; milliseconds of a clock that only goes forward.
 */
#ifndef WEB_SIGN_IN_H
#define WEB_SIGN_IN_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stdint.h>

#include "web/web.h"

struct sign_in;

/* NULL: no memory. */
struct sign_in *sign_in_create(const struct web_site *site,
    const struct web_negotiate *n);
void sign_in_destroy(struct sign_in *s); /* NULL is fine */

enum sign_in_state {
	SIGN_IN_DONE,     /* the principal is known */
	SIGN_IN_CONTINUE, /* another leg is needed, in the same connection */
	SIGN_IN_FAILED,
};

struct sign_in_result {
	enum sign_in_state state;
	char *token;     /* base64, to go into the answer; NULL: none */
	char *principal; /* DONE */
	bool is_admin;
	uint32_t lifetime_s;          /* of the ticket */
	char reason[WEB_REASON_SIZE]; /* FAILED: for the log */
};

#define SIGN_IN_KEYS_MAX 16

/*
 * One thread's credentials, each of one principal: krb5 1.20 leaks when one is
 * made for a service on any host.  They name a file, and so have the keys that
 * the file has by then.  Start with zeros.
 */
struct sign_in_keys {
	gss_cred_id_t creds[SIGN_IN_KEYS_MAX];
	size_t n;
	uint64_t made_ms; /* 0: never */
};
void sign_in_keys_clear(struct sign_in_keys *keys);

/*
 * One leg: the base64 text behind "Negotiate".  *gss is the unfinished context
 * of this connection, if there is one, and is set.
 */
void sign_in_leg(const struct sign_in *s, struct sign_in_keys *keys,
    gss_ctx_id_t *gss, const char *text, struct sign_in_result *result_out);

void sign_in_result_clear(struct sign_in_result *r);

/* Arg is a sign_in; for sessions_keep(). */
bool sign_in_is_admin(void *arg, const char *principal);

#endif
