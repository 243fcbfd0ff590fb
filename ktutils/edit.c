/*
 * edit.c - keytabs made of keytabs: merged, extracted, pruned
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktutils/edit.h"
#include "ktutils/enctype.h"

static int
add(struct keytab *into, const struct keytab_entry *e,
    char reason[KEYTAB_REASON_SIZE])
{
	if (keytab_append(into, e) == 0)
		return 0;
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "no memory");
	return -1;
}

static const struct keytab_entry *
find_same(const struct keytab *k, const struct keytab_entry *e)
{
	for (size_t i = 0; i < k->n; i++)
		if (keytab_entry_is_same(&k->entries[i], e))
			return &k->entries[i];
	return NULL;
}

int
edit_merge(struct keytab *into, const struct keytab *from,
    char reason[KEYTAB_REASON_SIZE])
{
	for (size_t i = 0; i < from->n; i++) {
		const struct keytab_entry *e = &from->entries[i];
		const struct keytab_entry *same = find_same(into, e);

		if (same == NULL) {
			if (add(into, e, reason) != 0)
				return -1;
		} else if (!keytab_key_is_same(same, e)) {
			(void)snprintf(reason, KEYTAB_REASON_SIZE,
			    "%s kvno %u has two keys, %s and %s: prune or "
			    "extract one of them away first",
			    e->principal, e->kvno, same->fingerprint,
			    e->fingerprint);
			return -1;
		}
	}
	return 0;
}

/* --- Extracting --- */

static bool
matches(const struct keytab_entry *e, const char *pattern)
{
	char *name = strdup(e->principal);
	bool is_match;

	if (name == NULL)
		return false;
	if (strchr(pattern, '@') == NULL)
		name[e->realm_at - 1] = '\0';
	is_match = fnmatch(pattern, name, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
	free(name);
	return is_match;
}

int
edit_extract(struct keytab *into, const struct keytab *from,
    const char *pattern, char reason[KEYTAB_REASON_SIZE])
{
	for (size_t i = 0; i < from->n; i++)
		if (matches(&from->entries[i], pattern) &&
		    add(into, &from->entries[i], reason) != 0)
			return -1;
	return 0;
}

/* --- Pruning --- */

/* A newer kvno of the principal that was written at least age_s ago. */
static bool
is_replaced(const struct keytab *k, const struct keytab_entry *e,
    const struct edit_prune_rule *rule)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct keytab_entry *other = &k->entries[i];

		if (strcmp(other->principal, e->principal) == 0 &&
		    keytab_entry_is_newer(other, e) &&
		    other->written <= rule->now - rule->age_s)
			return true;
	}
	return false;
}

/* A strong key of the same principal that is not older. */
static bool
has_stronger(const struct keytab *k, const struct keytab_entry *e)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct keytab_entry *other = &k->entries[i];

		if (strcmp(other->principal, e->principal) == 0 &&
		    !enctype_is_weak(other->enctype) &&
		    !keytab_entry_is_newer(e, other))
			return true;
	}
	return false;
}

static bool
is_double(const struct keytab *k, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (keytab_entry_is_same(&k->entries[before], &k->entries[i]) &&
		    keytab_key_is_same(&k->entries[before], &k->entries[i]))
			return true;
	return false;
}

enum edit_prune_why
edit_prune_asks(const struct keytab *k, size_t i,
    const struct edit_prune_rule *rule)
{
	const struct keytab_entry *e = &k->entries[i];

	if (is_double(k, i))
		return EDIT_DOUBLE;
	if (is_replaced(k, e, rule))
		return EDIT_OLD;
	if (rule->takes_weak && enctype_is_weak(e->enctype) &&
	    has_stronger(k, e))
		return EDIT_WEAK;
	return EDIT_KEPT;
}

int
edit_prune(struct keytab *into, const struct keytab *from,
    const struct edit_prune_rule *rule, char reason[KEYTAB_REASON_SIZE])
{
	for (size_t i = 0; i < from->n; i++)
		if (edit_prune_asks(from, i, rule) == EDIT_KEPT &&
		    add(into, &from->entries[i], reason) != 0)
			return -1;
	return 0;
}
