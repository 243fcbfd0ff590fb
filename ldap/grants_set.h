/*
 * grants_set.h - the grants while they are read and followed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each entry has a key that the server never gives to another one, so that
 * one that is renamed replaces itself.
 *
 * Owns:    one reference on each entry.
 * Threads: one.
 * Errors:  negative: no memory, or more than the bounds allow.
 * Units:   octets of all texts together.
 */
#ifndef LDAP_GRANTS_SET_H
#define LDAP_GRANTS_SET_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>

#include "ldap/grants.h"
#include "ldap/line.h"

#define GRANTS_ENTRIES_MAX 100000
#define GRANTS_OCTETS_MAX (64U << 20)

struct grants_set {
	void *tree; /* tsearch(3) */
	size_t n;
	size_t n_octets;
};

void grants_set_clear(struct grants_set *s);

/*
 * Takes the entry.  1: it is new, or not as the one that it replaces; 0: it
 * is the same; negative: failed, and the set is as it was.
 */
int grants_set_put(struct grants_set *s, const struct berval *key,
    struct grants_entry *entry);

bool grants_set_remove(struct grants_set *s, const struct berval *key);

/* NULL: it is not there. */
const struct grants_entry *grants_set_find(const struct grants_set *s,
    const struct berval *key);

/* Takes all out that are not in other; true if there were any. */
bool grants_set_keep(struct grants_set *s, const struct grants_set *other);

/*
 * Puts all of other in too, and tells if that changed anything.  False:
 * failed, and some may be in it.
 */
bool grants_set_merge(struct grants_set *s, const struct grants_set *other,
    bool *is_changed_io);

bool grants_set_equal(const struct grants_set *a, const struct grants_set *b);

/* All of them, with one reference; NULL: no memory. */
const struct grants *grants_set_snapshot(const struct grants_set *s);

/* What is read, and what finds it. */
#define GRANTS_FILTER "(|(objectClass=kddnsZonePolicy)(objectClass=idnsZone))"
extern const char *const grants_attributes[]; /* objectGUID included */

/* From what a search has found; NULL with a line. */
struct grants_entry *grants_entry_read(LDAP *ld, LDAPMessage *entry,
    char line[LINE_SIZE]);
struct grants_entry *grants_entry_create(void);
void grants_entry_unref(const struct grants_entry *e);

#endif
