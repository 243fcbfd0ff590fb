/*
 * block.c - blocks of statements, by the rows of the table
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/conf/block.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

const struct row *
row_find(const struct row *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcasecmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static void *
value_of(const struct row *row, void *block)
{
	return (char *)block + row->offset;
}

/* --- which row a statement belongs to */

static const struct row *
find_in_scopes(const struct scope *scopes, size_t n_scopes, const char *name)
{
	for (size_t i = 0; i < n_scopes; i++) {
		const struct row *row = row_find(scopes[i].rows, name);

		if (row != NULL &&
		    (row->flags & scopes[i].needs) == scopes[i].needs)
			return row;
	}
	return NULL;
}

static const struct row *
identify(struct reading *rd, const struct row *in, const struct statement *s,
    const struct scope *scopes, size_t n_scopes)
{
	const char *name = s->items[0].text;
	char text[QUOTED_SIZE];
	const struct row *row;

	if (s->items[0].kind != ITEM_WORD) {
		reading_error(rd, &s->place,
		    "\"%s\": the name of a statement is expected",
		    quoted(name, text));
		return NULL;
	}
	row = find_in_scopes(scopes, n_scopes, name);
	if (row != NULL && strcmp(row->name, name) == 0)
		return row;
	if (row != NULL)
		reading_error(rd, &s->place,
		    "unknown statement \"%s\": write \"%s\"",
		    quoted(name, text), row->name);
	else if (!foreign_check(rd, in, s))
		reading_error(rd, &s->place, "unknown statement \"%s\"%s%s",
		    quoted(name, text), in == NULL ? "" : " in ",
		    in == NULL ? "" : in->name);
	return NULL;
}

/* Gives each statement its row, or NULL after saying why it has none. */
static void
identify_all(struct reading *rd, const struct row *in,
    const struct block *block, const struct scope *scopes, size_t n_scopes)
{
	for (size_t i = 0; i < block->n; i++)
		block->items[i]->row =
		    identify(rd, in, block->items[i], scopes, n_scopes);
}

/* --- reading */

