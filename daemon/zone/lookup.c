/*
 * lookup.c - names found in a version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Nothing is stored for what is derived here.  The leaf nearest to a name
 * shares the longest beginning of keys with it, so as many labels from the
 * root as any name does: that is the closest encloser.  Ancestors of the name
 * hang off the way to that leaf: where a branch looks at the start of one of
 * the name's labels, its child for symbol 0 is the ancestor ending there.
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/zone/version.h"

const struct zone_name *
zone_get(const struct zone_version *v, const uint8_t *name)
{
	struct key k;

	key_make(&k, name);
	return trie_get(&v->root, &k, name);
}

#define LINE 64 /* octets of a cache line */

/* One step of a walk; what the next one reads is on its way then. */
static const struct node *
warm_step(const struct node *n, const struct key *k)
{
	n = node_child(n, k);
	__builtin_prefetch(n->at);
	if (node_is_branch(n))
		__builtin_prefetch(node_child(n, k));
	else
		__builtin_prefetch((const char *)n->at + LINE);
	return n;
}

void
zone_warm(const struct zone_version *v, const uint8_t *const *names, size_t n)
{
	const struct node *at[ZONE_WARM_MAX];
	struct key keys[ZONE_WARM_MAX];
	bool is_walking = v->root.at != NULL;

	assert(n <= ZONE_WARM_MAX);
	for (size_t i = 0; i < n; i++) {
		key_make(&keys[i], names[i]);
		at[i] = &v->root;
	}
	while (is_walking) {
		is_walking = false;
		for (size_t i = 0; i < n; i++) {
			if (!node_is_branch(at[i]))
				continue;
			at[i] = warm_step(at[i], &keys[i]);
			is_walking = true;
		}
	}
}

/* The highest leaves with each mark on the way to a name. */
struct marked {
	const struct zone_name *cut, *dname;
};

static void
note_mark(struct marked *m, const struct node *leaf)
{
	if (node_is_branch(leaf))
		return;
	if ((leaf->word & LEAF_CUT) != 0 && m->cut == NULL)
		m->cut = node_name(leaf);
	if ((leaf->word & LEAF_DNAME) != 0 && m->dname == NULL)
		m->dname = node_name(leaf);
}

/*
 * trie_nearest(), noting marks.  A branch may be past the place where k left
 * the trie: its first child may then be another branch, and what is noted need
 * not be an ancestor.  The first noted is one if any is, since offsets grow on
 * the way.
 */
static const struct node *
nearest_with_marks(const struct node *root, const struct key *k,
    struct marked *m)
{
	const struct node *n = root;

	while (node_is_branch(n)) {
		if ((n->word & symbol_bit(0)) != 0 &&
		    key_starts_label(k, node_offset(n)))
			note_mark(m, &node_vector(n)->nodes[0]);
		n = node_child(n, k);
	}
	note_mark(m, n);
	return n;
}

static void
take_marks(struct zone_found *found, const struct marked *m,
    const uint8_t *name)
{
	if (m->cut != NULL && name_is_below(name, m->cut->owner))
		found->cut = m->cut;
	if (m->dname == NULL || m->dname->owner_len >= name_len(name) ||
	    !name_is_below(name, m->dname->owner))
		return;
	if (found->cut == NULL || m->dname->owner_len < found->cut->owner_len)
		found->dname = m->dname;
}

void
zone_find(const struct zone_version *v, const uint8_t *name,
    struct zone_found *found_out)
{
	struct marked marked = {NULL, NULL};
	const struct zone_name *nearest;
	const struct node *leaf;
	struct key k;

	memset(found_out, 0, sizeof(*found_out));
	found_out->kind = ZONE_FOUND_NOTHING;
	if (v->root.at == NULL)
		return;
	key_make(&k, name);
	if (v->n_marked == 0)
		leaf = trie_nearest(&v->root, &k);
	else
		leaf = nearest_with_marks(&v->root, &k, &marked);
	nearest = node_name(leaf);
	if (name_equal(name, nearest->owner)) {
		found_out->kind = ZONE_FOUND_NAME;
		found_out->name = nearest;
		found_out->encloser_labels = name_label_count(name);
	} else {
		found_out->encloser_labels =
		    name_common_labels(name, nearest->owner);
		if (found_out->encloser_labels == name_label_count(name))
			found_out->kind = ZONE_FOUND_EMPTY;
	}
	take_marks(found_out, &marked, name);
}
