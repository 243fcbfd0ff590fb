/*
 * grant_rules.c - the rules that the directory has for a zone, in order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/policy/rule.h"
#include "daemon/server/grant_rules.h"
#include "ldap/grants.h"

#define NUMBER_MAX 999999999u

/* An entry, under one of its zones. */
struct place {
	struct name zone;
	const struct grants_entry *entry;
};

struct grant_rules {
	const struct grants *grants;
	struct place *places; /* by zone, then as the grants have them */
	size_t n_places;
	/* Of no zone that can be read: they may be meant for any. */
	const struct grants_entry **zoneless;
	size_t n_zoneless;
};

/* --- Entries by zone --- */

static int
place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = name_compare(x->zone.octets, y->zone.octets);

	if (c != 0)
		return c;
	return strcasecmp(x->entry->dn, y->entry->dn);
}

static void
add_entry(struct grant_rules *r, const struct grants_entry *e)
{
	bool is_readable = e->n_zones > 0;

	for (size_t i = 0; i < e->n_zones; i++) {
		struct place *p = &r->places[r->n_places];

		if (name_from_text(e->zones[i], NULL, &p->zone) != 0) {
			is_readable = false;
			continue;
		}
		p->entry = e;
		r->n_places++;
	}
	if (!is_readable)
		r->zoneless[r->n_zoneless++] = e;
}

struct grant_rules *
grant_rules_create(const struct grants *g)
{
	struct grant_rules *r = calloc(1, sizeof(*r));
	size_t n_zones = 0;

	if (r == NULL)
		return NULL;
	for (size_t i = 0; i < g->n_entries; i++)
		n_zones += g->entries[i]->n_zones;
	r->places = calloc(n_zones + 1, sizeof(*r->places));
	r->zoneless = calloc(g->n_entries + 1, sizeof(*r->zoneless));
	if (r->places == NULL || r->zoneless == NULL) {
		grant_rules_destroy(r);
		return NULL;
	}
	r->grants = grants_ref(g);
	for (size_t i = 0; i < g->n_entries; i++)
		if (g->entries[i]->is_active)
			add_entry(r, g->entries[i]);
	qsort(r->places, r->n_places, sizeof(*r->places), place_compare);
	return r;
}

void
grant_rules_destroy(struct grant_rules *r)
{
	if (r == NULL)
		return;
	grants_unref(r->grants);
	free(r->places);
	free(r->zoneless);
	free(r);
}

