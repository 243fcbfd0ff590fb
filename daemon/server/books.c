/*
 * books.c - all zones' policy books, compiled anew when the directory changes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/server/books.h"
#include "daemon/server/groups.h"
#include "daemon/server/settings.h"
#include "daemon/server/zone_book.h"

#define LINES_MAX 20 /* of one change of one zone */

struct books {
	struct groups *groups;
	struct settings *settings; /* a reference; NULL at first */
	bool *has_groups;          /* for each zone: its rules name some */
	struct grant_rules *grants;
	enum grant_rules_validity validity;
	bool need_facts;
};

struct books *
books_create(struct groups *groups)
{
	struct books *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->groups = groups;
	return b;
}

void
books_destroy(struct books *b)
{
	if (b == NULL)
		return;
	grant_rules_destroy(b->grants);
	settings_unref(b->settings);
	free(b->has_groups);
	free(b);
}

void
books_set_grants(struct books *b, struct grant_rules *rules)
{
	grant_rules_destroy(b->grants);
	b->grants = rules;
}

bool
books_have_grants(const struct books *b)
{
	return b->grants != NULL;
}

void
books_set_validity(struct books *b, enum grant_rules_validity validity)
{
	b->validity = validity;
}

enum grant_rules_validity
books_validity(const struct books *b)
{
	return b->validity;
}

bool
books_need_facts(const struct books *b)
{
	return b->need_facts;
}

/* --- One zone --- */

/* A book while it is made. */
struct making {
	struct books *books;
	const struct zone_settings *zone;
	const char *name; /* of the zone */
	bool has_groups;
	struct zone_book_warnings warnings;
	size_t n_lines;
};

static void
complain(void *arg, const char *source, const char *what)
{
	struct making *m = arg;

	zone_book_warnings_add(&m->warnings, source, what);
}

static bool
find_group(void *arg, const char *text, struct policy_group *group_out)
{
	struct making *m = arg;
	char source[300], escaped[256];
	const char *why;

	m->has_groups = true;
	if (groups_find(m->books->groups, text, group_out, &why))
		return true;
	if (why == NULL)
		return false;
	(void)snprintf(source, sizeof(source), "group \"%s\"",
	    log_quote(text, escaped, sizeof(escaped)));
	complain(m, source, why);
	return false;
}

static int
compile(struct making *m, struct policy_book **book_out)
{
	struct books *b = m->books;
	const struct zone_book_directory directory =
	    {.has_directory = settings_conf(b->settings)->ldap.is_given,
		.grants = b->grants,
		.validity = b->validity,
		.find_group = find_group,
		.arg = m};
	const struct zone_book_source source = {.conf = m->zone->conf,
	    .apex = &m->zone->apex,
	    .directory = &directory,
	    .complain = complain,
	    .complain_arg = m};

	return zone_book_compile(&source, book_out);
}

static void
log_rule(void *arg, const char *rule, bool is_added)
{
	struct making *m = arg;
	char quoted[1024];

	if (m->n_lines++ >= LINES_MAX)
		return;
	log_notice("policy rule %s zone=%s rule=\"%s\"",
	    is_added ? "added" : "removed", m->name,
	    log_quote(rule, quoted, sizeof(quoted)));
}

static void
log_changes(struct making *m, const struct policy_book *old,
    const struct policy_book *new)
{
	struct zone_book_changes x;

	if (zone_book_compare(old, new, log_rule, m, &x) != 0 ||
	    (x.n_added == 0 && x.n_removed == 0 && !x.is_reordered))
		return;
	log_notice("policy changed zone=%s rules=%zu added=%zu removed=%zu%s",
	    m->name, policy_book_n_rules(new), x.n_added, x.n_removed,
	    x.is_reordered ? " order=changed" : "");
}

struct known_warnings {
	const struct zone_book_warnings *new;
	bool *is_old; /* one for each of new */
};

static void
mark_known(void *arg, const char *line)
{
	struct known_warnings *k = arg;

	for (size_t i = 0; i < k->new->n; i++)
		if (strcmp(k->new->lines[i], line) == 0)
			k->is_old[i] = true;
}

