/*
 * sign_in.c - Kerberos over HTTP: SPNEGO as in RFC 4559
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/serve.h"
#include "web/sign_in.h"

#define RENEW_MS 1000 /* of keys with which somebody did not get in */
#include "web/token.h"

/* 1.2.840.113554.1.2.2 and 1.3.6.1.5.5.2 */
static char krb5_octets[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
static char spnego_octets[] = "\x2b\x06\x01\x05\x05\x02";
static gss_OID_desc krb5 = {9, krb5_octets}, spnego = {6, spnego_octets};

struct texts {
	char **items;
	size_t n;
};

struct sign_in {
	struct web_site site;
	struct texts admins;
	char *replay_cache;
};

/* --- Life --- */

static int
copy_texts(struct texts *out, const char *const *items, size_t n)
{
	out->items = calloc(n + 1, sizeof(out->items[0]));
	if (out->items == NULL)
		return -1;
	for (; out->n < n; out->n++) {
		out->items[out->n] = strdup(items[out->n]);
		if (out->items[out->n] == NULL)
			return -1;
	}
	return 0;
}

static void
free_texts(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->items[i]);
	free(texts->items);
}

struct sign_in *
sign_in_create(const struct web_site *site, const struct web_negotiate *n)
{
	struct sign_in *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->site = *site;
	if (copy_texts(&s->admins, n->admins, n->n_admins) == 0 &&
	    asprintf(&s->replay_cache, "file2:%s", n->replay_cache) != -1)
		return s;
	s->replay_cache = NULL;
	sign_in_destroy(s);
	return NULL;
}

void
sign_in_destroy(struct sign_in *s)
{
	if (s == NULL)
		return;
	free_texts(&s->admins);
	free(s->replay_cache);
	free(s);
}

/* --- Reasons --- */

static void
append_status(char reason[WEB_REASON_SIZE], OM_uint32 code, int type)
{
	OM_uint32 major, minor, more = 0;
	size_t len;

	do {
		gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

		major =
		    gss_display_status(&minor, code, type, &krb5, &more, &text);
		len = strlen(reason);
		if (!GSS_ERROR(major))
			(void)snprintf(reason + len, WEB_REASON_SIZE - len,
			    "%s%.*s", len == 0 ? "" : ": ", (int)text.length,
			    (const char *)text.value);
		(void)gss_release_buffer(&minor, &text);
	} while (!GSS_ERROR(major) && more != 0);
}

static void
say_status(char reason[WEB_REASON_SIZE], OM_uint32 major, OM_uint32 minor)
{
	append_status(reason, major, GSS_C_GSS_CODE);
	if (minor != 0)
		append_status(reason, minor, GSS_C_MECH_CODE);
}

/* --- Keys --- */

static gss_name_t
import_principal(const char *text)
{
	gss_buffer_desc buffer = {strlen(text), (void *)(uintptr_t)text};
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor;

	(void)gss_import_name(&minor, &buffer,
	    (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
	return name;
}

/* krb5 alone, so that no NTLM gets in. */
static OM_uint32
acquire(const struct sign_in *s, const char *keytab, gss_name_t name,
    gss_cred_id_t *cred_out, OM_uint32 *minor)
{
	gss_key_value_element_desc elements[] = {
	    {"keytab", keytab},
	    {"rcache", s->replay_cache},
	};
	const gss_key_value_set_desc store = {2, elements};
	gss_OID_desc both[] = {krb5, spnego};
	gss_OID_set_desc mechanisms = {2, both}, inner = {1, &krb5};
	OM_uint32 major;

	major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE,
	    &mechanisms, GSS_C_ACCEPT, &store, cred_out, NULL, NULL);
	if (!GSS_ERROR(major))
		major = gss_set_neg_mechs(minor, *cred_out, &inner);
	return major;
}

/* What take_key() goes on with. */
struct taking {
	const struct sign_in *sign_in;
	struct sign_in_keys *keys;
	char *reason;
};

static void
take_key(void *arg, const char *keytab, const char *principal)
{
	struct taking *t = arg;
	struct sign_in_keys *keys = t->keys;
	OM_uint32 major, minor, ignored;
	gss_name_t name;

	if (keys->n == SIGN_IN_KEYS_MAX)
		return;
	name = import_principal(principal);
	major =
	    acquire(t->sign_in, keytab, name, &keys->creds[keys->n], &minor);
	if (!GSS_ERROR(major)) {
		keys->n++;
	} else {
		(void)snprintf(t->reason, WEB_REASON_SIZE, "%s", principal);
		say_status(t->reason, major, minor);
		(void)gss_release_cred(&ignored, &keys->creds[keys->n]);
	}
	(void)gss_release_name(&ignored, &name);
}

void
sign_in_keys_clear(struct sign_in_keys *keys)
{
	OM_uint32 minor;

	while (keys->n > 0)
		(void)gss_release_cred(&minor, &keys->creds[--keys->n]);
}

/* True: there is one; without any they are looked for again after a while. */
static bool
has_keys(const struct sign_in *s, struct sign_in_keys *keys,
    char reason[WEB_REASON_SIZE])
{
	struct taking t = {s, keys, reason};
	uint64_t now_ms = serve_now_ms();

	(void)snprintf(reason, WEB_REASON_SIZE,
	    "no keytab has a key for HTTP/ and this host");
	if (keys->n == 0 &&
	    (keys->made_ms == 0 || now_ms - keys->made_ms >= RENEW_MS)) {
		s->site.keys(s->site.arg, take_key, &t);
		keys->made_ms = now_ms;
	}
	if (keys->n > 0)
		reason[0] = '\0';
	return keys->n > 0;
}

/* --- Who --- */

static bool
is_admin(const struct sign_in *s, gss_name_t who)
{
	OM_uint32 minor;
	int equal = 0;

	for (size_t i = 0; i < s->admins.n && !equal; i++) {
		gss_name_t admin = import_principal(s->admins.items[i]);

		if (admin != GSS_C_NO_NAME &&
		    GSS_ERROR(gss_compare_name(&minor, who, admin, &equal)))
			equal = 0;
		(void)gss_release_name(&minor, &admin);
	}
	return equal != 0;
}

bool
sign_in_is_admin(void *arg, const char *principal)
{
	gss_name_t name = import_principal(principal);
	OM_uint32 minor;
	bool is;

	if (name == GSS_C_NO_NAME)
		return false;
	is = is_admin(arg, name);
	(void)gss_release_name(&minor, &name);
	return is;
}

static void
finish(const struct sign_in *s, gss_name_t who, OM_uint32 lifetime_s,
    struct sign_in_result *r)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;

	if (!GSS_ERROR(gss_display_name(&minor, who, &text, NULL)))
		r->principal = strndup(text.value, text.length);
	(void)gss_release_buffer(&minor, &text);
	if (r->principal == NULL) {
		(void)snprintf(r->reason, sizeof(r->reason),
		    "the principal has no name that can be shown");
		return;
	}
	r->lifetime_s = lifetime_s;
	r->is_admin = is_admin(s, who);
	r->state = SIGN_IN_DONE;
}

