/*
 * explain.c - why a token was refused, and what the admin should do
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/ap_req.h"
#include "daemon/gss/explain.h"

#define NAME_SIZE 200
#define LIST_SIZE 160
#define NAMES_SHOWN 3

/* What to do by default, by cause; what is known better is said instead. */
static const char *const next_steps[NEGOTIATION_CAUSES] = {
    [NEGOTIATION_FINE] = "",
    [NEGOTIATION_EMPTY] = "find out on the client why it got no ticket for "
			  "DNS/ and our name: is that an SPN in the directory, "
			  "does the client reach a KDC?",
    [NEGOTIATION_MALFORMED] = "look at the client's software, and at what "
			      "lies between it and us",
    [NEGOTIATION_MECHANISM] = "check that DNS/ and our name is an SPN in the "
			      "directory and that the client reaches a KDC",
    [NEGOTIATION_KEY_NAME] = "none if it is rare: the client chooses another "
			     "name",
    [NEGOTIATION_ALGORITHM] = "let the client use GSS-TSIG with one of them",
    [NEGOTIATION_NO_KEYS] = "give kerberos/keytab a file with a key for DNS/ "
			    "and our name; an earlier line of the log says "
			    "what is wrong with the one it names",
    [NEGOTIATION_REPLAY] = "none if it is rare; else see who sends from that "
			   "address: somebody records the client's messages",
    [NEGOTIATION_FLAGS] = "let the client ask for it, as RFC 3645 demands",
    [NEGOTIATION_LEGS] = "if it goes on: raise negotiation-timeout or "
			 "negotiations-per-address, or see why the client "
			 "changes its address",
    [NEGOTIATION_TICKET_TIME] = "let the client get a new ticket",
    [NEGOTIATION_PRINCIPAL] = "let the client log in as a principal whose "
			      "name policy can be written for",
    [NEGOTIATION_UNEXPLAINED] = "see the refusals from that address in the "
				"seconds before",
    [NEGOTIATION_INTERNAL] = "look at the memory and the Kerberos libraries of "
			     "this host; the client tries again",
};

const char *
explain_next_step(enum negotiation_cause cause)
{
	return next_steps[cause] == NULL ? "" : next_steps[cause];
}

/* How many of the ticket's principal's entries fit the ticket, and in what. */
struct fit {
	bool has_name; /* the principal has entries at all */
	bool has_kvno;
	bool has_enctype;
	uint32_t highest_kvno;
	char kvnos[LIST_SIZE];    /* "3, 4" */
	char enctypes[LIST_SIZE]; /* of the ticket's kvno */
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
			append(f.enctypes, sizeof(f.enctypes),
			    gss_enctype_text(e->enctype));
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
	char name[NAME_SIZE];

	list[0] = '\0';
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		const char *text = acceptor_principal_text(g, i);

		append(list, size,
		    log_escape(text, strlen(text), name, sizeof(name)));
	}
	if (n > NAMES_SHOWN)
		append(list, size, "...");
}

/* Sets what is wrong, and what the admin should do about it. */
static void __attribute__((format(printf, 4, 5)))
say(struct negotiation_result *out, enum negotiation_cause cause,
    const char *next, const char *fmt, ...)
{
	va_list args;

	out->cause = cause;
	reason_set(&out->next, "%s", next);
	va_start(args, fmt);
	(void)vsnprintf(out->reason.text, sizeof(out->reason.text), fmt, args);
	va_end(args);
}

static bool
is_for_dns(const struct clear_ap_req *ap)
{
	const struct clear_octets *first = &ap->components[0];

	return ap->n_components == 2 && first->len == 3 &&
	    strncasecmp((const char *)first->octets, "DNS", 3) == 0;
}

static void
say_wrong_name(const struct refusal *r, struct negotiation_result *out)
{
	char ours[LIST_SIZE];

	our_names(r->generation, ours, sizeof(ours));
	say(out, NEGOTIATION_NAME,
	    is_for_dns(&r->token->ap_req)
		? "add that SPN to our account and its key to the keytab, or "
		  "let the zone's SOA MNAME and NS be our name"
		: "the client must ask the KDC for DNS/ and our name",
	    "ticket is for %s, our keys are for %s", out->sname, ours);
}

