/*
 * trie.h - the path-copying qp-trie of a zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A node is a leaf (a name) or a branch: the offset of the symbol to look at,
 * which symbols have children, and those, in a vector.  A vector that an
 * older generation made is never written again: editing copies it and retires
 * the old one.  A vector is at least as young as all that lies below it.
 *
 * Owns:    nothing; objects lie in the slab of the edit.
 * Threads: reading: any that holds the version; editing: the writer.
 * Errors:  ERR_NOMEM: the names are as before, though parts of the path to
 *          them may have been copied.
 */
#ifndef ZONE_TRIE_H
#define ZONE_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/bits.h"
#include "daemon/zone/garbage.h"
#include "daemon/zone/key.h"
#include "daemon/zone/zone_name.h"

struct slab;

/*
 * Branch: bit 0 set, bits 1 to 47 the symbols 0 to 46, bits 48 to 63 the
 * offset; at is a vector.  Leaf: bit 0 clear, flags, the key's hash in bits 32
 * to 63; at is a name.  A trie without names is a node whose at is NULL.
 */
struct node {
	uint64_t word;
	void *at;
};

#define NODE_BRANCH 1u
#define LEAF_CUT 2u   /* has NS and is not the apex */
#define LEAF_DNAME 4u /* has DNAME */

struct vector {
	uint64_t birth_n;    /* generation * 256 + number of nodes */
	struct node nodes[]; /* by ascending symbol */
};

/* What an edit works with. */
struct trie_edit {
	struct slab *slab;
	uint64_t generation;
	struct garbage *retired; /* gets what older versions still show */
};

static inline bool
node_is_branch(const struct node *n)
{
	return (n->word & NODE_BRANCH) != 0;
}

static inline unsigned
node_offset(const struct node *n)
{
	return (unsigned)(n->word >> 48);
}

static inline uint64_t
symbol_bit(uint8_t symbol)
{
	return (uint64_t)2 << symbol;
}

/* How many children of branch n have a lower symbol. */
static inline unsigned
node_rank(const struct node *n, uint64_t bit)
{
	return bits_count(n->word & (bit - 1) & ~(uint64_t)NODE_BRANCH);
}

static inline const struct vector *
node_vector(const struct node *n)
{
	return n->at;
}

static inline unsigned
vector_n(const struct vector *v)
{
	return v->birth_n & 255;
}

static inline uint64_t
vector_birth(const struct vector *v)
{
	return v->birth_n >> 8;
}

static inline size_t
vector_size(const struct vector *v)
{
	return sizeof(*v) + vector_n(v) * sizeof(v->nodes[0]);
}

static inline const struct zone_name *
node_name(const struct node *n)
{
	return n->at;
}

static inline uint32_t
leaf_hash(const struct node *n)
{
	return (uint32_t)(n->word >> 32);
}

static inline struct node
leaf_make(struct zone_name *name, uint32_t hash, unsigned flags)
{
	return (struct node){(uint64_t)hash << 32 | flags, name};
}

/* The child that k leads to, or, where there is none, the first. */
static inline const struct node *
node_child(const struct node *n, const struct key *k)
{
	uint64_t bit = symbol_bit(key_at(k, node_offset(n)));
	const struct vector *v = node_vector(n);

	return (n->word & bit) != 0 ? &v->nodes[node_rank(n, bit)]
				    : &v->nodes[0];
}

/*
 * The leaf that shares the longest beginning with k (k's own if it is there);
 * the trie must not be empty.
 */
const struct node *trie_nearest(const struct node *root, const struct key *k);

/* The name, or NULL. */
const struct zone_name *trie_get(const struct node *root, const struct key *k,
    const uint8_t *name);

/* Where k, the key of name, is or would be. */
struct trie_spot {
	const struct zone_name *found; /* the name itself, or NULL */
	uint64_t found_word;           /* of its leaf */
	unsigned difference;           /* not found: from its nearest leaf */
	uint8_t nearest_symbol;        /* the nearest one's symbol there */
};
void trie_locate(const struct node *root, const struct key *k,
    const uint8_t *name, struct trie_spot *spot_out);

/* Adds, replaces, removes the leaf of k; spot is where trie_locate() put it. */
int trie_insert(struct trie_edit *e, struct node *root, const struct key *k,
    const struct trie_spot *spot, struct node leaf);
int trie_replace(struct trie_edit *e, struct node *root, const struct key *k,
    struct node leaf);
int trie_remove(struct trie_edit *e, struct node *root, const struct key *k);

/* Frees all below root that is younger than the generation. */
void trie_free_younger(struct slab *slab, struct node *root,
    uint64_t generation);

#endif
