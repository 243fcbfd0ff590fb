/*
 * value_list.c - values of several words, and addresses
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/conf/reading.h"
#include "daemon/conf/row.h"
#include "daemon/conf/tree.h"

#define DNS_PORT 53

static void
item_error(struct reading *rd, const struct row *row, const struct item *item,
    const char *what)
{
	char text[QUOTED_SIZE];

	reading_error(rd, &item->place, "%s: \"%s\" %s", row->name,
	    quoted(item->text, text), what);
}

/* --- texts */

static void
append_text(struct reading *rd, struct conf_texts *texts, const char *text)
{
	const char **slot = reading_append(rd, &rd->conf->arena, &texts->items,
	    &texts->n, sizeof(*slot));

	if (slot != NULL)
		*slot = text;
}

static void
texts_read(struct reading *rd, const struct row *row, const struct statement *s,
    void *value)
{
	const struct item *item = value_item(rd, row, s);

	if (item != NULL)
		append_text(rd, value, reading_copy(rd, item->text));
}

static void
texts_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_texts *texts = value;

	for (size_t i = 0; i < texts->n; i++) {
		write_start(w, row->name);
		write_string(w, texts->items[i]);
		(void)fputs(";\n", w->f);
	}
}

const struct kind kind_texts = {"string", sizeof(struct conf_texts), texts_read,
    texts_write, NULL};

/* The one word of each statement of a block. */
static void
block_texts_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value, bool are_names)
{
	const struct block *block = value_block(rd, row, s);
	struct conf_texts texts = {0};

	if (block == NULL)
		return;
	for (size_t i = 0; i < block->n; i++) {
		const struct item *item = &block->items[i]->items[0];
		const char *text;

		if (block->items[i]->n != 1 || item->kind == ITEM_BLOCK) {
			item_error(rd, row, item, "is not one word");
			continue;
		}
		text = are_names ? value_name(rd, row->name, item)
				 : reading_copy(rd, item->text);
		append_text(rd, &texts, text);
	}
	*(struct conf_texts *)value = texts;
}

static void
text_block_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	block_texts_read(rd, row, s, value, false);
}

static void
name_block_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	block_texts_read(rd, row, s, value, true);
}

static void
text_block_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_texts *texts = value;

	if (texts->n == 0 && row->standard == NULL)
		return;
	write_start(w, row->name);
	(void)fputs(" {", w->f);
	for (size_t i = 0; i < texts->n; i++) {
		write_string(w, texts->items[i]);
		(void)fputc(';', w->f);
	}
	(void)fputs(" };\n", w->f);
}

const struct kind kind_text_block = {"{ string; ... }",
    sizeof(struct conf_texts), text_block_read, text_block_write, NULL};
const struct kind kind_name_block = {"{ name; ... }", sizeof(struct conf_texts),
    name_block_read, text_block_write, NULL};

/* "FILE:/path" from that, a path, or a relative one; NULL: another type. */
static const char *
keytab_text(struct reading *rd, const char *text)
{
	const char *path;
	char *whole;

	if (strncmp(text, "FILE:", 5) == 0)
		text += 5;
	else if (strchr(text, ':') != NULL && text[0] != '/')
		return NULL;
	if (text[0] == '\0')
		return NULL;
	path = reading_path(rd, rd->folder, text);
	if (path == NULL)
		return "";
	whole = arena_printf(&rd->conf->arena, "FILE:%s", path);
	if (whole == NULL)
		rd->is_nomem = true;
	return whole == NULL ? "" : whole;
}

static void
keytab_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = value_item(rd, row, s);
	const char *text;

	if (item == NULL)
		return;
	text = keytab_text(rd, item->text);
	if (text == NULL)
		item_error(rd, row, item, "is not a path or FILE:path");
	else
		append_text(rd, value, text);
}

const struct kind kind_keytab = {"string", sizeof(struct conf_texts),
    keytab_read, texts_write, NULL};

static void
acceptor_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	struct conf_texts *texts = value;
	const struct item *item = value_item(rd, row, s);

	if (item == NULL || (item_is(item, "any") && texts->n == 0))
		return;
	if (item_is(item, "any") || item->text[0] == '\0')
		item_error(rd, row, item, "is not a principal");
	else
		append_text(rd, texts, reading_copy(rd, item->text));
}

static void
acceptor_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_texts *texts = value;

	texts_write(w, row, value);
	if (texts->n == 0) {
		write_start(w, row->name);
		(void)fputs(" any;\n", w->f);
	}
}

const struct kind kind_acceptor = {"(any | principal)",
    sizeof(struct conf_texts), acceptor_read, acceptor_write, NULL};

/* --- addresses and ports */

static bool
read_port(struct reading *rd, const struct row *row, const struct item *item,
    uint16_t *port_out)
{
	char *end;
	unsigned long port = strtoul(item->text, &end, 10);

	if (item->text[0] < '0' || item->text[0] > '9' || *end != '\0' ||
	    port == 0 || port > UINT16_MAX) {
		item_error(rd, row, item, "is not a port");
		return false;
	}
	*port_out = (uint16_t)port;
	return true;
}

