/*
 * grants.c - the update-policy rules that the directory holds
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <search.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldap/entry.h"
#include "ldap/grants_set.h"

struct counted_entry {
	struct grants_entry entry; /* first: one is the other */
	atomic_uint n_references;
};

struct counted_grants {
	struct grants grants; /* the same */
	atomic_uint n_references;
	const struct grants_entry *entries[];
};

struct node {
	struct berval key;
	struct grants_entry *entry;
};

struct grants_entry *
grants_entry_create(void)
{
	struct counted_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	atomic_store(&e->n_references, 1);
	return &e->entry;
}

static const struct grants_entry *
entry_ref(const struct grants_entry *e)
{
	struct counted_entry *c = (struct counted_entry *)(uintptr_t)e;

	atomic_fetch_add(&c->n_references, 1);
	return e;
}

void
grants_entry_unref(const struct grants_entry *e)
{
	struct counted_entry *c = (struct counted_entry *)(uintptr_t)e;

	if (c == NULL || atomic_fetch_sub(&c->n_references, 1) > 1)
		return;
	free(c->entry.dn);
	entry_free_texts(c->entry.zones, c->entry.n_zones);
	entry_free_texts(c->entry.rules, c->entry.n_rules);
	free(c);
}

const struct grants *
grants_ref(const struct grants *g)
{
	struct counted_grants *c = (struct counted_grants *)(uintptr_t)g;

	atomic_fetch_add(&c->n_references, 1);
	return g;
}

void
grants_unref(const struct grants *g)
{
	struct counted_grants *c = (struct counted_grants *)(uintptr_t)g;

	if (c == NULL || atomic_fetch_sub(&c->n_references, 1) > 1)
		return;
	for (size_t i = 0; i < g->n_entries; i++)
		grants_entry_unref(c->entries[i]);
	free(c);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct berval *x = &((const struct node *)a)->key;
	const struct berval *y = &((const struct node *)b)->key;
	size_t len = x->bv_len < y->bv_len ? x->bv_len : y->bv_len;
	int order = memcmp(x->bv_val, y->bv_val, len);

	if (order != 0)
		return order;
	return x->bv_len < y->bv_len ? -1 : x->bv_len > y->bv_len;
}

static void
free_node(void *arg)
{
	struct node *n = arg;

	grants_entry_unref(n->entry);
	free(n->key.bv_val);
	free(n);
}

void
grants_set_clear(struct grants_set *s)
{
	tdestroy(s->tree, free_node);
	*s = (struct grants_set){0};
}

static size_t
octets_of(const struct grants_entry *e)
{
	size_t n = strlen(e->dn) + sizeof(struct counted_entry);

	for (size_t i = 0; i < e->n_zones; i++)
		n += strlen(e->zones[i]) + sizeof(char *);
	for (size_t i = 0; i < e->n_rules; i++)
		n += strlen(e->rules[i]) + sizeof(char *);
	return n;
}

static bool
same_texts(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	bool is_same = n_a == n_b;

	for (size_t i = 0; i < n_a && is_same; i++)
		is_same = strcmp(a[i], b[i]) == 0;
	return is_same;
}

static bool
same_entry(const struct grants_entry *a, const struct grants_entry *b)
{
	return a->kind == b->kind && a->is_active == b->is_active &&
	    a->is_malformed == b->is_malformed && strcmp(a->dn, b->dn) == 0 &&
	    same_texts(a->zones, a->n_zones, b->zones, b->n_zones) &&
	    same_texts(a->rules, a->n_rules, b->rules, b->n_rules);
}

static struct node *
find(const struct grants_set *s, const struct berval *key)
{
	struct node wanted = {.key = *key}, **found;

	found = tfind(&wanted, &s->tree, compare_keys);
	return found == NULL ? NULL : *found;
}

static struct node *
add_node(struct grants_set *s, const struct berval *key)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->key.bv_len = key->bv_len;
	n->key.bv_val = malloc(key->bv_len + 1);
	if (n->key.bv_val == NULL) {
		free(n);
		return NULL;
	}
	memcpy(n->key.bv_val, key->bv_val, key->bv_len);
	if (tsearch(n, &s->tree, compare_keys) == NULL) {
		free_node(n);
		return NULL;
	}
	s->n++;
	return n;
}

