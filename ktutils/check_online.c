/*
 * check_online.c - what the KDCs say: reachable, clocks, logins, tickets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <profile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/checking.h"
#include "ktutils/exchange.h"
#include "ktutils/kdcs.h"
#include "ktutils/ticket.h"

#define MAX_LOGINS 8   /* accounts that log in, in one realm */
#define MAX_TICKETS 64 /* service tickets that are asked for, in one realm */
#define FIND_SHARE 2   /* time-outs, for finding the KDCs of a realm */
#define SLOW_MS 1000
#define OFFSET_SHARE 5 /* a warning from this part of the clock skew on */
#define CLOCKSKEW_S 300

/* One realm of the keytab. */
struct online {
	struct checking *c;
	const char *realm;
	struct kdcs kdcs;
	krb5_keytab keytab; /* in memory; the account has the SPNs' keys, too */
	char *account;      /* whole, or NULL */
	krb5_ccache ccache; /* with the TGT, if there is one */
	bool has_tgt;
};

static struct ticket_way
way(const struct online *o)
{
	struct ticket_way w = {
	    .krb5 = o->c->krb5,
	    .kdcs = &o->kdcs,
	    .timeout_ms = o->c->request->timeout_ms == 0
		? CHECK_TIMEOUT_MS
		: o->c->request->timeout_ms,
	    .deadline = o->c->deadline,
	};

	return w;
}

static bool
is_in_realm(const struct online *o, const char *principal)
{
	const char *at = strrchr(principal, '@');

	return at != NULL && strcmp(at + 1, o->realm) == 0;
}

static bool
is_late(const struct online *o)
{
	return exchange_now_ms() >= o->c->deadline;
}

/* --- The keys, for libkrb5 --- */

/* Adds the entry's key under that name. */
static bool
add_key(const struct online *o, const char *principal,
    const struct keytab_entry *e)
{
	krb5_context krb5 = o->c->krb5;
	krb5_keytab_entry entry;
	bool is_added;

	memset(&entry, 0, sizeof(entry));
	if (krb5_parse_name(krb5, principal, &entry.principal) != 0)
		return false;
	entry.vno = e->kvno;
	entry.timestamp = (krb5_timestamp)e->written;
	entry.key.enctype = e->enctype;
	entry.key.length = (unsigned)e->key_len;
	entry.key.contents = (krb5_octet *)(uintptr_t)e->key;
	is_added = krb5_kt_add_entry(krb5, o->keytab, &entry) == 0;
	krb5_free_principal(krb5, entry.principal);
	return is_added;
}

/* Whose keys the account's are: those of the first SPN that has any. */
static const char *
account_spn(const struct online *o)
{
	const struct report *r = o->c->b.report;

	for (size_t i = 0; i < r->n_spns; i++)
		if (is_in_realm(o, r->spns[i].principal) &&
		    check_newest_of(o->c, r->spns[i].principal) != NULL)
			return r->spns[i].principal;
	return NULL;
}

static bool
make_keytab(struct online *o)
{
	const struct keytab *all = o->c->all;
	const char *spn = account_spn(o);
	char name[64];

	(void)snprintf(name, sizeof(name), "MEMORY:kddns-check-%p", (void *)o);
	if (krb5_kt_resolve(o->c->krb5, name, &o->keytab) != 0) {
		o->keytab = NULL;
		return false;
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct keytab_entry *e = &all->entries[i];

		if (!is_in_realm(o, e->principal))
			continue;
		(void)add_key(o, e->principal, e);
		if (o->account != NULL && spn != NULL &&
		    strcmp(e->principal, spn) == 0)
			(void)add_key(o, o->account, e);
	}
	return true;
}

/* --- KDCs --- */

static int
clockskew(krb5_context krb5)
{
	profile_t profile;
	int skew = CLOCKSKEW_S;

	if (krb5_get_profile(krb5, &profile) == 0) {
		(void)profile_get_integer(profile, "libdefaults", "clockskew",
		    NULL, CLOCKSKEW_S, &skew);
		profile_release(profile);
	}
	return skew;
}

static void
check_clock(struct checking *c, const struct kdc *kdc)
{
	int skew = clockskew(c->krb5);
	int off = abs(kdc->offset_s);
	bool is_error = off >= skew;

	if (!kdc->has_offset || off < skew / OFFSET_SHARE)
		return;
	builder_find(&c->b, "clock-offset",
	    is_error ? REPORT_ERROR : REPORT_WARNING, kdc->host,
	    "Its clock is %d s %s ours%s.", off,
	    kdc->offset_s > 0 ? "ahead of" : "behind",
	    is_error ? ": tickets of clients that follow it are refused" : "");
	builder_advise(&c->b,
	    "synchronize this machine and the KDCs with the same NTP servers; "
	    "Kerberos allows %d s",
	    skew);
}

