/*
 * explain.c - why a token was refused, and what the admin should do
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/explain.h"

#define SNAME_SIZE 200
#define LIST_SIZE 160
#define NAMES_SHOWN 3

/* How many of the ticket's principal's entries fit the ticket, and in what. */
struct fit {
	bool has_name; /* the principal has entries at all */
	bool has_kvno;
	bool has_enctype;
	uint32_t highest_kvno;
	char kvnos[LIST_SIZE]; /* "3, 4" */
};

static void
append(char *list, size_t size, const char *item)
{
	size_t at = strlen(list);

	(void)snprintf(list + at, size - at, "%s%s", at == 0 ? "" : ", ", item);
}

static struct fit
fit_of(const struct refusal *r)
{
	const struct acceptor_entry *e = acceptor_entries(r->generation);
	const struct clear_ap_req *ap = &r->token->ap_req;
	struct fit f = {.has_name = false};
	uint32_t last = UINT32_MAX;
	char kvno[16];

	for (size_t i = 0; i < acceptor_n_entries(r->generation); i++, e++) {
		if (e->principal != r->principal)
			continue;
		f.has_name = true;
		if (e->kvno > f.highest_kvno)
			f.highest_kvno = e->kvno;
		if (!ap->has_kvno || e->kvno == ap->kvno) {
			f.has_kvno = true;
			f.has_enctype |= e->enctype == ap->enctype;
		}
		if (e->kvno != last) {
			(void)snprintf(kvno, sizeof(kvno), "%u",
			    (unsigned)e->kvno);
			append(f.kvnos, sizeof(f.kvnos), kvno);
		}
		last = e->kvno;
	}
	return f;
}

static void
our_names(const struct acceptor_generation *g, char *list, size_t size)
{
	size_t n = acceptor_n_principals(g);
	char name[SNAME_SIZE];

	list[0] = '\0';
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		const char *text = acceptor_principal_text(g, i);

		append(list, size,
		    log_escape(text, strlen(text), name, sizeof(name)));
	}
	if (n > NAMES_SHOWN)
		append(list, size, "...");
}

static enum negotiation_cause
say_wrong_name(const struct refusal *r, const char *sname,
    struct reason *reason)
{
	char ours[LIST_SIZE];

	our_names(r->generation, ours, sizeof(ours));
	reason_set(reason,
	    "ticket is for %s, our keys are for %s: add that SPN to our "
	    "account and its key to the keytab, or point the client (SOA "
	    "MNAME, NS) to our name",
	    sname, ours);
	return NEGOTIATION_NAME;
}

static enum negotiation_cause
say_wrong_kvno(const struct refusal *r, const struct fit *f, const char *sname,
    struct reason *reason)
{
	uint32_t kvno = r->token->ap_req.kvno;

	if (kvno > f->highest_kvno)
		reason_set(reason,
		    "ticket for %s has kvno %u, the keytab has %s: the keytab "
		    "is stale, extract it again",
		    sname, (unsigned)kvno, f->kvnos);
	else
		reason_set(reason,
		    "ticket for %s has kvno %u, the keytab has %s: the "
		    "client's ticket is old, it must get a new one (klist "
		    "purge), or keep the old keys in the keytab",
		    sname, (unsigned)kvno, f->kvnos);
	return NEGOTIATION_KVNO;
}

static enum negotiation_cause
say_wrong_enctype(const struct refusal *r, const char *sname,
    struct reason *reason)
{
	reason_set(reason,
	    "ticket for %s has enctype %s, the keytab has no such key of kvno "
	    "%u: extract it with all enctypes (msDS-SupportedEncryptionTypes)",
	    sname, gss_enctype_text(r->token->ap_req.enctype),
	    (unsigned)r->token->ap_req.kvno);
	return NEGOTIATION_ENCTYPE;
}

static enum negotiation_cause
say_wrong_key(const struct refusal *r, const char *sname, struct reason *reason)
{
	const struct clear_ap_req *ap = &r->token->ap_req;

	reason_set(reason,
	    "ticket for %s, kvno %u, %s, is not encrypted with the key in the "
	    "keytab: the account's password was changed without a new keytab, "
	    "or the SPN is on another account; extract the keytab again",
	    sname, (unsigned)ap->kvno, gss_enctype_text(ap->enctype));
	return NEGOTIATION_KEY;
}

/* The key does not fit; which part of it? */
static enum negotiation_cause
say_no_key(const struct refusal *r, const char *sname, struct reason *reason)
{
	struct fit f = fit_of(r);

	if (!f.has_name)
		return say_wrong_name(r, sname, reason);
	if (!f.has_kvno)
		return say_wrong_kvno(r, &f, sname, reason);
	if (!f.has_enctype)
		return say_wrong_enctype(r, sname, reason);
	return say_wrong_key(r, sname, reason);
}

/* What krb5 says when it is shown the AP-REQ alone; 0: nothing is wrong. */
static krb5_error_code
second_opinion(const struct refusal *r)
{
	const struct clear_octets *whole = &r->token->ap_req.whole;
	krb5_auth_context auth = NULL;
	krb5_keytab keytab = NULL;
	krb5_ticket *ticket = NULL;
	krb5_data ap_req = {.magic = KV5M_DATA};
	krb5_error_code code;

	ap_req.length = (unsigned)whole->len;
	ap_req.data = (char *)(uintptr_t)whole->octets; /* only read */
	code = krb5_auth_con_init(r->krb5, &auth);
	if (code == 0) /* 0: no replay cache */
		code = krb5_auth_con_setflags(r->krb5, auth, 0);
	if (code == 0)
		code = krb5_kt_resolve(r->krb5,
		    acceptor_keytab_name(r->generation, r->principal), &keytab);
	if (code == 0)
		code = krb5_rd_req(r->krb5, &auth, &ap_req, NULL, keytab, NULL,
		    &ticket);
	krb5_free_ticket(r->krb5, ticket);
	if (keytab != NULL)
		(void)krb5_kt_close(r->krb5, keytab);
	krb5_auth_con_free(r->krb5, auth);
	return code;
}

