/*
 * block.h - blocks of statements, by the rows of the table
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  in the reading.
 */
#ifndef CONF_BLOCK_H
#define CONF_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct block;
struct conf_place;
struct reading;
struct row;
struct statement;
struct writing;

/* Rows whose statements may stand in a block, and the struct they fill. */
struct scope {
	const struct row *rows;
	void *value;
	unsigned needs; /* only rows with these flags */
};

#define SCOPES_MOST 2

/*
 * Reads the statements of a block in the order of the rows (options come
 * before zones, wherever they stand).  in is the block's own row, NULL for the
 * whole file; place is named for what is missing.
 */
void block_read(struct reading *rd, const struct row *in,
    const struct block *block, const struct conf_place *place,
    const struct scope *scopes, size_t n_scopes);

/* Sets every value of the rows to its default, blocks within included. */
void block_defaults(struct reading *rd, const struct row *rows, void *value);

/* Writes all statements whose rows have the flags needs. */
void block_write(struct writing *w, const struct row *rows, const void *value,
    unsigned needs);

/* Makes the paths below directory and run-directory absolute. */
void block_paths(struct reading *rd, const struct row *rows, void *value);

/* The row of that name (in any case, for a hint), or NULL. */
const struct row *row_find(const struct row *rows, const char *name);

/*
 * foreign.c: a statement of BIND's that is not ours gives a warning or an
 * error; false if BIND has none of that name in the block.
 */
bool foreign_check(struct reading *rd, const struct row *in,
    const struct statement *s);

#endif
