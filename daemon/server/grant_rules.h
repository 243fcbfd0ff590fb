/*
 * grant_rules.h - the rules that the directory has for a zone, in order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries become rule texts for a policy book (INTERFACE.md section 7).  First
 * those with a number, "{n}rule", by number, then DN; then, without one:
 * kddnsGrant values that deny, lists of idnsUpdatePolicy, the other values,
 * each by DN.  What cannot be understood grants nothing; unless it can only
 * have been meant to grant, it refuses everything from the place on where it
 * may have been meant to stand.
 *
 * Owns:    a reference on the grants; texts found point into them, and into
 *          the arena that is given.
 * Threads: immutable once made: any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_GRANT_RULES_H
#define SERVER_GRANT_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/policy/policy.h"

struct arena;
struct grants;
struct grant_rules;

/* Sorts the entries by zone.  NULL: no memory. */
struct grant_rules *grant_rules_create(const struct grants *g);
void grant_rules_destroy(struct grant_rules *r); /* NULL is fine */

/* How much the directory's word is worth. */
enum grant_rules_validity {
	GRANT_RULES_VALID,
	GRANT_RULES_LAPSED, /* denials only: nobody knows if grants still hold */
};

struct grant_rules_query {
	const struct name *apex;
	enum grant_rules_validity validity;

	/* Called for each mistake that is found before rules are read. */
	void (*complain)(void *arg, const char *source, const char *what);
	void *arg;
};

/* The zone's rules, in a.  ERR_NOMEM. */
int grant_rules_find(const struct grant_rules *r,
    const struct grant_rules_query *query, struct arena *a,
    struct policy_rule_text **texts_out, size_t *n_out);

#endif
