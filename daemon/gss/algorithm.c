/*
 * algorithm.c - names and numbers that a context is known by
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>
#include <string.h>

#include "daemon/gss/algorithm.h"

const struct name gss_algorithm_tsig = {10, "\010gss-tsig"};
const struct name gss_algorithm_microsoft = {19, "\003gss\011microsoft\003com"};

const struct name *
gss_algorithm_find(const uint8_t *name)
{
	if (name_equal(name, gss_algorithm_tsig.octets))
		return &gss_algorithm_tsig;
	if (name_equal(name, gss_algorithm_microsoft.octets))
		return &gss_algorithm_microsoft;
	return NULL;
}

/* The type is GSS-API's: elements is not const there, but never written. */
#define OID(octets)                                                            \
	{                                                                      \
		sizeof(octets) - 1, (void *)(uintptr_t)(octets)                \
	}

const gss_OID_desc gss_mechanism_krb5 =
    OID("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
const gss_OID_desc gss_mechanism_ms_krb5 =
    OID("\x2a\x86\x48\x82\xf7\x12\x01\x02\x02");
const gss_OID_desc gss_mechanism_spnego = OID("\x2b\x06\x01\x05\x05\x02");

static bool
oid_equal(const gss_OID_desc *a, const gss_OID_desc *b)
{
	return a->length == b->length &&
	    memcmp(a->elements, b->elements, a->length) == 0;
}

bool
gss_mechanism_is_krb5(const gss_OID_desc *mechanism)
{
	return mechanism != NULL &&
	    (oid_equal(mechanism, &gss_mechanism_krb5) ||
		oid_equal(mechanism, &gss_mechanism_ms_krb5));
}

bool
gss_enctype_is_aes(int32_t enctype)
{
	return enctype >= GSS_ENCTYPE_AES128_SHA1 &&
	    enctype <= GSS_ENCTYPE_AES256_SHA2;
}

const char *
gss_enctype_text(int32_t enctype)
{
	switch (enctype) {
	case GSS_ENCTYPE_DES3:
		return "des3-cbc-sha1";
	case GSS_ENCTYPE_AES128_SHA1:
		return "aes128-cts-hmac-sha1-96";
	case GSS_ENCTYPE_AES256_SHA1:
		return "aes256-cts-hmac-sha1-96";
	case GSS_ENCTYPE_AES128_SHA2:
		return "aes128-cts-hmac-sha256-128";
	case GSS_ENCTYPE_AES256_SHA2:
		return "aes256-cts-hmac-sha384-192";
	case GSS_ENCTYPE_RC4:
		return "arcfour-hmac";
	default:
		return "unknown enctype";
	}
}