static void
say_wrong_kvno(const struct refusal *r, const struct fit *f,
    struct negotiation_result *out)
{
	unsigned kvno = (unsigned)r->token->ap_req.kvno;

	if (kvno > f->highest_kvno)
		say(out, NEGOTIATION_KVNO,
		    "extract the keytab again: the account's key was changed",
		    "ticket for %s has kvno %u, the keytab has %s: the keytab "
		    "is stale",
		    out->sname, kvno, f->kvnos);
	else
		say(out, NEGOTIATION_KVNO,
		    "let the client get a new ticket (klist purge, kdestroy); "
		    "a keytab that keeps the keys of the kvno before spares "
		    "it that",
		    "ticket for %s has kvno %u, the keytab has %s: the "
		    "client's ticket is old",
		    out->sname, kvno, f->kvnos);
}

static void
say_wrong_enctype(const struct refusal *r, const struct fit *f,
    struct negotiation_result *out)
{
	say(out, NEGOTIATION_ENCTYPE,
	    "extract the keytab with all enctypes that the account has "
	    "(msDS-SupportedEncryptionTypes)",
	    "ticket for %s has enctype %s, the keytab's keys for it are %s",
	    out->sname, gss_enctype_text(r->token->ap_req.enctype),
	    f->enctypes);
}

static void
say_wrong_key(const struct refusal *r, struct negotiation_result *out)
{
	const struct clear_ap_req *ap = &r->token->ap_req;

	say(out, NEGOTIATION_KEY,
	    "extract the keytab again, and look for a second account with "
	    "that SPN",
	    "ticket for %s, kvno %u, %s, is not encrypted with the key in the "
	    "keytab: the password was changed without a new keytab, or "
	    "another account has the SPN",
	    out->sname, (unsigned)ap->kvno, gss_enctype_text(ap->enctype));
}

