/*
 * check.c - what has to hold between the statements of a configuration
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/conf/check.h"
#include "daemon/conf/reading.h"

#define ACLS_DEEP 32 /* lists within lists, acls followed */

/* --- names that are defined twice */

struct named {
	const char *name;
	const struct conf_place *place;
};

static int
named_compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = strcasecmp(x->name, y->name);

	if (c != 0)
		return c;
	return x->place->order < y->place->order ? -1 : 1;
}

/* Names of the things of one kind; the list is sorted. */
static void
check_names(struct reading *rd, const char *kind, struct named *list, size_t n)
{
	char name[QUOTED_SIZE], other[QUOTED_SIZE], place[QUOTED_SIZE];

	qsort(list, n, sizeof(*list), named_compare);
	for (size_t i = 1; i < n; i++) {
		const struct named *before = &list[i - 1], *now = &list[i];

		if (now->name[0] == '\0' ||
		    strcasecmp(before->name, now->name) != 0)
			continue;
		(void)quoted(now->name, name);
		(void)place_text(before->place, place);
		if (strcmp(before->name, now->name) == 0)
			reading_error(rd, now->place,
			    "%s \"%s\": already given at %s", kind, name,
			    place);
		else
			reading_error(rd, now->place,
			    "%s \"%s\": differs only in case from \"%s\" at "
			    "%s",
			    kind, name, quoted(before->name, other), place);
	}
}

static struct named *
named_list(struct reading *rd, size_t n)
{
	struct named *list =
	    arena_calloc(&rd->tree, n + 1, sizeof(struct named));

	if (list == NULL)
		rd->is_nomem = true;
	return list;
}

static void
check_key_names(struct reading *rd)
{
	const struct conf *c = rd->conf;
	struct named *list = named_list(rd, c->n_keys);

	if (list == NULL)
		return;
	for (size_t i = 0; i < c->n_keys; i++)
		list[i] = (struct named){c->keys[i].name, &c->keys[i].place};
	check_names(rd, "key", list, c->n_keys);
}

static void
check_acl_names(struct reading *rd)
{
	const struct conf *c = rd->conf;
	struct named *list = named_list(rd, c->n_acls);

	if (list == NULL)
		return;
	for (size_t i = 0; i < c->n_acls; i++)
		list[i] = (struct named){c->acls[i].name, &c->acls[i].place};
	check_names(rd, "acl", list, c->n_acls);
}

static void
check_zone_names(struct reading *rd)
{
	const struct conf *c = rd->conf;
	struct named *list = named_list(rd, c->n_zones);

	if (list == NULL)
		return;
	for (size_t i = 0; i < c->n_zones; i++)
		list[i] = (struct named){c->zones[i].name, &c->zones[i].place};
	check_names(rd, "zone", list, c->n_zones);
}

static void
check_servers(struct reading *rd)
{
	const struct conf *c = rd->conf;
	char place[QUOTED_SIZE];

	for (size_t i = 1; i < c->n_servers; i++)
		for (size_t j = 0; j < i; j++) {
			const struct conf_server *a = &c->servers[j],
						 *b = &c->servers[i];

			if (a->peer.length != b->peer.length ||
			    !addr_equal(&a->peer.addr, &b->peer.addr))
				continue;
			reading_error(rd, &b->place,
			    "server: already given at %s",
			    place_text(&a->place, place));
			break;
		}
}

/* --- zone files */

static int
file_compare(const void *a, const void *b)
{
	const struct conf_zone *x = *(const struct conf_zone *const *)a;
	const struct conf_zone *y = *(const struct conf_zone *const *)b;
	int c = strcmp(x->file, y->file);

	if (c != 0)
		return c;
	return x->place.order < y->place.order ? -1 : 1;
}

