/*
 * tickets.c - first tokens of initiators, made before the clock starts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/gss/algorithm.h"
#include "daemon/gss/status.h"
#include "tests/bench/tickets.h"
#include "tests/unit/realm.h"

#define THREADS_MAX 64

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	(void)fprintf(stderr, "tickets: %s: %s\n", what, why);
	exit(1);
}

static void
check(krb5_context krb5, krb5_error_code code, const char *what)
{
	if (code != 0)
		die(what, krb5_get_error_message(krb5, code));
}

static const char *
service(void)
{
	const char *spn = getenv("SPN");

	return spn == NULL ? REALM_NS1 : spn;
}

static krb5_error_code
open_ccache(krb5_context krb5, krb5_ccache *cc_out)
{
	char path[REALM_PATH_SIZE];

	if (getenv("SPN") != NULL)
		return krb5_cc_default(krb5, cc_out);
	return krb5_cc_resolve(krb5, realm_path("FILE:", "cc/PC1", path),
	    cc_out);
}

/*
 * The ccache with the service's ticket, copied: no file, no KDC any more.
 * Its name, to be freed; the copy lives as long as the program.
 */
static char *
copy_ccache(void)
{
	krb5_ccache file, copy;
	krb5_creds wanted = {0}, *got;
	krb5_context krb5;
	char *full, *name;

	if (krb5_init_context(&krb5) != 0)
		die("krb5", "no context");
	check(krb5, open_ccache(krb5, &file), "ccache");
	check(krb5, krb5_cc_get_principal(krb5, file, &wanted.client),
	    "ccache");
	check(krb5, krb5_parse_name(krb5, service(), &wanted.server),
	    service());
	check(krb5, krb5_get_credentials(krb5, 0, file, &wanted, &got),
	    "ticket");
	check(krb5, krb5_cc_new_unique(krb5, "MEMORY", NULL, &copy), "MEMORY");
	check(krb5, krb5_cc_initialize(krb5, copy, wanted.client), "MEMORY");
	check(krb5, krb5_cc_copy_creds(krb5, file, copy), "MEMORY");
	check(krb5, krb5_cc_get_full_name(krb5, copy, &full), "MEMORY");
	name = strdup(full);
	if (name == NULL)
		die("ccache", "no memory");
	krb5_free_string(krb5, full);
	krb5_free_creds(krb5, got);
	krb5_free_cred_contents(krb5, &wanted);
	(void)krb5_cc_close(krb5, file);
	(void)krb5_cc_close(krb5, copy);
	krb5_free_context(krb5);
	return name;
}

static gss_OID_desc
mechanism_of(bool spnego)
{
	return spnego ? gss_mechanism_spnego : gss_mechanism_krb5;
}

/* One thread's credential and target, and its part of the tickets. */
struct maker {
	pthread_t thread;
	const char *ccache;
	const struct tickets_wanted *wanted;
	struct ticket *tickets;
	size_t first, n;
};

static OM_uint32
step(gss_cred_id_t cred, gss_name_t target, bool spnego, struct ticket *t,
    gss_buffer_t in, gss_buffer_t out)
{
	gss_OID_desc mechanism = mechanism_of(spnego);
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor;

	major = gss_init_sec_context(&minor, cred, &t->gss, target, &mechanism,
	    INITIATOR_FLAGS, 0, GSS_C_NO_CHANNEL_BINDINGS, in, NULL, out, NULL,
	    NULL);
	if (GSS_ERROR(major))
		die("gss_init_sec_context",
		    gss_status_text(major, minor, text));
	return major;
}

static gss_name_t
import_service(void)
{
	gss_buffer_desc b = {strlen(service()), (void *)(uintptr_t)service()};
	gss_name_t name;
	OM_uint32 minor;

	if (GSS_ERROR(gss_import_name(&minor, &b,
		(gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, &name)))
		die("service", service());
	return name;
}

static gss_cred_id_t
acquire(const char *ccache, bool spnego)
{
	gss_key_value_element_desc element = {"ccache", ccache};
	gss_key_value_set_desc store = {1, &element};
	gss_OID_desc mechanism = mechanism_of(spnego);
	gss_OID_set_desc mechanisms = {1, &mechanism};
	char text[GSS_STATUS_SIZE];
	gss_cred_id_t cred;
	OM_uint32 major, minor;

	major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE,
	    &mechanisms, GSS_C_INITIATE, &store, &cred, NULL, NULL);
	if (GSS_ERROR(major))
		die("credential", gss_status_text(major, minor, text));
	return cred;
}

static void *
make_part(void *arg)
{
	struct maker *m = arg;
	bool spnego = m->wanted->spnego;
	gss_cred_id_t cred = acquire(m->ccache, spnego);
	gss_name_t target = import_service();
	size_t keep = m->wanted->keep_every;
	OM_uint32 minor;

	for (size_t i = m->first; i < m->first + m->n; i++) {
		struct ticket *t = &m->tickets[i];

		(void)step(cred, target, spnego, t, GSS_C_NO_BUFFER, &t->token);
		if (keep == 0 || i % keep != 0)
			(void)gss_delete_sec_context(&minor, &t->gss,
			    GSS_C_NO_BUFFER);
	}
	(void)gss_release_name(&minor, &target);
	(void)gss_release_cred(&minor, &cred);
	return NULL;
}

struct ticket *
tickets_make(const struct tickets_wanted *wanted)
{
	unsigned n = wanted->n_threads;
	struct maker makers[THREADS_MAX];
	struct ticket *tickets = calloc(wanted->n, sizeof(*tickets));
	char *ccache = copy_ccache();

	if (tickets == NULL)
		die("tickets", "no memory");
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	for (unsigned i = 0; i < n; i++) {
		makers[i] = (struct maker){.ccache = ccache,
		    .wanted = wanted,
		    .tickets = tickets,
		    .first = wanted->n * i / n};
		makers[i].n = wanted->n * (i + 1) / n - makers[i].first;
		if (pthread_create(&makers[i].thread, NULL, make_part,
			&makers[i]) != 0)
			die("thread", "cannot be started");
	}
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(makers[i].thread, NULL);
	free(ccache);
	return tickets;
}

void
tickets_free(struct ticket *tickets, size_t n)
{
	OM_uint32 minor;

	for (size_t i = 0; i < n; i++) {
		(void)gss_delete_sec_context(&minor, &tickets[i].gss,
		    GSS_C_NO_BUFFER);
		(void)gss_release_buffer(&minor, &tickets[i].token);
	}
	free(tickets);
}

bool
ticket_finish(struct ticket *t, bool spnego, const void *token, size_t len)
{
	static gss_name_t target;
	gss_buffer_desc in = {len, (void *)(uintptr_t)token};
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor;
	bool done;

	if (target == GSS_C_NO_NAME)
		target = import_service();
	major = step(GSS_C_NO_CREDENTIAL, target, spnego, t, &in, &out);
	done = major == GSS_S_COMPLETE && out.length == 0;
	(void)gss_release_buffer(&minor, &out);
	return done;
}
