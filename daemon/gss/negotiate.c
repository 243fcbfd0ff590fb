/*
 * negotiate.c - one leg of a TKEY negotiation (RFC 3645 section 4.1)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/explain.h"
#include "daemon/gss/leg.h"
#include "daemon/gss/status.h"

#define HALF_OPEN_MAX 4096 /* unless configured */
#define KRB5_LIFE_MS 60000

static const char *const cause_texts[NEGOTIATION_CAUSES] = {
    [NEGOTIATION_FINE] = "none",
    [NEGOTIATION_EMPTY] = "empty-token",
    [NEGOTIATION_MALFORMED] = "malformed-token",
    [NEGOTIATION_MECHANISM] = "mechanism",
    [NEGOTIATION_KEY_NAME] = "key-name-in-use",
    [NEGOTIATION_ALGORITHM] = "algorithm",
    [NEGOTIATION_NO_KEYS] = "no-keytab",
    [NEGOTIATION_NAME] = "wrong-service",
    [NEGOTIATION_KVNO] = "kvno",
    [NEGOTIATION_ENCTYPE] = "enctype",
    [NEGOTIATION_KEY] = "wrong-key",
    [NEGOTIATION_SKEW] = "clock-skew",
    [NEGOTIATION_TICKET_TIME] = "ticket-time",
    [NEGOTIATION_REPLAY] = "replay",
    [NEGOTIATION_TRUST] = "trust",
    [NEGOTIATION_FLAGS] = "flags",
    [NEGOTIATION_LEGS] = "legs",
    [NEGOTIATION_PRINCIPAL] = "principal",
    [NEGOTIATION_UNEXPLAINED] = "unexplained",
    [NEGOTIATION_INTERNAL] = "internal",
};

const char *
negotiation_cause_text(enum negotiation_cause cause)
{
	return cause_texts[cause];
}

static struct half_open_limits
limits_of(const struct negotiations_config *config)
{
	struct half_open_limits limits = {
	    .timeout_s = config->timeout_s,
	    .per_address = config->per_address,
	    .max = config->max == 0 ? HALF_OPEN_MAX : config->max,
	};

	return limits;
}

int
negotiations_create(const struct negotiations_config *config,
    struct acceptor *acceptor, struct contexts *contexts,
    struct negotiations **negotiations_out)
{
	struct half_open_limits limits = limits_of(config);
	struct half_open_counters counters;
	struct negotiations *n;

	*negotiations_out = NULL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_NOMEM;
	n->acceptor = acceptor;
	n->contexts = contexts;
	atomic_init(&n->keeps_tokens, config->keeps_tokens);
	n->name_is_taken = config->name_is_taken;
	n->look_at_keytabs = config->look_at_keytabs;
	n->arg = config->arg;
	counters.count = &n->counters.half_open;
	counters.timed_out = &n->counters.timed_out;
	counters.evicted = &n->counters.evicted;
	n->half_open = half_open_table_create(&limits, &counters);
	if (n->half_open == NULL) {
		negotiations_destroy(n);
		return ERR_NOMEM;
	}
	*negotiations_out = n;
	return 0;
}

void
negotiations_destroy(struct negotiations *n)
{
	if (n == NULL)
		return;
	half_open_table_destroy(n->half_open);
	free(n);
}

void
negotiations_configure(struct negotiations *n,
    const struct negotiations_config *config)
{
	struct half_open_limits limits = limits_of(config);

	atomic_store(&n->keeps_tokens, config->keeps_tokens);
	half_open_table_configure(n->half_open, &limits);
}

void
negotiations_expire(struct negotiations *n)
{
	half_open_expire(n->half_open);
}

const struct negotiations_counters *
negotiations_counters(const struct negotiations *n)
{
	return &n->counters;
}

