/*
 * settings.c - a directory's configuration, checked and copied
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "ldap/connection.h"
#include "ldap/filter.h"
#include "ldap/settings.h"

#define TIMEOUT_MAX_S 3600

/* Whatever the host names are, these tell the rest. */
static const char *const fixed_attributes[] = {"objectGUID", "entryUUID",
    "sAMAccountName", "userAccountControl", "nsAccountLock",
    "pwdAccountLockedTime", "ipaNTSecurityIdentifier"};
#define N_FIXED (sizeof(fixed_attributes) / sizeof(fixed_attributes[0]))

static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* An attribute description without options (RFC 4512 2.5). */
static bool
is_attribute(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-.";

	return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static bool
check_dn(const char *what, const char *text, char line[LINE_SIZE])
{
	LDAPDN dn = NULL;
	int code = ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAPV3);

	ldap_dnfree(dn);
	if (code == LDAP_SUCCESS)
		return true;
	line_set(line, "%s: %s is not a distinguished name", what, text);
	return false;
}

static bool
check_uris(const struct directory_config *c, char line[LINE_SIZE])
{
	if (c->uris.n == 0)
		line_set(line, "uri: none is given");
	for (size_t i = 0; i < c->uris.n; i++) {
		char *host, problem[LINE_SIZE];
		bool is_tls;
		int port;

		if (!connection_read_uri(c->uris.items[i], &host, &port,
			&is_tls, problem)) {
			line_set(line, "uri: %s", problem);
			return false;
		}
		free(host);
		if (!is_tls && !c->start_tls &&
		    c->bind == DIRECTORY_BIND_SIMPLE) {
			line_set(line,
			    "uri: %s would get the password in the clear: use "
			    "ldaps:// or start-tls",
			    c->uris.items[i]);
			return false;
		}
	}
	return c->uris.n > 0;
}

static bool
check_bind(const struct directory_config *c, char line[LINE_SIZE])
{
	switch (c->bind) {
	case DIRECTORY_BIND_GSSAPI:
		if (c->keytabs.n > 0)
			return true;
		line_set(line, "bind: gssapi needs a keytab");
		return false;
	case DIRECTORY_BIND_SIMPLE:
		if (is_given(c->bind_dn) && is_given(c->bind_password_file))
			return true;
		line_set(line,
		    "bind: simple needs bind-dn and bind-password-file");
		return false;
	case DIRECTORY_BIND_ANONYMOUS:
		return true;
	}
	return false;
}

static bool
check_attributes(const struct directory_config *c, char line[LINE_SIZE])
{
	const struct directory_texts *hosts = &c->hostname_attributes;

	for (size_t i = 0; i < hosts->n; i++) {
		if (!is_attribute(hosts->items[i])) {
			line_set(line,
			    "hostname-attributes: %s is not an attribute",
			    hosts->items[i]);
			return false;
		}
	}
	if (is_given(c->group_attribute) && is_attribute(c->group_attribute))
		return true;
	line_set(line, "group-attribute: %s is not an attribute",
	    c->group_attribute == NULL ? "nothing" : c->group_attribute);
	return false;
}

bool
settings_check(const struct directory_config *c, char line[LINE_SIZE])
{
	char problem[LINE_SIZE];

	if (!check_uris(c, line) || !check_bind(c, line) ||
	    !check_attributes(c, line))
		return false;
	if (!is_given(c->base)) {
		line_set(line, "base: none is given");
		return false;
	}
	if (!check_dn("base", c->base, line) ||
	    (is_given(c->policy_base) &&
		!check_dn("policy-base", c->policy_base, line)))
		return false;
	if (c->principal_filter == NULL ||
	    !filter_check(c->principal_filter, problem)) {
		line_set(line, "principal-filter: %s",
		    c->principal_filter == NULL ? "none is given" : problem);
		return false;
	}
	if (c->timeout_s >= 1 && c->timeout_s <= TIMEOUT_MAX_S)
		return true;
	line_set(line, "timeout: not 1 to %d", TIMEOUT_MAX_S);
	return false;
}

/* A copy that settings_destroy() frees; "" becomes NULL.  False: no memory. */
static bool
copy_text(struct settings *s, const char *text, const char **copy_out)
{
	char **more, *copy;

	*copy_out = NULL;
	if (!is_given(text))
		return true;
	more = realloc(s->owned, (s->n_owned + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	s->owned = more;
	copy = strdup(text);
	if (copy == NULL)
		return false;
	s->owned[s->n_owned++] = copy;
	*copy_out = copy;
	return true;
}

static bool
copy_texts(struct settings *s, const struct directory_texts *from,
    const char ***items_out)
{
	const char **items = calloc(from->n + 1, sizeof(*items));
	bool is_good = items != NULL;

	for (size_t i = 0; i < from->n && is_good; i++)
		is_good = copy_text(s, from->items[i], &items[i]);
	*items_out = items;
	return is_good;
}

/* The callers' items are copied in place of the pointers to them. */
static bool
copy_config(struct settings *s, const struct directory_config *from)
{
	struct directory_config *c = &s->config;
	const char **uris = NULL, **keytabs = NULL, **hosts = NULL;
	bool is_good;

	*c = *from;
	is_good = copy_texts(s, &from->uris, &uris) &&
	    copy_texts(s, &from->keytabs, &keytabs) &&
	    copy_texts(s, &from->hostname_attributes, &hosts) &&
	    copy_text(s, from->ca_file, &c->ca_file) &&
	    copy_text(s, from->bind_dn, &c->bind_dn) &&
	    copy_text(s, from->bind_password_file, &c->bind_password_file) &&
	    copy_text(s, from->bind_principal, &c->bind_principal) &&
	    copy_text(s, from->base, &c->base) &&
	    copy_text(s, from->policy_base, &c->policy_base) &&
	    copy_text(s, from->principal_filter, &c->principal_filter) &&
	    copy_text(s, from->group_attribute, &c->group_attribute);
	c->uris.items = uris;
	c->keytabs.items = keytabs;
	c->hostname_attributes.items = s->host_attributes = hosts;
	return is_good;
}

static bool
list_attributes(struct settings *s)
{
	const struct directory_texts *hosts = &s->config.hostname_attributes;
	const char **all, **groups;

	all = calloc(N_FIXED + hosts->n + 2, sizeof(*all));
	groups = calloc(2, sizeof(*groups));
	s->principal_attributes = all;
	s->group_attributes = groups;
	if (all == NULL || groups == NULL)
		return false;
	memcpy(all, fixed_attributes, sizeof(fixed_attributes));
	all += N_FIXED;
	for (size_t i = 0; i < hosts->n; i++)
		*all++ = hosts->items[i];
	*all = groups[0] = s->config.group_attribute;
	return true;
}

struct settings *
settings_create(const struct directory_config *config, char line[LINE_SIZE])
{
	struct settings *s;

	if (!settings_check(config, line))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s != NULL && copy_config(s, config) && list_attributes(s))
		return s;
	line_set(line, "out of memory");
	settings_destroy(s);
	return NULL;
}

static void
free_items(const char *const *items)
{
	free((void *)(uintptr_t)items);
}

void
settings_destroy(struct settings *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_owned; i++)
		free(s->owned[i]);
	free(s->owned);
	free_items(s->config.uris.items);
	free_items(s->config.keytabs.items);
	free(s->host_attributes);
	free(s->principal_attributes);
	free(s->group_attributes);
	free(s);
}
