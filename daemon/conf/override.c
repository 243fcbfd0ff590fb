/*
 * override.c - -o PATH=VALUE, which takes the place of a statement
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <strings.h>

#include "daemon/conf/block.h"
#include "daemon/conf/override.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

/* The block at the end of a statement, or NULL. */
static struct block *
body(struct statement *s)
{
	struct item *last = &s->items[s->n - 1];

	return s->n > 1 && last->kind == ITEM_BLOCK ? &last->block : NULL;
}

static void
append(struct reading *rd, struct block *block, struct statement *s)
{
	struct statement **slot = reading_append(rd, &rd->tree, &block->items,
	    &block->n, sizeof(*slot));

	if (slot != NULL)
		*slot = s;
}

static void
remove_all(struct block *block, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < block->n; i++)
		if (!item_is(&block->items[i]->items[0], name))
			block->items[n++] = block->items[i];
	block->n = n;
}

/* The statement "name { ... }" of the block, made if there is none. */
static struct statement *
open_block(struct reading *rd, struct block *block, const char *name,
    const char *file)
{
	struct statement *s;
	const char *text;

	for (size_t i = 0; i < block->n; i++)
		if (item_is(&block->items[i]->items[0], name) &&
		    body(block->items[i]) != NULL)
			return block->items[i];
	text = arena_printf(&rd->tree, "%s { }", name);
	if (text == NULL) {
		rd->is_nomem = true;
		return NULL;
	}
	s = tree_parse_one(rd, file, text);
	if (s != NULL)
		append(rd, block, s);
	return s;
}

