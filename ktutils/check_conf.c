/*
 * check_conf.c - krb5.conf, and the tickets of ccaches
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <profile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/checking.h"
#include "ktutils/enctype.h"
#include "ktutils/ticket.h"

#define CONF "krb5.conf"
#define CLOCKSKEW_S 300
#define ENDS_SOON_S 600

/* --- krb5.conf --- */

static void
check_default_realm(struct checking *c)
{
	char *realm = NULL;

	if (krb5_get_default_realm(c->krb5, &realm) != 0) {
		builder_find(&c->b, "conf-no-realm", REPORT_WARNING, CONF,
		    "It has no default_realm.");
		builder_advise(&c->b,
		    "[libdefaults] default_realm = YOUR.REALM");
		return;
	}
	for (const char *p = realm; *p != '\0'; p++) {
		if (!islower((unsigned char)*p))
			continue;
		builder_find(&c->b, "conf-realm-case", REPORT_WARNING, CONF,
		    "The default_realm %s has lower-case letters; a realm of "
		    "Active Directory has none.",
		    realm);
		builder_advise(&c->b, "spell it in capitals");
		break;
	}
	krb5_free_default_realm(c->krb5, realm);
}

static void
check_flag(struct checking *c, profile_t profile, const char *name)
{
	int is_on = 0;

	(void)profile_get_boolean(profile, "libdefaults", name, NULL, 0,
	    &is_on);
	if (is_on == 0)
		return;
	builder_find(&c->b, "conf-weak", REPORT_WARNING, CONF,
	    "It has %s = true: weak enctypes are used where they need not be.",
	    name);
	builder_advise(&c->b, "take %s out", name);
}

static void
check_clockskew(struct checking *c, profile_t profile)
{
	int skew = CLOCKSKEW_S;

	(void)profile_get_integer(profile, "libdefaults", "clockskew", NULL,
	    CLOCKSKEW_S, &skew);
	if (skew <= CLOCKSKEW_S)
		return;
	builder_find(&c->b, "conf-clockskew", REPORT_WARNING, CONF,
	    "It has clockskew = %d: what was recorded can be replayed for that "
	    "long.",
	    skew);
	builder_advise(&c->b, "set the clocks right (NTP), and take it out");
}

static void
check_permitted(struct checking *c)
{
	krb5_enctype *list;
	bool has_aes = false;

	if (krb5_get_permitted_enctypes(c->krb5, &list) != 0)
		return;
	for (size_t i = 0; list[i] != 0; i++)
		has_aes |=
		    list[i] >= ENCTYPE_AES128 && list[i] <= ENCTYPE_AES256_SHA2;
	krb5_free_enctypes(c->krb5, list);
	if (has_aes)
		return;
	builder_find(&c->b, "conf-no-aes", REPORT_ERROR, CONF,
	    "Its permitted_enctypes has no AES: no strong session can be "
	    "made.");
	builder_advise(&c->b, "take permitted_enctypes out");
}

void
check_conf(struct checking *c)
{
	static const char *const weak[] = {"allow_weak_crypto", "allow_rc4",
	    "allow_des3"};
	krb5_error_code code = krb5_init_context(&c->krb5);
	char reason[KEYTAB_REASON_SIZE];
	profile_t profile;

	if (code != 0) {
		c->krb5 = NULL;
		ticket_explain(NULL, code, reason);
		builder_find(&c->b, "conf-unreadable", REPORT_ERROR, CONF,
		    "libkrb5 cannot use it: %s.", reason);
		builder_advise(&c->b,
		    "look at /etc/krb5.conf, what it includes, and "
		    "KRB5_CONFIG");
		return;
	}
	check_default_realm(c);
	check_permitted(c);
	if (krb5_get_profile(c->krb5, &profile) != 0)
		return;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		check_flag(c, profile, weak[i]);
	check_clockskew(c, profile);
	profile_release(profile);
}

/* --- Tickets that are held --- */