/* Two zones that write one file would destroy each other. */
static void
check_files(struct reading *rd)
{
	const struct conf *c = rd->conf;
	const struct conf_zone **list =
	    arena_calloc(&rd->tree, c->n_zones + 1, sizeof(*list));
	char file[QUOTED_SIZE], other[QUOTED_SIZE];

	if (list == NULL) {
		rd->is_nomem = true;
		return;
	}
	for (size_t i = 0; i < c->n_zones; i++)
		list[i] = &c->zones[i];
	qsort(list, c->n_zones, sizeof(*list), file_compare);
	for (size_t i = 1; i < c->n_zones; i++)
		if (strcmp(list[i]->file, list[i - 1]->file) == 0 &&
		    strcasecmp(list[i]->name, list[i - 1]->name) != 0)
			reading_error(rd, &list[i]->place,
			    "file: \"%s\" is the file of zone \"%s\"",
			    quoted(list[i]->file, file),
			    quoted(list[i - 1]->name, other));
}

/* --- names that are used */

static const struct conf_acl *
find_acl(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_acls; i++)
		if (strcasecmp(c->acls[i].name, name) == 0)
			return &c->acls[i];
	return NULL;
}

static void
resolve(struct reading *rd, const struct reference *r)
{
	char text[QUOTED_SIZE];
	const struct conf_acl *acl;

	if (r->key != NULL) {
		if (conf_key_find(rd->conf, r->key) == NULL)
			reading_error(rd, &r->place,
			    "key \"%s\" is not defined", quoted(r->key, text));
		return;
	}
	acl = find_acl(rd->conf, r->match->text);
	if (acl == NULL)
		reading_error(rd, &r->place, "acl \"%s\" is not defined",
		    quoted(r->match->text, text));
	else
		r->match->list = &acl->list;
}

/* --- acls that hold themselves */

enum mark {
	UNSEEN,
	OPEN, /* we are inside it */
	DONE,
};

struct walk {
	struct reading *rd;
	enum mark *marks; /* one for each acl */
	unsigned depth;
};

static void walk_acl(struct walk *w, size_t i, const struct conf_place *from);

static void
walk_list(struct walk *w, const struct conf_match_list *list)
{
	const struct conf *c = w->rd->conf;

	for (size_t i = 0; i < list->n; i++) {
		const struct conf_match *m = &list->items[i];
		const struct conf_acl *acl;

		if (m->kind == CONF_MATCH_LIST && m->list != NULL)
			walk_list(w, m->list);
		if (m->kind != CONF_MATCH_ACL || m->list == NULL)
			continue;
		acl = find_acl(c, m->text);
		walk_acl(w, (size_t)(acl - c->acls), &m->place);
	}
}

static void
walk_acl(struct walk *w, size_t i, const struct conf_place *from)
{
	const struct conf_acl *acl = &w->rd->conf->acls[i];
	char text[QUOTED_SIZE];

	if (w->marks[i] == DONE)
		return;
	if (w->marks[i] == OPEN || w->depth == ACLS_DEEP) {
		reading_error(w->rd, from, "acl \"%s\" %s",
		    quoted(acl->name, text),
		    w->marks[i] == OPEN ? "holds itself"
					: "is nested too deep");
		return;
	}
	w->marks[i] = OPEN;
	w->depth++;
	walk_list(w, &acl->list);
	w->depth--;
	w->marks[i] = DONE;
}

static void
check_cycles(struct reading *rd)
{
	const struct conf *c = rd->conf;
	struct walk w = {.rd = rd};

	w.marks = arena_calloc(&rd->tree, c->n_acls + 1, sizeof(*w.marks));
	if (w.marks == NULL) {
		rd->is_nomem = true;
		return;
	}
	for (size_t i = 0; i < c->n_acls; i++)
		walk_acl(&w, i, &c->acls[i].place);
}

/* --- names in soa {}, which no zone's name is put behind */

/* NULL: a mistake that was told already. */
static void
check_whole(struct reading *rd, const struct conf_zone *z, const char *what,
    const char *name)
{
	char text[QUOTED_SIZE], zone[QUOTED_SIZE];

	if (name != NULL && strchr(name, '.') == NULL)
		reading_warning(rd, &z->soa.place,
		    "soa: %s: \"%s\" is a whole name here; one below the zone "
		    "is written out, %s.%s",
		    what, quoted(name, text), text, quoted(z->name, zone));
}

