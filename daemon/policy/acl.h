/*
 * acl.h - address-match lists: who may ask for something
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * BIND's semantics: the first element that matches decides, '!' makes it a
 * refusal, what matches nothing is refused.  A nested list that refuses is no
 * match, so that no '!' before it turns a refusal into a grant; "none" refuses
 * all, "!none" is "any".
 *
 * Owns:    an acl owns copies of all it was made from.
 * Threads: immutable once made: any thread.
 * Errors:  negative enum err.
 */
#ifndef POLICY_ACL_H
#define POLICY_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"
#include "daemon/identity/principal.h"

struct acl;

enum acl_kind {
	ACL_ANY,
	ACL_NONE,
	ACL_LOCALHOST, /* an address of this machine */
	ACL_LOCALNETS, /* a network that this machine is on */
	ACL_PREFIX,    /* prefix */
	/* text: name of a shared key; a context's TKEY name never matches. */
	ACL_KEY,
	/*
	 * text: pattern of a principal, NAME@REALM, without case; '*' stands
	 * for any octets of one component or of the realm, "*@REALM" for every
	 * principal of the realm, "*" for every principal.
	 */
	ACL_PRINCIPAL,
	ACL_LIST, /* list, n: a nested one, or a named acl's */
};

struct acl_element {
	enum acl_kind kind;
	bool is_negated;
	struct addr_prefix prefix;
	const char *text;
	const struct acl_element *list;
	size_t n;
};

/* What localhost and localnets stand for. */
struct acl_local {
	const struct addr_prefix *hosts;
	size_t n_hosts;
	const struct addr_prefix *nets;
	size_t n_nets;
};

/*
 * Compiles the list of n elements; local NULL: localhost and localnets match
 * nothing.
 *
 * ERR_MALFORMED  reason says which key name or pattern is none
 * ERR_NOMEM
 */
int acl_create(const struct acl_element *elements, size_t n,
    const struct acl_local *local, struct acl **acl_out, struct reason *reason);
void acl_destroy(struct acl *acl); /* NULL is fine */

/* acl NULL allows nobody. */
bool acl_allows(const struct acl *acl, const struct addr *address,
    const struct signer *signer);

#endif
