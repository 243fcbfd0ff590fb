/*
 * about_principal.c - from a principal to its facts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First the object; then, side by side, who else has its host names, and
 * which groups it is in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/about.h"
#include "ldap/ask.h"
#include "ldap/entry.h"
#include "ldap/filter.h"
#include "ldap/hosts.h"

/* userAccountControl, MS-ADTS 2.2.16 */
#define ACCOUNT_DISABLED 0x2
#define ACCOUNT_CONTROLLER 0x2000
#define ACCOUNT_CONTROLLER_READ_ONLY 0x4000000

#define LOCKED_FOR_GOOD "000001010000Z" /* OpenLDAP's ppolicy overlay */

static bool
is_sought_by_sid(const struct ask *a)
{
	return a->place->is_active_directory && a->sid_len != 0;
}

/* "S-1-5-21-…", as FreeIPA has it. */
static void
put_sid(FILE *out, const uint8_t *sid, size_t len)
{
	uint64_t authority = 0;

	for (size_t i = 2; i < 8; i++)
		authority = authority << 8 | sid[i];
	(void)fprintf(out, "S-%u-%llu", sid[0], (unsigned long long)authority);
	for (size_t i = 8; i + 4 <= len; i += 4)
		(void)fprintf(out, "-%u",
		    (uint32_t)sid[i] | (uint32_t)sid[i + 1] << 8 |
			(uint32_t)sid[i + 2] << 16 |
			(uint32_t)sid[i + 3] << 24);
}

/* Elsewhere a SID does not find the object, but must not contradict it. */
static bool
has_other_sid(const struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	char *has = entry_text(ld, entry, "ipaNTSecurityIdentifier");
	char *text = NULL;
	bool is_other = true;
	size_t size;
	FILE *out;

	if (has == NULL || a->sid_len < 8) {
		free(has);
		return false;
	}
	out = open_memstream(&text, &size);
	if (out != NULL) {
		put_sid(out, a->sid, a->sid_len);
		if (fclose(out) == 0)
			is_other = strcasecmp(text, has) != 0;
	}
	free(text);
	free(has);
	return is_other;
}

/* The values of all host name attributes.  False: no memory. */
static bool
read_hosts(struct ask *a, LDAP *ld, LDAPMessage *entry, char ***values_out,
    size_t *n_out)
{
	const char *const *names = a->place->host_attributes;
	char **all = NULL, **values, **more;
	size_t n_all = 0, n;

	for (; *names != NULL; names++) {
		if (!entry_texts(ld, entry, *names, &values, &n))
			goto fail;
		more = realloc(all, (n_all + n + 1) * sizeof(*all));
		if (more == NULL) {
			entry_free_texts(values, n);
			goto fail;
		}
		all = more;
		memcpy(all + n_all, values, n * sizeof(*all));
		n_all += n;
		free(values);
	}
	*values_out = all;
	*n_out = n_all;
	return true;
fail:
	entry_free_texts(all, n_all);
	*values_out = NULL;
	*n_out = 0;
	return false;
}

static bool
read_own_hosts(struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	char **values;
	size_t n;
	bool is_good;

	is_good = read_hosts(a, ld, entry, &values, &n) &&
	    hosts_add(a->facts, values, n);
	entry_free_texts(values, n);
	return is_good;
}

static bool
is_locked(LDAP *ld, LDAPMessage *entry)
{
	char *since = entry_text(ld, entry, "pwdAccountLockedTime");
	enum entry_flag lock = entry_flag(ld, entry, "nsAccountLock");
	bool is_locked = since != NULL && strcmp(since, LOCKED_FOR_GOOD) == 0;

	free(since);
	return is_locked || lock == ENTRY_FLAG_TRUE ||
	    lock == ENTRY_FLAG_NEITHER;
}

/* False: it has no account flags where every account has them. */
static bool
read_flags(struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	struct facts *f = a->facts;
	uint64_t flags;

	f->is_disabled = is_locked(ld, entry);
	if (!entry_uint(ld, entry, "userAccountControl", &flags))
		return !a->place->is_active_directory;
	f->is_disabled |= (flags & ACCOUNT_DISABLED) != 0;
	f->is_controller =
	    (flags & (ACCOUNT_CONTROLLER | ACCOUNT_CONTROLLER_READ_ONLY)) != 0;
	return true;
}

static void
on_object(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct ask *a = arg;
	struct facts *f;

	if (ldap_msgtype(entry) != LDAP_RES_SEARCH_ENTRY || a->n_objects++ > 0)
		return;
	f = a->facts = calloc(1, sizeof(*f));
	if (f == NULL) {
		a->is_out_of_memory = true;
		return;
	}
	f->dn = entry_dn(ld, entry);
	f->id = entry_id(ld, entry);
	f->account = entry_text(ld, entry, "sAMAccountName");
	a->disagrees = has_other_sid(a, ld, entry);
	if (f->dn == NULL || !read_own_hosts(a, ld, entry) ||
	    !about_groups_read(a, ld, entry))
		a->is_out_of_memory = true;
	if (!read_flags(a, ld, entry))
		ask_answer(a, FACTS_FAILED,
		    "userAccountControl of %s cannot be read", f->dn);
}

