/*
 * conf_text.h - configurations in tests: read from a text, in one line
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_CONF_TEXT_H
#define TESTS_UNIT_CONF_TEXT_H

#include <stddef.h>

#include "daemon/conf/conf.h"

/* A zone that needs nothing else. */
#define ZONE "zone \"z.test\" { };\n"

/* The configuration of text, which has no mistake; conf_destroy() it. */
struct conf *conf_of(const char *text);

/* Asserts that reading text gives just these lines; the file is "t". */
void expect_lines(const char *text, const char *lines);

/* The same of a file, with overrides. */
void expect_file_lines(const char *path, const char *const *overrides,
    size_t n_overrides, const char *lines);

/* What conf_dump() writes, on the heap. */
char *dump_of(const struct conf *c);

/* A new folder; the name lies in static memory. */
const char *new_folder(void);

/* Writes text to folder/name with that mode; returns the path (static). */
const char *put_file(const char *folder, const char *name, unsigned mode,
    const char *text);

/* Removes the folder and the files in it. */
void remove_folder(const char *folder);

#endif
