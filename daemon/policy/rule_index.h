/*
 * rule_index.h - which rules of a book could match a question
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A rule for one signer, or for one owner name or what is below it, is found by
 * a hash; what is for many is always looked at.  A walk gives each rule that
 * could match once, in the order of the book; that it does match is for match.h
 * to say.
 *
 * Owns:    its tables; rules stay the book's.
 * Threads: immutable once made: any; a walk is for one.
 * Errors:  NULL: no memory.
 */
#ifndef POLICY_RULE_INDEX_H
#define POLICY_RULE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/policy/rule.h"

struct rule_index;

/* n rules at most RULE_INDEX_MAX. */
struct rule_index *rule_index_create(struct policy_rule *const *rules,
    size_t n);
void rule_index_destroy(struct rule_index *x); /* NULL is fine */

#define RULE_INDEX_MAX UINT32_MAX
#define RULE_INDEX_LISTS_MAX (NAME_LABELS_MAX + 5)

struct rule_run {
	const uint32_t *at, *end;
};

struct rule_walk {
	unsigned n;
	struct rule_run runs[RULE_INDEX_LISTS_MAX];
};

void rule_walk_start(struct rule_walk *w, const struct rule_index *x,
    const struct policy_question *q);

/* The next rule's number; SIZE_MAX: there is none. */
size_t rule_walk_next(struct rule_walk *w);

#endif
