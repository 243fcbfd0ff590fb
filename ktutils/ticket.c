/*
 * ticket.c - tickets, with a key of a keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "ktutils/as_rep.h"
#include "ktutils/kdcs.h"
#include "ktutils/ticket.h"

#define MAX_STEPS 16 /* of one login; a KDC cannot keep us busy for ever */

void
ticket_explain(krb5_context krb5, krb5_error_code code,
    char reason[KEYTAB_REASON_SIZE])
{
	const char *text = krb5_get_error_message(krb5, code);

	(void)snprintf(reason, KEYTAB_REASON_SIZE, "%s", text);
	krb5_free_error_message(krb5, text);
}

/* --- Steps --- */

typedef krb5_error_code step_function(krb5_context krb5, void *steps,
    krb5_data *in, krb5_data *out, krb5_data *realm, unsigned *flags);

static krb5_error_code
step_login(krb5_context krb5, void *steps, krb5_data *in, krb5_data *out,
    krb5_data *realm, unsigned *flags)
{
	return krb5_init_creds_step(krb5, steps, in, out, realm, flags);
}

static krb5_error_code
step_ticket(krb5_context krb5, void *steps, krb5_data *in, krb5_data *out,
    krb5_data *realm, unsigned *flags)
{
	return krb5_tkt_creds_step(krb5, steps, in, out, realm, flags);
}

static bool
is_realm(const krb5_data *realm, const char *name)
{
	return realm->length == strlen(name) &&
	    memcmp(realm->data, name, realm->length) == 0;
}

/* One message and its reply, if it is for our KDCs. */
static krb5_error_code
ask(const struct ticket_way *way, const krb5_data *message,
    const krb5_data *realm, krb5_data *reply, char reason[KEYTAB_REASON_SIZE])
{
	if (!is_realm(realm, way->kdcs->realm)) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE,
		    "the KDC refers to the realm %.*s", (int)realm->length,
		    realm->data);
		return KRB5_REALM_UNKNOWN;
	}
	if (kdcs_send(way->kdcs, message, way->timeout_ms, way->deadline,
		reason, reply) != 0)
		return KRB5_KDC_UNREACH;
	return 0;
}

/*
 * Message by message, until there is nothing more to send.  Both kinds of
 * steps have the same flag for "go on".
 */
static krb5_error_code
take_steps(const struct ticket_way *way, step_function *step, void *steps,
    char reason[KEYTAB_REASON_SIZE])
{
	krb5_data reply = ticket_lend(NULL, 0);
	krb5_error_code code = 0;
	unsigned flags = KRB5_INIT_CREDS_STEP_FLAG_CONTINUE;

	_Static_assert(KRB5_INIT_CREDS_STEP_FLAG_CONTINUE ==
		KRB5_TKT_CREDS_STEP_FLAG_CONTINUE,
	    "one flag");
	for (int i = 0; code == 0 && i < MAX_STEPS; i++) {
		krb5_data out = ticket_lend(NULL, 0),
			  realm = ticket_lend(NULL, 0);

		flags = 0;
		code = step(way->krb5, steps, &reply, &out, &realm, &flags);
		krb5_free_data_contents(way->krb5, &reply);
		if (code != 0)
			ticket_explain(way->krb5, code, reason);
		else if ((flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) != 0)
			code = ask(way, &out, &realm, &reply, reason);
		krb5_free_data_contents(way->krb5, &out);
		krb5_free_data_contents(way->krb5, &realm);
		if ((flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) == 0)
			break;
	}
	krb5_free_data_contents(way->krb5, &reply);
	if (code == 0 && (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) != 0) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE,
		    "the KDC asks again and again");
		code = KRB5_KDC_UNREACH;
	}
	return code;
}

/* --- Tickets --- */

static krb5_error_code
store(krb5_context krb5, krb5_init_creds_context steps, krb5_principal client,
    krb5_ccache ccache, krb5_timestamp *ends_out)
{
	krb5_creds creds;
	krb5_error_code code;

	memset(&creds, 0, sizeof(creds));
	code = krb5_init_creds_get_creds(krb5, steps, &creds);
	if (code != 0)
		return code;
	*ends_out = creds.times.endtime;
	code = krb5_cc_initialize(krb5, ccache,
	    creds.client == NULL ? client : creds.client);
	if (code == 0)
		code = krb5_cc_store_cred(krb5, ccache, &creds);
	krb5_free_cred_contents(krb5, &creds);
	return code;
}

krb5_error_code
ticket_login(const struct ticket_way *way, krb5_principal client,
    krb5_keytab keytab, krb5_ccache ccache, char reason[KEYTAB_REASON_SIZE],
    krb5_timestamp *ends_out)
{
	krb5_init_creds_context steps = NULL;
	krb5_error_code code;

	*ends_out = 0;
	code = krb5_init_creds_init(way->krb5, client, NULL, NULL, 0, NULL,
	    &steps);
	if (code == 0)
		code = krb5_init_creds_set_keytab(way->krb5, steps, keytab);
	if (code != 0) {
		ticket_explain(way->krb5, code, reason);
		goto done;
	}
	code = take_steps(way, step_login, steps, reason);
	if (code != 0)
		goto done;
	code = store(way->krb5, steps, client, ccache, ends_out);
	if (code != 0)
		ticket_explain(way->krb5, code, reason);
done:
	krb5_init_creds_free(way->krb5, steps);
	return code;
}

