/*
 * value.c - values of one word
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <strings.h>

#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"
#include "daemon/dns/name.h"

/* --- what all kinds use */

const struct item *
value_item(struct reading *rd, const struct row *row, const struct statement *s)
{
	char text[QUOTED_SIZE];

	if (s->n < 2)
		reading_error(rd, &s->place, "%s: a value is missing",
		    row->name);
	else if (s->items[1].kind == ITEM_BLOCK)
		reading_error(rd, &s->items[1].place,
		    "%s: a value is expected, not a block", row->name);
	else if (s->n > 2)
		reading_error(rd, &s->items[2].place,
		    "%s: \"%s\" is one word too many", row->name,
		    quoted(s->items[2].text, text));
	else
		return &s->items[1];
	return NULL;
}

const struct block *
value_named_block(struct reading *rd, const struct row *row,
    const struct statement *s, const char *what)
{
	if (s->n == 3 && s->items[1].kind != ITEM_BLOCK &&
	    s->items[2].kind == ITEM_BLOCK)
		return &s->items[2].block;
	reading_error(rd, &s->place, "%s: %s { ... } is expected", row->name,
	    what);
	return NULL;
}

const struct block *
value_block(struct reading *rd, const struct row *row,
    const struct statement *s)
{
	char text[QUOTED_SIZE];

	if (s->n < 2)
		reading_error(rd, &s->place, "%s: '{' is missing", row->name);
	else if (s->items[1].kind != ITEM_BLOCK)
		reading_error(rd, &s->items[1].place,
		    "%s: '{' is expected, not \"%s\"", row->name,
		    quoted(s->items[1].text, text));
	else if (s->n > 2)
		reading_error(rd, &s->items[2].place,
		    "%s: \"%s\" is one word too many", row->name,
		    quoted(s->items[2].text, text));
	else
		return &s->items[1].block;
	return NULL;
}

void
value_error(struct reading *rd, const struct row *row, const struct item *item,
    const char *what)
{
	char text[QUOTED_SIZE];

	reading_error(rd, &item->place, "%s: \"%s\" is not %s", row->name,
	    quoted(item->text, text), what);
}

void
write_start(struct writing *w, const char *name)
{
	for (unsigned i = 0; i < w->depth; i++)
		(void)fputc('\t', w->f);
	(void)fputs(name, w->f);
}

void
write_string(struct writing *w, const char *text)
{
	(void)fputs(" \"", w->f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('\\', w->f);
		(void)fputc(*text, w->f);
	}
	(void)fputc('"', w->f);
}

void
write_open(struct writing *w)
{
	(void)fputs(" {\n", w->f);
	w->depth++;
}

void
write_close(struct writing *w)
{
	w->depth--;
	write_start(w, "};\n");
}

/* --- yes or no */

static const char *const bool_words[] = {"no", "yes", "false", "true", "0", "1",
    NULL};

int
word_index(const char *const *words, const char *text)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcasecmp(words[i], text) == 0)
			return i;
	return -1;
}

static void
bool_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct item *item = value_item(rd, row, s);
	int i;

	if (item == NULL)
		return;
	i = word_index(bool_words, item->text);
	if (i == -1)
		value_error(rd, row, item, "yes or no");
	else
		*(bool *)value = i % 2 == 1;
}

static void
bool_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fputs(*(const bool *)value ? " yes;\n" : " no;\n", w->f);
}

const struct kind kind_bool = {"(yes | no)", sizeof(bool), bool_read,
    bool_write, NULL};

/* --- texts, words, names */

static void
text_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct item *item = value_item(rd, row, s);
	bool is_given = item != NULL && item->text[0] != '\0';

	if (item != NULL)
		*(const char **)value =
		    is_given ? reading_copy(rd, item->text) : NULL;
}

static void
text_write(struct writing *w, const struct row *row, const void *value)
{
	const char *text = *(const char *const *)value;

	if (text == NULL && row->standard == NULL)
		return;
	write_start(w, row->name);
	write_string(w, text == NULL ? "" : text);
	(void)fputs(";\n", w->f);
}

const struct kind kind_text = {"string", sizeof(const char *), text_read,
    text_write, NULL};

/* "a, b or c" */
static void
word_error(struct reading *rd, const struct row *row, const struct item *item)
{
	char list[128] = "", text[QUOTED_SIZE];
	size_t len = 0;

	for (size_t i = 0; row->words[i] != NULL && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    i == 0                          ? ""
			: row->words[i + 1] == NULL ? " or "
						    : ", ",
		    row->words[i]);
	reading_error(rd, &item->place, "%s: \"%s\" is not %s", row->name,
	    quoted(item->text, text), list);
}