/* The first entry of that zone, or where it would be. */
static size_t
find_place(const struct grant_rules *r, const struct name *zone)
{
	size_t low = 0, high = r->n_places;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (name_compare(r->places[mid].zone.octets, zone->octets) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* --- Values --- */

/* Where a rule stands among the others of its zone. */
enum rank {
	RANK_UNREADABLE, /* meant for a place that cannot be read: any */
	RANK_NUMBERED,
	RANK_DENIALS,
	RANK_LISTS,
	RANK_GRANTS,
};

struct piece {
	enum rank rank;
	uint32_t number; /* of RANK_NUMBERED; in a list: the place in it */
	const char *dn;
	bool is_grant; /* surely */
	struct policy_rule_text rule;
};

struct collection {
	const struct grant_rules_query *query;
	struct arena *arena;
	struct piece *pieces;
	size_t n, room;
};

static void
complain(const struct collection *c, const struct grants_entry *e,
    const char *what)
{
	c->query->complain(c->query->arg, e->dn, what);
}

static int
add_piece(struct collection *c, const struct piece *piece)
{
	struct piece *more;

	if (piece->is_grant && c->query->validity == GRANT_RULES_LAPSED)
		return 0;
	if (c->n == c->room) {
		c->room = c->room == 0 ? 16 : 2 * c->room;
		more = reallocarray(c->pieces, c->room, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		c->pieces = more;
	}
	c->pieces[c->n++] = *piece;
	return 0;
}

static const char *
skip_space(const char *text)
{
	while (isspace((unsigned char)*text) != 0)
		text++;
	return text;
}

/*
 * The end of the rule at text: its ';', or the end of all.  Not one in quotes,
 * unless these are not closed.
 */
static const char *
rule_end(const char *text, bool *is_quote_open_out)
{
	const char *first = NULL;
	bool is_quoted = false;

	for (; *text != '\0' && (is_quoted || *text != ';'); text++) {
		if (is_quoted && text[0] == '\\' && text[1] == '"')
			text++;
		else if (*text == '"')
			is_quoted = !is_quoted;
		else if (*text == ';' && first == NULL)
			first = text;
	}
	*is_quote_open_out = is_quoted;
	return is_quoted && first != NULL ? first : text;
}

/* True if all rules in it, at least one, can only have been meant to grant. */
static bool
is_surely_grant(const char *text)
{
	bool is_quote_open;

	text = skip_space(text);
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text = skip_space(text)) {
		if (!rule_is_surely_grant(text))
			return false;
		text = rule_end(text, &is_quote_open);
		/* What follows an open quote could be anything. */
		if (is_quote_open && *text != '\0')
			return false;
		if (*text == ';')
			text++;
	}
	return true;
}

/* A rule that is wrong before it is read: left out, or nothing after it. */
static int
add_block(struct collection *c, const struct grants_entry *e,
    struct piece *piece, const char *what)
{
	complain(c, e, what);
	if (is_surely_grant(piece->rule.text))
		return 0;
	piece->is_grant = false;
	piece->rule.origin = POLICY_BLOCK;
	return add_piece(c, piece);
}

/* "{n}" before the rule; false: it is not a number. */
static bool
read_number(const char **text_io, struct piece *piece)
{
	const char *text = *text_io;
	char *end;
	unsigned long n;

	if (*text != '{')
		return true;
	*text_io = strchr(text, '}') == NULL ? text + 1 : strchr(text, '}') + 1;
	if (isdigit((unsigned char)text[1]) == 0)
		return false;
	n = strtoul(text + 1, &end, 10);
	if (n > NUMBER_MAX || *end != '}')
		return false;
	piece->rank = RANK_NUMBERED;
	piece->number = (uint32_t)n;
	return true;
}

/* A value of kddnsGrant: one rule. */
static int
add_value(struct collection *c, const struct grants_entry *e, const char *value)
{
	const char *text = skip_space(value), *rest;
	struct piece piece = {.rank = RANK_GRANTS,
	    .dn = e->dn,
	    .rule = {.source = e->dn, .origin = POLICY_FROM_DIRECTORY}};
	bool has_number = read_number(&text, &piece), is_quote_open;

	text = skip_space(text);
	piece.rule.text = text;
	if (!has_number) {
		piece.rank = RANK_UNREADABLE;
		return add_block(c, e, &piece,
		    "what is in \"{}\" is not a number");
	}
	piece.is_grant = is_surely_grant(text);
	if (piece.rank == RANK_GRANTS && !piece.is_grant)
		piece.rank = RANK_DENIALS;
	rest = rule_end(text, &is_quote_open);
	if (*rest == ';' && *skip_space(rest + 1) != '\0')
		return add_block(c, e, &piece, "more than one rule in a value");
	if (e->is_malformed && piece.is_grant)
		return 0;
	return add_piece(c, &piece);
}

/* The next rule of a list; *text_io is then behind it. */
static int
add_from_list(struct collection *c, const struct grants_entry *e,
    const char **text_io, uint32_t number)
{
	const char *text = *text_io, *end;
	struct piece piece = {.rank = RANK_LISTS,
	    .number = number,
	    .dn = e->dn,
	    .rule = {.source = e->dn, .origin = POLICY_FROM_DIRECTORY}};
	bool is_quote_open;

	end = rule_end(text, &is_quote_open);
	if (is_quote_open && *end == ';') {
		piece.rule.text = text;
		*text_io = text + strlen(text);
		return add_block(c, e, &piece, "a quote is not closed");
	}
	piece.rule.text =
	    arena_printf(c->arena, "%.*s", (int)(end - text), text);
	if (piece.rule.text == NULL)
		return ERR_NOMEM;
	*text_io = *end == ';' ? end + 1 : end;
	piece.is_grant = rule_is_surely_grant(piece.rule.text);
	/* The order of several lists is not known: all denials come first. */
	if (e->n_rules > 1) {
		piece.rank = piece.is_grant ? RANK_GRANTS : RANK_DENIALS;
		piece.number = 0;
	}
	if (e->is_malformed && piece.is_grant)
		return 0;
	return add_piece(c, &piece);
}

static int
add_list(struct collection *c, const struct grants_entry *e, const char *list)
{
	uint32_t number = 0;
	int ret = 0;

	for (list = skip_space(list); ret == 0 && *list != '\0';
	     list = skip_space(list))
		ret = add_from_list(c, e, &list, number++);
	return ret;
}

static int
add_values(struct collection *c, const struct grants_entry *e)
{
	int ret = 0;

	if (e->is_malformed)
		complain(c, e,
		    "flags or zones are not as the schema has them: its "
		    "grants are left out");
	else if (e->kind == GRANTS_IDNS && e->n_rules > 1)
		complain(c, e, "several lists of rules have no order");
	for (size_t i = 0; ret == 0 && i < e->n_rules; i++)
		ret = e->kind == GRANTS_KDDNS ? add_value(c, e, e->rules[i])
					      : add_list(c, e, e->rules[i]);
	return ret;
}

/* Whatever it is meant for, its denials hold. */
static int
add_zoneless(struct collection *c, const struct grants_entry *e)
{
	struct grants_entry denials = *e;

	denials.is_malformed = true;
	return add_values(c, &denials);
}

static int
piece_compare(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int dn = strcasecmp(x->dn, y->dn);

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->rank == RANK_LISTS && dn != 0)
		return dn;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (dn != 0)
		return dn;
	if (x->is_grant != y->is_grant)
		return x->is_grant ? 1 : -1;
	return strcmp(x->rule.text, y->rule.text);
}

static int
give_texts(struct collection *c, struct policy_rule_text **texts_out,
    size_t *n_out)
{
	struct policy_rule_text *texts =
	    arena_calloc(c->arena, c->n + 1, sizeof(*texts));

	if (texts == NULL)
		return ERR_NOMEM;
	if (c->n > 0)
		qsort(c->pieces, c->n, sizeof(*c->pieces), piece_compare);
	for (size_t i = 0; i < c->n; i++)
		texts[i] = c->pieces[i].rule;
	*texts_out = texts;
	*n_out = c->n;
	return 0;
}

int
grant_rules_find(const struct grant_rules *r,
    const struct grant_rules_query *query, struct arena *a,
    struct policy_rule_text **texts_out, size_t *n_out)
{
	struct collection c = {.query = query, .arena = a};
	int ret = 0;

	*texts_out = NULL;
	*n_out = 0;
	for (size_t i = find_place(r, query->apex);
	     ret == 0 && i < r->n_places &&
	     name_equal(r->places[i].zone.octets, query->apex->octets);
	     i++)
		ret = add_values(&c, r->places[i].entry);
	for (size_t i = 0; ret == 0 && i < r->n_zoneless; i++)
		ret = add_zoneless(&c, r->zoneless[i]);
	if (ret == 0)
		ret = give_texts(&c, texts_out, n_out);
	free(c.pieces);
	return ret;
}