/* The ticket in the reply to a request that proves nothing. */
static krb5_error_code
ask_bare(const struct ticket_way *way, krb5_init_creds_context steps,
    krb5_ticket **ticket_out)
{
	krb5_data none = ticket_lend(NULL, 0), out = none, realm = none,
		  reply = none;
	char reason[KEYTAB_REASON_SIZE];
	const uint8_t *ticket;
	unsigned flags = 0;
	size_t len;
	krb5_error_code code =
	    krb5_init_creds_step(way->krb5, steps, &none, &out, &realm, &flags);

	if (code == 0)
		code = ask(way, &out, &realm, &reply, reason);
	if (code == 0 &&
	    as_rep_ticket((const uint8_t *)reply.data, reply.length, &ticket,
		&len)) {
		krb5_data d = ticket_lend(ticket, len);

		code = krb5_decode_ticket(&d, ticket_out);
	} else if (code == 0) {
		code = KRB5KDC_ERR_PREAUTH_REQUIRED;
	}
	krb5_free_data_contents(way->krb5, &out);
	krb5_free_data_contents(way->krb5, &realm);
	krb5_free_data_contents(way->krb5, &reply);
	return code;
}

krb5_error_code
ticket_bare(const struct ticket_way *way, krb5_principal client,
    krb5_keytab keytab, const char *service, krb5_ticket **ticket_out)
{
	krb5_init_creds_context steps = NULL;
	krb5_error_code code;

	*ticket_out = NULL;
	code = krb5_init_creds_init(way->krb5, client, NULL, NULL, 0, NULL,
	    &steps);
	if (code == 0)
		code = krb5_init_creds_set_keytab(way->krb5, steps, keytab);
	if (code == 0)
		code = krb5_init_creds_set_service(way->krb5, steps, service);
	if (code == 0)
		code = ask_bare(way, steps, ticket_out);
	krb5_init_creds_free(way->krb5, steps);
	return code;
}

krb5_error_code
ticket_borrow(krb5_context krb5, const char *from, const char *realm,
    krb5_ccache ccache)
{
	krb5_ccache other = NULL;
	krb5_creds wanted, tgt;
	krb5_error_code code = krb5_cc_resolve(krb5, from, &other);

	memset(&wanted, 0, sizeof(wanted));
	memset(&tgt, 0, sizeof(tgt));
	if (code == 0)
		code = krb5_cc_get_principal(krb5, other, &wanted.client);
	if (code == 0)
		code = krb5_build_principal(krb5, &wanted.server,
		    (unsigned)strlen(realm), realm, "krbtgt", realm, NULL);
	if (code == 0)
		code = krb5_cc_retrieve_cred(krb5, other, 0, &wanted, &tgt);
	if (code == 0)
		code = krb5_cc_initialize(krb5, ccache, wanted.client);
	if (code == 0)
		code = krb5_cc_store_cred(krb5, ccache, &tgt);
	krb5_free_cred_contents(krb5, &tgt);
	krb5_free_cred_contents(krb5, &wanted);
	if (other != NULL)
		(void)krb5_cc_close(krb5, other);
	return code;
}

static krb5_error_code
decode(krb5_context krb5, krb5_tkt_creds_context steps,
    krb5_ticket **ticket_out)
{
	krb5_creds creds;
	krb5_error_code code;

	memset(&creds, 0, sizeof(creds));
	code = krb5_tkt_creds_get_creds(krb5, steps, &creds);
	if (code == 0)
		code = krb5_decode_ticket(&creds.ticket, ticket_out);
	krb5_free_cred_contents(krb5, &creds);
	return code;
}

krb5_error_code
ticket_get(const struct ticket_way *way, krb5_ccache ccache,
    krb5_principal server, char reason[KEYTAB_REASON_SIZE],
    krb5_ticket **ticket_out)
{
	krb5_tkt_creds_context steps = NULL;
	krb5_creds wanted;
	krb5_error_code code;

	*ticket_out = NULL;
	memset(&wanted, 0, sizeof(wanted));
	wanted.server = server;
	code = krb5_cc_get_principal(way->krb5, ccache, &wanted.client);
	if (code == 0)
		code =
		    krb5_tkt_creds_init(way->krb5, ccache, &wanted, 0, &steps);
	if (code != 0) {
		ticket_explain(way->krb5, code, reason);
		goto done;
	}
	code = take_steps(way, step_ticket, steps, reason);
	if (code != 0)
		goto done;
	code = decode(way->krb5, steps, ticket_out);
	if (code != 0)
		ticket_explain(way->krb5, code, reason);
done:
	krb5_tkt_creds_free(way->krb5, steps);
	krb5_free_principal(way->krb5, wanted.client);
	return code;
}