/* --- Legs --- */

/* With one key; *gss is the context, or none after a failure. */
static void
accept_with(const struct sign_in *s, gss_cred_id_t cred, gss_ctx_id_t *gss,
    gss_buffer_t token, struct sign_in_result *r)
{
	gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
	gss_name_t who = GSS_C_NO_NAME;
	OM_uint32 major, minor, ignored, lifetime_s = 0;

	major = gss_accept_sec_context(&minor, gss, cred, token,
	    GSS_C_NO_CHANNEL_BINDINGS, &who, NULL, &answer, NULL, &lifetime_s,
	    NULL);
	if (answer.length > 0)
		r->token = token_to_text(answer.value, answer.length);
	if (GSS_ERROR(major))
		say_status(r->reason, major, minor);
	else if ((major & GSS_S_CONTINUE_NEEDED) != 0)
		r->state = SIGN_IN_CONTINUE;
	else
		finish(s, who, lifetime_s, r);
	if (r->state != SIGN_IN_CONTINUE)
		(void)gss_delete_sec_context(&ignored, gss, GSS_C_NO_BUFFER);
	(void)gss_release_buffer(&ignored, &answer);
	(void)gss_release_name(&ignored, &who);
}

/*
 * With each key until one fits; the first one's reason counts.  A context that
 * has begun goes on with the first: only there is it known where it began.
 */
static void
accept_token(const struct sign_in *s, const struct sign_in_keys *keys,
    gss_ctx_id_t *gss, gss_buffer_t token, struct sign_in_result *r)
{
	size_t n = *gss == GSS_C_NO_CONTEXT ? keys->n : 1;
	struct sign_in_result other;

	accept_with(s, keys->creds[0], gss, token, r);
	for (size_t i = 1; i < n && r->state == SIGN_IN_FAILED; i++) {
		other = (struct sign_in_result){.state = SIGN_IN_FAILED};
		accept_with(s, keys->creds[i], gss, token, &other);
		if (other.state == SIGN_IN_FAILED) {
			sign_in_result_clear(&other);
		} else {
			sign_in_result_clear(r);
			*r = other;
		}
	}
}

void
sign_in_leg(const struct sign_in *s, struct sign_in_keys *keys,
    gss_ctx_id_t *gss, const char *text, struct sign_in_result *result_out)
{
	gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
	struct sign_in_result *r = result_out;

	*r = (struct sign_in_result){.state = SIGN_IN_FAILED};
	token.value = token_from_text(text, &token.length);
	if (token.length == 0)
		(void)snprintf(r->reason, sizeof(r->reason),
		    "what follows Negotiate is no base64");
	else if (has_keys(s, keys, r->reason))
		accept_token(s, keys, gss, &token, r);
	/* There may be keys of other principals now. */
	if (r->state == SIGN_IN_FAILED &&
	    serve_now_ms() - keys->made_ms >= RENEW_MS)
		sign_in_keys_clear(keys);
	free(token.value);
}

void
sign_in_result_clear(struct sign_in_result *r)
{
	free(r->token);
	free(r->principal);
}