static bool
answers(const struct kdc *kdc)
{
	return kdc->tcp_ms != -1 || kdc->udp_ms != -1;
}

static void
check_kdc(struct checking *c, const struct kdc *kdc, bool some_answer)
{
	enum report_severity severity =
	    some_answer ? REPORT_WARNING : REPORT_ERROR;

	if (kdc->address_len == 0) {
		builder_find(&c->b, "kdc-unresolved", severity, kdc->host,
		    "The KDC cannot be asked: %s.", kdc->reason);
		builder_advise(&c->b,
		    "correct the name in krb5.conf or in the DNS");
	} else if (!kdc->is_asked) {
		return;
	} else if (!answers(kdc)) {
		builder_find(&c->b, "kdc-silent", severity, kdc->host,
		    "The KDC does not answer (%s).", kdc->reason);
		builder_advise(&c->b,
		    "see that it runs, and that no firewall is between (port "
		    "88, TCP and UDP); clients wait for it in vain");
	} else if (kdc->tcp_ms == -1) {
		builder_find(&c->b, "kdc-no-tcp", REPORT_WARNING, kdc->host,
		    "The KDC answers by UDP only (%s): large tickets need TCP.",
		    kdc->reason);
		builder_advise(&c->b, "open port 88 for TCP");
	} else if (kdc->tcp_ms > SLOW_MS) {
		builder_find(&c->b, "kdc-slow", REPORT_WARNING, kdc->host,
		    "The KDC needs %d ms for an answer.", kdc->tcp_ms);
		builder_advise(&c->b, "see what keeps it busy");
	}
	check_clock(c, kdc);
}

static void
report_kdc(struct checking *c, const char *realm, const struct kdc *kdc)
{
	struct report_kdc *r = builder_kdc(&c->b);
	char address[KDC_ADDRESS_SIZE];

	if (r == NULL)
		return;
	kdc_address(kdc, address);
	builder_set(&c->b, &r->realm, "%s", realm);
	builder_set(&c->b, &r->host, "%s", kdc->host);
	builder_set(&c->b, &r->address, "%s", address);
	builder_set(&c->b, &r->reason, "%s", kdc->reason);
	r->is_asked = kdc->is_asked;
	r->tcp_ms = kdc->tcp_ms;
	r->udp_ms = kdc->udp_ms;
	r->has_offset = kdc->has_offset;
	r->offset_s = kdc->offset_s;
	if (kdc->has_offset && !c->b.report->has_offset) {
		c->b.report->has_offset = true;
		c->b.report->offset_s = kdc->offset_s;
	}
}

/* True if one of them answers. */
static bool
check_kdcs(struct online *o)
{
	struct checking *c = o->c;
	bool some_answer = false;

	for (size_t i = 0; i < o->kdcs.n; i++)
		some_answer |= answers(&o->kdcs.items[i]);
	for (size_t i = 0; i < o->kdcs.n && !c->b.is_short; i++) {
		report_kdc(c, o->realm, &o->kdcs.items[i]);
		check_kdc(c, &o->kdcs.items[i], some_answer);
	}
	if (o->kdcs.n > 0)
		return some_answer;
	builder_find(&c->b, "kdc-none", REPORT_ERROR, o->realm,
	    "No KDC of the realm is known: neither krb5.conf has one, nor the "
	    "DNS (_kerberos._tcp).");
	builder_advise(&c->b,
	    "[realms] %s = { kdc = your.controller }, or let this machine "
	    "resolve the domain's names",
	    o->realm);
	return false;
}

/* --- Logins --- */

static enum report_login_state
state_of(krb5_error_code code)
{
	switch (code) {
	case 0:
		return REPORT_LOGIN_OK;
	case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
		return REPORT_LOGIN_UNKNOWN;
	case KRB5KDC_ERR_PREAUTH_FAILED:
	case KRB5_PREAUTH_FAILED:
	case KRB5KRB_AP_ERR_BAD_INTEGRITY:
	case KRB5_KT_NOTFOUND: /* a ticket came, of another enctype */
	case KRB5_KT_KVNONOTFOUND:
		return REPORT_LOGIN_WRONG_KEY;
	case KRB5_KDC_UNREACH:
		return REPORT_LOGIN_NO_ANSWER;
	default:
		return REPORT_LOGIN_REFUSED;
	}
}