static enum negotiation_cause
say_other(const struct refusal *r, krb5_error_code code, const char *sname,
    struct reason *reason)
{
	const char *message;
	char text[160];

	if (code == 0) {
		reason_set(reason,
		    "ticket for %s is good, but not the token: "
		    "%s",
		    sname, r->gss_text);
		return NEGOTIATION_MALFORMED;
	}
	message = krb5_get_error_message(r->krb5, code);
	reason_set(reason, "ticket for %s: %s (Kerberos error %d)", sname,
	    log_escape(message, strlen(message), text, sizeof(text)),
	    (int)(code - ERROR_TABLE_BASE_krb5));
	krb5_free_error_message(r->krb5, message);
	return NEGOTIATION_MALFORMED;
}

static enum negotiation_cause
say_code(const struct refusal *r, krb5_error_code code, const char *sname,
    struct reason *reason)
{
	switch (code) {
	case KRB5KRB_AP_ERR_SKEW:
		reason_set(reason,
		    "the client's clock and ours differ by more than the "
		    "allowed skew (ticket for %s): set both by NTP",
		    sname);
		return NEGOTIATION_SKEW;
	case KRB5KRB_AP_ERR_TKT_EXPIRED:
		reason_set(reason,
		    "ticket for %s has expired: the client must get a new one; "
		    "if it has, compare our clock with the KDC's",
		    sname);
		return NEGOTIATION_TICKET_TIME;
	case KRB5KRB_AP_ERR_TKT_NYV:
		reason_set(reason,
		    "ticket for %s is not valid yet: compare our clock with "
		    "the KDC's",
		    sname);
		return NEGOTIATION_TICKET_TIME;
	case KRB5KRB_AP_ERR_REPEAT:
		reason_set(reason, "AP-REQ for %s was used before", sname);
		return NEGOTIATION_REPLAY;
	case KRB5KRB_AP_ERR_ILL_CR_TKT:
		reason_set(reason,
		    "the path of realms to the ticket for %s is not allowed: "
		    "see [capaths] in krb5.conf",
		    sname);
		return NEGOTIATION_TRUST;
	case KRB5_NOPERM_ETYPE:
	case KRB5_BAD_ENCTYPE:
		reason_set(reason,
		    "ticket for %s uses an enctype that krb5.conf does not "
		    "permit (%s): give our account and the client AES keys",
		    sname, gss_enctype_text(r->token->ap_req.enctype));
		return NEGOTIATION_ENCTYPE;
	case KRB5KRB_AP_ERR_BAD_INTEGRITY:
	case KRB5KRB_AP_ERR_BADKEYVER:
	case KRB5KRB_AP_ERR_NOKEY:
	case KRB5KRB_AP_ERR_NOT_US:
	case KRB5KRB_AP_WRONG_PRINC:
	case KRB5_KT_NOTFOUND:
	case KRB5_KT_KVNONOTFOUND:
		return say_no_key(r, sname, reason);
	default:
		return say_other(r, code, sname, reason);
	}
}

static enum negotiation_cause
say_ap_req(const struct refusal *r, struct reason *reason)
{
	char sname[SNAME_SIZE];

	(void)clear_sname_text(&r->token->ap_req, sname, sizeof(sname));
	if (!acceptor_has_key(r->generation, r->principal, &r->token->ap_req))
		return say_no_key(r, sname, reason);
	if (r->krb5 == NULL) {
		reason_set(reason, "ticket for %s: %s", sname, r->gss_text);
		return NEGOTIATION_MALFORMED;
	}
	return say_code(r, second_opinion(r), sname, reason);
}

static enum negotiation_cause
say_no_krb5(const struct clear_token *token, struct reason *reason)
{
	const char *what = (token->mechanisms & CLEAR_MECH_NTLM) != 0 ? "NTLM"
	    : (token->mechanisms & CLEAR_MECH_NEGOEX) != 0            ? "NEGOEX"
	    : (token->mechanisms & CLEAR_MECH_IAKERB) != 0
	    ? "IAKERB"
	    : "a mechanism other than Kerberos";

	reason_set(reason,
	    "client offers %s only: it got no Kerberos ticket for our name; "
	    "check that DNS/ and our name is an SPN in the directory and that "
	    "the client reaches a KDC",
	    what);
	return NEGOTIATION_MECHANISM;
}

void
explain_refusal(const struct refusal *r, enum negotiation_cause *cause_out,
    struct reason *reason)
{
	const struct clear_token *token = r->token;
	bool offers_krb5 =
	    (token->mechanisms & (CLEAR_MECH_KRB5 | CLEAR_MECH_MS_KRB5)) != 0;

	if (token->has_ap_req) {
		*cause_out = say_ap_req(r, reason);
	} else if (token->kind != CLEAR_MALFORMED &&
	    token->kind != CLEAR_SPNEGO_REPLY && !offers_krb5) {
		*cause_out = say_no_krb5(token, reason);
	} else {
		reason_set(reason, "token cannot be used: %s", r->gss_text);
		*cause_out = NEGOTIATION_MALFORMED;
	}
}