static void
set_principal(struct checking *c, char **text_out, krb5_const_principal p)
{
	char *text;

	if (krb5_unparse_name(c->krb5, p, &text) != 0)
		return;
	builder_set(&c->b, text_out, "%s", text);
	krb5_free_unparsed_name(c->krb5, text);
}

/* Timestamps are of 32 bits, without a sign from 2038 on. */
static time_t
time_of(krb5_timestamp t)
{
	return (time_t)(uint32_t)t;
}

static void
judge_ticket(struct checking *c, const struct report_ticket *t)
{
	long left_s = (long)(t->ends - c->now);
	long life_s = (long)(t->ends - t->starts);

	if (left_s <= 0) {
		builder_find(&c->b, "ticket-expired", REPORT_ERROR, t->ccache,
		    "The ticket of %s for %s ended %ld s ago.", t->client,
		    t->server, -left_s);
	} else if (left_s < ENDS_SOON_S && left_s < life_s / 4) {
		builder_find(&c->b, "ticket-expiring", REPORT_WARNING,
		    t->ccache, "The ticket of %s for %s ends in %ld s.",
		    t->client, t->server, left_s);
	} else {
		return;
	}
	builder_advise(&c->b,
	    "log in again with the keytab (kinit -k); the daemon does that by "
	    "itself, and if not, its account cannot log in");
}

static void
add_ticket(struct checking *c, const char *ccache, const krb5_creds *creds)
{
	struct report_ticket *t;

	if (krb5_is_config_principal(c->krb5, creds->server))
		return;
	t = builder_ticket(&c->b);
	if (t == NULL)
		return;
	builder_set(&c->b, &t->ccache, "%s", ccache);
	set_principal(c, &t->client, creds->client);
	set_principal(c, &t->server, creds->server);
	enctype_name(creds->keyblock.enctype, t->enctype_name,
	    sizeof(t->enctype_name));
	t->starts =
	    time_of(creds->times.starttime == 0 ? creds->times.authtime
						: creds->times.starttime);
	t->ends = time_of(creds->times.endtime);
	if ((creds->ticket_flags & TKT_FLG_RENEWABLE) != 0)
		t->renew_until = time_of(creds->times.renew_till);
	if (!c->b.is_short)
		judge_ticket(c, t);
}

static krb5_error_code
read_ccache(struct checking *c, const char *name)
{
	krb5_ccache ccache;
	krb5_cc_cursor cursor;
	krb5_creds creds;
	krb5_error_code code = krb5_cc_resolve(c->krb5, name, &ccache);

	if (code != 0)
		return code;
	code = krb5_cc_start_seq_get(c->krb5, ccache, &cursor);
	if (code != 0) {
		(void)krb5_cc_close(c->krb5, ccache);
		return code;
	}
	while (krb5_cc_next_cred(c->krb5, ccache, &cursor, &creds) == 0) {
		add_ticket(c, name, &creds);
		krb5_free_cred_contents(c->krb5, &creds);
	}
	(void)krb5_cc_end_seq_get(c->krb5, ccache, &cursor);
	(void)krb5_cc_close(c->krb5, ccache);
	return 0;
}

void
check_ccaches(struct checking *c)
{
	const struct check_texts *names = &c->request->ccaches;

	for (size_t i = 0; i < names->n && c->krb5 != NULL; i++) {
		size_t before = c->b.report->n_tickets;
		krb5_error_code code = read_ccache(c, names->items[i]);
		char reason[KEYTAB_REASON_SIZE] = "it is empty";

		if (code != 0)
			ticket_explain(c->krb5, code, reason);
		else if (c->b.report->n_tickets > before)
			continue;
		builder_find(&c->b, "ticket-none", REPORT_ERROR,
		    names->items[i], "There is no ticket in the ccache: %s.",
		    reason);
		builder_advise(&c->b,
		    "log in with the keytab (kinit -k), or see why the daemon "
		    "could not");
	}
}
