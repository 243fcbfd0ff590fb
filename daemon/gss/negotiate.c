/*
 * negotiate.c - one leg of a TKEY negotiation (RFC 3645 section 4.1)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GSS-API accepts with its replay cache off, unless configured (acceptor.h).
 * That is safe because of what
 * check_context() demands and context_verify() adds: on an AES context with
 * mutual authentication, MICs are made with a subkey that the acceptor chose
 * anew.  Weak sessions have no such subkey: where they are allowed, krb5's own
 * replay cache is on, and they must have asked for replay detection.
 */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/explain.h"
#include "daemon/gss/half_open.h"
#include "daemon/gss/initiator.h"
#include "daemon/gss/negotiate.h"
#include "daemon/gss/status.h"

#define HALF_OPEN_MAX 4096 /* unless configured */

/* Second opinions of krb5, and looks at the keytabs: so many a second and hash
 * of an address. */
#define OPINION_BUCKETS 256
#define OPINIONS_PER_SECOND 20

struct negotiations {
	struct acceptor *acceptor;
	struct contexts *contexts;
	struct half_open_table *half_open;
	negotiation_name_is_taken name_is_taken;
	negotiation_look_at_keytabs look_at_keytabs;
	void *arg; /* of both */
	struct negotiations_counters counters;
};

struct opinion_budget {
	uint64_t second;
	unsigned used;
};

struct negotiator {
	struct negotiations *shared;
	struct acceptor_creds *creds;
	krb5_context krb5;
	struct opinion_budget budgets[OPINION_BUCKETS];
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
	OM_uint32 lifetime_s;
	gss_OID mechanism;
	gss_name_t initiator;
};

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

bool
negotiation_algorithm_is_known(const struct name *algorithm)
{
	return gss_algorithm_find(algorithm->octets) != NULL;
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
	n->creds = acceptor_creds_create();
	if (n->creds == NULL)
		goto done;
	if (krb5_init_context(&n->krb5) != 0) {
		n->krb5 = NULL;
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

static bool
refuse(struct work *w, enum negotiation_cause cause, enum tsig_error error)
{
	struct negotiation_result *result = w->result;

	result->state = NEGOTIATION_REFUSED;
	result->cause = cause;
	result->error = error;
	if (result->next.text[0] == '\0')
		reason_set(&result->next, "%s", explain_next_step(cause));
	return false;
}

#define REFUSE(w, cause, error, ...)                                           \
	(reason_set(&(w)->result->reason, __VA_ARGS__), refuse(w, cause, error))

/* What needs no key and no GSS-API. */
static bool
check_leg(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;
	const struct name *key_name = &w->leg->key_name;

	if (!negotiation_algorithm_is_known(&w->leg->algorithm))
		return REFUSE(w, NEGOTIATION_ALGORITHM, TSIG_ERROR_BADALG,
		    "algorithm is neither gss-tsig nor gss.microsoft.com");
	if (w->token.kind == CLEAR_EMPTY) /* MIT would answer with a hint */
		return REFUSE(w, NEGOTIATION_EMPTY, TSIG_ERROR_BADKEY,
		    "TKEY without a token");
	if (contexts_has(shared->contexts, key_name->octets) ||
	    (shared->name_is_taken != NULL &&
		shared->name_is_taken(shared->arg, key_name)))
		return REFUSE(w, NEGOTIATION_KEY_NAME, TSIG_ERROR_BADNAME,
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
			return REFUSE(w, NEGOTIATION_LEGS, TSIG_ERROR_BADKEY,
			    "a later leg without a first: it timed out, made "
			    "room for others, or came from another address");
		return true;
	}
	half_open_destroy(w->half); /* begun anew */
	w->half = half_open_create(&leg->client, &leg->key_name);
	if (w->half == NULL)
		return REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
		    "no memory");
	return true;
}

static bool
opinion_is_due(struct negotiator *n, const struct addr *client)
{
	uint64_t second = clock_mono_ms() / 1000;
	struct addr budget = addr_budget(client);
	struct opinion_budget *b;
	uint8_t h = budget.family;

	for (size_t i = 0; i < sizeof(budget.octets); i++)
		h = (uint8_t)(h * 31 + budget.octets[i]);
	b = &n->budgets[h % OPINION_BUCKETS];
	if (b->second != second) {
		b->second = second;
		b->used = 0;
	}
	return b->used++ < OPINIONS_PER_SECOND;
}

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
	    !opinion_is_due(w->negotiator, &w->leg->client))
		return;
	shared->look_at_keytabs(shared->arg);
	(void)use_if_it_fits(w, acceptor_current(shared->acceptor));
}