void
about_principal_go_on(struct ask *a)
{
	if (a->is_out_of_memory)
		ask_answer(a, FACTS_FAILED, "out of memory");
	if (!a->is_answered)
		about_groups_go_on(a);
	if (a->n_open == 0)
		ask_answer(a, FACTS_FOUND, "%s", a->facts->dn);
}

/* By what the server never gives to another one; else by its DN. */
static bool
is_the_object(const struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	const struct facts *f = a->facts;
	char *id = entry_id(ld, entry), *dn = entry_dn(ld, entry);
	bool is_same;

	if (id != NULL && f->id != NULL)
		is_same = strcmp(id, f->id) == 0;
	else
		is_same = id == NULL && f->id == NULL && dn != NULL &&
		    strcasecmp(dn, f->dn) == 0;
	free(id);
	free(dn);
	return is_same;
}

static bool
shows_all_hosts(const struct ask *a, LDAP *ld, LDAPMessage *entry)
{
	const char *const *names = a->place->host_attributes;

	while (*names != NULL && !entry_is_cut(ld, entry, *names))
		names++;
	return *names == NULL;
}

static void
on_holder(void *arg, LDAP *ld, LDAPMessage *entry)
{
	struct ask *a = arg;
	char **values;
	size_t n;

	if (ldap_msgtype(entry) != LDAP_RES_SEARCH_ENTRY)
		return;
	(void)read_hosts(a, ld, entry, &values, &n);
	hosts_count(a->facts, values, n, is_the_object(a, ld, entry));
	entry_free_texts(values, n);
	if (!shows_all_hosts(a, ld, entry))
		hosts_are_crowded(a->facts);
}

static void
on_holders_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct ask *a = arg;
	char line[LINE_SIZE];

	(void)result;
	a->n_open--;
	if (code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_ADMINLIMIT_EXCEEDED)
		hosts_are_crowded(a->facts);
	else if (code != LDAP_SUCCESS) {
		line_set_ldap(line, "objects with its host names", ld, code);
		ask_answer(a, FACTS_FAILED, "%s", line);
	}
	about_principal_go_on(a);
}

static void
ask_for_holders(struct ask *a)
{
	const struct directory_config *config = a->place->config;
	const struct directory_texts *names = &config->hostname_attributes;

	if (a->facts->n_hosts == 0)
		return;
	ask_search(a,
	    &(struct search_request){
		.base = strdup(config->base),
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = hosts_filter(a->facts, names->items, names->n),
		.attributes = a->place->attributes,
		.message = on_holder,
		.done = on_holders_end,
	    });
}

static bool
is_the_account(const struct ask *a)
{
	return a->account != NULL && a->facts->account != NULL &&
	    strcasecmp(a->account, a->facts->account) == 0;
}

static void
on_objects_end(void *arg, int code, LDAP *ld, LDAPMessage *result)
{
	struct ask *a = arg;
	char line[LINE_SIZE];

	(void)result;
	a->n_open--;
	if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED) {
		line_set_ldap(line, "principal", ld, code);
		ask_answer(a, FACTS_FAILED, "%s", line);
	} else if (a->n_objects > 1)
		ask_answer(a, FACTS_SEVERAL, "more than one object is %s",
		    a->name);
	else if (code != LDAP_SUCCESS)
		ask_answer(a, FACTS_FAILED,
		    "the server ended the search early");
	else if (a->n_objects == 0)
		ask_answer(a, FACTS_NONE, "no object is %s", a->name);
	else if (a->is_out_of_memory)
		ask_answer(a, FACTS_FAILED, "out of memory");
	else if (a->disagrees || (is_sought_by_sid(a) && !is_the_account(a)))
		ask_answer(a, FACTS_DISAGREES,
		    "%s has not both: SID and name of %s", a->facts->dn,
		    a->name);
	if (a->is_answered)
		return;
	ask_for_holders(a);
	about_groups_begin(a);
	about_principal_go_on(a);
}

static char *
sid_filter(const struct ask *a)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	(void)fputs("(objectSid=", out);
	for (size_t i = 0; i < a->sid_len; i++)
		(void)fprintf(out, "\\%02x", a->sid[i]);
	(void)fputc(')', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool
is_plain(const struct ask *a)
{
	return filter_is_plain(a->name) &&
	    (a->first == NULL || filter_is_plain(a->first)) &&
	    (a->host == NULL || filter_is_plain(a->host));
}

void
about_principal_begin(struct ask *a)
{
	const struct directory_config *config = a->place->config;
	struct filter_values values = {a->name, a->first, a->host};

	if (!is_sought_by_sid(a) && !is_plain(a)) {
		ask_answer(a, FACTS_NONE,
		    "a directory could take the principal for another one");
		return;
	}
	ask_search(a,
	    &(struct search_request){
		.base = strdup(config->base),
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = is_sought_by_sid(a)
		    ? sid_filter(a)
		    : filter_expand(config->principal_filter, &values),
		.attributes = a->place->attributes,
		.size_limit = 2,
		.message = on_object,
		.done = on_objects_end,
	    });
}
