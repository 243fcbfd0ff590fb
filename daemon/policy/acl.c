/*
 * acl.c - address-match lists: who may ask for something
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/dns/name.h"
#include "daemon/policy/acl.h"

/* NAME@REALM in its parts; each may have '*' for any octets. */
struct pattern {
	char *text; /* what the parts point into */
	const char *realm;
	bool any_name; /* "*@REALM": any number of components */
	unsigned n_components;
	const char *components[PRINCIPAL_COMPONENTS_MAX];
};

struct list;

struct node {
	enum acl_kind kind;
	bool is_negated;
	struct addr_prefix prefix;
	struct name key_name;
	struct pattern pattern;
	struct list *list;
};

struct list {
	size_t n;
	struct node *nodes;
};

struct acl {
	struct list *list;
	struct addr_prefix *hosts, *nets;
	size_t n_hosts, n_nets;
};

/* --- Patterns --- */

/* Cuts the name at each '/'. */
static int
split_components(struct pattern *p, char *name)
{
	char *slash;

	for (;;) {
		if (p->n_components == PRINCIPAL_COMPONENTS_MAX)
			return ERR_MALFORMED;
		p->components[p->n_components++] = name;
		slash = strchr(name, '/');
		if (slash != NULL)
			*slash = '\0';
		if (*name == '\0')
			return ERR_MALFORMED;
		if (slash == NULL)
			return 0;
		name = slash + 1;
	}
}

static int
split_pattern(struct pattern *p)
{
	char *at = strchr(p->text, '@');

	if (strcmp(p->text, "*") == 0) {
		p->any_name = true;
		p->realm = p->text;
		return 0;
	}
	if (at == NULL || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
	    strchr(at + 1, '/') != NULL || strchr(p->text, '\\') != NULL)
		return ERR_MALFORMED;
	*at = '\0';
	p->realm = at + 1;
	p->any_name = strcmp(p->text, "*") == 0;
	return split_components(p, p->text);
}

static int
compile_pattern(const char *text, struct pattern *p, struct reason *reason)
{
	char escaped[200];

	p->text = strdup(text);
	if (p->text == NULL)
		return ERR_NOMEM;
	if (split_pattern(p) == 0)
		return 0;
	reason_set(reason, "\"%s\" is not a pattern NAME@REALM",
	    log_escape(text, strlen(text), escaped, sizeof(escaped)));
	return ERR_MALFORMED;
}