/* An address of that family (0: any); false after an error. */
static bool
read_addr(struct reading *rd, const struct row *row, const struct item *item,
    uint8_t family, struct addr *addr_out)
{
	const char *what = family == AF_INET ? "is not an IPv4 address"
	    : family == AF_INET6             ? "is not an IPv6 address"
					     : "is not an address";

	if (item->kind != ITEM_BLOCK &&
	    addr_from_text(item->text, addr_out) == 0 &&
	    (family == 0 || addr_out->family == family))
		return true;
	item_error(rd, row, item, what);
	return false;
}

/* "port N" at item at of s, if it is there; false after an error. */
static bool
read_port_words(struct reading *rd, const struct row *row,
    const struct statement *s, size_t *at, uint16_t *port)
{
	if (*at >= s->n || !item_is(&s->items[*at], "port"))
		return true;
	if (*at + 1 == s->n) {
		item_error(rd, row, &s->items[*at], "needs a number");
		return false;
	}
	*at += 2;
	return read_port(rd, row, &s->items[*at - 1], port);
}

/* False after an error if s has anything at item at. */
static bool
is_end(struct reading *rd, const struct row *row, const struct statement *s,
    size_t at)
{
	if (at >= s->n)
		return true;
	item_error(rd, row, &s->items[at],
	    item_is(&s->items[at], "tls") || item_is(&s->items[at], "http")
		? "is not supported yet"
		: "is unexpected");
	return false;
}

/* --- listen-on */

static void
append_addr(struct reading *rd, struct conf_listen *listen,
    const struct addr *addr)
{
	struct addr *slot = reading_append(rd, &rd->conf->arena, &listen->items,
	    &listen->n, sizeof(*slot));

	if (slot != NULL)
		*slot = *addr;
}

static void
listen_element(struct reading *rd, const struct row *row,
    const struct statement *s, const struct addr *wildcard,
    struct conf_listen *listen)
{
	const struct item *item = &s->items[0];
	struct addr addr;

	if (!is_end(rd, row, s, 1) || item_is(item, "none"))
		return;
	if (item_is(item, "any")) {
		append_addr(rd, listen, wildcard);
	} else if (item->kind != ITEM_BLOCK &&
	    addr_from_text(item->text, &addr) != 0) {
		item_error(rd, row, item,
		    "is not any, none or an address (other elements are not "
		    "supported yet)");
	} else if (read_addr(rd, row, item, wildcard->family, &addr)) {
		addr.port = wildcard->port;
		append_addr(rd, listen, &addr);
	}
}

static void
listen_read(struct reading *rd, const struct row *row,
    const struct statement *s, uint8_t family, struct conf_listen *listen)
{
	struct addr wildcard = {.family = family, .port = DNS_PORT};
	size_t at = 1;

	if (!read_port_words(rd, row, s, &at, &wildcard.port))
		return;
	if (at == s->n) {
		reading_error(rd, &s->place, "%s: '{' is missing", row->name);
		return;
	}
	if (s->items[at].kind != ITEM_BLOCK) {
		(void)is_end(rd, row, s, at);
		return;
	}
	if (!is_end(rd, row, s, at + 1))
		return;
	for (size_t i = 0; i < s->items[at].block.n; i++)
		listen_element(rd, row, s->items[at].block.items[i], &wildcard,
		    listen);
}

static void
listen_v4_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	listen_read(rd, row, s, AF_INET, value);
}

static void
listen_v6_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	listen_read(rd, row, s, AF_INET6, value);
}

static const char *
listen_text(const struct addr *addr, char text[ADDR_TEXT_SIZE])
{
	static const uint8_t zero[16];

	if (memcmp(addr->octets, zero, sizeof(zero)) == 0)
		return "any";
	return addr_to_text(addr, text);
}

static void
listen_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_listen *listen = value;
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < listen->n; i++) {
		write_start(w, row->name);
		(void)fprintf(w->f, " port %u { %s; };\n",
		    listen->items[i].port,
		    listen_text(&listen->items[i], text));
	}
	if (listen->n == 0) {
		write_start(w, row->name);
		(void)fputs(" { none; };\n", w->f);
	}
}

const struct kind kind_listen_v4 = {"[port number] { address; ... }",
    sizeof(struct conf_listen), listen_v4_read, listen_write, NULL};
const struct kind kind_listen_v6 = {"[port number] { address; ... }",
    sizeof(struct conf_listen), listen_v6_read, listen_write, NULL};

static void
listen_at_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	struct addr addr = {0};
	uint16_t port = (uint16_t)row->min; /* the default */
	size_t at = 2;

	if (s->n < 2) {
		(void)value_item(rd, row, s);
		return;
	}
	if (!read_addr(rd, row, &s->items[1], 0, &addr) ||
	    !read_port_words(rd, row, s, &at, &port) || !is_end(rd, row, s, at))
		return;
	addr.port = port;
	append_addr(rd, value, &addr);
}

static void
listen_at_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_listen *listen = value;
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < listen->n; i++) {
		write_start(w, row->name);
		(void)fprintf(w->f, " %s port %u;\n",
		    addr_to_text(&listen->items[i], text),
		    listen->items[i].port);
	}
}

