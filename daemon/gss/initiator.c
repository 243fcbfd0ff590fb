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
 * One with a signature that is not our key's MIT krb5 keeps to itself: it is
 * none.  A client can have that, too, where the KDC leaves out what it is asked
 * to; so having no PAC must never be worth more than having one.
 */
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

/*
 * The octets of the logon information; released by the caller.
 * ERR_NOTFOUND: there is none.  ERR_CRYPTO: it is not to be believed.
 */
static int
get_logon_info(gss_name_t name, gss_buffer_t octets, struct reason *reason)
{
	gss_buffer_desc attribute = {strlen("urn:mspac:logon-info"),
	    (void *)(uintptr_t) "urn:mspac:logon-info"};
	char text[GSS_STATUS_SIZE];
	OM_uint32 major, minor;
	int authenticated = 0, complete, more = -1;

	major = gss_get_name_attribute(&minor, name, &attribute, &authenticated,
	    &complete, octets, NULL, &more);
	if (major == GSS_S_UNAVAILABLE)
		return ERR_NOTFOUND;
	if (GSS_ERROR(major)) {
		reason_set(reason, "PAC logon information: %s",
		    gss_status_text(major, minor, text));
		return ERR_CRYPTO;
	}
	if (!authenticated) {
		reason_set(reason, "the PAC is not signed with our key");
		return ERR_CRYPTO;
	}
	return 0;
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
initiator_read(gss_name_t name, struct principal **principal_out,
    struct reason *reason)
{
	gss_buffer_desc info = GSS_C_EMPTY_BUFFER;
	char *text = initiator_text(name);
	OM_uint32 minor;
	int ret;

	*principal_out = NULL;
	if (text == NULL) {
		reason_set(reason, "initiator has no name");
		return ERR_MALFORMED;
	}
	ret = get_logon_info(name, &info, reason);
	if (ret == 0 || ret == ERR_NOTFOUND)
		ret = initiator_make(text, info.value, info.length,
		    principal_out, reason);
	else
		ret = make_with_pac(text, NULL, principal_out, reason);
	(void)gss_release_buffer(&minor, &info);
	free(text);
	return ret;
}
