/*
 * tree.h - named.conf's language: words, strings, blocks and statements
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A statement is a row of words, quoted strings and blocks up to a ';', a
 * block is statements between braces.  '//' and '#' hide the rest of a line,
 * slash-star a passage, anywhere outside a string.  A string ends on its line;
 * \" in it is a quote, every other backslash is itself.  include "file"; puts
 * the file's statements in its place, relative to the configuration file's
 * folder.
 *
 * Owns:    nothing; all lies in the reading's tree arena.
 * Threads: one at a time.
 * Errors:  in the reading, and the tree holds what could be understood.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/conf/conf.h"

struct reading;
struct row;
struct statement;

struct block {
	struct statement **items;
	size_t n;
};

enum item_kind {
	ITEM_WORD,
	ITEM_STRING, /* was quoted */
	ITEM_BLOCK,
};

struct item {
	enum item_kind kind;
	char *text;         /* "{" for a block */
	struct block block; /* ITEM_BLOCK only */
	struct conf_place place;
};

struct statement {
	struct item *items; /* at least one */
	size_t n;
	const struct row *row; /* what it was found to be, or NULL */
	struct conf_place place;
};

/* Appends the statements of len octets of text, from a file of that name. */
void tree_parse(struct reading *rd, const char *file, const char *text,
    size_t len, struct block *block);

/* Appends the statements of a file; 0 or why it could not be read. */
int tree_parse_file(struct reading *rd, const char *path, struct block *block);

/*
 * The one statement that text is (its ';' is added), as if from a file of that
 * name without lines; NULL after an error.
 */
struct statement *tree_parse_one(struct reading *rd, const char *file,
    const char *text);

/* The item's text, "{" for a block. */
bool item_is(const struct item *item, const char *word);

#endif
