/*
 * trie_build.h - a whole trie from names in canonical order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each name is compared with the one before it only, and each vector is made
 * once, when its last child is known: nothing is looked up, nothing copied.
 *
 * Owns:    the names added, until trie_build_finish() gives the trie away.
 * Threads: one at a time.
 * Errors:  ERR_NOMEM.
 */
#ifndef ZONE_TRIE_BUILD_H
#define ZONE_TRIE_BUILD_H

#include "daemon/zone/trie.h"

struct open_branch;

struct trie_build {
	struct slab *slab;
	uint64_t generation;
	struct open_branch *path; /* from the root to the last leaf */
	unsigned depth, room;
	struct node last; /* the last name's leaf, not yet in a branch */
	struct key last_key;
};

void trie_build_init(struct trie_build *b, const struct trie_edit *e);

/* Frees what was added and not given away. */
void trie_build_clear(struct trie_build *b);

/* Adds the leaf of k, which comes after all before; takes its name. */
int trie_build_add(struct trie_build *b, const struct key *k, struct node leaf);

/* The trie; b is empty then.  On error b keeps all. */
int trie_build_finish(struct trie_build *b, struct node *root_out);

#endif