/* What one value is written as, on the heap; NULL: no memory. */
static char *
written(const struct row *row, const void *value)
{
	struct writing w = {0};
	char *text = NULL;
	size_t len;

	w.f = open_memstream(&text, &len);
	if (w.f == NULL)
		return NULL;
	row->kind->write(&w, row, value);
	if (fclose(w.f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Reads what would stand after the row's name. */
static void
read_text(struct reading *rd, const struct row *row, const char *text,
    void *value)
{
	const char *whole = arena_printf(&rd->tree, "%s %s", row->name, text);
	struct statement *s;

	if (whole == NULL) {
		rd->is_nomem = true;
		return;
	}
	s = tree_parse_one(rd, "default", whole);
	if (s != NULL)
		row->kind->read(rd, row, s, value);
}

/* An error unless value is the one that row->only names. */
static void
check_only(struct reading *rd, const struct row *row, const struct statement *s,
    const void *value)
{
	void *only = arena_calloc(&rd->tree, 1, row->kind->size);
	char *is = NULL, *may_be = NULL;

	if (only != NULL) {
		read_text(rd, row, row->only, only);
		is = written(row, value);
		may_be = written(row, only);
	}
	if (is == NULL || may_be == NULL)
		rd->is_nomem = true;
	else if (strcmp(is, may_be) != 0)
		reading_error(rd, &s->place,
		    "%s: not supported yet, other than \"%s %s;\"", row->name,
		    row->name, row->only);
	free(is);
	free(may_be);
}

/* Reads one statement; before is an earlier one of the same row, or NULL. */
static void
read_statement(struct reading *rd, const struct row *row,
    const struct statement *s, const struct statement *before, void *value)
{
	char text[QUOTED_SIZE];

	if (before != NULL && (row->flags & ROW_SEVERAL) == 0) {
		reading_error(rd, &s->place, "%s: already given at %s",
		    row->name, place_text(&before->place, text));
		return;
	}
	if ((row->flags & ROW_LATER) != 0)
		reading_error(rd, &s->place, "%s: not supported yet",
		    row->name);
	if (before == NULL && (row->flags & ROW_SEVERAL) != 0 &&
	    row->kind->size > 0)
		memset(value, 0, row->kind->size); /* the default goes */
	row->kind->read(rd, row, s, value);
	if (row->only != NULL)
		check_only(rd, row, s, value);
}

static void
read_row(struct reading *rd, const struct row *row, const struct block *block,
    const struct conf_place *place, const char *in, void *value)
{
	const struct statement *before = NULL;

	for (size_t i = 0; i < block->n && !rd->is_nomem; i++) {
		if (block->items[i]->row != row)
			continue;
		read_statement(rd, row, block->items[i], before, value);
		if (before == NULL)
			before = block->items[i];
	}
	if (before == NULL && (row->flags & ROW_REQUIRED) != 0)
		reading_error(rd, place, "%s: \"%s\" is missing", in,
		    row->name);
}

void
block_read(struct reading *rd, const struct row *in, const struct block *block,
    const struct conf_place *place, const struct scope *scopes, size_t n_scopes)
{
	identify_all(rd, in, block, scopes, n_scopes);
	for (size_t i = 0; i < n_scopes; i++)
		for (const struct row *row = scopes[i].rows; row->name != NULL;
		     row++)
			if (row->kind != NULL &&
			    (row->flags & scopes[i].needs) == scopes[i].needs)
				read_row(rd, row, block, place,
				    in == NULL ? "" : in->name,
				    value_of(row, scopes[i].value));
}

void
block_defaults(struct reading *rd, const struct row *rows, void *value)
{
	for (const struct row *row = rows; row->name != NULL; row++) {
		if (row->kind == &kind_block || row->kind == &kind_options)
			block_defaults(rd, row->rows, value_of(row, value));
		else if (row->standard != NULL)
			read_text(rd, row, row->standard, value_of(row, value));
	}
}

/* --- writing */

void
block_write(struct writing *w, const struct row *rows, const void *value,
    unsigned needs)
{
	for (const struct row *row = rows; row->name != NULL; row++)
		if (row->kind != NULL && (row->flags & needs) == needs &&
		    (row->flags & ROW_LATER) == 0)
			row->kind->write(w, row,
			    (const char *)value + row->offset);
}

/* --- paths */

static void
make_absolute(struct reading *rd, const struct row *row, void *value)
{
	const struct conf_options *o = &rd->conf->options;
	const char **path = value;

	if (*path != NULL && row->kind == &kind_path_zone)
		*path = reading_path(rd, o->directory, *path);
	else if (*path != NULL && row->kind == &kind_path_run)
		*path = reading_path(rd, o->run_directory, *path);
}

void
block_paths(struct reading *rd, const struct row *rows, void *value)
{
	for (const struct row *row = rows; row->name != NULL; row++) {
		if (row->kind == &kind_block || row->kind == &kind_options)
			block_paths(rd, row->rows, value_of(row, value));
		else if (row->kind == &kind_path_zone ||
		    row->kind == &kind_path_run)
			make_absolute(rd, row, value_of(row, value));
	}
}

/* --- the kinds of blocks */

static void
kind_block_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct block *block = value_block(rd, row, s);

	if ((row->flags & ROW_PRESENCE) != 0) {
		*(bool *)value = true;
		*(struct conf_place *)((char *)value +
		    offsetof(struct row_presence, place)) = s->place;
	}
	if (block != NULL)
		block_read(rd, row, block, &s->place,
		    &(struct scope){row->rows, value, 0}, 1);
}

static void
kind_block_write(struct writing *w, const struct row *row, const void *value)
{
	if ((row->flags & ROW_PRESENCE) != 0 && !*(const bool *)value)
		return;
	write_start(w, row->name);
	write_open(w);
	block_write(w, row->rows, value, 0);
	write_close(w);
}

const struct kind kind_block = {"{ ... }", 0, kind_block_read, kind_block_write,
    NULL};

/* options: its own statements, and those that zones start from. */
static void
options_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct block *block = value_block(rd, row, s);
	const struct scope scopes[SCOPES_MOST] = {
	    {row->rows, value, 0},
	    {zone_rows, &rd->conf->zone_defaults, ROW_OPTIONS},
	};

	if (block != NULL)
		block_read(rd, row, block, &s->place, scopes, SCOPES_MOST);
}

static void
options_write(struct writing *w, const struct row *row, const void *value)
{
	const char *conf = (const char *)value - offsetof(struct conf, options);

	write_start(w, row->name);
	write_open(w);
	block_write(w, row->rows, value, 0);
	block_write(w, zone_rows, conf + offsetof(struct conf, zone_defaults),
	    ROW_OPTIONS);
	write_close(w);
}

const struct kind kind_options = {"{ ... }", 0, options_read, options_write,
    NULL};

/* server PREFIX { keys ...; }; */
static void
servers_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	struct conf *c = rd->conf;
	struct conf_server *server;
	struct addr_prefix peer;
	char text[QUOTED_SIZE];
	const struct block *block = value_named_block(rd, row, s, "ADDRESS");
	int ret;

	(void)value;
	if (block == NULL)
		return;
	ret = addr_prefix_from_text(s->items[1].text, &peer);
	if (ret != 0)
		reading_error(rd, &s->items[1].place, "%s: \"%s\" %s",
		    row->name, quoted(s->items[1].text, text),
		    ret == ERR_RANGE ? "has bits beyond its length"
				     : "is not an address or prefix");
	server = reading_append(rd, &c->arena, &c->servers, &c->n_servers,
	    sizeof(*server));
	if (server == NULL)
		return;
	server->peer = peer;
	server->place = s->items[1].place;
	block_read(rd, row, block, &s->place,
	    &(struct scope){row->rows, server, 0}, 1);
}

static void
servers_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf *c = value;
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < c->n_servers; i++) {
		const struct conf_server *server = &c->servers[i];

		write_start(w, row->name);
		(void)fprintf(w->f, " %s/%u",
		    addr_to_text(&server->peer.addr, text),
		    server->peer.length);
		write_open(w);
		block_write(w, row->rows, server, 0);
		write_close(w);
	}
}

const struct kind kind_servers = {"address { ... }", 0, servers_read,
    servers_write, NULL};
