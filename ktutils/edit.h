/*
 * edit.h - keytabs made of keytabs: merged, extracted, pruned
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pure functions on entries that were read; nothing here touches a file.
 *
 * Owns:    nothing; entries are copied into the keytab that is given.
 * Threads: any; one at a time for the same keytab.
 * Errors:  0, or -1 with a line in reason.
 * Units:   _s seconds.
 */
#ifndef KTUTILS_EDIT_H
#define KTUTILS_EDIT_H

#include "ktutils/keytab.h"

/*
 * Adds from's entries to those of into; one that is there already with the
 * same key is passed over.  -1: the same principal, kvno and enctype has two
 * keys, and nobody knows which is right.
 */
int edit_merge(struct keytab *into, const struct keytab *from,
    char reason[KEYTAB_REASON_SIZE]);

/*
 * Adds the entries whose principal matches the pattern: '*' any characters,
 * '?' one, letters without regard to case.  A pattern without '@' is compared
 * with what stands before the realm.  -1: no memory.
 */
int edit_extract(struct keytab *into, const struct keytab *from,
    const char *pattern, char reason[KEYTAB_REASON_SIZE]);

enum edit_prune_why {
	EDIT_KEPT,
	EDIT_OLD,    /* a newer kvno has been there for long enough */
	EDIT_WEAK,   /* there is a strong key of the same kvno or a newer one */
	EDIT_DOUBLE, /* the same entry stands before it */
};

struct edit_prune_rule {
	time_t now;
	time_t age_s;    /* tickets live that long: keep what they may need */
	bool takes_weak; /* weak enctypes, too */
};

/*
 * Why entry i of k would go.  An entry of the newest kvno of a principal goes
 * only if it is weak and a strong one of that kvno stays, or it is a double.
 */
enum edit_prune_why edit_prune_asks(const struct keytab *k, size_t i,
    const struct edit_prune_rule *rule);

/* Adds to into what stays of from. */
int edit_prune(struct keytab *into, const struct keytab *from,
    const struct edit_prune_rule *rule, char reason[KEYTAB_REASON_SIZE]);

#endif
