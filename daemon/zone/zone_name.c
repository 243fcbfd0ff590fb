/*
 * zone_name.c - a name and its RRsets in one piece
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/name.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/types.h"
#include "daemon/zone/slab.h"
#include "daemon/zone/txn.h"
#include "daemon/zone/zone_name.h"

#define NAME_SIZE_MAX ((size_t)1 << 30)

/* Offset of the RRsets. */
static size_t
rrsets_offset(size_t owner_len)
{
	return (offsetof(struct zone_name, owner) + owner_len + 3) & ~(size_t)3;
}

size_t
rrset_len(const struct rrset *s)
{
	size_t size =
	    sizeof(*s) + s->n_rrs * sizeof(s->timestamps[0]) + s->rendered_len;

	return (size + 3) & ~(size_t)3;
}

const uint8_t *
zone_name_rrsets(const struct zone_name *n)
{
	return (const uint8_t *)n + rrsets_offset(n->owner_len);
}

const uint8_t *
zone_name_owner(const struct zone_name *n)
{
	return n->owner;
}

unsigned
zone_name_n_rrsets(const struct zone_name *n)
{
	return n->n_rrsets;
}

static const struct rrset *
first_rrset(const struct zone_name *n)
{
	return (const void *)zone_name_rrsets(n);
}

static const struct rrset *
next_rrset(const struct rrset *s)
{
	return (const void *)((const uint8_t *)s + rrset_len(s));
}

const struct rrset *
zone_name_rrset_at(const struct zone_name *n, unsigned i)
{
	const struct rrset *s = first_rrset(n);

	assert(i < n->n_rrsets);
	while (i-- > 0)
		s = next_rrset(s);
	return s;
}

const struct rrset *
zone_name_rrset(const struct zone_name *n, uint16_t type)
{
	const struct rrset *s = first_rrset(n);

	for (unsigned i = n->n_rrsets; i > 0; i--, s = next_rrset(s))
		if (s->type >= type)
			return s->type == type ? s : NULL;
	return NULL;
}

unsigned
zone_name_n_records(const struct zone_name *n)
{
	const struct rrset *s = first_rrset(n);
	unsigned n_records = 0;

	for (unsigned i = n->n_rrsets; i > 0; i--, s = next_rrset(s))
		n_records += s->n_rrs;
	return n_records;
}

int
zone_name_create(struct slab *slab, uint64_t generation, const uint8_t *owner,
    size_t rrsets_len, struct zone_name **name_out, uint8_t **rrsets_out)
{
	size_t owner_len = name_len(owner);
	size_t before = rrsets_offset(owner_len);
	struct zone_name *n;

	*name_out = NULL;
	if (rrsets_len > NAME_SIZE_MAX - before)
		return ERR_RANGE;
	n = slab_alloc(slab, before + rrsets_len);
	if (n == NULL)
		return ERR_NOMEM;
	memset(n, 0, before);
	n->birth = generation;
	n->len = (uint32_t)(before + rrsets_len);
	n->owner_len = (uint8_t)owner_len;
	memcpy(n->owner, owner, owner_len);
	*rrsets_out = (uint8_t *)n + before;
	*name_out = n;
	return 0;
}

void
zone_name_free(struct slab *slab, struct zone_name *n)
{
	slab_free(slab, n, n->len);
}

/* RDATA to sort, with what belongs to it. */
struct sorted_rdata {
	struct rdata_ref rdata;
	uint32_t timestamp;
	uint16_t type;
};

static int
compare_rdata(uint16_t type, const struct rdata_ref *a,
    const struct rdata_ref *b)
{
	return rdata_compare(type, a->octets, a->len, b->octets, b->len);
}

static int
compare_sorted(const void *a, const void *b)
{
	const struct sorted_rdata *x = a, *y = b;

	return compare_rdata(x->type, &x->rdata, &y->rdata);
}

static bool
is_sorted(const struct rrset_change *c)
{
	for (unsigned i = 1; i < c->n; i++)
		if (compare_rdata(c->type, &c->rdatas[i - 1], &c->rdatas[i]) >=
		    0)
			return false;
	return true;
}

static uint32_t
timestamp_at(const struct rrset_change *c, unsigned i)
{
	return c->timestamps == NULL ? 0 : c->timestamps[i];
}

