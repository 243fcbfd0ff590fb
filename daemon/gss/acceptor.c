/*
 * acceptor.c - which keys accept now, and each thread's credentials
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/status.h"

struct acceptor {
	pthread_mutex_t lock; /* guards all below */
	struct acceptor_generation *current;
	struct acceptor_generation *previous;
	uint64_t previous_until_ms;
};

struct acceptor *
acceptor_create(void)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (a != NULL)
		(void)pthread_mutex_init(&a->lock, NULL);
	return a;
}

void
acceptor_destroy(struct acceptor *a)
{
	if (a == NULL)
		return;
	acceptor_generation_unref(a->current);
	acceptor_generation_unref(a->previous);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

/* True if both list the same entries: a reload that changed nothing. */
static bool
same_entries(const struct acceptor_generation *a,
    const struct acceptor_generation *b)
{
	const struct acceptor_entry *x = acceptor_entries(a);
	const struct acceptor_entry *y = acceptor_entries(b);
	size_t n = acceptor_n_entries(a);

	if (n != acceptor_n_entries(b))
		return false;
	for (size_t i = 0; i < n; i++, x++, y++)
		if (x->kvno != y->kvno || x->enctype != y->enctype ||
		    strcmp(acceptor_principal_text(a, x->principal),
			acceptor_principal_text(b, y->principal)) != 0)
			return false;
	return true;
}

void
acceptor_set(struct acceptor *a, struct acceptor_generation *g,
    uint32_t previous_s)
{
	struct acceptor_generation *old;

	(void)pthread_mutex_lock(&a->lock);
	if (a->current != NULL && same_entries(a->current, g)) {
		old = a->current; /* the one before stays for its time */
	} else {
		old = a->previous;
		a->previous = a->current;
		a->previous_until_ms =
		    clock_mono_ms() + (uint64_t)previous_s * 1000;
	}
	a->current = acceptor_generation_ref(g);
	(void)pthread_mutex_unlock(&a->lock);
	acceptor_generation_unref(old);
}

struct acceptor_generation *
acceptor_current(struct acceptor *a)
{
	struct acceptor_generation *g = NULL;

	(void)pthread_mutex_lock(&a->lock);
	if (a->current != NULL)
		g = acceptor_generation_ref(a->current);
	(void)pthread_mutex_unlock(&a->lock);
	return g;
}

struct acceptor_generation *
acceptor_previous(struct acceptor *a)
{
	struct acceptor_generation *g = NULL, *old = NULL;

	(void)pthread_mutex_lock(&a->lock);
	if (a->previous != NULL && clock_mono_ms() >= a->previous_until_ms) {
		old = a->previous;
		a->previous = NULL;
	}
	if (a->previous != NULL)
		g = acceptor_generation_ref(a->previous);
	(void)pthread_mutex_unlock(&a->lock);
	acceptor_generation_unref(old);
	return g;
}

/* The credentials of one generation. */
struct cred_set {
	struct acceptor_generation *generation; /* reference, or NULL */
	size_t n;
	gss_cred_id_t *creds; /* by principal, then the one of all */
};

#define CRED_SETS 2 /* the current generation and the one before */

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

/*
 * The replay cache is off because our own checks do its job: see negotiate.c.
 * SPNEGO is kept from any mechanism but krb5 that is installed.
 */
static OM_uint32
acquire(OM_uint32 *minor, const struct acceptor_generation *g, size_t principal,
    gss_cred_id_t *cred_out)
{
	gss_key_value_element_desc elements[] = {
	    {"keytab", acceptor_keytab_name(g, principal)},
	    {"rcache", "none:"},
	};
	gss_key_value_set_desc store = {2, elements};
	gss_OID_desc mechanisms[2] = {gss_mechanism_krb5, gss_mechanism_spnego};
	gss_OID_set_desc both = {2, mechanisms}, krb5_only = {1, mechanisms};
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 major = GSS_S_COMPLETE, ignored;

	if (principal != ACCEPTOR_ALL)
		major = import_principal(minor,
		    acceptor_principal_text(g, principal), &name);
	if (!GSS_ERROR(major))
		major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE,
		    &both, GSS_C_ACCEPT, &store, cred_out, NULL, NULL);
	if (!GSS_ERROR(major))
		major = gss_set_neg_mechs(minor, *cred_out, &krb5_only);
	(void)gss_release_name(&ignored, &name);
	return major;
}

int
acceptor_cred(struct acceptor_creds *creds, struct acceptor_generation *g,
    size_t principal, gss_cred_id_t *cred_out, struct reason *reason)
{
	struct cred_set *s = cred_set_of(creds, g);
	char text[GSS_STATUS_SIZE];
	gss_cred_id_t *slot;
	OM_uint32 major, minor = 0, ignored;

	*cred_out = GSS_C_NO_CREDENTIAL;
	if (s == NULL) {
		reason_set(reason, "no memory");
		return ERR_NOMEM;
	}
	slot = &s->creds[principal == ACCEPTOR_ALL ? s->n - 1 : principal];
	if (*slot == GSS_C_NO_CREDENTIAL) {
		major = acquire(&minor, g, principal, slot);
		if (GSS_ERROR(major)) {
			reason_set(reason, "no acceptor credential: %s",
			    gss_status_text(major, minor, text));
			(void)gss_release_cred(&ignored, slot);
			return ERR_CRYPTO;
		}
	}
	*cred_out = *slot;
	return 0;
}
