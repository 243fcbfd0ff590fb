/*
 * establish.c - a complete context is checked, and becomes a key
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GSS-API accepts with its replay cache off, unless configured (acceptor.h).
 * That is safe because of what check_context() demands and context_verify()
 * adds: on an AES context with mutual authentication, MICs are made with a
 * subkey that the acceptor chose anew.  Weak sessions have no such subkey:
 * where they are allowed, krb5's own replay cache is on, and they must have
 * asked for replay detection.
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/initiator.h"
#include "daemon/gss/leg.h"

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
check_context(struct work *w)
{
	const OM_uint32 needed = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
	bool weak = !gss_enctype_is_aes(w->enctype);

	if (!gss_mechanism_is_krb5(w->mechanism))
		return LEG_REFUSE(w, NEGOTIATION_MECHANISM, TSIG_ERROR_BADKEY,
		    "mechanism is not Kerberos");
	if ((w->flags & needed) != needed)
		return LEG_REFUSE(w, NEGOTIATION_FLAGS, TSIG_ERROR_BADKEY,
		    "client did not ask for mutual authentication and "
		    "integrity");
	if ((w->flags & GSS_C_ANON_FLAG) != 0)
		return LEG_REFUSE(w, NEGOTIATION_PRINCIPAL, TSIG_ERROR_BADKEY,
		    "client is anonymous");
	if (weak && !acceptor_allows_weak(w->generation)) {
		reason_set(&w->result->next,
		    "give the client and our account AES keys; if that cannot "
		    "be, set weak-enctypes allow");
		return LEG_REFUSE(w, NEGOTIATION_ENCTYPE, TSIG_ERROR_BADKEY,
		    "session enctype %s (%d) is weak",
		    gss_enctype_text(w->enctype), (int)w->enctype);
	}
	if (weak && (w->flags & GSS_C_REPLAY_FLAG) == 0)
		return LEG_REFUSE(w, NEGOTIATION_FLAGS, TSIG_ERROR_BADKEY,
		    "client did not ask for replay detection, which a weak "
		    "session needs");
	return true;
}

/* The name that accepted: the last leg need not have the ticket. */
static char *
acceptor_text(struct work *w)
{
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor;
	char *text = NULL;

	if (!GSS_ERROR(gss_inquire_context(&minor, w->half->gss, NULL, &name,
		NULL, NULL, NULL, NULL, NULL)))
		text = initiator_text(name);
	(void)gss_release_name(&minor, &name);
	return text == NULL ? strdup("") : text;
}

/* What MICs are made with; GSS-API's context is used up. */
static bool
take_session(struct work *w)
{
	int ret = 0;

	if (gss_enctype_is_aes(w->enctype)) {
		ret = mic_key_take(&w->session.key, &w->half->gss,
		    w->session.ap_req);
	} else {
		w->session.gss = w->half->gss;
		w->half->gss = GSS_C_NO_CONTEXT;
	}
	return ret == 0 ||
	    LEG_REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY, "%s",
		err_text(ret));
}

/* Of the principal that accepted; a last leg without a ticket does not tell. */
static krb5_keytab
keytab_of(const struct work *w)
{
	const struct acceptor_generation *g = w->generation;

	return w->token.has_ap_req && w->used < g->n_principals
	    ? g->principals[w->used].keytab
	    : g->all;
}

/* Who it is, by the name and by a PAC that one of our keys has signed. */
static bool
take_initiator(struct work *w)
{
	struct initiator_proof proof = {.krb5 = w->negotiator->krb5,
	    .keytab = keytab_of(w),
	    .kvno = w->half->kvno};
	OM_uint32 minor;

	(void)gsskrb5_extract_authtime_from_sec_context(&minor, w->half->gss,
	    &proof.authtime);
	return initiator_read(w->initiator, &proof, &w->who,
		   &w->result->reason) == 0 ||
	    leg_refuse(w, NEGOTIATION_PRINCIPAL, TSIG_ERROR_BADKEY);
}

/* The complete context of GSS-API. */
static bool
take_context(struct work *w)
{
	w->enctype = session_enctype(w->half->gss);
	if (!check_context(w) || !take_initiator(w))
		return false;
	w->acceptor = acceptor_text(w);
	return take_session(w);
}

static bool
add_context(struct work *w)
{
	const struct context_facts facts = {
	    .key_name = &w->leg->key_name,
	    .algorithm = &w->leg->algorithm,
	    .principal = w->who,
	    .acceptor = w->acceptor,
	    .client = &w->leg->client,
	    .enctype = w->enctype,
	    .kvno = w->half->kvno,
	    .lifetime_s = w->lifetime_s,
	    .spnego = w->token.kind != CLEAR_KRB5,
	    .token = w->half->token,
	    .token_len = w->half->token_len,
	};
	int ret = ERR_NOMEM;

	if (facts.acceptor != NULL)
		ret = contexts_add(w->negotiator->shared->contexts, &w->session,
		    &facts, &w->result->context);
	if (ret == ERR_EXISTS)
		return LEG_REFUSE(w, NEGOTIATION_KEY_NAME, TSIG_ERROR_BADNAME,
		    "the key name is in use");
	if (ret == ERR_PERM)
		return LEG_REFUSE(w, NEGOTIATION_REPLAY, TSIG_ERROR_BADKEY,
		    "AP-REQ was used before");
	if (ret == ERR_TIMEOUT)
		return LEG_REFUSE(w, NEGOTIATION_TICKET_TIME, TSIG_ERROR_BADKEY,
		    "the ticket has expired");
	if (ret != 0)
		return LEG_REFUSE(w, NEGOTIATION_INTERNAL, TSIG_ERROR_BADKEY,
		    "%s", err_text(ret));
	return true;
}

/* Who it is that is refused. */
static void
note_initiator(struct work *w)
{
	char *text = w->who != NULL ? strdup(w->who->text)
				    : initiator_text(w->initiator);

	if (text != NULL)
		(void)log_escape(text, strlen(text), w->result->initiator,
		    sizeof(w->result->initiator));
	free(text);
}

/* It is refused after all. */
static bool
take_back(struct work *w)
{
	note_initiator(w);
	free(w->result->token);
	w->result->token = NULL;
	w->result->token_len = 0;
	return false;
}

bool
leg_establish(struct work *w)
{
	struct negotiations *shared = w->negotiator->shared;

	if ((w->who == NULL && !take_context(w)) || !add_context(w))
		return take_back(w);
	if (w->who->pac == PRINCIPAL_PAC_UNREADABLE)
		atomic_fetch_add(&shared->counters.pac_unreadable, 1);
	if (!gss_enctype_is_aes(w->enctype))
		atomic_fetch_add(&shared->counters.weak, 1);
	w->result->state = NEGOTIATION_COMPLETE;
	return true;
}
