/*
 * about_groups.c - the groups of a principal, nested ones included
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each group is visited once, so those that contain each other end the walk
 * as others do; spellings that we cannot tell to be the same are bounded by
 * FACTS_GROUPS_MAX.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/about.h"
#include "ldap/ask.h"
#include "ldap/entry.h"

static void
are_unknown(struct facts *f)
{
	for (size_t i = 0; i < f->n_group_dns; i++)
		free(f->group_dns[i]);
	f->n_group_dns = 0;
	f->groups = FACTS_GROUPS_UNKNOWN;
}

static bool
is_known(const struct facts *f, const char *dn)
{
	for (size_t i = 0; i < f->n_group_dns; i++) {
		if (strcasecmp(f->group_dns[i], dn) == 0)
			return true;
	}
	return false;
}

/* False: no memory. */
static bool
add_dns(struct facts *f, char *const *dns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f->groups == FACTS_GROUPS_UNKNOWN || is_known(f, dns[i]))
			continue;
		if (f->n_group_dns == FACTS_GROUPS_MAX) {
			are_unknown(f);
			return true;
		}
		f->group_dns[f->n_group_dns] = strdup(dns[i]);
		if (f->group_dns[f->n_group_dns] == NULL)
			return false;
		f->n_group_dns++;
	}
	return true;
}

bool
about_groups_read(struct ask *a, LDAP *ld, LDAPMessage *object)
{
	struct facts *f = a->facts;
	char **dns;
	size_t n;
	bool is_good;

	if (a->place->is_active_directory)
		return true;
	if (f->group_dns == NULL) {
		f->groups = FACTS_GROUPS_DNS;
		f->group_dns = calloc(FACTS_GROUPS_MAX, sizeof(char *));
	}
	if (f->group_dns == NULL ||
	    !entry_texts(ld, object, a->place->config->group_attribute, &dns,
		&n))
		return false;
	is_good = add_dns(f, dns, n);
	entry_free_texts(dns, n);
	if (entry_is_cut(ld, object, a->place->config->group_attribute))
		are_unknown(f);
	return is_good;
}

static void
on_group(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct ask *a = arg;

	if (ldap_msgtype(entry) == LDAP_RES_SEARCH_ENTRY &&
	    !about_groups_read(a, ld, entry))
		a->is_out_of_memory = true;
}

/* A group that is gone, or is none at all, is in no others. */
static void
on_group_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct ask *a = arg;

	(void)ld;
	(void)result;
	a->n_open--;
	if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT &&
	    code != LDAP_INVALID_DN_SYNTAX)
		are_unknown(a->facts);
	about_principal_go_on(a);
}

void
about_groups_go_on(struct ask *a)
{
	struct facts *f = a->facts;

	if (f->groups != FACTS_GROUPS_DNS)
		return;
	for (; a->n_walked < f->n_group_dns && !a->is_answered; a->n_walked++)
		ask_search(a,
		    &(struct search_request){
			.base = strdup(f->group_dns[a->n_walked]),
			.scope = LDAP_SCOPE_BASE,
			.filter = strdup("(objectClass=*)"),
			.attributes = a->place->group_attributes,
			.message = on_group,
			.done = on_group_end,
		    });
}

static void
on_token(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct ask *a = arg;
	struct facts *f = a->facts;
	struct berval **sids;
	size_t n;

	if (ldap_msgtype(entry) != LDAP_RES_SEARCH_ENTRY ||
	    f->group_sids != NULL)
		return;
	sids = ldap_get_values_len(ld, entry, "tokenGroups");
	n = (size_t)ldap_count_values_len(sids);
	f->group_sids = calloc(n + 1, sizeof(*f->group_sids));
	if (f->group_sids == NULL)
		a->is_out_of_memory = true;
	else if (n > 0)
		f->groups = FACTS_GROUPS_SIDS;
	for (size_t i = 0; f->group_sids != NULL && i < n; i++) {
		struct facts_sid *sid = &f->group_sids[f->n_group_sids];

		if (sids[i]->bv_len > sizeof(sid->octets)) {
			f->groups = FACTS_GROUPS_UNKNOWN;
			break;
		}
		memcpy(sid->octets, sids[i]->bv_val, sids[i]->bv_len);
		sid->len = sids[i]->bv_len;
		f->n_group_sids++;
	}
	ldap_value_free_len(sids);
}

static void
on_token_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct ask *a = arg;

	(void)ld;
	(void)result;
	a->n_open--;
	if (code != LDAP_SUCCESS)
		a->facts->groups = FACTS_GROUPS_UNKNOWN;
	about_principal_go_on(a);
}

void
about_groups_begin(struct ask *a)
{
	static const char *const attributes[] = {"tokenGroups", NULL};

	if (!a->place->is_active_directory)
		return; /* go_on() walks */
	ask_search(a,
	    &(struct search_request){
		.base = strdup(a->facts->dn),
		.scope = LDAP_SCOPE_BASE,
		.filter = strdup("(objectClass=*)"),
		.attributes = attributes,
		.message = on_token,
		.done = on_token_end,
	    });
}
