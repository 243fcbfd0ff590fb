/*
 * value_match.c - address-match lists
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

static const char *const match_words[] = {"any", "none", "localhost",
    "localnets", NULL};

static void list_read(struct reading *rd, const char *statement,
    const struct block *block, struct conf_match_list *list_out);

static void
item_error(struct reading *rd, const char *statement, const struct item *item,
    const char *what)
{
	char text[QUOTED_SIZE];

	reading_error(rd, &item->place, "%s: \"%s\" %s", statement,
	    quoted(item->text, text), what);
}

/* Digits with dots, colons or a length: meant as an address. */
static bool
looks_like_prefix(const char *text)
{
	return strpbrk(text, ":/") != NULL ||
	    text[strspn(text, "0123456789.")] == '\0';
}

static void
prefix_read(struct reading *rd, const char *statement, const struct item *item,
    const char *text, struct conf_match *m)
{
	int ret = addr_prefix_from_text(text, &m->prefix);

	m->kind = CONF_MATCH_PREFIX;
	if (ret == ERR_RANGE)
		item_error(rd, statement, item, "has bits beyond its length");
	else if (ret != 0)
		item_error(rd, statement, item, "is not an address or prefix");
}

/* "key NAME" and "principal PATTERN" */
static void
pair_read(struct reading *rd, const char *statement, const char *word,
    const struct item *item, struct conf_match *m)
{
	if (item->kind == ITEM_BLOCK) {
		item_error(rd, statement, item, "is unexpected");
	} else if (strcmp(word, "key") == 0) {
		m->kind = CONF_MATCH_KEY;
		m->text = value_name(rd, statement, item);
		if (m->text != NULL)
			reading_refer(rd, m, m->text, &item->place);
	} else if (strcmp(word, "principal") == 0) {
		m->kind = CONF_MATCH_PRINCIPAL;
		m->text = reading_copy(rd, item->text);
	} else {
		item_error(rd, statement, item - 1, "is not known here");
	}
}

/* One word, its '!' taken off. */
static void
word_read(struct reading *rd, const char *statement, const struct item *item,
    const char *text, struct conf_match *m)
{
	int word = item->kind == ITEM_WORD ? word_index(match_words, text) : -1;

	if (word != -1) {
		m->kind = (enum conf_match_kind)word;
	} else if (looks_like_prefix(text)) {
		prefix_read(rd, statement, item, text, m);
	} else {
		m->kind = CONF_MATCH_ACL;
		m->text = reading_copy(rd, text);
		reading_refer(rd, m, NULL, &item->place);
	}
}

static void
nested_read(struct reading *rd, const char *statement, const struct item *item,
    struct conf_match *m)
{
	struct conf_match_list *list = reading_calloc(rd, 1, sizeof(*list));

	if (list == NULL)
		return;
	list_read(rd, statement, &item->block, list);
	m->kind = CONF_MATCH_LIST;
	m->list = list;
}

static void
element_read(struct reading *rd, const char *statement,
    const struct statement *s, struct conf_match *m)
{
	const struct item *item = &s->items[0], *end = s->items + s->n;
	const char *text = item->text;

	m->place = item->place;
	if (item->kind == ITEM_WORD && text[0] == '!') {
		m->is_negated = true;
		text++;
		if (text[0] == '\0' && ++item < end)
			text = item->text;
	}
	if (item == end || text[0] == '\0')
		reading_error(rd, &m->place, "%s: an element is missing",
		    statement);
	else if (end - item > 2)
		item_error(rd, statement, item + 2, "is unexpected");
	else if (end - item == 2)
		pair_read(rd, statement, text, item + 1, m);
	else if (item->kind == ITEM_BLOCK)
		nested_read(rd, statement, item, m);
	else
		word_read(rd, statement, item, text, m);
}

static void
list_read(struct reading *rd, const char *statement, const struct block *block,
    struct conf_match_list *list_out)
{
	struct conf_match *items = reading_calloc(rd, block->n, sizeof(*items));

	if (items == NULL)
		return;
	for (size_t i = 0; i < block->n; i++)
		element_read(rd, statement, block->items[i], &items[i]);
	list_out->items = items;
	list_out->n = block->n;
}

static void
match_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct block *block = value_block(rd, row, s);

	if (block != NULL)
		list_read(rd, row->name, block, value);
}

static void list_write(FILE *f, const struct conf_match_list *list);

static void
element_write(struct writing *w, const struct conf_match *m)
{
	char text[ADDR_TEXT_SIZE];

	(void)fputs(m->is_negated           ? " !"
		: m->kind == CONF_MATCH_ACL ? ""
					    : " ",
	    w->f); /* a string brings its own blank */
	switch (m->kind) {
	case CONF_MATCH_ANY:
	case CONF_MATCH_NONE:
	case CONF_MATCH_LOCALHOST:
	case CONF_MATCH_LOCALNETS:
		(void)fputs(match_words[m->kind], w->f);
		break;
	case CONF_MATCH_PREFIX:
		(void)fprintf(w->f, "%s/%u",
		    addr_to_text(&m->prefix.addr, text), m->prefix.length);
		break;
	case CONF_MATCH_KEY:
		(void)fputs("key", w->f);
		write_string(w, m->text);
		break;
	case CONF_MATCH_PRINCIPAL:
		(void)fputs("principal", w->f);
		write_string(w, m->text);
		break;
	case CONF_MATCH_ACL:
		write_string(w, m->text);
		break;
	case CONF_MATCH_LIST:
		list_write(w->f, m->list);
		break;
	}
	(void)fputc(';', w->f);
}

/* "{ a; b; }" on one line */
static void
list_write(FILE *f, const struct conf_match_list *list)
{
	struct writing w = {f, 0};

	(void)fputc('{', f);
	for (size_t i = 0; i < list->n; i++)
		element_write(&w, &list->items[i]);
	(void)fputs(" }", f);
}

static void
match_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fputc(' ', w->f);
	list_write(w->f, value);
	(void)fputs(";\n", w->f);
}

const struct kind kind_match = {"{ address-match; ... }",
    sizeof(struct conf_match_list), match_read, match_write, NULL};

/* --- acl NAME { ... }; */

static void
acls_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	struct conf *c = rd->conf;
	const struct block *block = value_named_block(rd, row, s, "NAME");
	struct conf_acl *acl;

	(void)value;
	if (block == NULL)
		return;
	if (s->items[1].text[0] == '!' ||
	    word_index(match_words, s->items[1].text) != -1 ||
	    looks_like_prefix(s->items[1].text)) {
		item_error(rd, row->name, &s->items[1],
		    "cannot be the name of an acl");
		return;
	}
	acl = reading_append(rd, &c->arena, &c->acls, &c->n_acls, sizeof(*acl));
	if (acl == NULL)
		return;
	acl->name = reading_copy(rd, s->items[1].text);
	acl->place = s->items[1].place;
	list_read(rd, row->name, block, &acl->list);
}

static void
acls_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf *c = value;

	for (size_t i = 0; i < c->n_acls; i++) {
		write_start(w, row->name);
		write_string(w, c->acls[i].name);
		(void)fputc(' ', w->f);
		list_write(w->f, &c->acls[i].list);
		(void)fputs(";\n", w->f);
	}
}

const struct kind kind_acls = {"name { address-match; ... }", 0, acls_read,
    acls_write, NULL};