/* krb5.conf may have changed: a context has read it once. */
static void
renew_krb5(struct negotiator *n)
{
	uint64_t now_ms = clock_mono_ms();
	krb5_context krb5;

	if (n->krb5 != NULL && now_ms - n->krb5_made_ms < KRB5_LIFE_MS)
		return;
	if (krb5_init_context(&krb5) != 0)
		return; /* the old one, if there is one, does it a while longer */
	if (n->krb5 != NULL)
		krb5_free_context(n->krb5);
	n->krb5 = krb5;
	n->krb5_made_ms = now_ms;
}

int
negotiator_create(struct negotiations *shared,
    struct negotiator **negotiator_out)
{
	struct negotiator *n;
	int ret = ERR_NOMEM;

	*negotiator_out = NULL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_NOMEM;
	n->shared = shared;
	failures_init(&n->failures);
	n->creds = acceptor_creds_create();
	if (n->creds == NULL)
		goto done;
	renew_krb5(n);
	if (n->krb5 == NULL) {
		ret = ERR_CRYPTO;
		goto done;
	}
	*negotiator_out = n;
	n = NULL;
	ret = 0;
done:
	negotiator_destroy(n);
	return ret;
}

void
negotiator_destroy(struct negotiator *n)
{
	if (n == NULL)
		return;
	acceptor_creds_destroy(n->creds);
	if (n->krb5 != NULL)
		krb5_free_context(n->krb5);
	free(n);
}

bool
leg_refuse(struct work *w, enum negotiation_cause cause, enum tsig_error error)
{
	struct negotiation_result *result = w->result;

	result->state = NEGOTIATION_REFUSED;
	result->cause = cause;
	result->error = error;
	if (result->next.text[0] == '\0')
		reason_set(&result->next, "%s", explain_next_step(cause));
	return false;
}

/* What needs no key and no GSS-API. */
static bool
check_leg(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;
	const struct name *key_name = &w->leg->key_name;

	if (gss_algorithm_find(w->leg->algorithm.octets) == NULL)
		return LEG_REFUSE(w, NEGOTIATION_ALGORITHM, TSIG_ERROR_BADALG,
		    "algorithm is neither gss-tsig nor gss.microsoft.com");
	if (w->token.kind == CLEAR_EMPTY) /* MIT would answer with a hint */
		return LEG_REFUSE(w, NEGOTIATION_EMPTY, TSIG_ERROR_BADKEY,
		    "TKEY without a token");
	if (contexts_has(shared->contexts, key_name->octets) ||
	    (shared->name_is_taken != NULL &&
		shared->name_is_taken(shared->arg, key_name)))
		return LEG_REFUSE(w, NEGOTIATION_KEY_NAME, TSIG_ERROR_BADNAME,
		    "the key name is in use");
	return true;
}

/* The negotiation that the leg belongs to: a new one, or one that waits. */
static bool
find_half(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;
	const struct negotiation_leg *leg = w->leg;

	w->half =
	    half_open_take(shared->half_open, &leg->client, &leg->key_name);
	if (w->token.kind == CLEAR_SPNEGO_REPLY) {
		if (w->half == NULL)
			return LEG_REFUSE(w, NEGOTIATION_LEGS,
			    TSIG_ERROR_BADKEY,
			    "a later leg without a first: it timed out, made "
			    "room for others, or came from another address");
		return true;
	}
	half_open_destroy(w->half); /* begun anew */
	w->half = half_open_create(&leg->client, &leg->key_name);
	if (w->half == NULL)
		return LEG_REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
		    "no memory");
	return true;
}

static bool
refuse_token(struct work *w, OM_uint32 major, OM_uint32 minor)
{
	char text[GSS_STATUS_SIZE];
	struct refusal r = {
	    .token = &w->token,
	    .generation = w->generation,
	    .principal = w->principal,
	    .gss_text = gss_status_text(major, minor, text),
	};

	if (failures_may_cost(&w->negotiator->failures, &w->leg->client))
		r.krb5 = w->negotiator->krb5;
	explain_refusal(&r, w->result);
	return leg_refuse(w, w->result->cause, TSIG_ERROR_BADKEY);
}

