/*
 * zone_book.c - the policy book of a zone, from all its sources
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/conf/conf.h"
#include "daemon/server/session_key.h"
#include "daemon/server/zone_book.h"

#define WARNINGS_MAX 100 /* kept of a zone */

struct zone_book {
	pthread_mutex_t lock; /* guards all below */
	struct policy_book *book;
	struct zone_book_warnings warnings;
};

/* --- Compiling --- */

const char *
zone_book_place(const struct conf_place *place, char text[ZONE_BOOK_PLACE_SIZE])
{
	const char *slash = strrchr(place->file, '/');

	(void)snprintf(text, ZONE_BOOK_PLACE_SIZE, "%.200s:%u",
	    slash == NULL ? place->file : slash + 1, place->line);
	return text;
}

/* Rule texts of all sources, one after the other. */
struct texts {
	const struct zone_book_source *source;
	struct arena arena;
	struct policy_rule_text *items;
	size_t n, room;
};

static int
add(struct texts *t, const struct policy_rule_text *items, size_t n)
{
	struct policy_rule_text *more;

	if (n > t->room - t->n) {
		t->room = 2 * t->n + n + 16;
		more = reallocarray(t->items, t->room, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		t->items = more;
	}
	if (n > 0)
		memcpy(t->items + t->n, items, n * sizeof(*items));
	t->n += n;
	return 0;
}

static int
add_file_rule(struct texts *t, const char *text, const struct conf_place *place)
{
	char where[ZONE_BOOK_PLACE_SIZE];
	struct policy_rule_text rule = {.text = text,
	    .origin = POLICY_FROM_FILE};

	rule.source =
	    arena_printf(&t->arena, "%s", zone_book_place(place, where));
	return rule.source == NULL ? ERR_NOMEM : add(t, &rule, 1);
}

static int
add_file(struct texts *t)
{
	const struct conf_rules *rules = &t->source->conf->update_policy;
	int ret = 0;

	if (rules->is_local)
		return add_file_rule(t, "grant " SESSION_KEY_NAME " local ANY",
		    &rules->place);
	for (size_t i = 0; ret == 0 && i < rules->n; i++)
		ret = add_file_rule(t, rules->items[i].text,
		    &rules->items[i].place);
	return ret;
}

static int
add_directory(struct texts *t)
{
	static const struct policy_rule_text not_read =
	    {"the directory was not read yet", "ldap", POLICY_BLOCK};
	const struct zone_book_directory *d = t->source->directory;
	struct grant_rules_query query = {.apex = t->source->apex,
	    .validity = d->validity,
	    .complain = t->source->complain,
	    .arg = t->source->complain_arg};
	struct policy_rule_text *rules;
	size_t n;
	int ret;

	if (d->grants == NULL)
		return add(t, &not_read, 1);
	ret = grant_rules_find(d->grants, &query, &t->arena, &rules, &n);
	return ret == 0 ? add(t, rules, n) : ret;
}

static int
add_sources(struct texts *t)
{
	const struct conf_policy_sources *sources =
	    &t->source->conf->policy_source;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sources->n; i++)
		switch (sources->items[i]) {
		case CONF_POLICY_FILE:
			ret = add_file(t);
			break;
		case CONF_POLICY_LDAP:
			ret = add_directory(t);
			break;
		}
	return ret;
}

static void
complain(void *arg, const char *source, const char *what)
{
	const struct zone_book_source *from = arg;

	from->complain(from->complain_arg, source, what);
}

static bool
find_group(void *arg, const char *text, struct policy_group *group_out)
{
	const struct zone_book_source *from = arg;
	const struct zone_book_directory *d = from->directory;

	return d->find_group != NULL && d->find_group(d->arg, text, group_out);
}

int
zone_book_compile(const struct zone_book_source *source,
    struct policy_book **book_out)
{
	struct texts t = {.source = source};
	struct zone_book_source from = *source;
	int ret;

	*book_out = NULL;
	arena_init(&t.arena, 0);
	ret = add_sources(&t);
	if (ret == 0) {
		struct policy_book_source all = {.apex = source->apex,
		    .rules = t.items,
		    .n = t.n,
		    .has_directory = source->directory->has_directory,
		    .find_group = find_group,
		    .complain = complain,
		    .arg = &from};

		ret = policy_book_create(&all, book_out);
	}
	free(t.items);
	arena_clear(&t.arena);
	return ret;
}

/* --- The current one --- */

struct zone_book *
zone_book_create(struct policy_book *book)
{
	struct zone_book *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return NULL;
	(void)pthread_mutex_init(&z->lock, NULL);
	z->book = book;
	return z;
}

