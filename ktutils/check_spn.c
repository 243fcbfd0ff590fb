/*
 * check_spn.c - what a ticket for an SPN says of our keys
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ktutils/checking.h"
#include "ktutils/enctype.h"

#define USAGE_TICKET 2 /* RFC 4120 section 7.5.1 */

/* What is wrong with a key that nobody asks for hurts nobody yet. */
static enum report_severity
severity(const struct report_spn *s)
{
	return s->is_wanted ? REPORT_ERROR : REPORT_WARNING;
}

/* --- Opening a ticket --- */

static bool
opens(krb5_context krb5, const struct keytab_entry *e,
    const krb5_ticket *ticket)
{
	krb5_keyblock key = {
	    .magic = KV5M_KEYBLOCK,
	    .enctype = e->enctype,
	    .length = (unsigned)e->key_len,
	    .contents = (krb5_octet *)(uintptr_t)e->key,
	};
	krb5_data plain = {
	    .magic = KV5M_DATA,
	    .length = ticket->enc_part.ciphertext.length,
	};
	bool is_open;

	plain.data = malloc(plain.length + 1);
	if (plain.data == NULL)
		return false;
	is_open = krb5_c_decrypt(krb5, &key, USAGE_TICKET, NULL,
		      &ticket->enc_part, &plain) == 0;
	explicit_bzero(plain.data, ticket->enc_part.ciphertext.length);
	free(plain.data);
	return is_open;
}

/* The entries beside this ticket. */
struct match {
	const struct keytab_entry *opener; /* of the SPN itself if one is */
	bool is_own;                       /* the opener is of the SPN */
	bool is_right_kvno;                /* and of the ticket's kvno */
	const struct keytab_entry *same;   /* the SPN's of that kvno, enctype */
	bool has_kvno;                     /* the SPN's, any enctype */
};

/* Of several that open it the one that the daemon would use. */
static void
take_opener(struct match *m, const struct keytab_entry *e, bool is_own,
    bool is_right_kvno)
{
	if (m->opener != NULL &&
	    (m->is_own > is_own ||
		(m->is_own == is_own && m->is_right_kvno >= is_right_kvno)))
		return;
	m->opener = e;
	m->is_own = is_own;
	m->is_right_kvno = is_right_kvno;
}

static struct match
match(struct checking *c, const struct report_spn *s, const krb5_ticket *ticket)
{
	struct match m = {.opener = NULL};

	for (size_t i = 0; i < c->all->n; i++) {
		const struct keytab_entry *e = &c->all->entries[i];
		bool is_own = strcasecmp(e->principal, s->principal) == 0;
		bool is_kvno = e->kvno == s->kdc_kvno;
		bool is_open;

		m.has_kvno |= is_own && is_kvno;
		if (e->enctype != s->kdc_enctype)
			continue;
		is_open = opens(c->krb5, e, ticket);
		if (is_own && is_kvno)
			m.same = e;
		if (is_open)
			take_opener(&m, e,
			    is_own || check_is_acceptor(c, e->principal),
			    is_kvno);
		if (is_open)
			c->b.report->entries[i].proof = REPORT_OPENS;
		else if (is_own && is_kvno)
			c->b.report->entries[i].proof = REPORT_DOES_NOT;
	}
	return m;
}

/* --- What that means --- */

static void
find_other_kvno(struct checking *c, struct report_spn *s, const struct match *m)
{
	s->state = REPORT_SPN_BROKEN;
	builder_find(&c->b, "kvno-differs", severity(s), s->principal,
	    "The KDC calls its key kvno %u, the keytab the same key kvno %u: "
	    "it is not found.",
	    s->kdc_kvno, m->opener->kvno);
	builder_advise(&c->b,
	    "export the keytab again; with ktpass say /kvno %u", s->kdc_kvno);
}

static void
find_other_key(struct checking *c, struct report_spn *s, const struct match *m)
{
	s->state = REPORT_SPN_OTHER_KEY;
	builder_find(&c->b, "spn-other-key", REPORT_WARNING, s->principal,
	    "Its tickets are opened by the key of %s, which is not used for "
	    "it unless the configuration says so.",
	    m->opener->principal);
	builder_advise(&c->b,
	    "kerberos { acceptor \"%s\"; }; or export an entry for the SPN, "
	    "too",
	    m->opener->principal);
}

static void
find_different(struct checking *c, struct report_spn *s, const struct match *m)
{
	builder_find(&c->b, "key-differs", severity(s), s->principal,
	    "The KDC's key of kvno %u is not ours (%s, %s): it was changed "
	    "without a new kvno, or is of another account.",
	    s->kdc_kvno, s->kdc_enctype_name, m->same->fingerprint);
	builder_advise(&c->b,
	    "export the keytab again; setspn -X finds a second account with "
	    "the SPN");
}

static void
find_no_enctype(struct checking *c, struct report_spn *s)
{
	builder_find(&c->b, "enctype-missing", severity(s), s->principal,
	    "The KDC uses its key of %s, and of kvno %u the keytab has no such "
	    "key.",
	    s->kdc_enctype_name, s->kdc_kvno);
	builder_advise(&c->b, "export the keytab again with all enctypes%s",
	    s->kdc_enctype == ENCTYPE_RC4
		? ", or better have the account say AES "
		  "(msDS-SupportedEncryptionTypes 24)"
		: "");
}