/* Without case; on a mismatch the last '*' takes one octet more. */
static bool
glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (tolower((unsigned char)*pattern) ==
		    tolower((unsigned char)*text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
pattern_matches(const struct pattern *p, const struct principal *principal)
{
	if (!glob_matches(p->realm, principal->realm))
		return false;
	if (p->any_name)
		return true;
	if (p->n_components != principal->n_components)
		return false;
	for (unsigned i = 0; i < p->n_components; i++)
		if (!glob_matches(p->components[i], principal->components[i]))
			return false;
	return true;
}

/* --- Lists --- */

static void
list_destroy(struct list *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		list_destroy(l->nodes[i].list);
		free(l->nodes[i].pattern.text);
	}
	free(l->nodes);
	free(l);
}

static int
compile_key(const char *text, struct name *name, struct reason *reason)
{
	char escaped[200];

	if (name_from_text(text, NULL, name) == 0)
		return 0;
	reason_set(reason, "\"%s\" is not the name of a key",
	    log_escape(text, strlen(text), escaped, sizeof(escaped)));
	return ERR_MALFORMED;
}

static int compile_list(const struct acl_element *elements, size_t n,
    struct list **list_out, struct reason *reason);

static int
compile_node(const struct acl_element *e, struct node *node,
    struct reason *reason)
{
	node->kind = e->kind;
	node->is_negated = e->is_negated;
	node->prefix = e->prefix;
	switch (e->kind) {
	case ACL_KEY:
		return compile_key(e->text, &node->key_name, reason);
	case ACL_PRINCIPAL:
		return compile_pattern(e->text, &node->pattern, reason);
	case ACL_LIST:
		return compile_list(e->list, e->n, &node->list, reason);
	case ACL_ANY:
	case ACL_NONE:
	case ACL_LOCALHOST:
	case ACL_LOCALNETS:
	case ACL_PREFIX:
		break;
	}
	return 0;
}

static int
compile_list(const struct acl_element *elements, size_t n,
    struct list **list_out, struct reason *reason)
{
	struct list *l = calloc(1, sizeof(*l)); /* owned until handed out */
	int ret = 0;

	*list_out = NULL;

	if (l == NULL)
		return ERR_NOMEM;
	l->nodes = calloc(n == 0 ? 1 : n, sizeof(*l->nodes));
	if (l->nodes == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	while (l->n < n) {
		ret = compile_node(&elements[l->n], &l->nodes[l->n], reason);
		l->n++;
		if (ret != 0)
			goto done;
	}

	*list_out = l;
	l = NULL;
done:
	list_destroy(l);
	return ret;
}

static int
copy_prefixes(const struct addr_prefix *prefixes, size_t n,
    struct addr_prefix **copy_out, size_t *n_out)
{
	if (n == 0)
		return 0;
	*copy_out = calloc(n, sizeof(**copy_out));
	if (*copy_out == NULL)
		return ERR_NOMEM;
	memcpy(*copy_out, prefixes, n * sizeof(*prefixes));
	*n_out = n;
	return 0;
}

static int
copy_local(struct acl *acl, const struct acl_local *local)
{
	int ret;

	if (local == NULL)
		return 0;
	ret = copy_prefixes(local->hosts, local->n_hosts, &acl->hosts,
	    &acl->n_hosts);
	if (ret != 0)
		return ret;
	return copy_prefixes(local->nets, local->n_nets, &acl->nets,
	    &acl->n_nets);
}

int
acl_create(const struct acl_element *elements, size_t n,
    const struct acl_local *local, struct acl **acl_out, struct reason *reason)
{
	struct acl *acl; /* owned until handed out */
	int ret;

	*acl_out = NULL;

	acl = calloc(1, sizeof(*acl));
	if (acl == NULL)
		return ERR_NOMEM;
	ret = copy_local(acl, local);
	if (ret != 0)
		goto done;
	ret = compile_list(elements, n, &acl->list, reason);
	if (ret != 0)
		goto done;

	*acl_out = acl;
	acl = NULL;
done:
	acl_destroy(acl);
	return ret;
}

void
acl_destroy(struct acl *acl)
{
	if (acl == NULL)
		return;
	list_destroy(acl->list);
	free(acl->hosts);
	free(acl->nets);
	free(acl);
}

/* --- Matching --- */

enum match {
	MATCH_NOT,
	MATCH_ALLOW,
	MATCH_REFUSE
};

struct asked {
	const struct acl *acl;
	const struct addr *address;
	const struct signer *signer;
};

static bool
in_any(const struct addr *a, const struct addr_prefix *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr_in_prefix(a, &prefixes[i]))
			return true;
	return false;
}

static enum match match_list(const struct list *l, const struct asked *asked);

static bool
node_matches(const struct node *n, const struct asked *asked)
{
	const struct acl *acl = asked->acl;
	const struct signer *signer = asked->signer;

	switch (n->kind) {
	case ACL_ANY:
	case ACL_NONE:
		return true;
	case ACL_LOCALHOST:
		return in_any(asked->address, acl->hosts, acl->n_hosts);
	case ACL_LOCALNETS:
		return in_any(asked->address, acl->nets, acl->n_nets);
	case ACL_PREFIX:
		return addr_in_prefix(asked->address, &n->prefix);
	case ACL_KEY:
		return signer->kind == SIGNER_KEY &&
		    name_equal(signer->key_name.octets, n->key_name.octets);
	case ACL_PRINCIPAL:
		return signer->kind == SIGNER_PRINCIPAL &&
		    pattern_matches(&n->pattern, signer->principal);
	case ACL_LIST:
		return match_list(n->list, asked) == MATCH_ALLOW;
	}
	return false;
}

static enum match
match_list(const struct list *l, const struct asked *asked)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct node *n = &l->nodes[i];

		if (node_matches(n, asked))
			return n->is_negated != (n->kind == ACL_NONE)
			    ? MATCH_REFUSE
			    : MATCH_ALLOW;
	}
	return MATCH_NOT;
}

bool
acl_allows(const struct acl *acl, const struct addr *address,
    const struct signer *signer)
{
	struct asked asked = {acl, address, signer};

	return acl != NULL && match_list(acl->list, &asked) == MATCH_ALLOW;
}