static bool
take_token(struct work *w, const gss_buffer_desc *token)
{
	if (token->length == 0)
		return true;
	w->result->token = malloc(token->length);
	if (w->result->token == NULL)
		return LEG_REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
		    "no memory");
	memcpy(w->result->token, token->value, token->length);
	w->result->token_len = token->length;
	return true;
}

/* The leg itself.  True: it is complete, or goes on. */
static bool
accept_token(struct work *w, bool *complete_out)
{
	gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
	gss_cred_id_t cred;
	OM_uint32 major, minor, ignored;
	bool ok;

	*complete_out = false;
	if (acceptor_cred(w->negotiator->creds, w->generation, w->used, &cred,
		&w->result->reason) != 0)
		return leg_refuse(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY);
	in.value = (void *)(uintptr_t)w->leg->token; /* only read */
	in.length = w->leg->token_len;
	w->half->n_legs++;
	major = gss_accept_sec_context(&minor, &w->half->gss, cred, &in,
	    GSS_C_NO_CHANNEL_BINDINGS, &w->initiator, &w->mechanism, &out,
	    &w->flags, &w->lifetime_s, NULL);
	ok = GSS_ERROR(major) ? refuse_token(w, major, minor) : true;
	*complete_out = ok && (major & GSS_S_CONTINUE_NEEDED) == 0;
	ok = take_token(w, &out) && ok;
	(void)gss_release_buffer(&ignored, &out);
	return ok;
}

static bool
wait_for_next(struct work *w)
{
	if (w->half->n_legs >= NEGOTIATION_LEGS_MAX)
		return LEG_REFUSE(w, NEGOTIATION_LEGS, TSIG_ERROR_BADKEY,
		    "no end after %d legs", NEGOTIATION_LEGS_MAX);
	half_open_put(w->negotiator->shared->half_open, w->half);
	w->half = NULL;
	w->result->state = NEGOTIATION_CONTINUE;
	return true;
}

static bool
carry_out(struct work *w)
{
	bool complete;

	if (!check_leg(w) || !find_half(w) || !leg_choose_keys(w))
		return false;
	if (leg_accept_alone(w)) {
		if (!leg_establish(w))
			return false;
		atomic_fetch_add(&w->negotiator->shared->counters.alone, 1);
		return true;
	}
	if (!accept_token(w, &complete))
		return false;
	return complete ? leg_establish(w) : wait_for_next(w);
}

static void
count(struct negotiations *n, const struct negotiation_result *result)
{
	switch (result->state) {
	case NEGOTIATION_COMPLETE:
		atomic_fetch_add(&n->counters.complete, 1);
		break;
	case NEGOTIATION_CONTINUE:
		atomic_fetch_add(&n->counters.continued, 1);
		break;
	case NEGOTIATION_REFUSED:
		atomic_fetch_add(&n->counters.refused[result->cause], 1);
		break;
	}
}

void
negotiate_leg(struct negotiator *n, const struct negotiation_leg *leg,
    struct negotiation_result *result_out)
{
	struct work w = {
	    .negotiator = n,
	    .leg = leg,
	    .result = result_out,
	    .initiator = GSS_C_NO_NAME,
	};
	OM_uint32 minor;

	memset(result_out, 0, sizeof(*result_out));
	renew_krb5(n);
	clear_read(leg->token, leg->token_len, &w.token);
	(void)carry_out(&w);
	(void)gss_release_name(&minor, &w.initiator);
	principal_unref(w.who);
	free(w.acceptor);
	context_session_clear(&w.session);
	half_open_destroy(w.half);
	acceptor_generation_unref(w.generation);
	count(n->shared, result_out);
}

void
negotiation_result_clear(struct negotiation_result *result)
{
	context_unref(result->context);
	result->context = NULL;
	free(result->token);
	result->token = NULL;
	result->token_len = 0;
}