int
grants_set_put(struct grants_set *s, const struct berval *key,
    struct grants_entry *entry)
{
	struct node *n = find(s, key);
	size_t before = n == NULL ? 0 : octets_of(n->entry);
	size_t after = s->n_octets - before + octets_of(entry);

	if (n != NULL && same_entry(n->entry, entry)) {
		grants_entry_unref(entry);
		return 0;
	}
	if (after > GRANTS_OCTETS_MAX ||
	    (n == NULL && s->n == GRANTS_ENTRIES_MAX)) {
		grants_entry_unref(entry);
		return -1;
	}
	if (n == NULL)
		n = add_node(s, key);
	if (n == NULL) {
		grants_entry_unref(entry);
		return -1;
	}
	grants_entry_unref(n->entry);
	n->entry = entry;
	s->n_octets = after;
	return 1;
}

bool
grants_set_remove(struct grants_set *s, const struct berval *key)
{
	struct node *n = find(s, key);

	if (n == NULL)
		return false;
	(void)tdelete(n, &s->tree, compare_keys);
	s->n--;
	s->n_octets -= octets_of(n->entry);
	free_node(n);
	return true;
}

const struct grants_entry *
grants_set_find(const struct grants_set *s, const struct berval *key)
{
	struct node *n = find(s, key);

	return n == NULL ? NULL : n->entry;
}

/* A walk that gathers nodes. */
struct gathering {
	struct node **nodes;
	size_t n;
};

static void
gather(const void *p, VISIT visit, void *arg)
{
	struct gathering *g = arg;

	if (visit == postorder || visit == leaf)
		g->nodes[g->n++] = *(struct node *const *)p;
}

/* All nodes in the order of keys, to be freed; NULL: no memory. */
static struct node **
nodes_of(const struct grants_set *s)
{
	struct gathering g = {calloc(s->n + 1, sizeof(struct node *)), 0};

	if (g.nodes != NULL)
		twalk_r(s->tree, gather, &g);
	return g.nodes;
}

bool
grants_set_keep(struct grants_set *s, const struct grants_set *other)
{
	struct node **nodes = nodes_of(s);
	size_t n = s->n;
	bool is_any = false;

	for (size_t i = 0; nodes != NULL && i < n; i++) {
		if (find(other, &nodes[i]->key) == NULL)
			is_any |= grants_set_remove(s, &nodes[i]->key);
	}
	free(nodes);
	return is_any;
}

bool
grants_set_merge(struct grants_set *s, const struct grants_set *other,
    bool *is_changed_io)
{
	struct node **nodes = nodes_of(other);
	bool is_good = nodes != NULL;

	for (size_t i = 0; i < other->n && is_good; i++) {
		int put;

		(void)entry_ref(nodes[i]->entry);
		put = grants_set_put(s, &nodes[i]->key, nodes[i]->entry);
		*is_changed_io |= put > 0;
		is_good = put >= 0;
	}
	free(nodes);
	return is_good;
}

bool
grants_set_equal(const struct grants_set *a, const struct grants_set *b)
{
	struct node **nodes;
	bool is_equal;

	if (a->n != b->n)
		return false;
	nodes = nodes_of(a);
	is_equal = nodes != NULL;
	for (size_t i = 0; i < a->n && is_equal; i++) {
		struct node *other = find(b, &nodes[i]->key);

		is_equal =
		    other != NULL && same_entry(nodes[i]->entry, other->entry);
	}
	free(nodes);
	return is_equal;
}

static int
compare_dns(const void *a, const void *b)
{
	const struct grants_entry *x = *(const struct grants_entry *const *)a;
	const struct grants_entry *y = *(const struct grants_entry *const *)b;
	int order = strcasecmp(x->dn, y->dn);

	return order != 0 ? order : strcmp(x->dn, y->dn);
}

const struct grants *
grants_set_snapshot(const struct grants_set *s)
{
	struct counted_grants *c;
	struct node **nodes;

	c = calloc(1, sizeof(*c) + s->n * sizeof(c->entries[0]));
	nodes = nodes_of(s);
	if (c == NULL || nodes == NULL) {
		free(nodes);
		free(c);
		return NULL;
	}
	for (size_t i = 0; i < s->n; i++)
		c->entries[i] = entry_ref(nodes[i]->entry);
	free(nodes);
	qsort(c->entries, s->n, sizeof(c->entries[0]), compare_dns);
	atomic_store(&c->n_references, 1);
	c->grants.entries = c->entries;
	c->grants.n_entries = s->n;
	return &c->grants;
}
