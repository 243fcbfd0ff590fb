/*
 * choose.c - which keys a leg is accepted with
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/gss/leg.h"

/* Takes the reference; true: one of the keys is the ticket's, they are used. */
static bool
use_if_it_fits(struct work *w, struct acceptor_generation *g)
{
	const struct clear_ap_req *ap = &w->token.ap_req;
	size_t principal = g == NULL ? 0 : acceptor_choose(g, ap);

	if (g == NULL || !acceptor_has_key(g, principal, ap)) {
		acceptor_generation_unref(g);
		return false;
	}
	acceptor_generation_unref(w->generation);
	w->generation = g;
	w->principal = principal;
	return true;
}

/*
 * No current key is the ticket's: it may be older than the keytab (its key is
 * retired), or newer than our last look at the keytab.
 */
static void
look_for_key(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;

	if (use_if_it_fits(w, acceptor_retired(shared->acceptor)))
		return;
	if (shared->look_at_keytabs == NULL ||
	    !failures_may_cost(&w->negotiator->failures, &w->leg->client))
		return;
	shared->look_at_keytabs(shared->arg);
	(void)use_if_it_fits(w, acceptor_current(shared->acceptor));
}

/*
 * All keys are tried one by one, each on a ticket that may have 64 KiB: not for
 * who fails all the time.
 */
static size_t
credential_for(const struct work *w)
{
	bool costs = w->principal == ACCEPTOR_ALL &&
	    failures_are_many(&w->negotiator->failures, &w->leg->client);

	return w->principal == ACCEPTOR_NONE || costs ? 0 : w->principal;
}

/* True: it is kept, or need not be. */
static bool
keep_token(struct work *w)
{
	struct half_open *half = w->half;
	const struct negotiation_leg *leg = w->leg;

	free(half->token);
	half->token = NULL;
	half->token_len = 0;
	if (!atomic_load(&w->negotiator->shared->keeps_tokens))
		return true;
	half->token = malloc(leg->token_len);
	if (half->token == NULL)
		return LEG_REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
		    "no memory");
	memcpy(half->token, leg->token, leg->token_len);
	half->token_len = leg->token_len;
	return true;
}

/*
 * Which keys: by the ticket's name.  Without a ticket (SPNEGO's first leg) any
 * will do; without a key for it the first principal refuses at little cost,
 * with the KRB-ERROR that the client's log should show.
 */
bool
leg_choose_keys(struct work *w)
{
	w->generation = acceptor_current(w->negotiator->shared->acceptor);
	if (w->generation == NULL)
		return LEG_REFUSE(w, NEGOTIATION_NO_KEYS, TSIG_ERROR_BADKEY,
		    "no keytab is loaded");
	w->principal = ACCEPTOR_NONE;
	if (w->token.has_ap_req) {
		if (!keep_token(w))
			return false;
		w->half->kvno =
		    w->token.ap_req.has_kvno ? w->token.ap_req.kvno : 0;
		(void)clear_sname_text(&w->token.ap_req, w->result->sname,
		    sizeof(w->result->sname));
		w->principal = acceptor_choose(w->generation, &w->token.ap_req);
		if (!acceptor_has_key(w->generation, w->principal,
			&w->token.ap_req))
			look_for_key(w);
	}
	w->used = credential_for(w);
	return true;
}
