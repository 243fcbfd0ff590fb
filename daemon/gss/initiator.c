/*
 * initiator.c - who the initiator of a context is
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A PAC that we cannot read does not end the negotiation.  Its KDC signed it,
 * so no client can make one to be taken for less; and a PAC that is new to us
 * would lock out the whole domain, whose machines need no groups to look after
 * their own names.  What would need the groups is refused instead.
 *
 * One with a signature that is not our key's, or for another client, is none.
 * MIT krb5 keeps such a one to itself, but 1.21 shows it as if it were signed,
 * so it is verified here.  A client can have none, too, where the KDC leaves it
 * out when asked to; so having no PAC must never be worth more than having one.
 */
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/gss/initiator.h"
#include "daemon/gss/status.h"
#include "daemon/identity/pac.h"
#include "daemon/identity/principal.h"

char *
initiator_text(gss_name_t name)
{
	gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor;
	char *text = NULL;

	major = gss_display_name(&minor, name, &b, NULL);
	if (!GSS_ERROR(major) && memchr(b.value, '\0', b.length) == NULL)
		text = strndup(b.value, b.length);
	(void)gss_release_buffer(&minor, &b);
	return text;
}

/* The whole PAC, released by the caller.  ERR_NOTFOUND: there is none. */
static int
get_pac(gss_name_t name, gss_buffer_t octets, struct reason *reason)
{
	gss_buffer_desc attribute = {strlen("urn:mspac:"),
	    (void *)(uintptr_t) "urn:mspac:"};
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor;
	int authenticated, complete, more = -1;

	major = gss_get_name_attribute(&minor, name, &attribute, &authenticated,
	    &complete, octets, NULL, &more);
	if (major == GSS_S_UNAVAILABLE)
		return ERR_NOTFOUND;
	if (!GSS_ERROR(major))
		return 0;
	reason_set(reason, "PAC: %s", gss_status_text(major, minor, text));
	return ERR_CRYPTO;
}

/* Whether a key of the keytab has signed the PAC, for this client. */
static bool
is_signed(const struct initiator_proof *proof, krb5_pac pac,
    krb5_const_principal client)
{
	krb5_context krb5 = proof->krb5;
	krb5_keytab_entry entry;
	krb5_kt_cursor cursor;
	bool found = false;

	if (krb5_kt_start_seq_get(krb5, proof->keytab, &cursor) != 0)
		return false;
	while (!found &&
	    krb5_kt_next_entry(krb5, proof->keytab, &entry, &cursor) == 0) {
		found = (proof->kvno == 0 || entry.vno == proof->kvno) &&
		    krb5_pac_verify(krb5, pac, proof->authtime, client,
			&entry.key, NULL) == 0;
		(void)krb5_free_keytab_entry_contents(krb5, &entry);
	}
	(void)krb5_kt_end_seq_get(krb5, proof->keytab, &cursor);
	return found;
}

/* The same for who has this name. */
static bool
is_signed_for(const struct initiator_proof *proof, krb5_pac pac,
    const char *text)
{
	krb5_principal client;
	bool yes;

	if (krb5_parse_name(proof->krb5, text, &client) != 0)
		return false;
	yes = is_signed(proof, pac, client);
	krb5_free_principal(proof->krb5, client);
	return yes;
}

/*
 * The octets of the logon information, freed by the caller.
 * ERR_NOTFOUND: there is none, or nobody's.  ERR_CRYPTO: it cannot be had.
 */
static int
get_logon_info(gss_name_t name, const char *text,
    const struct initiator_proof *proof, krb5_data *info, struct reason *reason)
{
	gss_buffer_desc octets = GSS_C_EMPTY_BUFFER;
	krb5_error_code code;
	krb5_pac pac = NULL;
	OM_uint32 minor;
	int ret = get_pac(name, &octets, reason);

	if (ret != 0)
		return ret;
	code = krb5_pac_parse(proof->krb5, octets.value, octets.length, &pac);
	if (code == 0)
		code = is_signed_for(proof, pac, text)
		    ? krb5_pac_get_buffer(proof->krb5, pac, PAC_LOGON_INFO,
			  info)
		    : ENOENT;
	krb5_pac_free(proof->krb5, pac);
	(void)gss_release_buffer(&minor, &octets);
	if (code == 0 || code == ENOENT)
		return code == 0 ? 0 : ERR_NOTFOUND;
	reason_set(reason, "PAC: its logon information cannot be read");
	return ERR_CRYPTO;
}

/*
 * RFC 6111: names that stand for nobody of the realm; the one that KDCs give
 * is anonymous (RFC 8062), and krb5 does not say so by a flag.
 */
static bool
is_well_known(const struct principal *p)
{
	static const char realm[] = "WELLKNOWN:";

	return strcmp(p->components[0], "WELLKNOWN") == 0 ||
	    strncmp(p->realm, realm, sizeof(realm) - 1) == 0;
}

/* Takes out who is nobody. */
static int
check(struct principal **principal, struct reason *reason)
{
	if (!is_well_known(*principal))
		return 0;
	principal_unref(*principal);
	*principal = NULL;
	reason_set(reason, "initiator is anonymous");
	return ERR_PERM;
}

/* With a PAC, if there is one to be believed and read. */
static int
make_with_pac(const char *text, const struct pac_logon *pac,
    struct principal **principal_out, struct reason *reason)
{
	int ret = principal_from_pac(text, pac, principal_out, reason);

	return ret == 0 ? check(principal_out, reason) : ret;
}

int
initiator_make(const char *text, const void *logon_info, size_t len,
    struct principal **principal_out, struct reason *reason)
{
	struct pac_logon pac;
	int ret;

	*principal_out = NULL;
	if (logon_info != NULL) {
		ret = pac_read(logon_info, len, &pac, reason);
		return make_with_pac(text, ret == 0 ? &pac : NULL,
		    principal_out, reason);
	}
	ret = principal_from_text(text, principal_out, reason);
	return ret == 0 ? check(principal_out, reason) : ret;
}

int
initiator_read(gss_name_t name, const struct initiator_proof *proof,
    struct principal **principal_out, struct reason *reason)
{
	krb5_data info = {.magic = KV5M_DATA};
	char *text = initiator_text(name);
	int ret;

	*principal_out = NULL;
	if (text == NULL) {
		reason_set(reason, "initiator has no name");
		return ERR_MALFORMED;
	}
	ret = get_logon_info(name, text, proof, &info, reason);
	if (ret == 0 || ret == ERR_NOTFOUND)
		ret = initiator_make(text, info.data, info.length,
		    principal_out, reason);
	else
		ret = make_with_pac(text, NULL, principal_out, reason);
	krb5_free_data_contents(proof->krb5, &info);
	free(text);
	return ret;
}
