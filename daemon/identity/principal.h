/*
 * principal.h - who signed: the principal, parsed once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All that policy/ may know of a signer.  A principal comes only from an
 * established security context (daemon/gss); text is never trusted to be one.
 *
 * Owns:    a principal owns its texts; shared by reference count.
 * Threads: immutable once made; ref and unref from any thread.
 * Errors:  negative enum err.
 */
#ifndef IDENTITY_PRINCIPAL_H
#define IDENTITY_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/reason.h"
#include "daemon/dns/name.h"

enum principal_kind {
	PRINCIPAL_MACHINE, /* one component that ends in '$' */
	PRINCIPAL_SERVICE, /* two components: host/pc1.ad.example.test */
	PRINCIPAL_USER,    /* the rest */
};

#define PRINCIPAL_COMPONENTS_MAX 8

struct principal {
	const char *text; /* whole, as krb5 unparses it: PC1$@AD.EXAMPLE.TEST */
	const char *realm;
	unsigned n_components;
	const char *components[PRINCIPAL_COMPONENTS_MAX]; /* unescaped */
	enum principal_kind kind;
};

struct principal *principal_ref(struct principal *p);
void principal_unref(struct principal *p); /* NULL is fine */

/*
 * Parses the text form that gss_display_name() gives: '/' between components,
 * '@' before the realm, '\' before what would be one of those.
 * ERR_MALFORMED: no realm, an empty component, octets 0, too many components.
 * The new principal has one reference.
 */
int principal_from_text(const char *text, struct principal **principal_out,
    struct reason *reason);

/* What a request was signed with. */
enum signer_kind {
	SIGNER_NONE,      /* unsigned: the address is all there is */
	SIGNER_KEY,       /* a shared secret of key {} */
	SIGNER_PRINCIPAL, /* a security context */
};

struct signer {
	enum signer_kind kind;
	struct name key_name; /* KEY: the key's; PRINCIPAL: the context's */
	/* PRINCIPAL: lent, or owned, as said where */
	struct principal *principal;
};

/* For log lines, escaped: "PC1$@REALM", "key transfer.example.test", "none". */
const char *signer_to_text(const struct signer *s, char *text, size_t size);

#endif
