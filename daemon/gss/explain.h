/*
 * explain.h - why a token was refused, and what the admin should do
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GSS-API's own words are often useless (through SPNEGO always), so the
 * AP-REQ is shown to krb5 once more, alone, for the exact code; what the token
 * says in clear and which keys we have make a sentence of it.
 *
 * Threads: one at a time for a krb5_context.
 */
#ifndef GSS_EXPLAIN_H
#define GSS_EXPLAIN_H

#include <krb5/krb5.h>

#include "daemon/gss/acceptor.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/negotiate.h"

/* A refused token. */
struct refusal {
	const struct clear_token *token;
	struct acceptor_generation *generation;
	size_t principal;     /* what acceptor_choose() said */
	const char *gss_text; /* what GSS-API said */
	krb5_context krb5; /* NULL: no second opinion, it was asked too often */
};

/*
 * Sets cause, reason, next and, where the AP-REQ could be decrypted, the
 * initiator; sname is set already.
 */
void explain_refusal(const struct refusal *r, struct negotiation_result *out);

/* The next step where no more is known than the cause; never NULL. */
const char *explain_next_step(enum negotiation_cause cause);

#endif
