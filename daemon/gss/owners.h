/*
 * owners.h - the principals that have contexts in the table
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For the bound per principal, and so that the contexts of one share what is
 * known of it.  Of those with a PAC the account is what counts, whatever name
 * it came under.
 *
 * Owns:    owners, and a reference on the principal of each; no contexts.
 * Threads: who holds the structure lock of contexts.c.
 * Errors:  NULL: no memory.
 */
#ifndef GSS_OWNERS_H
#define GSS_OWNERS_H

#include <stdint.h>
#include <sys/queue.h>

#define OWNERS_BUCKETS 4096

struct context;
struct principal;

TAILQ_HEAD(context_list, context);

struct owner {
	struct owner *chain;
	struct principal *principal; /* reference */
	uint64_t hash;
	uint32_t n; /* as many contexts; one more while one is to come */
	struct context_list contexts;
};

struct owners { /* but for the seed all 0: none */
	uint64_t seed;
	struct owner *buckets[OWNERS_BUCKETS];
};

/* The owner of that principal, made if there is none. */
struct owner *owners_get(struct owners *all, struct principal *p);

/* Frees an owner without contexts. */
void owners_drop_if_empty(struct owners *all, struct owner *o);

/* The context that was used longest ago; NULL: there is none. */
struct context *owner_idlest(const struct owner *o);

/* Gives c, which is not in the table yet, a principal that is equal. */
void owner_share_principal(struct owner *o, struct context *c);

#endif