static void
find_stale(struct checking *c, struct report_spn *s)
{
	bool is_behind = s->kdc_kvno > s->keytab_kvno;

	builder_find(&c->b, is_behind ? "kvno-stale" : "kvno-ahead",
	    severity(s), s->principal,
	    "The KDC has kvno %u, the keytab %u: %s.", s->kdc_kvno,
	    s->keytab_kvno,
	    is_behind ? "the keytab is stale"
		      : "that key is not in use, or not yet everywhere");
	builder_advise(&c->b,
	    is_behind ? "export the keytab again (which does not need a new "
			"password), merge, and look who changed it"
		      : "wait for the controllers to replicate; until then "
			"keep the older key in the keytab");
}

static void
find_unopened(struct checking *c, struct report_spn *s, const struct match *m)
{
	if (s->keytab_kvno == 0) {
		s->state = REPORT_SPN_MISSING; /* which is said later */
		return;
	}
	s->state = REPORT_SPN_BROKEN;
	if (m->same != NULL)
		find_different(c, s, m);
	else if (m->has_kvno)
		find_no_enctype(c, s);
	else
		find_stale(c, s);
}

/* It works; but will it for ever? */
static void
find_shadows(struct checking *c, const struct report_spn *s)
{
	if (enctype_is_weak(s->kdc_enctype)) {
		builder_find(&c->b, "ticket-weak",
		    s->is_wanted ? REPORT_WARNING : REPORT_INFO, s->principal,
		    "The KDC still gives tickets of %s: updates of the "
		    "controllers end that.",
		    s->kdc_enctype_name);
		builder_advise(&c->b,
		    "have the account say AES (msDS-SupportedEncryptionTypes "
		    "24), then export its keytab again: both at once");
	}
	if (s->keytab_kvno > s->kdc_kvno) {
		builder_find(&c->b, "kvno-early", REPORT_INFO, s->principal,
		    "The KDC has kvno %u, and the keytab kvno %u already.",
		    s->kdc_kvno, s->keytab_kvno);
		builder_advise(&c->b,
		    "keep both until the controllers have replicated");
	}
}

void
check_spn_ticket(struct checking *c, struct report_spn *s,
    const krb5_ticket *ticket)
{
	struct match m;

	s->has_kdc_key = true;
	s->kdc_kvno = ticket->enc_part.kvno;
	s->kdc_enctype = ticket->enc_part.enctype;
	enctype_name(s->kdc_enctype, s->kdc_enctype_name,
	    sizeof(s->kdc_enctype_name));
	m = match(c, s, ticket);
	if (m.opener == NULL) {
		find_unopened(c, s, &m);
	} else if (!m.is_own) {
		find_other_key(c, s, &m);
	} else if (!m.is_right_kvno) {
		find_other_kvno(c, s, &m);
	} else {
		s->state = REPORT_SPN_PROVEN;
		find_shadows(c, s);
	}
}

/* --- No ticket --- */

void
check_spn_refused(struct checking *c, struct report_spn *s,
    krb5_error_code code, const char *reason)
{
	s->state = REPORT_SPN_REFUSED;
	builder_set(&c->b, &s->reason, "%s", reason);
	switch (code) {
	case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
		builder_find(&c->b, "spn-unknown", severity(s), s->principal,
		    "The KDC knows no such service: no account has that SPN.");
		builder_advise(&c->b,
		    "samba-tool spn add, setspn -S, or addprinc -randkey; or "
		    "correct the name that clients ask for (SOA MNAME, NS)");
		break;
	case KRB5KDC_ERR_PRINCIPAL_NOT_UNIQUE:
		builder_find(&c->b, "spn-not-unique", severity(s), s->principal,
		    "Several accounts have that SPN: the KDC gives tickets for "
		    "none.");
		builder_advise(&c->b,
		    "setspn -X finds them; take it from all but one");
		break;
	case KRB5KDC_ERR_ETYPE_NOSUPP:
		builder_find(&c->b, "spn-no-enctype", severity(s), s->principal,
		    "The KDC has no key of an enctype that it and libkrb5 here "
		    "permit (RC4 only?).");
		builder_advise(&c->b,
		    "have the account say AES (msDS-SupportedEncryptionTypes "
		    "24) and set its password again");
		break;
	default:
		builder_find(&c->b, "spn-refused", severity(s), s->principal,
		    "The KDC gives no ticket: %s.", reason);
		builder_advise(&c->b, "see the KDC's log");
	}
}

void
check_spns(struct checking *c)
{
	for (size_t i = 0; i < c->b.report->n_spns && !c->b.is_short; i++) {
		const struct report_spn *s = &c->b.report->spns[i];

		if (s->state != REPORT_SPN_MISSING || c->all->n == 0)
			continue; /* without any entry that is said already */
		builder_find(&c->b, "spn-missing", severity(s), s->principal,
		    "Clients ask for it, and the keytab has no key of it.");
		builder_advise(&c->b,
		    "export its key and merge it in (docs/keytab.md); if it is "
		    "the key of an account that is there, name that as "
		    "acceptor");
	}
}
