/*
 * value_zone.c - zone NAME { ... }; and what only zones have
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/conf/block.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

/* --- type */

static void
zone_type_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	static const char *const ours[] = {"primary", "master", NULL};
	static const char *const others[] = {"secondary", "slave", "mirror",
	    "hint", "stub", "static-stub", "forward", "redirect",
	    "delegation-only", NULL};
	const struct item *item = value_item(rd, row, s);
	char text[QUOTED_SIZE];

	if (item == NULL)
		return;
	if (word_index(ours, item->text) != -1)
		*(enum conf_zone_type *)value = CONF_ZONE_PRIMARY;
	else
		reading_error(rd, &item->place, "%s: \"%s\" is not %s",
		    row->name, quoted(item->text, text),
		    word_index(others, item->text) != -1
			? "supported yet"
			: "a type of zone (primary)");
}

static void
zone_type_write(struct writing *w, const struct row *row, const void *value)
{
	(void)value; /* there is one */
	write_start(w, row->name);
	(void)fputs(" primary;\n", w->f);
}

const struct kind kind_zone_type = {"primary", sizeof(enum conf_zone_type),
    zone_type_read, zone_type_write, NULL};

/* --- policy-source */

static const char *const source_words[] = {"file", "ldap", NULL};

static void
sources_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct block *block = value_block(rd, row, s);
	struct conf_policy_sources sources = {0};
	char text[QUOTED_SIZE];

	if (block == NULL)
		return;
	for (size_t i = 0; i < block->n; i++) {
		const struct item *item = &block->items[i]->items[0];
		int word = word_index(source_words, item->text);

		if (word == -1 || block->items[i]->n != 1) {
			reading_error(rd, &item->place,
			    "%s: \"%s\" is not file or ldap", row->name,
			    quoted(item->text, text));
			return;
		}
		for (size_t j = 0; j < sources.n; j++)
			if (sources.items[j] == (enum conf_policy_source)word) {
				reading_error(rd, &item->place,
				    "%s: %s is already in the list", row->name,
				    source_words[word]);
				return;
			}
		sources.items[sources.n++] = (enum conf_policy_source)word;
	}
	*(struct conf_policy_sources *)value = sources;
}

static void
sources_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_policy_sources *sources = value;

	write_start(w, row->name);
	(void)fputs(" {", w->f);
	for (size_t i = 0; i < sources->n; i++)
		(void)fprintf(w->f, " %s;", source_words[sources->items[i]]);
	(void)fputs(" };\n", w->f);
}

const struct kind kind_policy_sources = {"{ (file | ldap); ... }",
    sizeof(struct conf_policy_sources), sources_read, sources_write, NULL};

/* --- update-policy: rules are policy's to understand, not ours */

static const char *
rule_text(struct reading *rd, const struct statement *s)
{
	char *text = NULL, *copy;
	size_t len;
	struct writing w = {open_memstream(&text, &len), 0};

	if (w.f == NULL) {
		rd->is_nomem = true;
		return NULL;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].kind == ITEM_STRING)
			write_string(&w, s->items[i].text);
		else
			(void)fprintf(w.f, " %s", s->items[i].text);
	}
	if (fclose(w.f) != 0) {
		rd->is_nomem = true;
		return NULL;
	}
	copy = reading_copy(rd, text + 1);
	free(text);
	return copy;
}

static void
rules_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	struct conf_rules rules = {.place = s->place};
	const struct block *block;

	if (s->n == 2 && item_is(&s->items[1], "local")) {
		rules.is_local = true;
		*(struct conf_rules *)value = rules;
		return;
	}
	block = value_block(rd, row, s);
	if (block == NULL)
		return;
	rules.items = reading_calloc(rd, block->n, sizeof(*rules.items));
	if (rules.items == NULL)
		return;
	for (; rules.n < block->n; rules.n++) {
		const struct statement *rule = block->items[rules.n];

		for (size_t i = 0; i < rule->n; i++)
			if (rule->items[i].kind == ITEM_BLOCK) {
				reading_error(rd, &rule->items[i].place,
				    "%s: a rule has no '{'", row->name);
				return;
			}
		rules.items[rules.n].text = rule_text(rd, rule);
		rules.items[rules.n].place = rule->place;
	}
	*(struct conf_rules *)value = rules;
}

