/*
 * login.c - tickets for the directory, got with a keytab
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A struct login is used by the errand's thread while there is an errand, and
 * by its owner while there is none.
 */
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ldap/login.h"

#define MARGIN_S 900    /* a ticket that ends earlier is not used, */
#define MARGIN_SHARE 3  /* nor is one in this last part of its life */
#define AGAIN_S 300     /* seldom: a key that is wrong could lock the account */
#define AGAIN_SOON_S 30 /* if no KDC answered */

struct login {
	atomic_int n_references; /* the owner's, the errand's */
	char **keytabs;
	size_t n_keytabs;
	char *principal; /* NULL: found in the keytabs */
	char ccache[DIRECTORY_CCACHE_SIZE];
	struct errand *errand; /* NULL: none */

	char *host;
	time_t expires;      /* of the ticket-granting ticket; 0: none */
	time_t stale;        /* from then on another one is wanted */
	time_t renew_at;     /* not before */
	bool is_unreachable; /* no KDC answered */
	bool has_ticket;
	char line[LINE_SIZE];
};

static void
destroy_ccache(const char *name)
{
	krb5_context k;
	krb5_ccache ccache;

	if (krb5_init_context(&k) != 0)
		return;
	if (krb5_cc_resolve(k, name, &ccache) == 0)
		(void)krb5_cc_destroy(k, ccache);
	krb5_free_context(k);
}

static void
unref(void *arg)
{
	struct login *l = arg;

	if (atomic_fetch_sub(&l->n_references, 1) > 1)
		return;
	destroy_ccache(l->ccache);
	for (size_t i = 0; i < l->n_keytabs; i++)
		free(l->keytabs[i]);
	free(l->keytabs);
	free(l->principal);
	free(l->host);
	free(l);
}

static bool
copy_texts(struct login *l, const char *const *keytabs, size_t n,
    const char *principal)
{
	l->keytabs = calloc(n + 1, sizeof(*l->keytabs));
	if (l->keytabs == NULL)
		return false;
	for (; l->n_keytabs < n; l->n_keytabs++) {
		l->keytabs[l->n_keytabs] = strdup(keytabs[l->n_keytabs]);
		if (l->keytabs[l->n_keytabs] == NULL)
			return false;
	}
	if (principal == NULL || principal[0] == '\0')
		return true;
	l->principal = strdup(principal);
	return l->principal != NULL;
}

struct login *
login_create(const char *const *keytabs, size_t n_keytabs,
    const char *principal)
{
	static atomic_uint last;
	struct login *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	atomic_store(&l->n_references, 1);
	(void)snprintf(l->ccache, sizeof(l->ccache), "MEMORY:kddns-ldap.%u",
	    atomic_fetch_add(&last, 1));
	if (!copy_texts(l, keytabs, n_keytabs, principal)) {
		unref(l);
		return NULL;
	}
	return l;
}

void
login_destroy(struct login *l)
{
	if (l == NULL)
		return;
	errand_release(l->errand);
	unref(l);
}

static bool
fail(struct login *l, krb5_context k, const char *what, krb5_error_code code)
{
	const char *text = krb5_get_error_message(k, code);

	line_set(l->line, "%s: %s", what, text);
	krb5_free_error_message(k, text);
	return false;
}

/* How much an entry looks like an account that may log in. */
static int
rank(krb5_const_principal p, const char *host_account)
{
	const krb5_data *first = &p->data[0];

	if (p->length != 1)
		return p->length == 2 && first->length == 4 &&
			memcmp(first->data, "host", 4) == 0
		    ? 2
		    : 1;
	if (first->length == strlen(host_account) &&
	    strncasecmp(first->data, host_account, first->length) == 0)
		return 5;
	return first->length > 0 && first->data[first->length - 1] == '$' ? 4
									  : 3;
}

static void
name_host_account(char name[72])
{
	char host[65] = "";

	(void)gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	(void)snprintf(name, 72, "%s$", host);
}

/* The best entry that is better than *rank_io replaces *found_io. */
static krb5_error_code
look_through(krb5_context k, krb5_keytab keytab, int *rank_io,
    krb5_principal *found_io)
{
	char host_account[72];
	krb5_keytab_entry e;
	krb5_kt_cursor cursor;
	krb5_error_code code;

	name_host_account(host_account);
	code = krb5_kt_start_seq_get(k, keytab, &cursor);
	if (code != 0)
		return code;
	while (krb5_kt_next_entry(k, keytab, &e, &cursor) == 0) {
		int r = rank(e.principal, host_account);

		if (r > *rank_io) {
			krb5_free_principal(k, *found_io);
			*found_io = e.principal;
			e.principal = NULL;
			*rank_io = r;
		}
		(void)krb5_free_keytab_entry_contents(k, &e);
	}
	return krb5_kt_end_seq_get(k, keytab, &cursor);
}

/* Which keytab has the key of p (any, if NULL: the best entry of all). */
static bool
choose_key(struct login *l, krb5_context k, krb5_principal *p_io,
    krb5_keytab *keytab_out)
{
	bool is_given = *p_io != NULL;
	krb5_error_code code = KRB5_KT_NOTFOUND;
	int best = 0;

	for (size_t i = 0; i < l->n_keytabs; i++) {
		krb5_keytab keytab = NULL;
		krb5_keytab_entry e;
		int before = best;

		code = krb5_kt_resolve(k, l->keytabs[i], &keytab);
		if (code == 0 && is_given) {
			code = krb5_kt_get_entry(k, keytab, *p_io, 0, 0, &e);
			if (code == 0) {
				(void)krb5_free_keytab_entry_contents(k, &e);
				best = 1;
			}
		} else if (code == 0)
			code = look_through(k, keytab, &best, p_io);
		if (best > before) {
			if (*keytab_out != NULL)
				(void)krb5_kt_close(k, *keytab_out);
			*keytab_out = keytab;
			if (is_given)
				break;
		} else if (keytab != NULL)
			(void)krb5_kt_close(k, keytab);
	}
	if (*keytab_out != NULL)
		return true;
	if (code == 0)
		code = KRB5_KT_NOTFOUND;
	return fail(l, k, l->n_keytabs == 0 ? "no keytab" : "keytab", code);
}