/* Renders one RR; returns its end. */
static uint8_t *
render_rr(uint8_t *at, const struct rrset_change *c,
    const struct rdata_ref *rdata)
{
	put_u16(at, c->type);
	put_u16(at + 2, CLASS_IN);
	put_u32(at + 4, c->ttl);
	put_u16(at + 8, rdata->len);
	if (rdata->len > 0)
		memcpy(at + 10, rdata->octets, rdata->len);
	return at + 10 + rdata->len;
}

static void
render_in_order(struct rrset *s, uint8_t *at, const struct rrset_change *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		s->timestamps[i] = timestamp_at(c, i);
		at = render_rr(at, c, &c->rdatas[i]);
	}
}

static int
render_sorted(struct rrset *s, uint8_t *at, const struct rrset_change *c)
{
	struct sorted_rdata *list = calloc(c->n, sizeof(*list));

	if (list == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < c->n; i++) {
		list[i].rdata = c->rdatas[i];
		list[i].timestamp = timestamp_at(c, i);
		list[i].type = c->type;
	}
	qsort(list, c->n, sizeof(*list), compare_sorted);
	for (unsigned i = 0; i < c->n; i++) {
		assert(i == 0 || compare_sorted(&list[i - 1], &list[i]) < 0);
		s->timestamps[i] = list[i].timestamp;
		at = render_rr(at, c, &list[i].rdata);
	}
	free(list);
	return 0;
}

/* Makes the RRset of c in size octets at s. */
static int
render_rrset(struct rrset *s, size_t size, const struct rrset_change *c,
    size_t rdata_len)
{
	uint8_t *at;

	memset(s, 0, sizeof(*s));
	s->type = c->type;
	s->n_rrs = c->n;
	s->ttl = c->ttl;
	s->rendered_len = (uint32_t)(10u * c->n + rdata_len);
	at = (uint8_t *)(s->timestamps + c->n);
	memset((uint8_t *)s + size - 4, 0, 4); /* the padding */
	if (is_sorted(c)) {
		render_in_order(s, at, c);
		return 0;
	}
	return render_sorted(s, at, c);
}

/* The RRsets of old around the one of a type. */
struct split {
	const uint8_t *before, *after;
	size_t before_len, after_len;
	uint16_t n_others;
};

static void
split_at_type(const struct zone_name *old, uint16_t type, struct split *s_out)
{
	const struct rrset *s;
	const uint8_t *end;
	unsigned i;

	memset(s_out, 0, sizeof(*s_out));
	if (old == NULL)
		return;
	s = first_rrset(old);
	end = (const uint8_t *)old + old->len;
	s_out->n_others = old->n_rrsets;
	for (i = 0; i < old->n_rrsets && s->type < type; i++)
		s = next_rrset(s);
	s_out->before = zone_name_rrsets(old);
	s_out->before_len = (size_t)((const uint8_t *)s - s_out->before);
	if (i < old->n_rrsets && s->type == type) {
		s = next_rrset(s);
		s_out->n_others--;
	}
	s_out->after = (const uint8_t *)s;
	s_out->after_len = (size_t)(end - s_out->after);
}

static size_t
rdata_total(const struct rrset_change *c)
{
	size_t len = 0;

	for (unsigned i = 0; i < c->n; i++)
		len += c->rdatas[i].len;
	return len;
}

int
zone_name_change(struct slab *slab, uint64_t generation,
    const struct zone_name *old, const struct rrset_change *change,
    struct zone_name **name_out)
{
	const uint8_t *owner = old == NULL ? change->owner : old->owner;
	size_t rdata_len = rdata_total(change), size = 0;
	struct zone_name *n;
	struct split s;
	uint8_t *at;
	int ret;

	*name_out = NULL;
	split_at_type(old, change->type, &s);
	if (change->n > 0)
		size = rrset_size(change->n, rdata_len);
	if (s.n_others == 0 && size == 0)
		return 0;
	if (s.n_others == UINT16_MAX)
		return ERR_RANGE;
	ret = zone_name_create(slab, generation, owner,
	    s.before_len + size + s.after_len, &n, &at);
	if (ret != 0)
		return ret;
	n->principal = old == NULL ? 0 : old->principal;
	n->n_rrsets = (uint16_t)(s.n_others + (change->n > 0));
	if (s.before_len > 0)
		memcpy(at, s.before, s.before_len);
	at += s.before_len;
	if (size > 0)
		ret = render_rrset((void *)at, size, change, rdata_len);
	if (ret != 0) {
		zone_name_free(slab, n);
		return ret;
	}
	if (s.after_len > 0)
		memcpy(at + size, s.after, s.after_len);
	*name_out = n;
	return 0;
}
