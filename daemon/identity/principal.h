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
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/dns/name.h"
#include "daemon/identity/sid.h"

struct pac_logon;

/*
 * Account flags of the PAC decide; where there is none, the name.  With a PAC
 * that nobody could read a '$' makes no machine: flags might have said user.
 */
enum principal_kind {
	PRINCIPAL_MACHINE, /* workstation or DC; one component ending in '$' */
	PRINCIPAL_SERVICE, /* two components: host/pc1.ad.example.test */
	PRINCIPAL_USER,    /* the rest */
};

/*
 * What the ticket brought besides the name.  Unless PAC_READ nothing is known of
 * groups, not even that there are none; and a client can ask its KDC for a
 * ticket without a PAC, so that must never be worth more than one with it.
 */
enum principal_pac {
	PRINCIPAL_PAC_NONE, /* no PAC, or one without logon information */
	PRINCIPAL_PAC_READ, /* account is there */
	PRINCIPAL_PAC_UNREADABLE,
};

/* The account that a PAC tells of; also, privately, its groups. */
struct principal_account {
	const char *name;        /* sAMAccountName */
	const char *domain_name; /* NetBIOS name */
	uint32_t flags;          /* enum pac_account_flag */
	struct sid sid;
	struct sid domain;
	uint32_t primary_group; /* RID below domain */
};

#define PRINCIPAL_COMPONENTS_MAX 8

struct principal {
	const char *text; /* whole, as krb5 unparses it: PC1$@AD.EXAMPLE.TEST */
	const char *realm;
	unsigned n_components;
	const char *components[PRINCIPAL_COMPONENTS_MAX]; /* unescaped */
	enum principal_kind kind;
	enum principal_pac pac;
	const struct principal_account *account; /* NULL unless PAC_READ */
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

/*
 * The same for a ticket with a PAC, whose signature was verified: its facts are
 * copied.  pac NULL: there is one that could not be read.
 */
int principal_from_pac(const char *text, const struct pac_logon *pac,
    struct principal **principal_out, struct reason *reason);

/* True if nothing tells them apart, so that one can stand for both. */
bool principal_equal(const struct principal *a, const struct principal *b);

/*
 * The SIDs that its PAC gives it: its own, then the primary group, then all
 * other groups, as the PAC has them.  Where pac is not PRINCIPAL_PAC_READ there
 * are none, which does not say that it is in no group.
 */
size_t principal_n_sids(const struct principal *p);
/* The one at i < principal_n_sids(p). */
void principal_sid(const struct principal *p, size_t i, struct sid *sid_out);
bool principal_has_sid(const struct principal *p, const struct sid *sid);

/*
 * True for a domain controller of its own domain, which may be a trusted one:
 * compare the realm, too.  A read-only one is none: its KDC's word for it does
 * not make it trusted with more than its own names.
 */
bool principal_is_domain_controller(const struct principal *p);

/* "machine", "service", "user". */
const char *principal_kind_text(const struct principal *p);

/*
 * What the PAC says it is: "domain-controller", "read-only-controller",
 * "workstation", "trust", "user"; or "no-pac", "unreadable-pac".
 */
const char *principal_account_text(const struct principal *p);

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
