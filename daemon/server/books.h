/*
 * books.h - all zones' policy books, compiled anew when the directory changes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each change is logged: which rules came, and which went.
 *
 * Owns:    a reference on the settings in use; the rules of the directory.
 * Threads: one at a time.
 * Errors:  negative enum err; a book that cannot be compiled stays as it was.
 */
#ifndef SERVER_BOOKS_H
#define SERVER_BOOKS_H

#include <stdbool.h>

#include "daemon/server/grant_rules.h"

struct books;
struct groups;
struct settings;

/* The groups are lent.  NULL: no memory. */
struct books *books_create(struct groups *groups);
void books_destroy(struct books *b); /* NULL is fine */

/*
 * From now on the books are those of these settings (a reference is taken),
 * and are compiled with what is known of the directory.
 */
int books_use(struct books *b, struct settings *settings);

/* What the directory has now; takes the rules.  NULL: it was not read. */
void books_set_grants(struct books *b, struct grant_rules *rules);
bool books_have_grants(const struct books *b);
void books_set_validity(struct books *b, enum grant_rules_validity validity);
enum grant_rules_validity books_validity(const struct books *b);

/* Compiles the books that depend on the directory. */
int books_compile(struct books *b);

/* True if any of them needs facts of signers. */
bool books_need_facts(const struct books *b);

#endif
