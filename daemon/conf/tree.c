/*
 * tree.c - named.conf's language: words, strings, blocks and statements
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/source.h"
#include "daemon/conf/tree.h"

#define BLOCKS_DEEP 32
#define INCLUDES_DEEP 16

enum token_kind {
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_SEMICOLON,
	TOKEN_END,
};

struct token {
	enum token_kind kind;
	const char *text; /* in the source; not ended */
	size_t len;
	struct conf_place place;
};

/* One text being parsed, and the chain of those that included it. */
struct parser {
	struct reading *rd;
	const char *at, *end;
	const char *file;
	unsigned line;       /* 0 stays 0: an override has none */
	struct token token;  /* the next one, not yet taken */
	unsigned last_line;  /* where the last one taken was */
	unsigned depth;      /* of blocks */
	struct parser *from; /* whose include we are, or NULL */
	unsigned includes;   /* length of that chain */
	dev_t dev;           /* the file, to see it come again */
	ino_t ino;
};

/* --- tokens */

static struct conf_place
place_here(const struct parser *p)
{
	return (struct conf_place){p->file, p->line, p->rd->order};
}

static void
count_lines(struct parser *p, const char *from, const char *to)
{
	if (p->line == 0)
		return;
	for (; from < to; from++)
		p->line += *from == '\n';
}

static bool
starts_comment(const struct parser *p, const char *at)
{
	return *at == '#' ||
	    (*at == '/' && p->end - at >= 2 && (at[1] == '/' || at[1] == '*'));
}

static void
skip_comment(struct parser *p)
{
	const char *stop;

	if (*p->at == '/' && p->at[1] == '*') {
		stop = memmem(p->at + 2, (size_t)(p->end - p->at) - 2, "*/", 2);
		if (stop == NULL) {
			struct conf_place here = place_here(p);

			reading_error(p->rd, &here, "comment is never closed");
			p->at = p->end;
			return;
		}
		count_lines(p, p->at, stop);
		p->at = stop + 2;
		return;
	}
	stop = memchr(p->at, '\n', (size_t)(p->end - p->at));
	p->at = stop == NULL ? p->end : stop;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && !is_space(c)) || c == 127;
}

static void
skip_blank(struct parser *p)
{
	while (p->at < p->end) {
		if (starts_comment(p, p->at)) {
			skip_comment(p);
		} else if (is_space(*p->at)) {
			count_lines(p, p->at, p->at + 1);
			p->at++;
		} else if (is_control(*p->at)) {
			struct conf_place here = place_here(p);

			reading_error(p->rd, &here, "octet 0x%02x is no text",
			    (unsigned char)*p->at);
			while (p->at < p->end && is_control(*p->at))
				p->at++;
		} else {
			return;
		}
	}
}

/* Takes the string whose opening quote is at p->at. */
static void
scan_string(struct parser *p)
{
	const char *at = p->at + 1;

	p->token.kind = TOKEN_STRING;
	p->token.text = at;
	while (at < p->end && *at != '"' && *at != '\n' && !is_control(*at))
		at += *at == '\\' && p->end - at >= 2 && at[1] != '\n' &&
			!is_control(at[1])
		    ? 2
		    : 1;
	p->token.len = (size_t)(at - p->token.text);
	if (at == p->end || *at != '"')
		reading_error(p->rd, &p->token.place,
		    at < p->end && is_control(*at)
			? "string holds a control character"
			: "string is not closed on its line");
	else
		at++;
	p->at = at;
}

static void
scan_word(struct parser *p)
{
	const char *at = p->at;

	while (at < p->end && strchr("{};\"", *at) == NULL && !is_space(*at) &&
	    !is_control(*at) && !starts_comment(p, at))
		at++;
	p->token.kind = TOKEN_WORD;
	p->token.text = p->at;
	p->token.len = (size_t)(at - p->at);
	p->at = at;
}

/* Reads the next token into p->token. */
static void
advance(struct parser *p)
{
	p->last_line = p->token.place.line;
	skip_blank(p);
	p->rd->order++;
	p->token.place = place_here(p);
	p->token.text = p->at;
	p->token.len = 1;
	if (p->at == p->end) {
		p->token.kind = TOKEN_END;
		p->token.len = 0;
		return;
	}
	switch (*p->at) {
	case '{':
		p->token.kind = TOKEN_OPEN;
		break;
	case '}':
		p->token.kind = TOKEN_CLOSE;
		break;
	case ';':
		p->token.kind = TOKEN_SEMICOLON;
		break;
	case '"':
		scan_string(p);
		return;
	default:
		scan_word(p);
		return;
	}
	p->at++;
}

