/*
 * algorithm.h - names and numbers that a context is known by
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any.
 */
#ifndef GSS_ALGORITHM_H
#define GSS_ALGORITHM_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/dns/name.h"

/* TSIG algorithm names: RFC 3645 section 4.1, and Windows 2000's. */
extern const struct name gss_algorithm_tsig;      /* gss-tsig. */
extern const struct name gss_algorithm_microsoft; /* gss.microsoft.com. */

/* The one of these two that is meant, or NULL. */
const struct name *gss_algorithm_find(const uint8_t *name);

/* Mechanisms: krb5 (RFC 4121), as Windows also spells it, and SPNEGO. */
extern const gss_OID_desc gss_mechanism_krb5;
extern const gss_OID_desc gss_mechanism_ms_krb5;
extern const gss_OID_desc gss_mechanism_spnego;

/* True for the two spellings of krb5. */
bool gss_mechanism_is_krb5(const gss_OID_desc *mechanism);

/* Kerberos encryption types (RFC 3961, 3962, 4757, 8009). */
enum gss_enctype {
	GSS_ENCTYPE_DES3 = 16,
	GSS_ENCTYPE_AES128_SHA1 = 17,
	GSS_ENCTYPE_AES256_SHA1 = 18,
	GSS_ENCTYPE_AES128_SHA2 = 19,
	GSS_ENCTYPE_AES256_SHA2 = 20,
	GSS_ENCTYPE_RC4 = 23,
};

/* The strong ones: 17 to 20. */
bool gss_enctype_is_aes(int32_t enctype);

/* "aes256-cts-hmac-sha1-96", or "unknown enctype". */
const char *gss_enctype_text(int32_t enctype);

#endif
