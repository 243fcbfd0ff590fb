/*
 * match_lists.h - address-match lists of the configuration, as policy has them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing; what is compiled is the caller's.
 * Threads: any.
 * Errors:  negative enum err; mistakes of the file are complaints.
 */
#ifndef SERVER_MATCH_LISTS_H
#define SERVER_MATCH_LISTS_H

#include "daemon/policy/acl.h"

struct complaints;
struct conf;
struct conf_match_list;
struct conf_place;

#define LOCAL_ADDRESSES_MAX 256

/* What localhost and localnets mean. */
struct local_addresses {
	struct addr_prefix hosts[LOCAL_ADDRESSES_MAX];
	struct addr_prefix nets[LOCAL_ADDRESSES_MAX];
	struct acl_local acl; /* points to those */
};

/* Those of our interfaces, as they are now. */
void local_addresses_find(struct local_addresses *l);

/*
 * The list; a mistake in it, or at place if it is empty, is complained of, and
 * *acl_out is NULL.  ERR_NOMEM.
 */
int match_list_compile(const struct conf_match_list *list,
    const struct conf_place *place, const struct local_addresses *local,
    struct complaints *c, struct acl **acl_out);

/*
 * Warns of each allow-update that trusts an address elsewhere: said once of a
 * list that zones have from options.
 */
void match_lists_warn(const struct conf *conf, struct complaints *c);

#endif