void
zone_book_destroy(struct zone_book *z)
{
	if (z == NULL)
		return;
	policy_book_unref(z->book);
	zone_book_warnings_clear(&z->warnings);
	(void)pthread_mutex_destroy(&z->lock);
	free(z);
}

struct policy_book *
zone_book_ref(struct zone_book *z)
{
	struct policy_book *book;

	(void)pthread_mutex_lock(&z->lock);
	book = policy_book_ref(z->book);
	(void)pthread_mutex_unlock(&z->lock);
	return book;
}

void
zone_book_swap(struct zone_book *z, struct policy_book *book,
    struct zone_book_warnings *warnings)
{
	struct zone_book_warnings old_warnings;
	struct policy_book *old;

	(void)pthread_mutex_lock(&z->lock);
	old = z->book;
	old_warnings = z->warnings;
	z->book = book;
	z->warnings = *warnings;
	(void)pthread_mutex_unlock(&z->lock);
	*warnings = (struct zone_book_warnings){.n = 0};
	policy_book_unref(old);
	zone_book_warnings_clear(&old_warnings);
}

/* --- Warnings --- */

void
zone_book_warnings_add(struct zone_book_warnings *w, const char *source,
    const char *what)
{
	char **lines;

	if (w->n >= WARNINGS_MAX)
		return;
	lines = reallocarray(w->lines, w->n + 1, sizeof(*lines));
	if (lines == NULL)
		return;
	w->lines = lines;
	if (asprintf(&lines[w->n], "%s: %s", source, what) != -1)
		w->n++;
}

void
zone_book_warnings_clear(struct zone_book_warnings *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->lines[i]);
	free(w->lines);
	*w = (struct zone_book_warnings){.n = 0};
}

void
zone_book_each_warning(struct zone_book *z,
    void (*take)(void *arg, const char *line), void *arg)
{
	(void)pthread_mutex_lock(&z->lock);
	for (size_t i = 0; i < z->warnings.n; i++)
		take(arg, z->warnings.lines[i]);
	(void)pthread_mutex_unlock(&z->lock);
}

/* --- What has changed --- */

/* Without its source, " (kddnsd.conf:41)", which may be another place now. */
static size_t
rule_len(const char *text)
{
	const char *source = NULL;

	for (const char *at = text; (at = strstr(at, " (")) != NULL; at++)
		source = at;
	return source == NULL ? strlen(text) : (size_t)(source - text);
}

static int
rules_compare(const char *a, const char *b)
{
	size_t a_len = rule_len(a), b_len = rule_len(b);
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (c != 0)
		return c;
	return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

static int
texts_compare(const void *a, const void *b)
{
	return rules_compare(*(const char *const *)a, *(const char *const *)b);
}

static const char *
text_at(const struct policy_book *b, size_t i)
{
	return policy_rule_to_text(policy_book_rule_at(b, i));
}

/* The texts of all rules, sorted; to be freed.  NULL: no memory. */
static const char **
sorted_texts(const struct policy_book *b)
{
	size_t n = policy_book_n_rules(b);
	const char **texts = calloc(n + 1, sizeof(*texts));

	for (size_t i = 0; texts != NULL && i < n; i++)
		texts[i] = text_at(b, i);
	if (texts != NULL && n > 0)
		qsort(texts, n, sizeof(*texts), texts_compare);
	return texts;
}

static bool
have_same_order(const struct policy_book *a, const struct policy_book *b)
{
	for (size_t i = 0; i < policy_book_n_rules(a); i++)
		if (rules_compare(text_at(a, i), text_at(b, i)) != 0)
			return false;
	return true;
}

int
zone_book_compare(const struct policy_book *old, const struct policy_book *new,
    void (*take)(void *arg, const char *rule, bool is_added), void *arg,
    struct zone_book_changes *changes_out)
{
	const char **was = sorted_texts(old), **is = sorted_texts(new);
	size_t n_was = policy_book_n_rules(old),
	       n_is = policy_book_n_rules(new);
	struct zone_book_changes *x = changes_out;
	size_t i = 0, j = 0;

	*x = (struct zone_book_changes){.n_added = 0};
	while (was != NULL && is != NULL && (i < n_was || j < n_is)) {
		int c = i == n_was ? 1
		    : j == n_is    ? -1
				   : rules_compare(was[i], is[j]);

		if (c != 0 && take != NULL)
			take(arg, c < 0 ? was[i] : is[j], c > 0);
		x->n_removed += c < 0;
		x->n_added += c > 0;
		i += c <= 0;
		j += c >= 0;
	}
	free(was);
	free(is);
	if (was == NULL || is == NULL)
		return ERR_NOMEM;
	x->is_reordered =
	    x->n_added == 0 && x->n_removed == 0 && !have_same_order(old, new);
	return 0;
}
