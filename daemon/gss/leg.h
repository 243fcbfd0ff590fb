/*
 * leg.h - a leg being worked on, for the files that do its parts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * negotiate.c takes the leg from its token to its result; choose.c finds the
 * keys for it; one_leg.c accepts the plain ones, GSS-API all others;
 * establish.c makes a key of what is complete.  Each part is true to go on, or
 * has refused the leg, unless it says otherwise.
 *
 * Owns:    struct work: what it says.
 * Threads: a negotiator's own.
 */
#ifndef GSS_LEG_H
#define GSS_LEG_H

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>

#include "daemon/gss/acceptor.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/failures.h"
#include "daemon/gss/half_open.h"
#include "daemon/gss/negotiate.h"

struct negotiations {
	struct acceptor *acceptor;
	struct contexts *contexts;
	struct half_open_table *half_open;
	atomic_bool keeps_tokens;
	negotiation_name_is_taken name_is_taken;
	negotiation_look_at_keytabs look_at_keytabs;
	void *arg; /* of both */
	struct negotiations_counters counters;
};

struct negotiator {
	struct negotiations *shared;
	struct acceptor_creds *creds;
	krb5_context krb5; /* never NULL */
	uint64_t krb5_made_ms;
	struct failures failures; /* of each source */
};

/* A leg being worked on. */
struct work {
	struct negotiator *negotiator;
	const struct negotiation_leg *leg;
	struct negotiation_result *result;
	struct clear_token token;
	struct acceptor_generation *generation; /* reference */
	size_t principal;                       /* as acceptor_choose() said */
	size_t used;                            /* whose credential is used */
	struct half_open *half; /* owned: the context and what is known of it */

	/* What gss_accept_sec_context() gave. */
	OM_uint32 flags;
	gss_OID mechanism;
	gss_name_t initiator;

	/* Of the complete context. */
	OM_uint32 lifetime_s;
	int32_t enctype;                /* of the key that makes MICs */
	struct principal *who;          /* owned: the initiator */
	char *acceptor;                 /* owned: the principal that accepted */
	struct context_session session; /* owned, until it is in the table */
};

/* Sets the result, and returns false. */
bool leg_refuse(struct work *w, enum negotiation_cause cause,
    enum tsig_error error);

#define LEG_REFUSE(w, cause, error, ...)                                       \
	(reason_set(&(w)->result->reason, __VA_ARGS__),                        \
	    leg_refuse(w, cause, error))

/* choose.c: the generation, and whose credential of it. */
bool leg_choose_keys(struct work *w);

/*
 * one_leg.c: true: the leg is accepted, and all of the complete context and the
 * answer's token are there.  False: nothing has happened, and GSS-API shall see
 * it.
 */
bool leg_accept_alone(struct work *w);

/*
 * establish.c: a complete context is checked, unless one_leg.c has done so, and
 * becomes a key.  Where it does not, the result has no token: it would let the
 * client believe that it has one.
 */
bool leg_establish(struct work *w);

#endif