static void
find_refused_login(struct checking *c, const char *principal,
    krb5_error_code code, const char *reason)
{
	const char *advice;

	switch (code) {
	case KRB5KDC_ERR_CLIENT_REVOKED:
		advice = "the account is disabled or locked: samba-tool user "
			 "enable, or unlock it in the directory";
		break;
	case KRB5KDC_ERR_KEY_EXP:
		advice = "its password has expired: samba-tool user setexpiry "
			 "--noexpiry, set it again, and export the keytab";
		break;
	case KRB5KDC_ERR_NAME_EXP:
		advice = "the account has expired: samba-tool user setexpiry "
			 "--noexpiry";
		break;
	case KRB5KDC_ERR_ETYPE_NOSUPP:
		advice = "the KDC and the keytab have no enctype in common: "
			 "have the account say AES, and export it again";
		break;
	default:
		advice = "see the KDC's log";
	}
	builder_find(&c->b, "login-refused", REPORT_WARNING, principal,
	    "The KDC does not let it log in: %s.", reason);
	builder_advise(&c->b, "%s", advice);
}

/* True if what clients ask for depends on this principal's key. */
static bool
is_wanted(const struct online *o, const char *principal)
{
	const struct report *r = o->c->b.report;

	if (o->account != NULL && strcmp(o->account, principal) == 0)
		return true;
	for (size_t i = 0; i < r->n_entries; i++)
		if (r->entries[i].is_wanted &&
		    strcmp(r->entries[i].principal, principal) == 0)
			return true;
	return false;
}

/* A ticket has shown that, and more of it. */
static bool
is_known_broken(const struct checking *c, const char *principal)
{
	const struct report *r = c->b.report;

	for (size_t i = 0; i < r->n_spns; i++)
		if (r->spns[i].state == REPORT_SPN_BROKEN &&
		    strcmp(r->spns[i].principal, principal) == 0)
			return true;
	return false;
}

static void
find_wrong_keys(struct online *o)
{
	struct checking *c = o->c;

	for (size_t i = 0; i < c->b.report->n_logins; i++) {
		const struct report_login *l = &c->b.report->logins[i];

		if (l->state != REPORT_LOGIN_WRONG_KEY ||
		    !is_in_realm(o, l->principal) ||
		    is_known_broken(c, l->principal))
			continue;
		builder_find(&c->b, "login-wrong-key",
		    is_wanted(o, l->principal) ? REPORT_ERROR : REPORT_WARNING,
		    l->principal,
		    "Its key in the keytab is not the KDC's (%s): the password "
		    "was changed since.",
		    l->reason);
		builder_advise(&c->b,
		    "export the keytab again; do not try often, the account "
		    "may be locked");
	}
}

static void
report_login(struct online *o, const char *principal, krb5_error_code code,
    const char *reason, krb5_timestamp ends)
{
	struct builder *b = &o->c->b;
	struct report_login *l = builder_login(b);

	if (l == NULL)
		return;
	builder_set(b, &l->principal, "%s", principal);
	builder_set(b, &l->reason, "%s", code == 0 ? "" : reason);
	l->state = state_of(code);
	l->ticket_ends = (time_t)(uint32_t)ends;
	if (l->state == REPORT_LOGIN_REFUSED && !b->is_short)
		find_refused_login(o->c, principal, code, reason);
}

/* True, and reported, if its key is known to be wrong. */
static bool
is_known_wrong(struct online *o, const char *principal)
{
	const struct check_request *request = o->c->request;

	for (size_t i = 0; i < request->n_wrong_keys; i++) {
		const struct check_wrong_key *w = &request->wrong_keys[i];

		if (strcmp(w->principal, principal) != 0)
			continue;
		report_login(o, principal, KRB5KDC_ERR_PREAUTH_FAILED,
		    w->reason, 0);
		return true;
	}
	return false;
}

/* A ccache of our own for a TGT; NULL: there cannot be one. */
static krb5_ccache
new_ccache(const struct online *o)
{
	krb5_ccache ccache;

	if (krb5_cc_new_unique(o->c->krb5, "MEMORY", NULL, &ccache) != 0)
		return NULL;
	return ccache;
}

