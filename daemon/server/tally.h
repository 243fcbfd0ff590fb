/*
 * tally.h - how often each rule of each zone has decided, and how
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A rule is known by its text and source, so counts go on over a reload that
 * leaves it.  A writer that has TALLY_MAX different ones counts what is new
 * under TALLY_OTHER.
 *
 * Owns:    copies of all texts.
 * Threads: tally_add() by the writer of that number; tally_walk() by any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_TALLY_H
#define SERVER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_MAX 1024 /* a power of two, and half of the places */
#define TALLY_OTHER "other"

struct tally;

struct tally *tally_create(unsigned n_writers); /* NULL: no memory */
void tally_destroy(struct tally *t);            /* NULL is fine */

void tally_add(struct tally *t, unsigned writer, const char *zone,
    bool is_grant, const char *rule);

struct tally_row {
	const char *zone;
	const char *rule;
	bool is_grant;
	uint64_t n;
};

/* Each of them once, in order of zones and rules.  ERR_NOMEM. */
int tally_walk(struct tally *t,
    void (*take)(void *arg, const struct tally_row *row), void *arg);

#endif