const struct kind kind_listen_at = {"address [port number]",
    sizeof(struct conf_listen), listen_at_read, listen_at_write, NULL};

/* --- notify-source */

static void
source_read_family(struct reading *rd, const struct row *row,
    const struct statement *s, uint8_t family, struct addr *value)
{
	struct addr addr = {0};
	size_t at = 2;

	if (s->n < 2) {
		(void)value_item(rd, row, s);
		return;
	}
	if ((!item_is(&s->items[1], "*") &&
		!read_addr(rd, row, &s->items[1], family, &addr)) ||
	    !is_end(rd, row, s, at))
		return;
	*value = addr;
}

static void
source_v4_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	source_read_family(rd, row, s, AF_INET, value);
}

static void
source_v6_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	source_read_family(rd, row, s, AF_INET6, value);
}

static void
source_write(struct writing *w, const struct row *row, const void *value)
{
	const struct addr *addr = value;
	char text[ADDR_TEXT_SIZE];

	write_start(w, row->name);
	(void)fprintf(w->f, " %s;\n",
	    addr->family == 0 ? "*" : addr_to_text(addr, text));
}

const struct kind kind_source_v4 = {"(address | *)", sizeof(struct addr),
    source_v4_read, source_write, NULL};
const struct kind kind_source_v6 = {"(address | *)", sizeof(struct addr),
    source_v6_read, source_write, NULL};

/* --- also-notify */

static void
target_read(struct reading *rd, const struct row *row,
    const struct statement *s, uint16_t port, struct conf_target *t)
{
	size_t at = 1;

	if (!read_addr(rd, row, &s->items[0], 0, &t->addr) ||
	    !read_port_words(rd, row, s, &at, &port))
		return;
	t->addr.port = port;
	t->place = s->place;
	if (at + 1 < s->n && item_is(&s->items[at], "key")) {
		t->key = value_name(rd, row->name, &s->items[at + 1]);
		if (t->key != NULL)
			reading_refer(rd, NULL, t->key,
			    &s->items[at + 1].place);
		at += 2;
	}
	(void)is_end(rd, row, s, at);
}

static void
targets_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	uint16_t port = DNS_PORT;
	size_t at = 1;
	struct conf_targets targets = {0};
	const struct block *block;

	if (!read_port_words(rd, row, s, &at, &port))
		return;
	if (at == s->n) {
		reading_error(rd, &s->place, "%s: '{' is missing", row->name);
		return;
	}
	if (s->items[at].kind != ITEM_BLOCK) {
		(void)is_end(rd, row, s, at);
		return;
	}
	if (!is_end(rd, row, s, at + 1))
		return;
	block = &s->items[at].block;
	for (size_t i = 0; i < block->n; i++) {
		struct conf_target *t = reading_append(rd, &rd->conf->arena,
		    &targets.items, &targets.n, sizeof(*t));

		if (t == NULL)
			return;
		target_read(rd, row, block->items[i], port, t);
	}
	*(struct conf_targets *)value = targets;
}

static void
targets_write(struct writing *w, const struct row *row, const void *value)
{
	const struct conf_targets *targets = value;
	char text[ADDR_TEXT_SIZE];

	write_start(w, row->name);
	write_open(w);
	for (size_t i = 0; i < targets->n; i++) {
		const struct conf_target *t = &targets->items[i];

		write_start(w, addr_to_text(&t->addr, text));
		(void)fprintf(w->f, " port %u", t->addr.port);
		if (t->key != NULL) {
			(void)fputs(" key", w->f);
			write_string(w, t->key);
		}
		(void)fputs(";\n", w->f);
	}
	write_close(w);
}

const struct kind kind_targets =
    {"[port number] { address [port number] [key name]; ... }",
	sizeof(struct conf_targets), targets_read, targets_write, NULL};

/* --- keys of a server block: one name, with or without braces */

static void
server_keys_read(struct reading *rd, const struct row *row,
    const struct statement *s, void *value)
{
	const struct item *item = s->n == 2 ? &s->items[1] : NULL;
	const char *name;

	if (item != NULL && item->kind == ITEM_BLOCK) {
		if (item->block.n == 1 && item->block.items[0]->n == 1)
			item = &item->block.items[0]->items[0];
		else
			item = NULL;
	}
	if (item == NULL || item->kind == ITEM_BLOCK) {
		reading_error(rd, &s->place,
		    "%s: the name of one key is expected", row->name);
		return;
	}
	name = value_name(rd, row->name, item);
	if (name == NULL)
		return;
	reading_refer(rd, NULL, name, &item->place);
	*(const char **)value = name;
}

static void
server_keys_write(struct writing *w, const struct row *row, const void *value)
{
	const char *name = *(const char *const *)value;

	if (name == NULL)
		return;
	write_start(w, row->name);
	(void)fputs(" {", w->f);
	write_string(w, name);
	(void)fputs("; };\n", w->f);
}

const struct kind kind_server_keys = {"{ name; }", sizeof(const char *),
    server_keys_read, server_keys_write, NULL};