/* Keeps the ccache if its TGT is the first. */
static void
keep(struct online *o, krb5_ccache ccache, bool has_tgt)
{
	if (has_tgt && !o->has_tgt) {
		o->has_tgt = true;
		o->ccache = ccache;
	} else {
		(void)krb5_cc_destroy(o->c->krb5, ccache);
	}
}

static void
log_in(struct online *o, const char *principal)
{
	krb5_context krb5 = o->c->krb5;
	struct ticket_way w = way(o);
	char reason[KEYTAB_REASON_SIZE] = "";
	krb5_timestamp ends;
	krb5_principal client;
	krb5_ccache ccache;
	krb5_error_code code;

	if (is_known_wrong(o, principal) ||
	    krb5_parse_name(krb5, principal, &client) != 0)
		return;
	ccache = new_ccache(o);
	if (ccache != NULL) {
		code =
		    ticket_login(&w, client, o->keytab, ccache, reason, &ends);
		report_login(o, principal, code, reason, ends);
		keep(o, ccache, code == 0);
	}
	krb5_free_principal(krb5, client);
}

/* Somebody's TGT will do as well to ask for service tickets. */
static void
borrow(struct online *o)
{
	const struct check_texts *names = &o->c->request->ccaches;

	for (size_t i = 0; i < names->n && !o->has_tgt; i++) {
		krb5_ccache ccache = new_ccache(o);

		if (ccache != NULL)
			keep(o, ccache,
			    ticket_borrow(o->c->krb5, names->items[i], o->realm,
				ccache) == 0);
	}
}

/* Each account once: a wrong key counts, and the account may be locked. */
static bool
is_first(const struct online *o, size_t i)
{
	const struct keytab_entry *all = o->c->all->entries;

	if (o->account != NULL && strcmp(o->account, all[i].principal) == 0)
		return false;
	for (size_t before = 0; before < i; before++)
		if (strcmp(all[before].principal, all[i].principal) == 0)
			return false;
	return true;
}

/* The principals without a slash; all of them, for each may be a client. */
static void
log_accounts_in(struct online *o)
{
	const struct keytab *all = o->c->all;
	size_t n = 0;

	for (size_t i = 0; i < all->n && n < MAX_LOGINS && !is_late(o); i++) {
		const struct keytab_entry *e = &all->entries[i];

		if (e->is_service || !is_in_realm(o, e->principal) ||
		    !is_first(o, i))
			continue;
		log_in(o, e->principal);
		n++;
	}
}

/* SPNs, until one is an account, too. */
static void
log_services_in(struct online *o)
{
	const struct report *r = o->c->b.report;

	for (size_t i = 0;
	     i < r->n_spns && !o->has_tgt && !is_late(o) && i < MAX_LOGINS; i++)
		if (is_in_realm(o, r->spns[i].principal) &&
		    r->spns[i].keytab_kvno != 0 &&
		    (o->account == NULL ||
			strcmp(o->account, r->spns[i].principal) != 0))
			log_in(o, r->spns[i].principal);
}

/* True if there was a ticket for some SPN that we have an entry of. */
static bool
check_bare_tickets(struct online *o)
{
	krb5_context krb5 = o->c->krb5;
	struct report *r = o->c->b.report;
	struct ticket_way w = way(o);
	bool has_ticket = false;

	for (size_t i = 0; i < r->n_spns && i < MAX_LOGINS && !is_late(o);
	     i++) {
		struct report_spn *s = &r->spns[i];
		krb5_principal client;
		krb5_ticket *ticket;

		if (!is_in_realm(o, s->principal) || s->keytab_kvno == 0 ||
		    krb5_parse_name(krb5, s->principal, &client) != 0)
			continue;
		if (ticket_bare(&w, client, o->keytab, s->principal, &ticket) ==
		    0) {
			check_spn_ticket(o->c, s, ticket);
			has_ticket = true;
		}
		krb5_free_ticket(krb5, ticket);
		krb5_free_principal(krb5, client);
	}
	return has_ticket;
}

static void
check_logins(struct online *o)
{
	struct checking *c = o->c;

	if (o->account != NULL)
		log_in(o, o->account);
	log_accounts_in(o);
	log_services_in(o);
	borrow(o);
	if (o->has_tgt || check_bare_tickets(o))
		return;
	builder_find(&c->b, "login-none", REPORT_WARNING, o->realm,
	    "No key of the keytab can log in, so no ticket could show if the "
	    "KDC's keys are the same.");
	builder_advise(&c->b,
	    "say whose keys they are (--account), or lend a ticket of your own "
	    "(kinit, --ccache)");
}

/* --- Tickets --- */