static void
rules_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_rules *rules = value;

	if (rules->is_local) {
		write_start(w, row->name);
		(void)fputs(" local;\n", w->f);
		return;
	}
	if (rules->n == 0)
		return;
	write_start(w, row->name);
	write_open(w);
	for (size_t i = 0; i < rules->n; i++) {
		write_start(w, rules->items[i].text);
		(void)fputs(";\n", w->f);
	}
	write_close(w);
}

const struct kind kind_rules =
    {"local | { (grant | deny) identity ruletype [name] [types]; ... }",
	sizeof(struct conf_rules), rules_read, rules_write, NULL};

/* --- the block */

/* NAME.zone; a '/' (RFC 2317 has them) would be another folder. */
static const char *
standard_file(struct reading *rd, const char *name)
{
	char *file = arena_printf(&rd->conf->arena, "%s.zone",
	    strcmp(name, ".") == 0 ? "root" : name);

	if (file == NULL) {
		rd->is_nomem = true;
		return NULL;
	}
	for (char *at = file; *at != '\0'; at++)
		if (*at == '/')
			*at = '_';
	return file;
}

/* The block's item of "zone NAME [IN] { ... }", or NULL after an error. */
static const struct item *
zone_body(struct reading *rd, const struct row *row, const struct statement *s)
{
	static const char *const classes[] = {"in", "internet", NULL};
	const struct item *last = &s->items[s->n - 1];
	char text[QUOTED_SIZE];

	if (s->n < 3 || s->n > 4 || s->items[1].kind == ITEM_BLOCK ||
	    last->kind != ITEM_BLOCK) {
		reading_error(rd, &s->place, "%s: NAME { ... } is expected",
		    row->name);
		return NULL;
	}
	if (s->n == 4 && word_index(classes, s->items[2].text) == -1) {
		reading_error(rd, &s->items[2].place,
		    "%s: class \"%s\" is not supported", row->name,
		    quoted(s->items[2].text, text));
		return NULL;
	}
	return last;
}

static void
soa_finish(struct reading *rd, struct conf_soa *soa)
{
	if (!soa->is_given || soa->nameservers.n > 0)
		return;
	soa->nameservers.items = reading_calloc(rd, 1, sizeof(const char *));
	if (soa->nameservers.items == NULL)
		return;
	soa->nameservers.items[0] = soa->mname;
	soa->nameservers.n = 1;
}

static void
zones_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	struct conf *c = rd->conf;
	const struct item *body = zone_body(rd, row, s);
	struct conf_zone *zone;
	const char *name;

	(void)value;
	if (body == NULL)
		return;
	name = value_name(rd, row->name, &s->items[1]);
	zone = reading_append(rd, &c->arena, &c->zones, &c->n_zones,
	    sizeof(*zone));
	if (zone == NULL)
		return;
	*zone = c->zone_defaults;
	zone->name = name == NULL ? "" : name;
	zone->place = s->items[1].place;
	zone->file = standard_file(rd, zone->name);
	block_read(rd, row, &body->block, &s->place,
	    &(struct scope){row->rows, zone, 0}, 1);
	soa_finish(rd, &zone->soa);
}

static void
zones_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf *c = value;

	for (size_t i = 0; i < c->n_zones; i++) {
		write_start(w, row->name);
		write_string(w, c->zones[i].name);
		write_open(w);
		block_write(w, row->rows, &c->zones[i], 0);
		write_close(w);
	}
}

const struct kind kind_zones = {"name [IN] { ... }", 0, zones_read, zones_write,
    NULL};