static void
set_times(struct login *l, time_t expires)
{
	time_t now = time(NULL), margin = 0;

	if (expires > now)
		margin = (expires - now) / MARGIN_SHARE;
	l->expires = expires;
	l->stale = expires - (margin < MARGIN_S ? margin : MARGIN_S);
}

static bool
get_first_ticket(struct login *l, krb5_context k, krb5_ccache ccache)
{
	krb5_principal principal = NULL;
	krb5_keytab keytab = NULL;
	krb5_error_code code = 0;
	krb5_creds creds;
	bool is_got = false;

	memset(&creds, 0, sizeof(creds));
	if (l->principal != NULL)
		code = krb5_parse_name(k, l->principal, &principal);
	if (code != 0) {
		(void)fail(l, k, "bind-principal", code);
		goto done;
	}
	if (!choose_key(l, k, &principal, &keytab))
		goto done;
	code = krb5_get_init_creds_keytab(k, &creds, principal, keytab, 0, NULL,
	    NULL);
	if (code == 0)
		code = krb5_cc_initialize(k, ccache, principal);
	if (code == 0)
		code = krb5_cc_store_cred(k, ccache, &creds);
	is_got = code == 0;
	l->is_unreachable = code == KRB5_KDC_UNREACH;
	if (is_got)
		set_times(l, (time_t)(uint32_t)creds.times.endtime);
	else
		(void)fail(l, k, "login with the keytab", code);
done:
	krb5_free_cred_contents(k, &creds);
	if (keytab != NULL)
		(void)krb5_kt_close(k, keytab);
	krb5_free_principal(k, principal);
	return is_got;
}

static bool
get_service_ticket(struct login *l, krb5_context k, krb5_ccache ccache)
{
	krb5_creds wanted, *got = NULL;
	krb5_error_code code;

	memset(&wanted, 0, sizeof(wanted));
	code = krb5_cc_get_principal(k, ccache, &wanted.client);
	if (code == 0)
		code = krb5_sname_to_principal(k, l->host, "ldap",
		    KRB5_NT_SRV_HST, &wanted.server);
	if (code == 0)
		code = krb5_get_credentials(k, 0, ccache, &wanted, &got);
	if (code != 0) {
		char what[300];

		(void)snprintf(what, sizeof(what), "ticket for ldap/%s",
		    l->host);
		(void)fail(l, k, what, code);
	}
	krb5_free_creds(k, got);
	krb5_free_cred_contents(k, &wanted);
	return code == 0;
}

static void
run(void *arg)
{
	krb5_ccache ccache = NULL;
	struct login *l = arg;
	krb5_error_code code;
	krb5_context k;

	l->has_ticket = false;
	code = krb5_init_context(&k);
	if (code != 0) {
		(void)fail(l, NULL, "krb5.conf", code);
		return;
	}
	code = krb5_cc_resolve(k, l->ccache, &ccache);
	if (code != 0)
		(void)fail(l, k, "ccache", code);
	else if ((l->expires != 0 && time(NULL) < l->stale) ||
	    get_first_ticket(l, k, ccache))
		l->has_ticket = get_service_ticket(l, k, ccache);
	if (ccache != NULL)
		(void)krb5_cc_close(k, ccache);
	krb5_free_context(k);
}

struct errand *
login_begin(struct login *l, const char *host)
{
	char *copy;

	if (l->errand != NULL)
		return l->errand;
	copy = strdup(host);
	if (copy == NULL)
		return NULL;
	free(l->host);
	l->host = copy;
	atomic_fetch_add(&l->n_references, 1);
	l->errand = errand_start(
	    &(struct errand_work){.run = run, .drop = unref, .arg = l});
	return l->errand;
}

bool
login_end(struct login *l, const char *host, bool *for_host_out,
    char line[LINE_SIZE])
{
	const struct login *done = errand_arg(l->errand);

	*for_host_out = strcmp(done->host, host) == 0;
	errand_release(l->errand);
	l->errand = NULL;
	if (!l->has_ticket)
		line_set(line, "%s", l->line);
	return l->has_ticket;
}

void
login_renew(struct login *l)
{
	time_t now = time(NULL);
	bool is_for_host;
	char line[LINE_SIZE];

	if (l->errand != NULL) {
		if (errand_is_done(l->errand) &&
		    !login_end(l, l->host, &is_for_host, line))
			l->renew_at =
			    now + (l->is_unreachable ? AGAIN_SOON_S : AGAIN_S);
		return;
	}
	if (l->host == NULL || l->expires == 0 || now < l->stale ||
	    now < l->renew_at)
		return;
	(void)login_begin(l, l->host);
}

const char *
login_ccache(const struct login *l)
{
	return l->ccache;
}

bool
login_use(struct login *l, char line[LINE_SIZE])
{
	OM_uint32 major, minor;

	major = gss_krb5_ccache_name(&minor, l->ccache, NULL);
	if (GSS_ERROR(major))
		line_set(line, "gss_krb5_ccache_name: error %u", minor);
	return !GSS_ERROR(major);
}

void
login_forget(struct login *l)
{
	if (l->errand == NULL)
		l->expires = 0;
}
