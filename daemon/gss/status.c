/*
 * status.c - what GSS-API and krb5 say about a failure
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/gss/status.h"

/* The first message of one code, escaped into out. */
static void
one_text(OM_uint32 code, int type, char *out, size_t size)
{
	gss_buffer_desc message = GSS_C_EMPTY_BUFFER;
	OM_uint32 more = 0, minor, major;

	out[0] = '\0';
	major = gss_display_status(&minor, code, type, GSS_C_NO_OID, &more,
	    &message);
	if (!GSS_ERROR(major))
		(void)log_escape(message.value, message.length, out, size);
	(void)gss_release_buffer(&minor, &message);
}

char *
gss_status_text(OM_uint32 major, OM_uint32 minor, char text[GSS_STATUS_SIZE])
{
	char major_text[100], minor_text[110];

	one_text(minor, GSS_C_MECH_CODE, minor_text, sizeof(minor_text));
	one_text(major, GSS_C_GSS_CODE, major_text, sizeof(major_text));
	(void)snprintf(text, GSS_STATUS_SIZE, "%s: %s (0x%x, %u)", major_text,
	    minor_text, (unsigned)major, (unsigned)minor);
	return text;
}
