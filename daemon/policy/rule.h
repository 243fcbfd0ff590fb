/*
 * rule.h - one update-policy rule and its grammar
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	( grant | deny ) IDENTITY RULETYPE [NAME] [TYPE[(n)] ...]
 *
 * where IDENTITY is a word, or "group" and the SID, name or DN of one.
 *
 * A rule type says who it is for (an identity, a host or a machine of a
 * realm) and which owner names it covers; one table in rule.c has them all.
 *
 * Owns:    a rule owns its texts.
 * Threads: immutable once made: any thread.
 * Errors:  negative enum err and a reason.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/policy/policy.h"

/* Whom the rule type is for. */
enum rule_who {
	RULE_IDENTITY, /* IDENTITY: a key, a principal, or a wildcard */
	RULE_LOCAL,    /* the same, from a loopback address */
	RULE_HOST,     /* IDENTITY is a realm: host/NAME@REALM */
	RULE_MACHINE,  /* IDENTITY is a realm: NAME$@REALM */
	RULE_ACCOUNT, /* IDENTITY: principals whose names the directory tells */

	RULE_EVERYBODY, /* whoever asks, signed or not: POLICY_BLOCK */
	RULE_HELPER,    /* for whom the helper at the socket IDENTITY says so */

	/* Whoever asks by TCP; IDENTITY is for a name made of the address. */
	RULE_ADDRESS, /* as in-addr.arpa and ip6.arpa have it */
	RULE_6TO4,    /* its 6to4 prefix (RFC 3056), or its /48, in ip6.arpa */
};

/* Which owner names the rule type covers. */
enum rule_where {
	RULE_NAME,  /* NAME itself */
	RULE_BELOW, /* NAME and all below it */
	RULE_ZONE,  /* the apex and all below it; NAME is none, or not used */
	RULE_WILDCARD, /* NAME is "*.X": all below X, without X */
	RULE_SELF,     /* the signer's own name; NAME is a placeholder */
	RULE_SELFSUB,  /* the signer's own name and all below it; the same */
	RULE_SELFWILD, /* all below the signer's own name; the same */
};

/* What the target of a PTR or SRV must be. */
enum rule_target {
	RULE_ANY_TARGET,
	RULE_SELF_TARGET, /* *-self-rhs: the signer's own name */
	/*
	 * ptr-self: one of the signer's own names, as krb5-self, ms-self or the
	 * directory tell; the rule is for PTR alone.  To add one, the name must
	 * have the address in our zones, unless the check is switched off.
	 */
	RULE_OWN_TARGET,
	RULE_OWN_TARGET_UNCHECKED,
};

enum rule_identity {
	RULE_ANYBODY,       /* "*": whoever signed, or has an address */
	RULE_KEY,           /* the key, or the address, of that name */
	RULE_SIGNERS_BELOW, /* "*.X": keys below X, principals of realms below X
			     */
	RULE_PRINCIPAL,     /* that principal */
	RULE_REALM,         /* principals of it, as who says */
	RULE_GROUP,         /* principals in that group */
	RULE_SOCKET,        /* whom it is for, a helper says */
};

struct rule_type {
	uint16_t type;    /* TYPE_ANY: every type */
	uint32_t max_rrs; /* 0: no limit */
};

struct policy_rule {
	bool is_grant;
	enum rule_who who;
	enum rule_where where;
	enum rule_target target;
	enum rule_identity identity;
	struct name
	    identity_name; /* KEY; BELOW: X; REALM: the realm's labels */
	struct principal *principal; /* PRINCIPAL */
	char *realm;                 /* REALM */
	char *socket;                /* SOCKET: its absolute path */
	/* GROUP: what is known of it; neither: nobody can be said to be in it */
	bool has_group_sid;
	struct sid group_sid;
	char *group_dn;
	struct name name;   /* WILDCARD: X */
	struct name apex;   /* the zone's */
	bool has_directory; /* the book's */
	struct rule_type *types;
	size_t n_types; /* 0: all but NS, SOA and RRSIG */
	char *text;     /* with the source */
	char *source;
};

/*
 * Reads a rule for the book.  A final ';' may be there or not; words may be
 * quoted ("\"" stands for a quote in one).
 *
 * ERR_MALFORMED    not the grammar; reason says what is wrong
 * ERR_UNSUPPORTED  a rule type that we do not do without a directory, or not
 *                  from one
 * ERR_NOMEM
 */
int rule_parse(const struct policy_rule_text *text,
    const struct policy_book_source *book, struct policy_rule **rule_out,
    struct reason *reason);

/* A rule that refuses everything to everybody; its text is text's.  NULL: no
 * memory. */
struct policy_rule *rule_block(const struct policy_rule_text *text,
    const struct policy_book_source *book);

/* True if the text can only have been meant to grant. */
bool rule_is_surely_grant(const char *text);

void rule_destroy(struct policy_rule *r); /* NULL is fine */

/* True if the owner names that it covers are the requester's own. */
bool rule_is_about_self(const struct policy_rule *r);

#endif
