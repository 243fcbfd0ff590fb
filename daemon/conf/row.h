/*
 * row.h - one row of the table of statements, and what kinds there are
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row says what a statement is called, which kind of value it has, where
 * that value lies, its default and bounds, and what it is for.  A kind reads
 * a statement into a value and writes a value as statements.
 *
 * Owns:    nothing; all of it is constant.
 * Threads: any.
 */
#ifndef CONF_ROW_H
#define CONF_ROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/conf/conf.h"

struct block;
struct item;
struct reading;
struct row;
struct statement;

struct writing {
	FILE *f;
	unsigned depth; /* of blocks: one tab each */
};

struct kind {
	const char *grammar; /* of what follows the name; "" if the row says */
	size_t size;         /* of the value, octets */

	/* Reads s into *value; a mistake leaves *value as it was. */
	void (*read)(struct reading *rd, const struct row *row,
	    const struct statement *s, void *value);

	/* Writes the statements that *value stands for, if any. */
	void (*write)(struct writing *w, const struct row *row,
	    const void *value);

	/* A bound for people; NULL: there are none. */
	void (*bound)(FILE *f, uint64_t bound);
};

enum row_flag {
	ROW_LATER = 1 << 0,    /* not supported yet, whatever its value */
	ROW_SEVERAL = 1 << 1,  /* may be given more than once */
	ROW_REQUIRED = 1 << 2, /* the block has to have it */
	ROW_OPTIONS = 1 << 3,  /* of a zone; in options for all zones */
	ROW_PRESENCE = 1 << 4, /* a block whose value starts as row_presence */
};

/* How the value of a ROW_PRESENCE block starts. */
struct row_presence {
	bool is_given;
	struct conf_place place;
};

struct row {
	const char *name;
	const struct kind *kind; /* NULL: move_to */
	const char *grammar;     /* NULL: the kind's */
	const char *standard;    /* default, as after the name; NULL: none */
	const char *only;        /* the one value that works yet; NULL: all */
	const char *move_to;     /* block and statement that this stands for */
	const char *help;
	const struct row *rows;   /* of a block, ended by a NULL name */
	const char *const *words; /* in the order of the enum */
	uint64_t min, max;
	size_t offset; /* of the value in the block's struct */
	unsigned flags;
};

/* table.c: all statements of the file, and those of a zone. */
extern const struct row top_rows[];
extern const struct row zone_rows[];
extern const struct row options_rows[];

/* value.c: one word */
extern const struct kind kind_bool, kind_text, kind_word, kind_name,
    kind_log_level, kind_server_id, kind_path_absolute, kind_path_conf,
    kind_path_run, kind_path_zone;

/* value_number.c */
extern const struct kind kind_number, kind_size, kind_seconds, kind_minutes,
    kind_refresh;

/* value_list.c: several words, addresses */
extern const struct kind kind_texts, kind_text_block, kind_name_block,
    kind_keytab, kind_acceptor, kind_listen_v4, kind_listen_v6, kind_listen_at,
    kind_source_v4, kind_source_v6, kind_targets, kind_server_keys;

/* value_match.c: address-match lists */
extern const struct kind kind_match, kind_acls;

/* value_key.c: shared secrets */
extern const struct kind kind_algorithm, kind_secret, kind_secret_file,
    kind_keys;

/* value_zone.c: zones */
extern const struct kind kind_zone_type, kind_rules, kind_policy_sources,
    kind_zones;

/* block.c: blocks of statements */
extern const struct kind kind_block, kind_options, kind_servers;

/* value.c: what more than one of them needs */

/* The one word or string after the name, or NULL after an error. */
const struct item *value_item(struct reading *rd, const struct row *row,
    const struct statement *s);

/* The block of "row NAME { ... }", or NULL after an error; what: "NAME". */
const struct block *value_named_block(struct reading *rd, const struct row *row,
    const struct statement *s, const char *what);

/* The one block after the name, or NULL after an error. */
const struct block *value_block(struct reading *rd, const struct row *row,
    const struct statement *s);

/* STATEMENT: "WORD" is not WHAT */
void value_error(struct reading *rd, const struct row *row,
    const struct item *item, const char *what);

/* Text as a domain name without the final dot; NULL after an error. */
const char *value_name(struct reading *rd, const char *statement,
    const struct item *item);

/* Index of text in words without case, or -1. */
int word_index(const char *const *words, const char *text);

/* A number of seconds from "90", "1h30m" or "PT1H30M"; false: malformed. */
bool duration_from_text(const char *text, uint64_t unit, uint64_t *seconds_out);

/* Octets from "512", "4k", "512M", "1g"; false: malformed. */
bool size_from_text(const char *text, uint64_t *octets_out);

/* Decodes base64; returns octets written (at most len/4*3), or -1. */
long base64_decode(const char *text, size_t len, uint8_t *octets);

/* Write: the tabs and the name; a quoted string; ";\n" and the like. */
void write_start(struct writing *w, const char *name);
void write_string(struct writing *w, const char *text);
void write_open(struct writing *w);
void write_close(struct writing *w);

#endif
