/*
 * trie.c - the path-copying qp-trie of a zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/name.h"
#include "daemon/zone/slab.h"
#include "daemon/zone/trie.h"

const struct node *
trie_nearest(const struct node *root, const struct key *k)
{
	const struct node *n = root;

	while (node_is_branch(n))
		n = node_child(n, k);
	return n;
}

const struct zone_name *
trie_get(const struct node *root, const struct key *k, const uint8_t *name)
{
	const struct node *leaf;

	if (root->at == NULL)
		return NULL;
	leaf = trie_nearest(root, k);
	if (leaf_hash(leaf) != key_hash(k) ||
	    !name_equal(node_name(leaf)->owner, name))
		return NULL;
	return node_name(leaf);
}

void
trie_locate(const struct node *root, const struct key *k, const uint8_t *name,
    struct trie_spot *spot_out)
{
	const struct node *leaf;
	struct key nearest;

	memset(spot_out, 0, sizeof(*spot_out));
	if (root->at == NULL)
		return;
	leaf = trie_nearest(root, k);
	if (leaf_hash(leaf) == key_hash(k) &&
	    name_equal(node_name(leaf)->owner, name)) {
		spot_out->found = node_name(leaf);
		spot_out->found_word = leaf->word;
		return;
	}
	key_make(&nearest, node_name(leaf)->owner);
	spot_out->difference = key_difference(k, &nearest);
	spot_out->nearest_symbol = key_at(&nearest, spot_out->difference);
}

/* The vector of a branch that may be written. */
static struct vector *
own_vector(struct node *n)
{
	return n->at;
}

/* The child that k leads to, in a vector of this generation. */
static struct node *
own_child(struct node *n, const struct key *k)
{
	uint64_t bit = symbol_bit(key_at(k, node_offset(n)));

	assert((n->word & bit) != 0);
	return &own_vector(n)->nodes[node_rank(n, bit)];
}

static struct vector *
vector_create(struct trie_edit *e, unsigned n)
{
	struct vector *v;

	v = slab_alloc(e->slab, sizeof(*v) + n * sizeof(v->nodes[0]));
	if (v != NULL)
		v->birth_n = e->generation << 8 | n;
	return v;
}

/* Room in the garbage must have been reserved. */
static void
discard_vector(struct trie_edit *e, struct vector *v)
{
	if (vector_birth(v) == e->generation)
		slab_free(e->slab, v, vector_size(v));
	else
		garbage_add_vector(e->retired, v);
}

static void
discard_name(struct trie_edit *e, struct zone_name *name)
{
	if (name->birth == e->generation)
		zone_name_free(e->slab, name);
	else
		garbage_add_name(e->retired, name);
}

/* Makes the vector of branch n one of this generation. */
static int
own(struct trie_edit *e, struct node *n)
{
	struct vector *old = own_vector(n), *copy;
	int ret;

	if (vector_birth(old) == e->generation)
		return 0;
	ret = garbage_reserve(e->retired, 1);
	if (ret != 0)
		return ret;
	copy = vector_create(e, vector_n(old));
	if (copy == NULL)
		return ERR_NOMEM;
	memcpy(copy->nodes, old->nodes, vector_n(old) * sizeof(old->nodes[0]));
	garbage_add_vector(e->retired, old);
	n->at = copy;
	return 0;
}

/*
 * Owns the vectors on the way to k and gives the first node that is a leaf or
 * looks at an offset not below the given one.
 */
static int
own_path(struct trie_edit *e, struct node *root, const struct key *k,
    unsigned offset, struct node **node_out)
{
	struct node *n = root;

	while (node_is_branch(n) && node_offset(n) < offset) {
		int ret = own(e, n);

		if (ret != 0)
			return ret;
		n = own_child(n, k);
	}
	*node_out = n;
	return 0;
}

/* Puts a new branch in place of n: n and the leaf below it. */
static int
split(struct trie_edit *e, struct node *n, unsigned offset, uint8_t n_symbol,
    uint8_t leaf_symbol, struct node leaf)
{
	struct vector *v = vector_create(e, 2);
	unsigned leaf_at = leaf_symbol > n_symbol;

	if (v == NULL)
		return ERR_NOMEM;
	v->nodes[leaf_at] = leaf;
	v->nodes[1 - leaf_at] = *n;
	n->word = (uint64_t)offset << 48 | symbol_bit(n_symbol) |
	    symbol_bit(leaf_symbol) | NODE_BRANCH;
	n->at = v;
	return 0;
}

