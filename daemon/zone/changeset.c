/*
 * changeset.c - what a zone gains and loses between two serials
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/changeset.h"

#define SOA_RDATA_MAX (2 * NAME_LEN_MAX + 20)

void
changeset_start(struct changeset_builder *b, struct arena *a,
    struct changeset *cs)
{
	memset(b, 0, sizeof(*b));
	memset(cs, 0, sizeof(*cs));
	b->arena = a;
	b->cs = cs;
}

bool
changeset_is_empty(const struct changeset *cs)
{
	return cs->n_deleted == 0 && cs->n_added == 0;
}

/* A list of RRs that grows in an arena. */
struct list {
	struct changeset_rr **rrs;
	uint32_t *n;
	uint32_t *room;
};

/* What the difference of one RRset is made with. */
struct difference {
	struct changeset_builder *b;
	const uint8_t *owner; /* in the arena */
	uint16_t source;
	struct list deleted, added;
};

static int
grow(struct arena *a, struct list *l)
{
	uint32_t room = *l->room == 0 ? 8 : 2 * *l->room;
	struct changeset_rr *rrs;

	if (*l->n < *l->room)
		return 0;
	rrs = arena_alloc(a, room * sizeof(*rrs));
	if (rrs == NULL)
		return ERR_NOMEM;
	if (*l->n > 0)
		memcpy(rrs, *l->rrs, *l->n * sizeof(*rrs));
	*l->rrs = rrs;
	*l->room = room;
	return 0;
}

static int
append(struct difference *d, struct list *l, const struct rrset *s,
    const struct rdata_ref *rdata)
{
	struct arena *a = d->b->arena;
	struct changeset_rr *to;
	int ret = grow(a, l);

	if (ret != 0)
		return ret;
	to = &(*l->rrs)[*l->n];
	memset(to, 0, sizeof(*to));
	to->source = d->source;
	to->rr.owner = d->owner;
	to->rr.type = s->type;
	to->rr.class = CLASS_IN;
	to->rr.ttl = s->ttl;
	to->rr.rdata_len = rdata->len;
	to->rr.rdata = arena_copy(a, rdata->octets, rdata->len);
	if (to->rr.rdata == NULL)
		return ERR_NOMEM;
	(*l->n)++;
	return 0;
}

static int
append_all(struct difference *d, struct list *l, const struct rrset *s)
{
	struct rdata_ref rdata;
	int ret;

	if (s == NULL)
		return 0;
	for (size_t at = 0; rrset_next(s, &at, &rdata);) {
		ret = append(d, l, s, &rdata);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* <0: only before has it, >0: only after, 0: both, octet for octet. */
static int
compare(uint16_t type, const struct rdata_ref *before,
    const struct rdata_ref *after)
{
	int order = rdata_compare(type, before->octets, before->len,
	    after->octets, after->len);

	if (order != 0 || before->len != after->len)
		return order;
	/* Another case of a name: the old RR goes before the new one comes. */
	return -(memcmp(before->octets, after->octets, after->len) != 0);
}

static int
append_merge(struct difference *d, const struct rrset *before,
    const struct rrset *after)
{
	struct rdata_ref x, y;
	size_t x_at = 0, y_at = 0;
	int has_x = rrset_next(before, &x_at, &x);
	int has_y = rrset_next(after, &y_at, &y);
	int order, ret;

	while (has_x || has_y) {
		order = !has_x ? 1
		    : !has_y   ? -1
			       : compare(before->type, &x, &y);
		ret = 0;
		if (order < 0)
			ret = append(d, &d->deleted, before, &x);
		else if (order > 0)
			ret = append(d, &d->added, after, &y);
		if (ret != 0)
			return ret;
		if (order <= 0)
			has_x = rrset_next(before, &x_at, &x);
		if (order >= 0)
			has_y = rrset_next(after, &y_at, &y);
	}
	return 0;
}

/* True if both SOAs are the same but for the serial. */
static bool
only_serial_differs(const struct rrset *before, const struct rrset *after)
{
	struct rdata_ref x, y;
	size_t x_at = 0, y_at = 0;
	uint8_t octets[SOA_RDATA_MAX];

	if (before == NULL || after == NULL || before->ttl != after->ttl ||
	    !rrset_next(before, &x_at, &x) || !rrset_next(after, &y_at, &y) ||
	    x.len != y.len || x.len > sizeof(octets))
		return false;
	memcpy(octets, x.octets, x.len);
	soa_set_serial(octets, x.len, soa_serial(y.octets, y.len));
	return memcmp(octets, y.octets, y.len) == 0;
}

static int
append_difference(struct difference *d, const struct rrset *before,
    const struct rrset *after)
{
	int ret;

	if (before != NULL && after != NULL && before->ttl == after->ttl)
		return append_merge(d, before, after);
	ret = append_all(d, &d->deleted, before);
	if (ret == 0)
		ret = append_all(d, &d->added, after);
	return ret;
}

int
changeset_add_difference(struct changeset_builder *b, const uint8_t *owner,
    const struct rrset *before, const struct rrset *after, uint16_t source)
{
	struct changeset *cs = b->cs;
	const struct rrset *some = before != NULL ? before : after;
	struct difference d = {
	    .b = b,
	    .source = source,
	    .deleted = {&cs->deleted, &cs->n_deleted, &b->deleted_room},
	    .added = {&cs->added, &cs->n_added, &b->added_room},
	};

	if (some == NULL ||
	    (some->type == TYPE_SOA && only_serial_differs(before, after)))
		return 0;
	d.owner = arena_copy(b->arena, owner, name_len(owner));
	if (d.owner == NULL)
		return ERR_NOMEM;
	if (some->type == TYPE_SOA)
		cs->flags |= CHANGESET_SOA_FULL;
	return append_difference(&d, before, after);
}
