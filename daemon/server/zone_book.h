/*
 * zone_book.h - the policy book of a zone, from all its sources
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rules of the configuration never change within one settings; those of the
 * directory do.  A book is compiled from both, in the order of policy-source,
 * and takes the place of the one before as a whole: who has a reference on
 * that goes on with it.
 *
 * Owns:    a reference on the current book, and the texts of warnings.
 * Threads: compiling and swapping: one at a time; the rest any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_ZONE_BOOK_H
#define SERVER_ZONE_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/policy/policy.h"
#include "daemon/server/grant_rules.h"

struct conf_place;
struct conf_zone;
struct zone_book;

#define ZONE_BOOK_PLACE_SIZE 256

/* The source of a rule of the file: "kddnsd.conf:41". */
const char *zone_book_place(const struct conf_place *place,
    char text[ZONE_BOOK_PLACE_SIZE]);

/* What the directory has to do with it. */
struct zone_book_directory {
	bool has_directory;
	const struct grant_rules *grants; /* NULL: not read yet */
	enum grant_rules_validity validity;
	/* As struct policy_book_source has it. */
	bool (*find_group)(void *arg, const char *text,
	    struct policy_group *group_out);
	void *arg;
};

/* Told of each mistake, with the source of the rule. */
typedef void zone_book_complain(void *arg, const char *source,
    const char *what);

struct zone_book_source {
	const struct conf_zone *conf;
	const struct name *apex;
	const struct zone_book_directory *directory;
	zone_book_complain *complain;
	void *complain_arg;
};

/* ERR_MALFORMED: a rule of the file is wrong; ERR_NOMEM. */
int zone_book_compile(const struct zone_book_source *source,
    struct policy_book **book_out);

/* Takes the book.  NULL: no memory, the book stays the caller's. */
struct zone_book *zone_book_create(struct policy_book *book);
void zone_book_destroy(struct zone_book *z); /* NULL is fine */

/* The current book, a reference. */
struct policy_book *zone_book_ref(struct zone_book *z);

/* What is wrong with rules, one line each. */
struct zone_book_warnings {
	char **lines; /* each and the list to be freed */
	size_t n;
};

void zone_book_warnings_add(struct zone_book_warnings *w, const char *source,
    const char *what);
void zone_book_warnings_clear(struct zone_book_warnings *w);

/* Another book (a reference) and what is wrong with it; takes both. */
void zone_book_swap(struct zone_book *z, struct policy_book *book,
    struct zone_book_warnings *warnings);

/* Calls take for each warning; it may not call us. */
void zone_book_each_warning(struct zone_book *z,
    void (*take)(void *arg, const char *line), void *arg);

/* How many rules the new book has that the old one has not, and the reverse. */
struct zone_book_changes {
	size_t n_added, n_removed;
	bool is_reordered; /* else the same: but in another order */
};

/*
 * Compares rules without their sources.  take is called for each rule that
 * came (is_added) or went; NULL: nobody.
 */
int zone_book_compare(const struct policy_book *old,
    const struct policy_book *new,
    void (*take)(void *arg, const char *rule, bool is_added), void *arg,
    struct zone_book_changes *changes_out);

#endif
