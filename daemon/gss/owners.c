/*
 * owners.c - the principals that have contexts in the table
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/gss/owners.h"
#include "daemon/gss/private.h"

/* A hash of text, FNV-1a with a seed. */
static uint64_t
text_hash(const char *text, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325u ^ seed;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h ^ h >> 32;
}

/*
 * Active Directory gives a ticket under its name in any case, and under other
 * names of the account: its SID tells that they are one.
 */
static bool
is_same(const struct principal *a, const struct principal *b)
{
	if (a->account == NULL || b->account == NULL)
		return a->account == b->account &&
		    strcmp(a->text, b->text) == 0;
	return sid_equal(&a->account->sid, &b->account->sid) &&
	    strcmp(a->realm, b->realm) == 0;
}

static uint64_t
principal_hash(const struct principal *p, uint64_t seed)
{
	char sid[SID_TEXT_SIZE];

	if (p->account == NULL)
		return text_hash(p->text, seed);
	return text_hash(sid_to_text(&p->account->sid, sid), seed);
}

/* The owner of that principal, made if there is none; NULL: no memory. */
struct owner *
owners_get(struct owners *all, struct principal *p)
{
	uint64_t hash = principal_hash(p, all->seed);
	struct owner **bucket = &all->buckets[hash % OWNERS_BUCKETS];
	struct owner *o;

	for (o = *bucket; o != NULL; o = o->chain)
		if (o->hash == hash && is_same(o->principal, p))
			return o;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return NULL;
	o->principal = principal_ref(p);
	o->hash = hash;
	TAILQ_INIT(&o->contexts);
	o->chain = *bucket;
	*bucket = o;
	return o;
}

void
owners_drop_if_empty(struct owners *all, struct owner *o)
{
	struct owner **at = &all->buckets[o->hash % OWNERS_BUCKETS];

	if (o->n > 0)
		return;
	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	principal_unref(o->principal);
	free(o);
}

struct context *
owner_idlest(const struct owner *o)
{
	struct context *c, *idlest = TAILQ_FIRST(&o->contexts);

	TAILQ_FOREACH (c, &o->contexts, by_owner)
		if (context_used_ms(c) < context_used_ms(idlest))
			idlest = c;
	return idlest;
}

/* The contexts of a client mostly know the same of it: once is enough. */
void
owner_share_principal(struct owner *o, struct context *c)
{
	struct principal *old;

	if (principal_equal(o->principal, c->principal)) {
		old = c->principal;
		c->principal = principal_ref(o->principal);
	} else {
		old = o->principal;
		o->principal = principal_ref(c->principal);
	}
	principal_unref(old);
}