/* Adds the leaf to the children of branch n. */
static int
add_child(struct trie_edit *e, struct node *n, uint8_t symbol, struct node leaf)
{
	struct vector *old = own_vector(n), *v;
	unsigned n_nodes = vector_n(old);
	unsigned at = node_rank(n, symbol_bit(symbol));
	int ret = garbage_reserve(e->retired, 1);

	if (ret != 0)
		return ret;
	v = vector_create(e, n_nodes + 1);
	if (v == NULL)
		return ERR_NOMEM;
	memcpy(v->nodes, old->nodes, at * sizeof(leaf));
	v->nodes[at] = leaf;
	memcpy(v->nodes + at + 1, old->nodes + at,
	    (n_nodes - at) * sizeof(leaf));
	discard_vector(e, old);
	n->word |= symbol_bit(symbol);
	n->at = v;
	return 0;
}

int
trie_insert(struct trie_edit *e, struct node *root, const struct key *k,
    const struct trie_spot *spot, struct node leaf)
{
	unsigned offset = spot->difference;
	struct node *n;
	int ret;

	if (root->at == NULL) {
		*root = leaf;
		return 0;
	}
	ret = own_path(e, root, k, offset, &n);
	if (ret != 0)
		return ret;
	if (node_is_branch(n) && node_offset(n) == offset)
		return add_child(e, n, key_at(k, offset), leaf);
	return split(e, n, offset, spot->nearest_symbol, key_at(k, offset),
	    leaf);
}

int
trie_replace(struct trie_edit *e, struct node *root, const struct key *k,
    struct node leaf)
{
	struct node *n;
	int ret = own_path(e, root, k, KEY_LEN_MAX + 1, &n);

	if (ret == 0)
		ret = garbage_reserve(e->retired, 1);
	if (ret != 0)
		return ret;
	discard_name(e, n->at);
	*n = leaf;
	return 0;
}

/* Takes the child that k leads to, a leaf, from branch n. */
static int
remove_child(struct trie_edit *e, struct node *n, const struct key *k)
{
	struct vector *old = own_vector(n), *v;
	unsigned n_nodes = vector_n(old);
	uint64_t bit = symbol_bit(key_at(k, node_offset(n)));
	unsigned at = node_rank(n, bit);
	int ret = garbage_reserve(e->retired, 2);

	if (ret != 0)
		return ret;
	if (n_nodes == 2) {
		*n = old->nodes[1 - at];
	} else {
		v = vector_create(e, n_nodes - 1);
		if (v == NULL)
			return ERR_NOMEM;
		memcpy(v->nodes, old->nodes, at * sizeof(v->nodes[0]));
		memcpy(v->nodes + at, old->nodes + at + 1,
		    (n_nodes - at - 1) * sizeof(v->nodes[0]));
		n->word &= ~bit;
		n->at = v;
	}
	discard_name(e, old->nodes[at].at);
	discard_vector(e, old);
	return 0;
}

int
trie_remove(struct trie_edit *e, struct node *root, const struct key *k)
{
	struct node *n = root;
	int ret;

	if (!node_is_branch(root)) {
		ret = garbage_reserve(e->retired, 1);
		if (ret != 0)
			return ret;
		discard_name(e, root->at);
		memset(root, 0, sizeof(*root));
		return 0;
	}
	while (node_is_branch(node_child(n, k))) {
		ret = own(e, n);
		if (ret != 0)
			return ret;
		n = own_child(n, k);
	}
	return remove_child(e, n, k);
}

void
trie_free_younger(struct slab *slab, struct node *root, uint64_t generation)
{
	if (!node_is_branch(root)) {
		struct zone_name *name = root->at;

		if (name != NULL && name->birth > generation)
			zone_name_free(slab, name);
		return;
	}
	if (vector_birth(own_vector(root)) <= generation)
		return;
	for (unsigned i = 0; i < vector_n(own_vector(root)); i++)
		trie_free_younger(slab, &own_vector(root)->nodes[i],
		    generation);
	slab_free(slab, root->at, vector_size(own_vector(root)));
}