/* Those that were not there before. */
static void
log_warnings(struct making *m)
{
	struct known_warnings k = {&m->warnings,
	    calloc(m->warnings.n + 1, sizeof(bool))};
	char quoted[1024];
	size_t n = 0;

	if (k.is_old == NULL)
		return;
	zone_book_each_warning(m->zone->book, mark_known, &k);
	for (size_t i = 0; i < m->warnings.n; i++) {
		if (k.is_old[i] || n++ >= LINES_MAX)
			continue;
		log_warning("policy rule wrong zone=%s reason=\"%s\" "
			    "next=\"correct it there; until then it grants "
			    "nothing\"",
		    m->name,
		    log_quote(m->warnings.lines[i], quoted, sizeof(quoted)));
	}
	free(k.is_old);
}

/* old: what it is compared with; NULL: the zone's current one. */
static int
make_book(struct books *b, size_t i, struct policy_book *old)
{
	const struct zone_settings *z = settings_zone_at(b->settings, i);
	char name[NAME_TEXT_SIZE];
	struct making m = {.books = b,
	    .zone = z,
	    .name = name_to_log(z->apex.octets, name)};
	struct policy_book *current = zone_book_ref(z->book), *new;
	int ret = compile(&m, &new);

	if (ret == 0) {
		b->has_groups[i] = m.has_groups;
		log_changes(&m, old == NULL ? current : old, new);
		log_warnings(&m);
		zone_book_swap(z->book, new, &m.warnings);
	} else {
		log_error("policy not compiled zone=%s reason=\"%s\" "
			  "next=\"the old one stays; kddnsctl reload\"",
		    name, err_text(ret));
	}
	zone_book_warnings_clear(&m.warnings);
	policy_book_unref(current);
	return ret;
}

/* --- All of them --- */

static bool
has_directory_rules(const struct conf_zone *conf)
{
	for (size_t i = 0; i < conf->policy_source.n; i++)
		if (conf->policy_source.items[i] == CONF_POLICY_LDAP)
			return true;
	return false;
}

static void
note_needs(struct books *b)
{
	b->need_facts = false;
	for (size_t i = 0; !b->need_facts && i < settings_n_zones(b->settings);
	     i++) {
		struct policy_book *book =
		    zone_book_ref(settings_zone_at(b->settings, i)->book);

		b->need_facts = policy_book_needs_facts(book);
		policy_book_unref(book);
	}
}

int
books_compile(struct books *b)
{
	int ret = 0, one;

	if (b->settings == NULL)
		return 0;
	groups_sweep_begin(b->groups);
	for (size_t i = 0; i < settings_n_zones(b->settings); i++) {
		const struct zone_settings *z =
		    settings_zone_at(b->settings, i);

		if (!b->has_groups[i] && !has_directory_rules(z->conf))
			continue;
		one = make_book(b, i, NULL);
		ret = one != 0 ? one : ret;
	}
	groups_sweep_end(b->groups);
	note_needs(b);
	return ret;
}

int
books_use(struct books *b, struct settings *settings)
{
	struct settings *old = b->settings;
	bool *has_groups =
	    calloc(settings_n_zones(settings) + 1, sizeof(*has_groups));
	int ret = 0, one;

	if (has_groups == NULL)
		return ERR_NOMEM;
	free(b->has_groups);
	b->has_groups = has_groups;
	b->settings = settings_ref(settings);
	groups_sweep_begin(b->groups);
	for (size_t i = 0; i < settings_n_zones(settings); i++) {
		const struct zone_settings *was = old == NULL
		    ? NULL
		    : settings_zone(old, settings_zone_at(settings, i)->zone);
		struct policy_book *before =
		    was == NULL ? NULL : zone_book_ref(was->book);

		one = make_book(b, i, before);
		ret = one != 0 ? one : ret;
		policy_book_unref(before);
	}
	groups_sweep_end(b->groups);
	note_needs(b);
	settings_unref(old);
	return ret;
}
