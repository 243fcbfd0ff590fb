/*
 * errors.h - the mistakes found in a configuration, all of one run
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    its lines.
 * Threads: one at a time.
 * Errors:  none returned; a line that found no memory is still counted.
 */
#ifndef CONF_ERRORS_H
#define CONF_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct conf_error {
	bool is_warning;
	unsigned order; /* of the place in what was read */
	char *text;     /* "FILE:LINE: message" or "PATH: ..." */
	size_t message_at;
};

#define CONF_ERRORS_MOST 1000 /* lines kept; the rest is only counted */

struct conf_errors {
	struct conf_error *items;
	size_t n;        /* lines in items */
	size_t n_errors; /* mistakes that are not warnings, all of them */
	size_t n_left_out;
	bool is_nomem;
};

void conf_errors_init(struct conf_errors *e);
void conf_errors_clear(struct conf_errors *e);

/* Adds a line; line 0 leaves the number out. */
void conf_errors_add(struct conf_errors *e, bool is_warning, unsigned order,
    const char *file, unsigned line, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));

/* Puts the lines in the order of the text, as it was read. */
void conf_errors_sort(struct conf_errors *e);

/* The first mistake that is no warning; NULL: there is none. */
const struct conf_error *conf_errors_first(const struct conf_errors *e);

/* One line each, a warning as "FILE:LINE: warning: message". */
void conf_errors_print(const struct conf_errors *e, FILE *out);

#endif