static void
check_soa(struct reading *rd)
{
	for (size_t i = 0; i < rd->conf->n_zones; i++) {
		const struct conf_zone *z = &rd->conf->zones[i];

		if (!z->soa.is_given)
			continue;
		check_whole(rd, z, "mname", z->soa.mname);
		check_whole(rd, z, "rname", z->soa.rname);
		for (size_t n = 0; n < z->soa.nameservers.n; n++)
			if (z->soa.nameservers.items[n] != z->soa.mname)
				check_whole(rd, z, "nameservers",
				    z->soa.nameservers.items[n]);
	}
}

/* --- the directory */

static void
check_sources(struct reading *rd, const struct conf_zone *z)
{
	const struct conf_ldap *ldap = &rd->conf->ldap;
	bool has_file = false;

	for (size_t i = 0; i < z->policy_source.n; i++) {
		if (z->policy_source.items[i] == CONF_POLICY_FILE)
			has_file = true;
		else if (!ldap->is_given)
			reading_error(rd, &z->place,
			    "policy-source: there is no ldap {} to read rules "
			    "from");
		else if (ldap->policy_base == NULL)
			reading_error(rd, &z->place,
			    "policy-source: ldap {} has no policy-base to read "
			    "rules below");
	}
	if (!has_file && (z->update_policy.n > 0 || z->update_policy.is_local))
		reading_warning(rd, &z->update_policy.place,
		    "update-policy: has no effect, policy-source does not have "
		    "file");
}

static void
check_directory(struct reading *rd)
{
	const struct conf_ldap *ldap = &rd->conf->ldap;

	for (size_t i = 0; i < rd->conf->n_zones; i++)
		check_sources(rd, &rd->conf->zones[i]);
	if (!ldap->is_given)
		return;
	if (ldap->realms.n == 0)
		reading_warning(rd, &ldap->place,
		    "ldap: without realms it tells of no principal's groups "
		    "and host names");
	else if (ldap->hostname_suffixes.n == 0)
		reading_warning(rd, &ldap->place,
		    "ldap: without hostname-suffixes no host name counts");
}

/* --- the panel */

static void
check_panel_is_private(struct reading *rd, const struct conf_web *web)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < web->listen_on.n; i++)
		if (!addr_is_loopback(&web->listen_on.items[i]))
			reading_error(rd, &web->place,
			    "web: %s is no loopback address: that needs "
			    "\"sign-in negotiate\"",
			    addr_to_text(&web->listen_on.items[i], text));
}

static void
check_sign_in(struct reading *rd, const struct conf_web *web)
{
	char text[QUOTED_SIZE];

	if (web->certificate == NULL || web->key == NULL)
		reading_error(rd, &web->place,
		    "web: \"sign-in negotiate\" needs TLS: certificate and "
		    "key");
	if (web->admins.n == 0)
		reading_error(rd, &web->place,
		    "web: nobody could sign in: admins is empty");
	for (size_t i = 0; i < web->admins.n; i++) {
		const char *at = strrchr(web->admins.items[i], '@');

		if (at == NULL || at == web->admins.items[i] || at[1] == '\0')
			reading_error(rd, &web->place,
			    "web: admins: \"%s\" is no NAME@REALM",
			    quoted(web->admins.items[i], text));
	}
}

static void
check_web(struct reading *rd)
{
	const struct conf_web *web = &rd->conf->web;

	if (!web->is_given)
		return;
	switch (web->sign_in) {
	case CONF_SIGN_IN_OFF:
		check_panel_is_private(rd, web);
		break;
	case CONF_SIGN_IN_NEGOTIATE:
		check_sign_in(rd, web);
		break;
	}
}

void
check_all(struct reading *rd)
{
	for (size_t i = 0; i < rd->n_references; i++)
		resolve(rd, &rd->references[i]);
	check_cycles(rd);
	check_key_names(rd);
	check_acl_names(rd);
	check_zone_names(rd);
	check_servers(rd);
	check_files(rd);
	check_soa(rd);
	check_directory(rd);
	check_web(rd);
}