/* True if path goes on with that name and then ends or has a '/'. */
static bool
path_has_name(const char *path, const char *name)
{
	size_t len = strlen(name);

	if (len > 1 && name[len - 1] == '.')
		len--;
	return strncasecmp(path, name, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

/* Finds "zone NAME ..." for a path that starts with NAME; the longest. */
static struct statement *
find_named(const struct block *top, const char *kind, const char *path,
    size_t *len_out)
{
	struct statement *best = NULL;

	*len_out = 0;
	for (size_t i = 0; i < top->n; i++) {
		struct statement *s = top->items[i];
		const char *name;
		size_t len;

		if (!item_is(&s->items[0], kind) || s->n < 3)
			continue;
		name = s->items[1].text;
		len = strlen(name);
		if (len > 1 && name[len - 1] == '.')
			len--;
		if (path_has_name(path, name) && len > *len_out) {
			best = s;
			*len_out = len;
		}
	}
	return best;
}

/* Puts "name value" in place of what block has under that name. */
static void
replace(struct reading *rd, struct block *block, const char *file,
    const char *name, const char *value)
{
	const char *text = arena_printf(&rd->tree, "%s %s", name, value);
	struct statement *s;

	if (text == NULL) {
		rd->is_nomem = true;
		return;
	}
	s = tree_parse_one(rd, file, text);
	if (s == NULL)
		return;
	remove_all(block, name);
	append(rd, block, s);
}

/* One override while it is taken apart; the texts lie in the tree's arena. */
struct override {
	const char *file; /* "-o PATH=VALUE", for messages */
	char *path;       /* what is left of it */
	const char *value;
	struct conf_place place;
};

static bool
override_init(struct reading *rd, const char *text, struct override *o)
{
	char shown[256];
	char *equals;

	(void)log_escape(text, strlen(text), shown, sizeof(shown));
	o->file = arena_printf(&rd->conf->arena, "-o %s", shown);
	o->path = arena_copy(&rd->tree, text, strlen(text) + 1);
	if (o->file == NULL || o->path == NULL) {
		rd->is_nomem = true;
		return false;
	}
	o->place = (struct conf_place){o->file, 0, ++rd->order};
	equals = strchr(o->path, '=');
	if (equals == NULL) {
		reading_error(rd, &o->place, "PATH=VALUE is expected");
		return false;
	}
	*equals = '\0';
	o->value = equals + 1;
	return true;
}

/* Takes the first piece of the path, up to '/'; NULL: the last one is left. */
static const char *
take_piece(struct override *o)
{
	char *slash = strchr(o->path, '/');
	const char *piece = o->path;

	if (slash == NULL)
		return NULL;
	*slash = '\0';
	o->path = slash + 1;
	return piece;
}

static bool
is_named(const struct row *row)
{
	return row->kind == &kind_zones || row->kind == &kind_keys ||
	    row->kind == &kind_servers || row->kind == &kind_acls;
}

/* The block that the first pieces of the path stand for, or NULL. */
static struct block *
find_block(struct reading *rd, struct block *top, struct override *o)
{
	const char *piece = take_piece(o);
	const struct row *row =
	    piece == NULL ? NULL : row_find(top_rows, piece);
	struct statement *s;
	size_t len;

	if (row == NULL || strcmp(row->name, piece) != 0 ||
	    row->kind == &kind_acls) {
		reading_error(rd, &o->place,
		    "a path is BLOCK/STATEMENT or BLOCK/NAME/STATEMENT");
		return NULL;
	}
	if (!is_named(row)) {
		s = open_block(rd, top, row->name, o->file);
		return s == NULL ? NULL : body(s);
	}
	s = find_named(top, row->name, o->path, &len);
	if (s == NULL || body(s) == NULL || o->path[len] != '/') {
		reading_error(rd, &o->place, "there is no such %s", row->name);
		return NULL;
	}
	o->path += len + 1;
	return body(s);
}

/* Names of statements are letters, digits and '-'. */
static bool
is_statement_name(const char *text)
{
	return text[0] != '\0' &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

void
override_apply(struct reading *rd, struct block *top, const char *text)
{
	struct override o;
	struct block *block;
	const char *piece;

	if (!override_init(rd, text, &o))
		return;
	block = find_block(rd, top, &o);
	while (block != NULL && (piece = take_piece(&o)) != NULL) {
		struct statement *s = NULL;

		if (is_statement_name(piece))
			s = open_block(rd, block, piece, o.file);
		block = s == NULL ? NULL : body(s);
		if (s == NULL)
			reading_error(rd, &o.place, "no such path");
	}
	if (block == NULL)
		return;
	if (is_statement_name(o.path))
		replace(rd, block, o.file, o.path, o.value);
	else
		reading_error(rd, &o.place, "no such path");
}

/* --- statements that BIND has in options */

static const struct row *
row_to_move(const struct statement *s)
{
	for (const struct row *row = options_rows; row->name != NULL; row++)
		if (row->move_to != NULL && item_is(&s->items[0], row->name))
			return row;
	return NULL;
}

/* Appends s to the block and under the name of "block/name". */
static void
move_to(struct reading *rd, struct block *top, struct statement *s,
    const char *where)
{
	char *name = arena_copy(&rd->tree, where, strlen(where) + 1);
	struct statement *to;
	char *slash;

	if (name == NULL) {
		rd->is_nomem = true;
		return;
	}
	slash = strchr(name, '/');
	*slash = '\0';
	to = open_block(rd, top, name, s->place.file);
	if (to == NULL)
		return;
	s->items[0].text = slash + 1;
	append(rd, body(to), s);
}

/* Takes the statements to be moved out of one options block. */
static void
move_all(struct reading *rd, struct block *top, struct block *from)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++) {
		struct statement *s = from->items[i];
		const struct row *row = row_to_move(s);

		if (row != NULL)
			move_to(rd, top, s, row->move_to);
		else
			from->items[n++] = s;
	}
	from->n = n;
}

void
override_move(struct reading *rd, struct block *top)
{
	for (size_t i = 0; i < top->n; i++) {
		struct block *from = body(top->items[i]);

		if (from != NULL &&
		    item_is(&top->items[i]->items[0], "options"))
			move_all(rd, top, from);
	}
}