/*
 * Which keys: by the ticket's name.  Without a ticket (SPNEGO's first leg) any
 * will do; without a key for it the first principal refuses at little cost,
 * with the KRB-ERROR that the client's log should show.
 */
static bool
choose_keys(struct work *w)
{
	w->generation = acceptor_current(w->negotiator->shared->acceptor);
	if (w->generation == NULL)
		return REFUSE(w, NEGOTIATION_NO_KEYS, TSIG_ERROR_BADKEY,
		    "no keytab is loaded");
	w->principal = ACCEPTOR_NONE;
	if (w->token.has_ap_req) {
		w->half->kvno =
		    w->token.ap_req.has_kvno ? w->token.ap_req.kvno : 0;
		(void)clear_sname_text(&w->token.ap_req, w->result->sname,
		    sizeof(w->result->sname));
		w->principal = acceptor_choose(w->generation, &w->token.ap_req);
		if (!acceptor_has_key(w->generation, w->principal,
			&w->token.ap_req))
			look_for_key(w);
	}
	w->used = w->principal == ACCEPTOR_NONE ? 0 : w->principal;
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

	if (opinion_is_due(w->negotiator, &w->leg->client))
		r.krb5 = w->negotiator->krb5;
	explain_refusal(&r, w->result);
	return refuse(w, w->result->cause, TSIG_ERROR_BADKEY);
}

static bool
take_token(struct work *w, const gss_buffer_desc *token)
{
	if (token->length == 0)
		return true;
	w->result->token = malloc(token->length);
	if (w->result->token == NULL)
		return REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
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
		return refuse(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY);
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

/* The enctype of the key that makes MICs: the last arc of an OID; 0: unknown.
 */
static int32_t
session_enctype(gss_ctx_id_t gss)
{
	gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	OM_uint32 major, minor;
	int32_t enctype = 0;

	major = gss_inquire_sec_context_by_oid(&minor, gss,
	    GSS_C_INQ_SSPI_SESSION_KEY, &set);
	if (!GSS_ERROR(major) && set->count >= 2 &&
	    set->elements[1].length > 0) {
		const uint8_t *oid = set->elements[1].value;

		enctype = oid[set->elements[1].length - 1];
		explicit_bzero(set->elements[0].value, set->elements[0].length);
	}
	(void)gss_release_buffer_set(&minor, &set);
	return enctype;
}

/* Which of the contexts that GSS-API accepts we do, too. */
static bool
check_context(struct work *w, int32_t enctype)
{
	const OM_uint32 needed = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
	bool weak = !gss_enctype_is_aes(enctype);

	if (!gss_mechanism_is_krb5(w->mechanism))
		return REFUSE(w, NEGOTIATION_MECHANISM, TSIG_ERROR_BADKEY,
		    "mechanism is not Kerberos");
	if ((w->flags & needed) != needed)
		return REFUSE(w, NEGOTIATION_FLAGS, TSIG_ERROR_BADKEY,
		    "client did not ask for mutual authentication and "
		    "integrity");
	if ((w->flags & GSS_C_ANON_FLAG) != 0)
		return REFUSE(w, NEGOTIATION_PRINCIPAL, TSIG_ERROR_BADKEY,
		    "client is anonymous");
	if (weak && !acceptor_allows_weak(w->generation)) {
		reason_set(&w->result->next,
		    "give the client and our account AES keys; if that cannot "
		    "be, set weak-enctypes allow");
		return REFUSE(w, NEGOTIATION_ENCTYPE, TSIG_ERROR_BADKEY,
		    "session enctype %s (%d) is weak",
		    gss_enctype_text(enctype), (int)enctype);
	}
	if (weak && (w->flags & GSS_C_REPLAY_FLAG) == 0)
		return REFUSE(w, NEGOTIATION_FLAGS, TSIG_ERROR_BADKEY,
		    "client did not ask for replay detection, which a weak "
		    "session needs");
	return true;
}

static bool
read_initiator(struct work *w, struct principal **principal_out)
{
	struct negotiations *shared = w->negotiator->shared;

	if (initiator_read(w->initiator, principal_out, &w->result->reason) !=
	    0)
		return refuse(w, NEGOTIATION_PRINCIPAL, TSIG_ERROR_BADKEY);
	if ((*principal_out)->pac == PRINCIPAL_PAC_UNREADABLE)
		atomic_fetch_add(&shared->counters.pac_unreadable, 1);
	return true;
}

/* The name that accepted; asked only where several could have. */
static char *
acceptor_text(struct work *w)
{
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor;
	char *text = NULL;

	if (w->used != ACCEPTOR_ALL)
		return strdup(acceptor_principal_text(w->generation, w->used));
	if (!GSS_ERROR(gss_inquire_context(&minor, w->half->gss, NULL, &name,
		NULL, NULL, NULL, NULL, NULL)))
		text = initiator_text(name);
	(void)gss_release_name(&minor, &name);
	return text == NULL ? strdup("") : text;
}

static bool
add_context(struct work *w, int32_t enctype, struct principal *principal)
{
	struct context_facts facts = {
	    .key_name = &w->leg->key_name,
	    .algorithm = &w->leg->algorithm,
	    .principal = principal,
	    .client = &w->leg->client,
	    .enctype = enctype,
	    .kvno = w->half->kvno,
	    .lifetime_s = w->lifetime_s,
	    .spnego = w->token.kind != CLEAR_KRB5,
	};
	char *acceptor = acceptor_text(w);
	int ret = ERR_NOMEM;

	facts.acceptor = acceptor;
	if (acceptor != NULL)
		ret = contexts_add(w->negotiator->shared->contexts,
		    &w->half->gss, &facts, &w->result->context);
	free(acceptor);
	if (ret == ERR_EXISTS)
		return REFUSE(w, NEGOTIATION_KEY_NAME, TSIG_ERROR_BADNAME,
		    "the key name is in use");
	if (ret == ERR_PERM)
		return REFUSE(w, NEGOTIATION_REPLAY, TSIG_ERROR_BADKEY,
		    "AP-REQ was used before");
	if (ret == ERR_TIMEOUT)
		return REFUSE(w, NEGOTIATION_TICKET_TIME, TSIG_ERROR_BADKEY,
		    "the ticket has expired");
	if (ret != 0)
		return REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY, "%s",
		    err_text(ret));
	return true;
}