static void
word_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct item *item = value_item(rd, row, s);
	const char *text;
	int i;

	if (item == NULL)
		return;
	text = item->text;
	i = word_index(row->words, text);
	if (i == -1 && word_index(bool_words, text) != -1)
		i = word_index(row->words,
		    bool_words[word_index(bool_words, text) % 2]);
	if (i == -1)
		word_error(rd, row, item);
	else
		*(unsigned *)value = (unsigned)i;
}

static void
word_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fprintf(w->f, " %s;\n", row->words[*(const unsigned *)value]);
}

const struct kind kind_word = {"", sizeof(unsigned), word_read, word_write,
    NULL};

static void
log_level_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item != NULL && !log_level_from_text(item->text, value))
		value_error(rd, row, item,
		    "error, warning, notice, info or debug");
}

static void
log_level_write(struct writing *w, const struct row *row, const void *value)
{
	write_start(w, row->name);
	(void)fprintf(w->f, " %s;\n",
	    log_level_text(*(const enum log_level *)value));
}

const struct kind kind_log_level = {"(error | warning | notice | info | debug)",
    sizeof(enum log_level), log_level_read, log_level_write, NULL};

static void
server_id_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	struct conf_server_id *id = value;

	if (item == NULL)
		return;
	id->text = NULL;
	if (item_is(item, "none")) {
		id->kind = CONF_SERVER_ID_NONE;
	} else if (item_is(item, "hostname")) {
		id->kind = CONF_SERVER_ID_HOSTNAME;
	} else if (strlen(item->text) > 255) { /* one CH TXT string */
		value_error(rd, row, item, "at most 255 octets");
	} else {
		id->kind = CONF_SERVER_ID_TEXT;
		id->text = reading_copy(rd, item->text);
	}
}

static void
server_id_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_server_id *id = value;

	write_start(w, row->name);
	if (id->kind == CONF_SERVER_ID_TEXT)
		write_string(w, id->text);
	else
		(void)fputs(id->kind == CONF_SERVER_ID_NONE ? " none"
							    : " hostname",
		    w->f);
	(void)fputs(";\n", w->f);
}

const struct kind kind_server_id = {"(none | hostname | string)",
    sizeof(struct conf_server_id), server_id_read, server_id_write, NULL};

const char *
value_name(struct reading *rd, const char *statement, const struct item *item)
{
	struct name name;
	char shown[QUOTED_SIZE], text[NAME_TEXT_SIZE];

	if (item->text[0] != '\0' &&
	    name_from_text(item->text, NULL, &name) == 0)
		return reading_copy(rd, name_to_log(name.octets, text));
	reading_error(rd, &item->place, "%s: \"%s\" is no domain name",
	    statement, quoted(item->text, shown));
	return NULL;
}

static void
name_read_value(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	const char *name;

	if (item == NULL)
		return;
	if (strchr(item->text, '@') != NULL) {
		value_error(rd, row, item, "a domain name: write '.' for '@'");
		return;
	}
	name = value_name(rd, row->name, item);
	if (name != NULL)
		*(const char **)value = name;
}

const struct kind kind_name = {"name", sizeof(const char *), name_read_value,
    text_write, NULL};

/* --- paths: made absolute at once, or when their folder is known */

static void
path_absolute_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item == NULL)
		return;
	if (item->text[0] != '/')
		value_error(rd, row, item, "an absolute path");
	else
		*(const char **)value = reading_copy(rd, item->text);
}

static void
path_conf_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item == NULL)
		return;
	*(const char **)value = item->text[0] == '\0'
	    ? NULL
	    : reading_path(rd, rd->folder, item->text);
}

static void
path_later_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item != NULL && item->text[0] == '\0')
		value_error(rd, row, item, "a path");
	else if (item != NULL)
		*(const char **)value = reading_copy(rd, item->text);
}

const struct kind kind_path_absolute = {"path", sizeof(const char *),
    path_absolute_read, text_write, NULL};
const struct kind kind_path_conf = {"path", sizeof(const char *),
    path_conf_read, text_write, NULL};
const struct kind kind_path_run = {"path", sizeof(const char *),
    path_later_read, text_write, NULL};
const struct kind kind_path_zone = {"path", sizeof(const char *),
    path_later_read, text_write, NULL};
