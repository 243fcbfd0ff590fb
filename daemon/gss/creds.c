/*
 * creds.c - credentials of the acceptor, each thread's own
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/generation.h"
#include "daemon/gss/status.h"

#define CRED_SETS 2 /* the current generation and that of retired keys */

/* The credentials of one generation. */
struct cred_set {
	struct acceptor_generation *generation; /* reference, or NULL */
	size_t n;
	gss_cred_id_t *creds; /* by principal, then the one of all */
};

struct acceptor_creds {
	struct cred_set sets[CRED_SETS]; /* newest use first */
};

static void
cred_set_clear(struct cred_set *s)
{
	OM_uint32 minor;

	for (size_t i = 0; i < s->n; i++)
		(void)gss_release_cred(&minor, &s->creds[i]);
	free(s->creds);
	acceptor_generation_unref(s->generation);
	memset(s, 0, sizeof(*s));
}

struct acceptor_creds *
acceptor_creds_create(void)
{
	return calloc(1, sizeof(struct acceptor_creds));
}

void
acceptor_creds_destroy(struct acceptor_creds *creds)
{
	if (creds == NULL)
		return;
	for (size_t i = 0; i < CRED_SETS; i++)
		cred_set_clear(&creds->sets[i]);
	free(creds);
}

/* The set of g, moved to the front; made in the place of the oldest if new. */
static struct cred_set *
cred_set_of(struct acceptor_creds *creds, struct acceptor_generation *g)
{
	struct cred_set found;
	size_t i = 0;

	while (i < CRED_SETS - 1 && creds->sets[i].generation != g)
		i++;
	if (creds->sets[i].generation != g) {
		cred_set_clear(&creds->sets[i]);
		creds->sets[i].n = acceptor_n_principals(g) + 1;
		creds->sets[i].creds =
		    calloc(creds->sets[i].n, sizeof(gss_cred_id_t));
		if (creds->sets[i].creds == NULL) {
			creds->sets[i].n = 0;
			return NULL;
		}
		creds->sets[i].generation = acceptor_generation_ref(g);
	}
	found = creds->sets[i];
	memmove(&creds->sets[1], &creds->sets[0], i * sizeof(found));
	creds->sets[0] = found;
	return &creds->sets[0];
}

static OM_uint32
import_principal(OM_uint32 *minor, const char *text, gss_name_t *name_out)
{
	gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
	char *copy = strdup(text); /* GSS-API's is not const */
	OM_uint32 major;

	if (copy == NULL)
		return GSS_S_FAILURE;
	b.value = copy;
	b.length = strlen(copy);
	major = gss_import_name(minor, &b,
	    (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, name_out);
	free(copy);
	return major;
}

/* Of sessions; tickets may be encrypted with what krb5.conf permits. */
static const krb5_enctype strong[] = {GSS_ENCTYPE_AES256_SHA1,
    GSS_ENCTYPE_AES128_SHA1, GSS_ENCTYPE_AES256_SHA2, GSS_ENCTYPE_AES128_SHA2};
#define N_STRONG (sizeof(strong) / sizeof(strong[0]))

/* What a credential accepts, once it is there. */
static OM_uint32
limit(OM_uint32 *minor, const struct acceptor_generation *g, gss_cred_id_t cred)
{
	gss_OID_desc krb5 = gss_mechanism_krb5;
	gss_OID_set_desc krb5_only = {1, &krb5};
	krb5_enctype enctypes[N_STRONG];
	OM_uint32 major;

	/* Keeps SPNEGO from any other mechanism that is installed. */
	major = gss_set_neg_mechs(minor, cred, &krb5_only);
	if (GSS_ERROR(major) || g->allows_weak)
		return major;
	memcpy(enctypes, strong, sizeof(enctypes)); /* it takes no const */
	return gss_krb5_set_allowable_enctypes(minor, cred, N_STRONG, enctypes);
}

/* Why the replay cache of krb5 may be off is said in negotiate.c. */
static OM_uint32
acquire(OM_uint32 *minor, const struct acceptor_generation *g, size_t principal,
    gss_cred_id_t *cred_out)
{
	char rcache[sizeof("file2:") + PATH_MAX];
	gss_key_value_element_desc elements[] = {
	    {"keytab", acceptor_keytab_name(g, principal)},
	    {"rcache", rcache},
	};
	gss_key_value_set_desc store = {2, elements};
	gss_OID_desc mechanisms[2] = {gss_mechanism_krb5, gss_mechanism_spnego};
	gss_OID_set_desc both = {2, mechanisms};
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 major = GSS_S_COMPLETE, ignored;

	(void)snprintf(rcache, sizeof(rcache), "%s%s",
	    g->replay_cache == NULL ? "none:" : "file2:",
	    g->replay_cache == NULL ? "" : g->replay_cache);
	if (principal != ACCEPTOR_ALL)
		major = import_principal(minor,
		    acceptor_principal_text(g, principal), &name);
	if (!GSS_ERROR(major))
		major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE,
		    &both, GSS_C_ACCEPT, &store, cred_out, NULL, NULL);
	if (!GSS_ERROR(major))
		major = limit(minor, g, *cred_out);
	(void)gss_release_name(&ignored, &name);
	return major;
}

/* A credential, or nothing and a reason. */
static int
make_cred(const struct acceptor_generation *g, size_t principal,
    gss_cred_id_t *cred_out, struct reason *reason)
{
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor = 0, ignored;

	*cred_out = GSS_C_NO_CREDENTIAL;
	major = acquire(&minor, g, principal, cred_out);
	if (!GSS_ERROR(major))
		return 0;
	reason_set(reason, "no acceptor credential: %s",
	    gss_status_text(major, minor, text));
	(void)gss_release_cred(&ignored, cred_out);
	return ERR_CRYPTO;
}

int
generation_try(const struct acceptor_generation *g, struct reason *reason)
{
	gss_cred_id_t cred;
	OM_uint32 minor;
	int ret;

	ret = make_cred(g, ACCEPTOR_ALL, &cred, reason);
	(void)gss_release_cred(&minor, &cred);
	for (size_t i = 0; i < g->n_principals && ret == 0; i++) {
		ret = make_cred(g, i, &cred, reason);
		(void)gss_release_cred(&minor, &cred);
	}
	return ret;
}

int
acceptor_cred(struct acceptor_creds *creds, struct acceptor_generation *g,
    size_t principal, gss_cred_id_t *cred_out, struct reason *reason)
{
	struct cred_set *s = cred_set_of(creds, g);
	gss_cred_id_t *slot;
	int ret = 0;

	*cred_out = GSS_C_NO_CREDENTIAL;
	if (s == NULL) {
		reason_set(reason, "no memory");
		return ERR_NOMEM;
	}
	slot = &s->creds[principal == ACCEPTOR_ALL ? s->n - 1 : principal];
	if (*slot == GSS_C_NO_CREDENTIAL)
		ret = make_cred(g, principal, slot, reason);
	*cred_out = *slot;
	return ret;
}