/* --- statements */

static void parse_block(struct parser *p, struct block *block,
    const struct conf_place *open);

/* The token's text, with \" made a quote in a string. */
static char *
token_copy(struct parser *p)
{
	const struct token *t = &p->token;
	char *copy = arena_alloc(&p->rd->tree, t->len + 1);
	size_t len = 0;

	if (copy == NULL) {
		p->rd->is_nomem = true;
		return NULL;
	}
	for (size_t i = 0; i < t->len; i++) {
		if (t->kind == TOKEN_STRING && t->text[i] == '\\' &&
		    i + 1 < t->len) {
			if (t->text[i + 1] != '"')
				copy[len++] = t->text[i];
			i++;
		}
		copy[len++] = t->text[i];
	}
	copy[len] = '\0';
	return copy;
}

static struct item *
append_item(struct parser *p, struct statement *s, enum item_kind kind)
{
	struct item *item = reading_append(p->rd, &p->rd->tree, &s->items,
	    &s->n, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->kind = kind;
	item->place = p->token.place;
	item->text = token_copy(p);
	return item->text == NULL ? NULL : item;
}

static struct statement *
append_statement(struct parser *p, struct block *block)
{
	struct statement *s = arena_calloc(&p->rd->tree, 1, sizeof(*s));
	struct statement **slot;

	if (s == NULL) {
		p->rd->is_nomem = true;
		return NULL;
	}
	s->place = p->token.place;
	slot = reading_append(p->rd, &p->rd->tree, &block->items, &block->n,
	    sizeof(*slot));
	if (slot == NULL)
		return NULL;
	*slot = s;
	return s;
}

/* After '}' a word on a later line is surely the next statement. */
static bool
semicolon_is_missing(const struct parser *p, const struct statement *s)
{
	if (p->token.kind == TOKEN_CLOSE || p->token.kind == TOKEN_END)
		return true;
	return s->n > 0 && s->items[s->n - 1].kind == ITEM_BLOCK &&
	    p->token.place.line > p->last_line;
}

static void
semicolon_error(struct parser *p, const struct statement *s)
{
	struct conf_place place = p->token.place;
	const struct item *last = &s->items[s->n - 1];
	char text[QUOTED_SIZE];

	place.line = p->last_line;
	reading_error(p->rd, &place, "';' is missing after \"%s\"",
	    last->kind == ITEM_BLOCK ? "}" : quoted(last->text, text));
}

/* Takes one statement with its ';'; it has at least one item. */
static void
parse_statement(struct parser *p, struct statement *s)
{
	while (p->token.kind != TOKEN_SEMICOLON) {
		struct item *item;
		struct block block = {0};
		struct conf_place open = p->token.place;
		size_t at = s->n;

		if (semicolon_is_missing(p, s)) {
			semicolon_error(p, s);
			return;
		}
		item = append_item(p, s,
		    p->token.kind == TOKEN_OPEN       ? ITEM_BLOCK
			: p->token.kind == TOKEN_WORD ? ITEM_WORD
						      : ITEM_STRING);
		if (item == NULL)
			return;
		advance(p);
		if (item->kind == ITEM_BLOCK) {
			parse_block(p, &block, &open);
			s->items[at].block = block;
		}
	}
	advance(p);
}

static struct parser *
included_already(struct parser *p, const struct source *src)
{
	for (; p != NULL; p = p->from)
		if (p->dev == src->st.st_dev && p->ino == src->st.st_ino)
			return p;
	return NULL;
}

/* Parses a file that was read; from is who includes it, or NULL. */
static void
parse_source(struct reading *rd, const char *path, const struct source *src,
    struct parser *from, struct block *block)
{
	struct parser p = {.rd = rd,
	    .at = src->text,
	    .end = src->text + src->len,
	    .file = reading_copy(rd, path),
	    .line = 1,
	    .from = from,
	    .dev = src->st.st_dev,
	    .ino = src->st.st_ino};

	if (p.file == NULL)
		return;
	if (from != NULL) {
		p.includes = from->includes + 1;
		p.depth = from->depth;
	}
	advance(&p);
	parse_block(&p, block, NULL);
}

static void
parse_include(struct parser *p, const struct statement *s, struct block *block)
{
	struct reading *rd = p->rd;
	struct source src = {0};
	char text[QUOTED_SIZE], reason[SOURCE_REASON_SIZE];
	const char *path;
	int ret;

	if (s->n != 2 || s->items[1].kind == ITEM_BLOCK) {
		reading_error(rd, &s->place, "include: one file is expected");
		return;
	}
	(void)quoted(s->items[1].text, text);
	if (!rd->may_open || p->includes == INCLUDES_DEEP) {
		reading_error(rd, &s->place, "include \"%s\": %s", text,
		    rd->may_open ? "files include each other too deep"
				 : "not here");
		return;
	}
	path = reading_path(rd, rd->folder, s->items[1].text);
	if (path == NULL)
		return;
	ret = source_read(path, &src);
	if (ret != 0)
		reading_error(rd, &s->place, "include: cannot read %s: %s",
		    path, source_reason(ret, reason));
	else if (included_already(p, &src) != NULL)
		reading_error(rd, &s->place, "include: %s includes itself",
		    path);
	else
		parse_source(rd, path, &src, p, block);
	source_clear(&src);
}

/* Drops all up to the brace that closes the block we are in, and that one. */
static void
skip_block(struct parser *p)
{
	for (unsigned open = 1; open > 0 && p->token.kind != TOKEN_END;) {
		open += p->token.kind == TOKEN_OPEN;
		open -= p->token.kind == TOKEN_CLOSE;
		advance(p);
	}
}

/* Takes statements up to the closing brace, or the end if open is NULL. */
static void
parse_block(struct parser *p, struct block *block,
    const struct conf_place *open)
{
	p->depth++;
	if (p->depth > BLOCKS_DEEP) {
		reading_error(p->rd, open == NULL ? &p->token.place : open,
		    "blocks are nested over %d deep", BLOCKS_DEEP);
		skip_block(p);
		p->depth--;
		return;
	}
	while (p->token.kind != TOKEN_END && !p->rd->is_nomem) {
		struct statement *s;

		if (p->token.kind == TOKEN_CLOSE && open != NULL)
			break;
		if (p->token.kind == TOKEN_CLOSE ||
		    p->token.kind == TOKEN_SEMICOLON) {
			reading_error(p->rd, &p->token.place, "%s",
			    p->token.kind == TOKEN_CLOSE
				? "'}' without '{'"
				: "';' without a statement");
			advance(p);
			if (p->token.kind == TOKEN_SEMICOLON)
				advance(p);
			continue;
		}
		s = append_statement(p, block);
		if (s == NULL)
			break;
		parse_statement(p, s);
		if (p->rd->is_nomem)
			break;
		if (item_is(&s->items[0], "include")) {
			block->n--;
			parse_include(p, s, block);
		}
	}
	if (open != NULL && p->token.kind == TOKEN_END)
		reading_error(p->rd, open, "'{' is never closed");
	else if (open != NULL)
		advance(p);
	p->depth--;
}

/* --- */

void
tree_parse(struct reading *rd, const char *file, const char *text, size_t len,
    struct block *block)
{
	struct parser p = {.rd = rd,
	    .at = text,
	    .end = text + len,
	    .file = file,
	    .line = 1};

	advance(&p);
	parse_block(&p, block, NULL);
}

int
tree_parse_file(struct reading *rd, const char *path, struct block *block)
{
	struct source src;
	int ret = source_read(path, &src);

	if (ret == 0)
		parse_source(rd, path, &src, NULL, block);
	source_clear(&src);
	return ret;
}

struct statement *
tree_parse_one(struct reading *rd, const char *file, const char *text)
{
	struct block block = {0};
	const char *whole = arena_printf(&rd->tree, "%s;", text);
	size_t n_errors = rd->errors->n_errors;

	if (whole == NULL) {
		rd->is_nomem = true;
		return NULL;
	}
	struct parser p = {.rd = rd,
	    .at = whole,
	    .end = whole + strlen(whole),
	    .file = file};

	advance(&p);
	parse_block(&p, &block, NULL);
	if (rd->is_nomem || rd->errors->n_errors != n_errors)
		return NULL;
	if (block.n != 1) {
		reading_error(rd, &p.token.place, "one value is expected");
		return NULL;
	}
	return block.items[0];
}

bool
item_is(const struct item *item, const char *word)
{
	return item->kind == ITEM_WORD && strcmp(item->text, word) == 0;
}
