/*
 * grants_read.c - one entry of rules, as a search has found it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <strings.h>

#include "ldap/entry.h"
#include "ldap/grants_set.h"

const char *const grants_attributes[] = {"objectClass", "objectGUID",
    "kddnsZone", "kddnsGrant", "kddnsDisabled", "idnsName", "idnsUpdatePolicy",
    "idnsZoneActive", "idnsAllowDynUpdate", NULL};

static bool
is_of_class(LDAP *ld, LDAPMessage *entry, const char *class)
{
	struct berval **values = ldap_get_values_len(ld, entry, "objectClass");
	bool is = false;

	for (int i = 0; values != NULL && values[i] != NULL && !is; i++)
		is = values[i]->bv_len == strlen(class) &&
		    strncasecmp(values[i]->bv_val, class, strlen(class)) == 0;
	ldap_value_free_len(values);
	return is;
}

/* What a flag that is no flag switches is on. */
static void
read_flag(struct grants_entry *e, LDAP *ld, LDAPMessage *entry,
    const char *attribute, enum entry_flag off)
{
	enum entry_flag flag = entry_flag(ld, entry, attribute);

	if (flag == off)
		e->is_active = false;
	if (flag == ENTRY_FLAG_NEITHER)
		e->is_malformed = true;
}

/* FreeIPA keeps the rules of a zone whose dynamic updates are off. */
static void
read_activity(struct grants_entry *e, LDAP *ld, LDAPMessage *entry)
{
	e->is_active = true;
	if (e->kind == GRANTS_KDDNS) {
		read_flag(e, ld, entry, "kddnsDisabled", ENTRY_FLAG_TRUE);
		return;
	}
	read_flag(e, ld, entry, "idnsZoneActive", ENTRY_FLAG_FALSE);
	read_flag(e, ld, entry, "idnsAllowDynUpdate", ENTRY_FLAG_FALSE);
}

static const char *
rules_attribute(const struct grants_entry *e)
{
	return e->kind == GRANTS_KDDNS ? "kddnsGrant" : "idnsUpdatePolicy";
}

static bool
read_texts(struct grants_entry *e, LDAP *ld, LDAPMessage *entry)
{
	bool is_kddns = e->kind == GRANTS_KDDNS;

	e->dn = entry_dn(ld, entry);
	return e->dn != NULL &&
	    entry_texts(ld, entry, is_kddns ? "kddnsZone" : "idnsName",
		&e->zones, &e->n_zones) &&
	    entry_texts(ld, entry, rules_attribute(e), &e->rules, &e->n_rules);
}

struct grants_entry *
grants_entry_read(LDAP *ld, LDAPMessage *entry, char line[LINE_SIZE])
{
	struct grants_entry *e = grants_entry_create();

	if (e == NULL) {
		line_set(line, "out of memory");
		return NULL;
	}
	if (is_of_class(ld, entry, "kddnsZonePolicy")) {
		e->kind = GRANTS_KDDNS;
		e->is_malformed = is_of_class(ld, entry, "idnsZone");
	} else
		e->kind = GRANTS_IDNS;
	if (!read_texts(e, ld, entry)) {
		line_set(line, "out of memory");
		grants_entry_unref(e);
		return NULL;
	}
	if (entry_is_cut(ld, entry, rules_attribute(e))) {
		line_set(line,
		    "%s: the server shows only some of its %s values", e->dn,
		    rules_attribute(e));
		grants_entry_unref(e);
		return NULL;
	}
	if (e->n_zones != 1)
		e->is_malformed = true;
	read_activity(e, ld, entry);
	return e;
}