/* Says what came of it; an SPN of which nothing is heard stays as it is. */
static void
check_ticket(struct online *o, struct report_spn *s)
{
	krb5_context krb5 = o->c->krb5;
	struct ticket_way w = way(o);
	char reason[KEYTAB_REASON_SIZE];
	krb5_principal server;
	krb5_ticket *ticket;
	krb5_error_code code;

	if (krb5_parse_name(krb5, s->principal, &server) != 0)
		return;
	code = ticket_get(&w, o->ccache, server, reason, &ticket);
	if (code == 0)
		check_spn_ticket(o->c, s, ticket);
	else if (code == KRB5_KDC_UNREACH)
		builder_set(&o->c->b, &s->reason, "%s", reason);
	else
		check_spn_refused(o->c, s, code, reason);
	krb5_free_ticket(krb5, ticket);
	krb5_free_principal(krb5, server);
}

static void
check_tickets(struct online *o)
{
	struct report *r = o->c->b.report;
	size_t n = 0;

	for (size_t i = 0; i < r->n_spns && o->has_tgt; i++) {
		if (!is_in_realm(o, r->spns[i].principal))
			continue;
		if (n++ == MAX_TICKETS || is_late(o) || o->c->b.is_short)
			return;
		check_ticket(o, &r->spns[i]);
	}
}

/* --- A realm --- */

/* Anybody whose name the KDCs may be asked for, without proof. */
static const char *
find_client(const struct online *o)
{
	const struct keytab *all = o->c->all;
	const char *service = NULL;

	if (o->account != NULL)
		return o->account;
	for (size_t i = 0; i < all->n; i++) {
		const struct keytab_entry *e = &all->entries[i];

		if (!is_in_realm(o, e->principal))
			continue;
		if (!e->is_service)
			return e->principal;
		if (service == NULL)
			service = e->principal;
	}
	return service;
}

static void
probe(struct online *o)
{
	const char *client = find_client(o);
	struct ticket_way w = way(o);
	krb5_principal principal;

	if (client == NULL ||
	    krb5_parse_name(o->c->krb5, client, &principal) != 0)
		return;
	kdcs_probe(&o->kdcs, principal, o->keytab, w.timeout_ms, w.deadline);
	krb5_free_principal(o->c->krb5, principal);
}

static bool
set_account(struct online *o)
{
	const char *name = o->c->request->account;

	if (name == NULL)
		return true;
	if (strchr(name, '@') != NULL) {
		if (!is_in_realm(o, name))
			return true;
		o->account = strdup(name);
	} else if (asprintf(&o->account, "%s@%s", name, o->realm) == -1) {
		o->account = NULL;
	}
	return o->account != NULL;
}

static void
check_one_realm(struct checking *c, const char *realm)
{
	struct online o = {.c = c, .realm = realm};
	struct ticket_way w = way(&o);
	int64_t found_by =
	    exchange_now_ms() + (int64_t)FIND_SHARE * w.timeout_ms;
	bool is_asking;

	if (!set_account(&o) || !make_keytab(&o) ||
	    kdcs_find(&o.kdcs, c->krb5, realm,
		found_by < w.deadline ? found_by : w.deadline) != 0) {
		c->b.is_short = true;
		goto done;
	}
	if (c->request->stop_fd != 0)
		o.kdcs.stop_fd = c->request->stop_fd;
	probe(&o);
	c->b.source = REPORT_OF_KDCS;
	is_asking = check_kdcs(&o);
	c->b.source = REPORT_OF_KEYS;
	if (is_asking) {
		check_logins(&o);
		check_tickets(&o);
		find_wrong_keys(&o);
	}
done:
	c->b.source = REPORT_OF_FILES;
	if (o.has_tgt)
		(void)krb5_cc_destroy(c->krb5, o.ccache);
	if (o.keytab != NULL)
		(void)krb5_kt_close(c->krb5, o.keytab);
	kdcs_clear(&o.kdcs);
	free(o.account);
}

void
check_online(struct checking *c)
{
	const struct keytab *all = c->all;

	for (size_t i = 0; i < all->n && c->krb5 != NULL; i++) {
		const char *realm =
		    all->entries[i].principal + all->entries[i].realm_at;
		bool is_new = true;

		for (size_t before = 0; before < i; before++)
			is_new &= strcmp(realm,
				      all->entries[before].principal +
					  all->entries[before].realm_at) != 0;
		if (is_new && !c->b.is_short)
			check_one_realm(c, realm);
	}
}
