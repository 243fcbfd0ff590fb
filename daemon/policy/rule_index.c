/*
 * rule_index.c - which rules of a book could match a question
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A rule is filed under the hash of one thing that must be the same in every
 * question that it matches.  Two things with one hash cost a look, no more.
 */
#include <ctype.h>
#include <stdlib.h>

#include "daemon/policy/rule_index.h"

/* Under what a rule is filed: the seed of its hash. */
enum filed_under {
	FILED_PRINCIPAL = 1,
	FILED_REALM,
	FILED_KEY,
	FILED_OWNER,
	FILED_BELOW, /* the owner or a name above it */
};

struct filed {
	uint64_t hash;
	uint32_t rule;
};

/* The rules of one hash, in the order of the book; n 0: a free slot. */
struct slot {
	uint64_t hash;
	uint32_t start, n;
};

struct rule_index {
	uint32_t *general; /* of no hash */
	size_t n_general;
	uint32_t *filed; /* of all hashes, one after the other */
	struct slot *slots;
	size_t mask;
};

/* FNV-1a, without case: as principals are compared. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint64_t)tolower((unsigned char)*text)) *
		    0x100000001b3;
	return hash * 0x100000001b3; /* its end */
}

static uint64_t
hash_principal(const struct principal *p)
{
	uint64_t hash = 0xcbf29ce484222325 ^ FILED_PRINCIPAL;

	for (unsigned i = 0; i < p->n_components; i++)
		hash = hash_text(hash, p->components[i]);
	return hash_text(hash, p->realm);
}

static uint64_t
hash_realm(const char *realm)
{
	return hash_text(0xcbf29ce484222325 ^ FILED_REALM, realm);
}

/* False: it is to be looked at for every question. */
static bool
hash_of_rule(const struct policy_rule *r, uint64_t *hash_out)
{
	bool is_signer = r->who == RULE_IDENTITY || r->who == RULE_LOCAL ||
	    r->who == RULE_ACCOUNT;

	if (r->who != RULE_EVERYBODY && r->identity == RULE_PRINCIPAL)
		*hash_out = hash_principal(r->principal);
	else if (is_signer && r->identity == RULE_KEY)
		*hash_out = name_hash(r->identity_name.octets, FILED_KEY);
	else if (r->realm != NULL && rule_is_about_self(r))
		*hash_out = hash_realm(r->realm);
	else if (r->where == RULE_NAME)
		*hash_out = name_hash(r->name.octets, FILED_OWNER);
	else if (r->where == RULE_BELOW || r->where == RULE_WILDCARD)
		*hash_out = name_hash(r->name.octets, FILED_BELOW);
	else
		return false;
	return true;
}

static int
by_hash(const void *a, const void *b)
{
	const struct filed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static struct slot *
slot_of(const struct rule_index *x, uint64_t hash)
{
	size_t at = hash & x->mask;

	while (x->slots[at].n > 0 && x->slots[at].hash != hash)
		at = (at + 1) & x->mask;
	return &x->slots[at];
}

static void
fill_slots(struct rule_index *x, const struct filed *filed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slot *slot = slot_of(x, filed[i].hash);

		if (slot->n == 0) {
			slot->hash = filed[i].hash;
			slot->start = (uint32_t)i;
		}
		slot->n++;
		x->filed[i] = filed[i].rule;
	}
}

struct rule_index *
rule_index_create(struct policy_rule *const *rules, size_t n)
{
	struct filed *filed = calloc(n + 1, sizeof(*filed));
	struct rule_index *x = calloc(1, sizeof(*x));
	size_t size = 4, n_filed = 0;

	while (size < 2 * n)
		size *= 2;
	if (filed == NULL || x == NULL)
		goto failed;
	x->mask = size - 1;
	x->general = calloc(n + 1, sizeof(*x->general));
	x->filed = calloc(n + 1, sizeof(*x->filed));
	x->slots = calloc(size, sizeof(*x->slots));
	if (x->general == NULL || x->filed == NULL || x->slots == NULL)
		goto failed;
	for (size_t i = 0; i < n; i++) {
		if (hash_of_rule(rules[i], &filed[n_filed].hash))
			filed[n_filed++].rule = (uint32_t)i;
		else
			x->general[x->n_general++] = (uint32_t)i;
	}
	qsort(filed, n_filed, sizeof(*filed), by_hash);
	fill_slots(x, filed, n_filed);
	free(filed);
	return x;
failed:
	free(filed);
	rule_index_destroy(x);
	return NULL;
}

void
rule_index_destroy(struct rule_index *x)
{
	if (x == NULL)
		return;
	free(x->general);
	free(x->filed);
	free(x->slots);
	free(x);
}

static void
add_run(struct rule_walk *w, const uint32_t *rules, size_t n)
{
	if (n > 0)
		w->runs[w->n++] = (struct rule_run){rules, rules + n};
}

static void
add_hash(struct rule_walk *w, const struct rule_index *x, uint64_t hash)
{
	const struct slot *slot = slot_of(x, hash);

	add_run(w, x->filed + slot->start, slot->n);
}

void
rule_walk_start(struct rule_walk *w, const struct rule_index *x,
    const struct policy_question *q)
{
	const uint8_t *name = q->owner;

	w->n = 0;
	add_run(w, x->general, x->n_general);
	if (q->by.signer->kind == SIGNER_PRINCIPAL) {
		add_hash(w, x, hash_principal(q->by.signer->principal));
		add_hash(w, x, hash_realm(q->by.signer->principal->realm));
	} else if (q->by.signer->kind == SIGNER_KEY) {
		add_hash(w, x,
		    name_hash(q->by.signer->key_name.octets, FILED_KEY));
	}
	add_hash(w, x, name_hash(name, FILED_OWNER));
	for (;;) {
		add_hash(w, x, name_hash(name, FILED_BELOW));
		if (name[0] == 0)
			break;
		name = name_strip(name, 1);
	}
}

size_t
rule_walk_next(struct rule_walk *w)
{
	struct rule_run *first = NULL;

	for (unsigned i = 0; i < w->n; i++) {
		struct rule_run *run = &w->runs[i];

		if (run->at < run->end &&
		    (first == NULL || *run->at < *first->at))
			first = run;
	}
	return first == NULL ? SIZE_MAX : *first->at++;
}