/* Who it is that is refused. */
static void
note_initiator(struct work *w)
{
	char *text = initiator_text(w->initiator);

	if (text != NULL)
		(void)log_escape(text, strlen(text), w->result->initiator,
		    sizeof(w->result->initiator));
	free(text);
}

/* A complete context is checked and becomes a key. */
static bool
make_key(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;
	int32_t enctype = session_enctype(w->half->gss);
	struct principal *principal;
	bool ok;

	if (!check_context(w, enctype) || !read_initiator(w, &principal))
		return false;
	ok = add_context(w, enctype, principal);
	principal_unref(principal);
	if (!ok)
		return false;
	if (!gss_enctype_is_aes(enctype))
		atomic_fetch_add(&shared->counters.weak, 1);
	w->result->state = NEGOTIATION_COMPLETE;
	return true;
}

static bool
wait_for_next(struct work *w)
{
	if (w->half->n_legs >= NEGOTIATION_LEGS_MAX)
		return REFUSE(w, NEGOTIATION_LEGS, TSIG_ERROR_BADKEY,
		    "no end after %d legs", NEGOTIATION_LEGS_MAX);
	half_open_put(w->negotiator->shared->half_open, w->half);
	w->half = NULL;
	w->result->state = NEGOTIATION_CONTINUE;
	return true;
}

/* Our token would let the client believe that it has a key: it is dropped. */
static bool
finish(struct work *w)
{
	if (make_key(w))
		return true;
	note_initiator(w);
	free(w->result->token);
	w->result->token = NULL;
	w->result->token_len = 0;
	return false;
}

static bool
carry_out(struct work *w)
{
	bool complete;

	if (!check_leg(w) || !find_half(w) || !choose_keys(w) ||
	    !accept_token(w, &complete))
		return false;
	return complete ? finish(w) : wait_for_next(w);
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
	clear_read(leg->token, leg->token_len, &w.token);
	(void)carry_out(&w);
	(void)gss_release_name(&minor, &w.initiator);
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
