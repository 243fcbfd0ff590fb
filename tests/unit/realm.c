/*
 * realm.c - the initiator's side of a handshake, in a throw-away realm
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/gss/algorithm.h"
#include "daemon/gss/status.h"
#include "tests/unit/realm.h"

void
realm_enter(char **argv)
{
	const char *top = getenv("KDDNS_SRCDIR");
	char script[REALM_PATH_SIZE], *args[16] = {script};

	if (getenv("REALM_DIR") != NULL)
		return;
	(void)snprintf(script, sizeof(script), "%s/tests/unit/with_realm.sh",
	    top == NULL ? "." : top);
	for (int i = 0; i < 14 && argv[i] != NULL; i++)
		args[i + 1] = argv[i];
	(void)execv(script, args);
	(void)fprintf(stderr, "%s: %s (is KDDNS_SRCDIR set?)\n", script,
	    strerror(errno));
	exit(1);
}

char *
realm_path(const char *prefix, const char *name, char path[REALM_PATH_SIZE])
{
	(void)snprintf(path, REALM_PATH_SIZE, "%s%s/%s", prefix,
	    getenv("REALM_DIR"), name);
	return path;
}

static gss_name_t
import(const char *text)
{
	gss_buffer_desc b = {strlen(text), (void *)(uintptr_t)text};
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 minor;

	(void)gss_import_name(&minor, &b,
	    (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
	return name;
}

bool
initiator_init(struct initiator *i, const char *who, const char *service,
    bool spnego, OM_uint32 flags)
{
	char name[64], path[REALM_PATH_SIZE], text[GSS_STATUS_SIZE];
	gss_key_value_element_desc element = {"ccache", path};
	gss_key_value_set_desc store = {1, &element};
	gss_OID_desc mechanisms[2] = {gss_mechanism_krb5, gss_mechanism_spnego};
	gss_OID_set_desc both = {2, mechanisms};
	OM_uint32 major, minor;

	memset(i, 0, sizeof(*i));
	i->spnego = spnego;
	i->flags = flags;
	(void)snprintf(name, sizeof(name), "cc/%s", who);
	(void)realm_path("FILE:", name, path);
	i->target = import(service);
	major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE,
	    &both, GSS_C_INITIATE, &store, &i->cred, NULL, NULL);
	if (GSS_ERROR(major))
		(void)fprintf(stderr, "%s: %s\n", who,
		    gss_status_text(major, minor, text));
	return !GSS_ERROR(major) && i->target != GSS_C_NO_NAME;
}

void
initiator_limit(struct initiator *i, int32_t enctype)
{
	krb5_enctype enctypes[1] = {enctype};
	OM_uint32 minor;

	(void)gss_krb5_set_allowable_enctypes(&minor, i->cred, 1, enctypes);
}

void
initiator_restart(struct initiator *i)
{
	OM_uint32 minor;

	(void)gss_delete_sec_context(&minor, &i->gss, GSS_C_NO_BUFFER);
	(void)gss_release_buffer(&minor, &i->token);
}

void
initiator_clear(struct initiator *i)
{
	OM_uint32 minor;

	initiator_restart(i);
	(void)gss_release_name(&minor, &i->target);
	(void)gss_release_cred(&minor, &i->cred);
}

OM_uint32
initiator_step(struct initiator *i, const void *token, size_t len)
{
	gss_OID_desc mechanism =
	    i->spnego ? gss_mechanism_spnego : gss_mechanism_krb5;
	gss_buffer_desc in = {len, (void *)(uintptr_t)token};
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor;

	(void)gss_release_buffer(&minor, &i->token);
	major = gss_init_sec_context(&minor, i->cred, &i->gss, i->target,
	    &mechanism, i->flags, 0, GSS_C_NO_CHANNEL_BINDINGS, &in, NULL,
	    &i->token, NULL, NULL);
	if (GSS_ERROR(major))
		(void)fprintf(stderr, "initiator: %s\n",
		    gss_status_text(major, minor, text));
	return major;
}

OM_uint32
initiator_sign(struct initiator *i, const void *octets, size_t len,
    gss_buffer_desc *mic_out)
{
	gss_buffer_desc message = {len, (void *)(uintptr_t)octets};
	OM_uint32 minor;

	mic_out->length = 0;
	mic_out->value = NULL;
	return gss_get_mic(&minor, i->gss, GSS_C_QOP_DEFAULT, &message,
	    mic_out);
}

OM_uint32
initiator_verify(struct initiator *i, const void *octets, size_t len,
    const void *mic, size_t mic_len)
{
	gss_buffer_desc message = {len, (void *)(uintptr_t)octets};
	gss_buffer_desc token = {mic_len, (void *)(uintptr_t)mic};
	OM_uint32 minor;

	return gss_verify_mic(&minor, i->gss, &message, &token, NULL);
}
