/*
 * about_group.c - from the name of a group to its DN and SID
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/about.h"
#include "ldap/ask.h"
#include "ldap/entry.h"
#include "ldap/filter.h"

#define IS_GROUP                                                               \
	"(|(objectClass=group)(objectClass=groupOfNames)"                      \
	"(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"

static void
read_sid(struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	struct berval **sids = ldap_get_values_len(ld, entry, "objectSid");
	struct facts_sid *sid = &a->group_sid;

	if (sids != NULL && sids[0] != NULL &&
	    sids[0]->bv_len <= sizeof(sid->octets)) {
		memcpy(sid->octets, sids[0]->bv_val, sids[0]->bv_len);
		sid->len = sids[0]->bv_len;
	}
	ldap_value_free_len(sids);
}

static void
on_group(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct ask *a = arg;

	if (ldap_msgtype(entry) != LDAP_RES_SEARCH_ENTRY || a->n_objects++ > 0)
		return;
	a->facts = calloc(1, sizeof(*a->facts));
	if (a->facts != NULL)
		a->facts->dn = entry_dn(ld, entry);
	a->is_out_of_memory = a->facts == NULL || a->facts->dn == NULL;
	read_sid(a, ld, entry);
}

static void
on_groups_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct ask *a = arg;
	char line[LINE_SIZE];

	(void)result;
	a->n_open--;
	if (code == LDAP_NO_SUCH_OBJECT && a->n_objects == 0)
		code = LDAP_SUCCESS; /* a DN that nobody has */
	if (a->n_objects > 1)
		ask_answer(a, FACTS_SEVERAL, "more than one group is %s",
		    a->name);
	else if (code != LDAP_SUCCESS) {
		line_set_ldap(line, "group", ld, code);
		ask_answer(a, FACTS_FAILED, "%s", line);
	} else if (a->n_objects == 0)
		ask_answer(a, FACTS_NONE, "no group is %s", a->name);
	else if (a->is_out_of_memory)
		ask_answer(a, FACTS_FAILED, "out of memory");
	else
		ask_answer(a, FACTS_FOUND, "%s", a->facts->dn);
}

static bool
is_dn(const char *name)
{
	LDAPDN dn = NULL;
	bool is_dn;

	is_dn = strchr(name, '=') != NULL &&
	    ldap_str2dn(name, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
	ldap_dnfree(dn);
	return is_dn;
}

static char *
name_filter(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	(void)fputs("(&" IS_GROUP "(|(sAMAccountName=", out);
	filter_put(out, name, strlen(name));
	(void)fputs(")(cn=", out);
	filter_put(out, name, strlen(name));
	(void)fputs(")))", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void
about_group_begin(struct ask *a)
{
	static const char *const attributes[] = {"objectSid", NULL};
	bool is_by_dn = is_dn(a->name);

	ask_search(a,
	    &(struct search_request){
		.base = strdup(is_by_dn ? a->name : a->place->config->base),
		.scope = is_by_dn ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE,
		.filter = is_by_dn ? strdup(IS_GROUP) : name_filter(a->name),
		.attributes = attributes,
		.size_limit = 2,
		.message = on_group,
		.done = on_groups_end,
	    });
}
