/*
 * cells.h - values of JSON as lines and tables for people
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the renderers of all commands (render.h) are made of.  A value that is
 * missing or null shows as "-"; control characters as "?".
 *
 * Threads: one at a time.
 * Errors:  none; ask ferror().
 */
#ifndef CONTROL_CELLS_H
#define CONTROL_CELLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CELL_SIZE 256

/* One value as text, in cell; returns cell. */
const char *cell_text(const json_t *value, char cell[CELL_SIZE]);
const char *cell_time(const json_t *value, char cell[CELL_SIZE]); /* 1970 */
const char *cell_duration(const json_t *value,
    char cell[CELL_SIZE]); /* seconds: "3d 4h", "5m 6s" */
const char *cell_octets(const json_t *value,
    char cell[CELL_SIZE]); /* "17 octets", "1.5 MiB" */

/* "label:      text" */
void put_line(FILE *out, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of one member of object. */
void put_value(FILE *out, const json_t *object, const char *key,
    const char *label);

/* A table: rows is an array of objects. */
struct column {
	const char *key;
	const char *title;
	bool is_number; /* to the right */
	const char *(*cell)(const json_t *value, char cell[CELL_SIZE]);
};

/* With a line of titles; the last of n columns is not padded. */
void put_table(FILE *out, const json_t *rows, const struct column *columns,
    size_t n);

#endif
