/*
 * grants.h - the update-policy rules that the directory holds
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A struct grants is all of them at one time: every entry of class
 * kddnsZonePolicy or (FreeIPA's) idnsZone below the policy base.  It is never
 * a part of them: a read that did not come to its end makes none.
 *
 * Rules are as the directory has them, "{n}" and errors included; several of
 * one entry are in no order.  Entries are sorted by DN, without case.
 *
 * Owns:    counted references; entries are shared between one struct grants
 *          and the next, and never change.
 * Threads: any.
 * Errors:  none.
 * Units:   none.
 */
#ifndef LDAP_GRANTS_H
#define LDAP_GRANTS_H

#include <stdbool.h>
#include <stddef.h>

enum grants_kind {
	GRANTS_KDDNS, /* kddnsZonePolicy: each rule is one rule */
	GRANTS_IDNS,  /* idnsZone: a rule is a list, each ends with ';' */
};

struct grants_entry {
	enum grants_kind kind;
	char *dn;
	char **zones; /* kddnsZone or idnsName; 1, unless it is malformed */
	size_t n_zones;
	/*
	 * False: kddnsDisabled is TRUE, or idnsZoneActive or idnsAllowDynUpdate
	 * is FALSE.  What is neither TRUE nor FALSE does not switch off; is_malformed says so.
	 */
	bool is_active;
	bool is_malformed; /* flags or zones not as the schema has them */
	char **rules; /* raw, as text; an octet 0 within is shown as '\n' */
	size_t n_rules;
};

struct grants {
	const struct grants_entry *const *entries;
	size_t n_entries;
};

/* One more reference; returns g. */
const struct grants *grants_ref(const struct grants *g);
void grants_unref(const struct grants *g); /* NULL is fine */

#endif