/* The key does not fit; which part of it? */
static void
say_no_key(const struct refusal *r, struct negotiation_result *out)
{
	struct fit f = fit_of(r);

	if (!f.has_name)
		say_wrong_name(r, out);
	else if (!f.has_kvno)
		say_wrong_kvno(r, &f, out);
	else if (!f.has_enctype)
		say_wrong_enctype(r, &f, out);
	else
		say_wrong_key(r, out);
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

static void
say_skew(const struct ap_req_inside *inside, struct negotiation_result *out)
{
	int64_t ahead = inside->clock_s - (int64_t)clock_wall_s();

	say(out, NEGOTIATION_SKEW, "set both clocks by the domain's NTP",
	    "the client's clock is %lld s %s ours, more than the allowed skew "
	    "(ticket for %s)",
	    (long long)(ahead < 0 ? -ahead : ahead),
	    ahead < 0 ? "behind" : "ahead of", out->sname);
}

static void
say_expired(const struct ap_req_inside *inside, struct negotiation_result *out)
{
	say(out, NEGOTIATION_TICKET_TIME,
	    "let the client get a new ticket; if it has, compare our clock "
	    "with the KDC's",
	    "ticket for %s expired %lld s ago", out->sname,
	    (long long)((int64_t)clock_wall_s() - inside->end_s));
}

static void
say_not_yet(const struct ap_req_inside *inside, struct negotiation_result *out)
{
	say(out, NEGOTIATION_TICKET_TIME,
	    "compare our clock with the KDC's; a postdated ticket has to wait",
	    "ticket for %s is not valid for another %lld s", out->sname,
	    (long long)(inside->start_s - (int64_t)clock_wall_s()));
}

static void
say_other(const struct refusal *r, krb5_error_code code,
    struct negotiation_result *out)
{
	const char *next = explain_next_step(NEGOTIATION_MALFORMED);
	const char *message;
	char text[160];

	if (code == 0) {
		say(out, NEGOTIATION_MALFORMED, next,
		    "ticket for %s is good, but not the token: %s", out->sname,
		    r->gss_text);
		return;
	}
	message = krb5_get_error_message(r->krb5, code);
	say(out, NEGOTIATION_MALFORMED, next,
	    "ticket for %s: %s (Kerberos error %d)", out->sname,
	    log_escape(message, strlen(message), text, sizeof(text)),
	    (int)(code - ERROR_TABLE_BASE_krb5));
	krb5_free_error_message(r->krb5, message);
}

/* What krb5.conf says of an enctype; or the error that keeps it from saying. */
static krb5_error_code
ask_krb5_conf(krb5_context krb5, int32_t enctype, bool *permits_out)
{
	krb5_enctype *permitted = NULL;
	krb5_error_code code = krb5_get_permitted_enctypes(krb5, &permitted);

	*permits_out = false;
	for (size_t i = 0; code == 0 && permitted[i] != 0; i++)
		*permits_out |= permitted[i] == enctype;
	krb5_free_enctypes(krb5, permitted);
	return code;
}

/* It was broken after we had started. */
static void
say_no_krb5_conf(const struct refusal *r, krb5_error_code code,
    struct negotiation_result *out)
{
	const char *message = krb5_get_error_message(r->krb5, code);

	say(out, NEGOTIATION_INTERNAL,
	    "mend krb5.conf; it is read again without a restart",
	    "krb5.conf cannot be read: %s", message);
	krb5_free_error_message(r->krb5, message);
}

/* The key of the ticket or of its session is of an enctype that is refused. */
static void
say_not_permitted(const struct refusal *r, const struct ap_req_inside *inside,
    struct negotiation_result *out)
{
	int32_t ticket = r->token->ap_req.enctype;

	say(out, NEGOTIATION_ENCTYPE,
	    "give the client and our account AES keys; what krb5.conf permits "
	    "is in permitted_enctypes",
	    "krb5.conf does not permit the enctype of the ticket for %s (%s) "
	    "or of its session (%s)",
	    out->sname, gss_enctype_text(ticket),
	    inside->session_enctype == 0
		? "not read"
		: gss_enctype_text(inside->session_enctype));
}

static bool
is_weak_session(const struct refusal *r, const struct ap_req_inside *inside)
{
	return !acceptor_allows_weak(r->generation) &&
	    inside->session_enctype != 0 &&
	    !gss_enctype_is_aes(inside->session_enctype);
}

/* Whose keys are weak?  A KDC takes ours for the ticket, too. */
static void
say_weak_session(const struct refusal *r, const struct ap_req_inside *inside,
    struct negotiation_result *out)
{
	int32_t ticket = r->token->ap_req.enctype;
	bool is_ours = !gss_enctype_is_aes(ticket);

	say(out, NEGOTIATION_ENCTYPE,
	    is_ours
		? "give our account AES keys (msDS-SupportedEncryptionTypes "
		  "24) and extract the keytab again; if that cannot be, "
		  "set weak-enctypes allow"
		: "let the client use AES (its permitted_enctypes); if "
		  "that cannot be, set weak-enctypes allow",
	    "ticket for %s is encrypted with %s, its session key is of %s, "
	    "which is weak",
	    out->sname, gss_enctype_text(ticket),
	    gss_enctype_text(inside->session_enctype));
}

/* Which part of the AP-REQ does no key open? */
static void
say_not_decrypted(const struct refusal *r, const struct ap_req_inside *inside,
    struct negotiation_result *out)
{
	bool permits;
	krb5_error_code code =
	    ask_krb5_conf(r->krb5, r->token->ap_req.enctype, &permits);

	if (code != 0)
		say_no_krb5_conf(r, code, out); /* krb5 calls it no key, too */
	else if (inside->is_open)
		say(out, NEGOTIATION_MALFORMED,
		    explain_next_step(NEGOTIATION_MALFORMED),
		    "ticket for %s is good, but not the authenticator beside "
		    "it",
		    out->sname);
	else if (!permits)
		say_not_permitted(r, inside, out); /* krb5 calls it no key */
	else
		say_no_key(r, out);
}

static void
say_opinion(const struct refusal *r, krb5_error_code code,
    const struct ap_req_inside *inside, struct negotiation_result *out)
{
	switch (code) {
	case KRB5KRB_AP_ERR_SKEW:
		say_skew(inside, out);
		break;
	case KRB5KRB_AP_ERR_TKT_EXPIRED:
		say_expired(inside, out);
		break;
	case KRB5KRB_AP_ERR_TKT_NYV:
		say_not_yet(inside, out);
		break;
	case KRB5KRB_AP_ERR_TKT_INVALID:
		say(out, NEGOTIATION_TICKET_TIME,
		    "let the client validate it (kinit -v) or get a new one",
		    "ticket for %s was postdated and not validated since",
		    out->sname);
		break;
	case KRB5KRB_AP_ERR_REPEAT:
		say(out, NEGOTIATION_REPLAY,
		    explain_next_step(NEGOTIATION_REPLAY),
		    "AP-REQ for %s was used before", out->sname);
		break;
	case KRB5KRB_AP_ERR_ILL_CR_TKT:
		say(out, NEGOTIATION_TRUST,
		    "if that trust is meant, add its path to [capaths] in our "
		    "krb5.conf, or let the KDC check it",
		    "the ticket for %s came by a path of realms that is not "
		    "allowed",
		    out->sname);
		break;
	case KRB5_NOPERM_ETYPE:
	case KRB5_BAD_ENCTYPE:
		say_not_permitted(r, inside, out);
		break;
	case KRB5KRB_AP_ERR_BAD_INTEGRITY:
	case KRB5KRB_AP_ERR_BADKEYVER:
	case KRB5KRB_AP_ERR_NOKEY:
	case KRB5KRB_AP_ERR_NOT_US:
	case KRB5KRB_AP_WRONG_PRINC:
	case KRB5_KT_NOTFOUND:
	case KRB5_KT_KVNONOTFOUND:
		say_not_decrypted(r, inside, out);
		break;
	default:
		say_other(r, code, out);
	}
}

/*
 * Our second opinion uses no replay cache.  Where the first one had one, its
 * code is lost in SPNEGO, but not its words.
 */
static bool
is_replay(const struct refusal *r)
{
	const char *message =
	    krb5_get_error_message(r->krb5, KRB5KRB_AP_ERR_REPEAT);
	bool is = strstr(r->gss_text, message) != NULL;

	krb5_free_error_message(r->krb5, message);
	return is;
}

static void
say_ap_req(const struct refusal *r, struct negotiation_result *out)
{
	struct ap_req_inside inside;
	krb5_error_code code;

	if (!acceptor_has_key(r->generation, r->principal, &r->token->ap_req)) {
		say_no_key(r, out);
	} else if (r->krb5 == NULL) {
		say(out, NEGOTIATION_UNEXPLAINED,
		    explain_next_step(NEGOTIATION_UNEXPLAINED),
		    "ticket for %s: %s; its address has so many refused that "
		    "the cause was not looked for",
		    out->sname, r->gss_text);
	} else {
		code = second_opinion(r);
		if (code == 0 && is_replay(r))
			code = KRB5KRB_AP_ERR_REPEAT;
		ap_req_open(r->krb5,
		    acceptor_keytab_name(r->generation, r->principal),
		    &r->token->ap_req, &inside);
		(void)snprintf(out->initiator, sizeof(out->initiator), "%s",
		    inside.initiator);
		if (code == 0 && is_weak_session(r, &inside))
			say_weak_session(r, &inside, out);
		else
			say_opinion(r, code, &inside, out);
	}
}

static void
say_no_krb5(const struct clear_token *token, struct negotiation_result *out)
{
	const char *what = (token->mechanisms & CLEAR_MECH_NTLM) != 0 ? "NTLM"
	    : (token->mechanisms & CLEAR_MECH_NEGOEX) != 0            ? "NEGOEX"
	    : (token->mechanisms & CLEAR_MECH_IAKERB) != 0
	    ? "IAKERB"
	    : "a mechanism other than Kerberos";

	say(out, NEGOTIATION_MECHANISM,
	    explain_next_step(NEGOTIATION_MECHANISM),
	    "client offers %s only: it got no Kerberos ticket for our name",
	    what);
}

void
explain_refusal(const struct refusal *r, struct negotiation_result *out)
{
	const struct clear_token *token = r->token;
	bool offers_krb5 =
	    (token->mechanisms & (CLEAR_MECH_KRB5 | CLEAR_MECH_MS_KRB5)) != 0;

	if (token->has_ap_req)
		say_ap_req(r, out);
	else if (token->kind != CLEAR_MALFORMED &&
	    token->kind != CLEAR_SPNEGO_REPLY && !offers_krb5)
		say_no_krb5(token, out);
	else
		say(out, NEGOTIATION_MALFORMED,
		    explain_next_step(NEGOTIATION_MALFORMED),
		    "token cannot be used: %s", r->gss_text);
}
