/*
 * iter.c - the names of a version in canonical order
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/zone/version.h"

_Static_assert(sizeof(((struct zone_iter *)0)->path) /
	    sizeof(((struct zone_iter *)0)->path[0]) >
	KEY_LEN_MAX,
    "a branch for each offset of a key fits");

static void
push(struct zone_iter *it, const struct node *n, unsigned child)
{
	it->path[it->depth].node = n;
	it->path[it->depth].child = child;
	it->depth++;
}

static const struct zone_name *
arrive(struct zone_iter *it, const struct node *leaf)
{
	it->at = node_name(leaf);
	return it->at;
}

/* The first name at or below n. */
static const struct zone_name *
descend(struct zone_iter *it, const struct node *n)
{
	while (node_is_branch(n)) {
		push(it, n, 0);
		n = &node_vector(n)->nodes[0];
	}
	return arrive(it, n);
}

const struct zone_name *
zone_first(struct zone_iter *it, const struct zone_version *v)
{
	it->version = v;
	it->depth = 0;
	it->at = NULL;
	return v->root.at == NULL ? NULL : descend(it, &v->root);
}

/* The first name after all that is below the end of the path. */
const struct zone_name *
zone_next(struct zone_iter *it)
{
	while (it->depth > 0) {
		const struct node *n = it->path[it->depth - 1].node;
		unsigned child = ++it->path[it->depth - 1].child;

		if (child < vector_n(node_vector(n)))
			return descend(it, &node_vector(n)->nodes[child]);
		it->depth--;
	}
	it->at = NULL;
	return NULL;
}

/*
 * The first name after key k, which leaves the trie at offset; nearest is the
 * key of a leaf that shares all before it.
 */
static const struct zone_name *
seek_after(struct zone_iter *it, const struct key *k, unsigned offset,
    const struct key *nearest)
{
	const struct node *n = &it->version->root;
	uint64_t bit;

	while (node_is_branch(n) && node_offset(n) < offset) {
		bit = symbol_bit(key_at(k, node_offset(n)));
		push(it, n, node_rank(n, bit));
		n = node_child(n, k);
	}
	if (node_is_branch(n) && node_offset(n) == offset) {
		/* Children below rank are before k, the others after it. */
		unsigned rank = node_rank(n, symbol_bit(key_at(k, offset)));

		if (rank == vector_n(node_vector(n)))
			return zone_next(it);
		push(it, n, rank);
		return descend(it, &node_vector(n)->nodes[rank]);
	}
	/* All below n differ from k at offset in the same symbol. */
	if (key_at(k, offset) < key_at(nearest, offset))
		return descend(it, n);
	return zone_next(it);
}

const struct zone_name *
zone_seek(struct zone_iter *it, const struct zone_version *v,
    const uint8_t *name)
{
	const struct node *n = &v->root;
	struct key k, nearest;

	it->version = v;
	it->depth = 0;
	it->at = NULL;
	if (n->at == NULL)
		return NULL;
	key_make(&k, name);
	key_make(&nearest, node_name(trie_nearest(n, &k))->owner);
	if (k.len != nearest.len ||
	    memcmp(k.symbols, nearest.symbols, k.len) != 0)
		return seek_after(it, &k, key_difference(&k, &nearest),
		    &nearest);
	while (node_is_branch(n)) {
		push(it, n,
		    node_rank(n, symbol_bit(key_at(&k, node_offset(n)))));
		n = node_child(n, &k);
	}
	return arrive(it, n);
}
