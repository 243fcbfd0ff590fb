/*
 * reading.h - what the parts of one conf_read() share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the arena of the syntax tree; the rest is lent.
 * Threads: one at a time.
 * Errors:  said once, in errors; a want of memory is remembered in is_nomem,
 *          and everything read after it is worthless.
 */
#ifndef CONF_READING_H
#define CONF_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/arena.h"
#include "daemon/conf/conf.h"
#include "daemon/conf/errors.h"

/* A name that must be defined somewhere, looked up when all is read. */
struct reference {
	struct conf_match *match; /* of an address-match list, or NULL */
	const char *key;          /* else the name of a key */
	struct conf_place place;
};

struct reading {
	struct conf *conf;
	struct conf_errors *errors;
	struct arena tree;  /* words and statements; holds secrets */
	const char *folder; /* of the configuration file; no '/' at its end */
	bool may_open;      /* include and secret-file */
	bool is_nomem;
	unsigned order; /* of the newest token */
	struct reference *references;
	size_t n_references;
};

void reading_error(struct reading *rd, const struct conf_place *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void reading_warning(struct reading *rd, const struct conf_place *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Of the configuration's arena; NULL sets is_nomem. */
void *reading_calloc(struct reading *rd, size_t n, size_t size);
char *reading_copy(struct reading *rd, const char *text);

/* folder/path, or path itself if it is absolute. */
const char *reading_path(struct reading *rd, const char *folder,
    const char *path);

/*
 * Room for one more of size octets at the end of the list *items of *n; counts
 * it and returns it, zeroed.  The list lies in a.  NULL: is_nomem.
 */
void *reading_append(struct reading *rd, struct arena *a, void *items_ptr,
    size_t *n, size_t size);

/* Notes that a name must be defined. */
void reading_refer(struct reading *rd, struct conf_match *match,
    const char *key, const struct conf_place *place);

#define QUOTED_SIZE 80

/* text for a message: escaped, cut when long; returns out. */
char *quoted(const char *text, char out[QUOTED_SIZE]);

/* "FILE:LINE" for a message. */
char *place_text(const struct conf_place *place, char out[QUOTED_SIZE]);

#endif
