/*
 * trie_build.c - a whole trie from names in canonical order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/zone/slab.h"
#include "daemon/zone/trie_build.h"

/* A branch that may get more children. */
struct open_branch {
	uint64_t word; /* as a node's */
	unsigned n;
	struct node nodes[KEY_SYMBOLS];
};

void
trie_build_init(struct trie_build *b, const struct trie_edit *e)
{
	memset(b, 0, sizeof(*b));
	b->slab = e->slab;
	b->generation = e->generation;
}

static void
free_node(struct trie_build *b, struct node *n)
{
	if (n->at != NULL)
		trie_free_younger(b->slab, n, b->generation - 1);
}

void
trie_build_clear(struct trie_build *b)
{
	for (unsigned i = 0; i < b->depth; i++)
		for (unsigned k = 0; k < b->path[i].n; k++)
			free_node(b, &b->path[i].nodes[k]);
	free_node(b, &b->last);
	free(b->path);
	memset(b, 0, sizeof(*b));
}

static unsigned
branch_offset(const struct open_branch *o)
{
	return (unsigned)(o->word >> 48);
}

/* The last leaf, or what was made above it, becomes the newest child of o. */
static void
take_last(struct trie_build *b, struct open_branch *o)
{
	uint64_t bit = symbol_bit(key_at(&b->last_key, branch_offset(o)));

	assert((o->word & bit) == 0 && o->n < KEY_SYMBOLS);
	o->word |= bit;
	o->nodes[o->n++] = b->last;
	memset(&b->last, 0, sizeof(b->last));
}

/* The innermost branch gets its last child, and takes the leaf's place. */
static int
close_branch(struct trie_build *b)
{
	struct open_branch *o = &b->path[b->depth - 1];
	size_t size = (o->n + 1u) * sizeof(o->nodes[0]);
	struct vector *v = slab_alloc(b->slab, sizeof(*v) + size);

	if (v == NULL)
		return ERR_NOMEM;
	take_last(b, o);
	v->birth_n = b->generation << 8 | o->n;
	memcpy(v->nodes, o->nodes, size);
	b->last = (struct node){o->word, v};
	b->depth--;
	return 0;
}

static int
open_branch(struct trie_build *b, unsigned offset)
{
	unsigned room = b->room == 0 ? 16 : 2 * b->room;
	struct open_branch *o;

	if (b->depth == b->room) {
		o = reallocarray(b->path, room, sizeof(*o));
		if (o == NULL)
			return ERR_NOMEM;
		b->path = o;
		b->room = room;
	}
	o = &b->path[b->depth++];
	o->word = (uint64_t)offset << 48 | NODE_BRANCH;
	o->n = 0;
	return 0;
}

int
trie_build_add(struct trie_build *b, const struct key *k, struct node leaf)
{
	unsigned difference;
	int ret = 0;

	if (b->last.at != NULL) {
		difference = key_difference(&b->last_key, k);
		assert(
		    key_at(&b->last_key, difference) < key_at(k, difference));
		while (ret == 0 && b->depth > 0 &&
		    branch_offset(&b->path[b->depth - 1]) > difference)
			ret = close_branch(b);
		if (ret == 0 &&
		    (b->depth == 0 ||
			branch_offset(&b->path[b->depth - 1]) < difference))
			ret = open_branch(b, difference);
		if (ret != 0)
			return ret;
		take_last(b, &b->path[b->depth - 1]);
	}
	b->last = leaf;
	b->last_key.len = k->len;
	memcpy(b->last_key.symbols, k->symbols, k->len);
	return 0;
}

int
trie_build_finish(struct trie_build *b, struct node *root_out)
{
	int ret = 0;

	while (ret == 0 && b->depth > 0)
		ret = close_branch(b);
	if (ret != 0)
		return ret;
	*root_out = b->last;
	memset(&b->last, 0, sizeof(b->last));
	trie_build_clear(b);
	return 0;
}
