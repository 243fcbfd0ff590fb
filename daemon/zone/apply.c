/*
 * apply.c - a changeset put into a transaction
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The RRs of a changeset are taken together by owner and type, so that each
 * RRset is made once.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/changeset.h"

/* RRs by owner, type, RDATA. */
struct sorted {
	const struct rr **rrs;
	uint32_t n;
};

static int
compare_rrset(const struct rr *a, const struct rr *b)
{
	int order = name_compare(a->owner, b->owner);

	return order != 0 ? order : (int)a->type - (int)b->type;
}

static int
compare_rr(const struct rr *a, const struct rr *b)
{
	int order = compare_rrset(a, b);

	return order != 0 ? order
			  : rdata_compare(a->type, a->rdata, a->rdata_len,
				b->rdata, b->rdata_len);
}

static int
compare_pointers(const void *a, const void *b)
{
	return compare_rr(*(const struct rr *const *)a,
	    *(const struct rr *const *)b);
}

/* Sorts the list; an RR that stands in it twice cannot be applied. */
static int
sort_rrs(struct arena *a, const struct changeset_rr *list, uint32_t n,
    struct sorted *sorted_out)
{
	const struct rr **rrs = arena_calloc(a, n, sizeof(*rrs));
	bool in_order = true;

	if (rrs == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		rrs[i] = &list[i].rr;
		if (i > 0 && compare_rr(rrs[i - 1], rrs[i]) >= 0)
			in_order = false;
	}
	if (!in_order) {
		qsort(rrs, n, sizeof(*rrs), compare_pointers);
		for (uint32_t i = 1; i < n; i++)
			if (compare_rr(rrs[i - 1], rrs[i]) == 0)
				return ERR_MISMATCH;
	}
	sorted_out->rrs = rrs;
	sorted_out->n = n;
	return 0;
}

/* Takes those of the same RRset as of from the front of s. */
static struct sorted
take_rrset(struct sorted *s, const struct rr *of)
{
	struct sorted taken = {s->rrs, 0};

	while (taken.n < s->n && compare_rrset(s->rrs[taken.n], of) == 0)
		taken.n++;
	s->rrs += taken.n;
	s->n -= taken.n;
	return taken;
}

/* The RRset that comes out. */
struct result {
	struct rdata_ref *rdatas;
	uint32_t *timestamps;
	uint32_t n;
	uint32_t ttl;
};

static void
result_add(struct result *r, const uint8_t *octets, uint16_t len,
    uint32_t timestamp)
{
	r->rdatas[r->n] = (struct rdata_ref){octets, len};
	r->timestamps[r->n] = timestamp;
	r->n++;
}

/* What is left of s after deleting; each must be there, with its TTL. */
static int
keep_others(const struct rrset *s, const struct sorted *deleted,
    struct result *r)
{
	struct rdata_ref rdata;
	uint32_t gone = 0;
	unsigned i = 0;

	for (size_t at = 0; s != NULL && rrset_next(s, &at, &rdata); i++) {
		const struct rr *rr =
		    gone < deleted->n ? deleted->rrs[gone] : NULL;

		if (rr != NULL && rr->ttl == s->ttl &&
		    rdata_compare(s->type, rr->rdata, rr->rdata_len,
			rdata.octets, rdata.len) == 0)
			gone++;
		else
			result_add(r, rdata.octets, rdata.len,
			    s->timestamps[i]);
	}
	if (s != NULL)
		r->ttl = s->ttl;
	return gone == deleted->n ? 0 : ERR_MISMATCH;
}

/* Adds the new ones; none may be there, all have the TTL of those that are. */
static int
add_new(uint16_t type, const struct sorted *added, struct result *r)
{
	uint32_t n_kept = r->n, at = 0;

	if (added->n > 0 && n_kept > 0 && added->rrs[0]->ttl != r->ttl)
		return ERR_MISMATCH;
	for (uint32_t i = 0; i < added->n; i++) {
		const struct rr *rr = added->rrs[i];
		int order = 1;

		while (at < n_kept) {
			order = rdata_compare(type, r->rdatas[at].octets,
			    r->rdatas[at].len, rr->rdata, rr->rdata_len);
			if (order >= 0)
				break;
			at++;
		}
		if (order == 0 || rr->ttl != added->rrs[0]->ttl)
			return ERR_MISMATCH;
		result_add(r, rr->rdata, rr->rdata_len, 0);
		r->ttl = rr->ttl;
	}
	return r->n <= UINT16_MAX ? 0 : ERR_RANGE;
}

static int
apply_rrset(struct zone_txn *txn, struct arena *a, const struct rr *of,
    const struct sorted *deleted, const struct sorted *added)
{
	const struct zone_name *name = zone_get(zone_view(txn), of->owner);
	const struct rrset *s =
	    name == NULL ? NULL : zone_name_rrset(name, of->type);
	size_t n = (s == NULL ? 0 : s->n_rrs) + (size_t)added->n;
	struct result r = {
	    .rdatas = arena_calloc(a, n, sizeof(*r.rdatas)),
	    .timestamps = arena_calloc(a, n, sizeof(*r.timestamps)),
	};
	int ret;

	if (r.rdatas == NULL || r.timestamps == NULL)
		return ERR_NOMEM;
	ret = keep_others(s, deleted, &r);
	if (ret == 0)
		ret = add_new(of->type, added, &r);
	if (ret != 0)
		return ret;
	return zone_put(txn,
	    &(struct rrset_change){.owner = of->owner,
		.type = of->type,
		.ttl = r.ttl,
		.n = (uint16_t)r.n,
		.rdatas = r.rdatas,
		.timestamps = r.timestamps});
}

static int
apply_rrs(struct zone_txn *txn, struct arena *a, const struct changeset *cs)
{
	struct sorted deleted, added;
	int ret = sort_rrs(a, cs->deleted, cs->n_deleted, &deleted);

	if (ret == 0)
		ret = sort_rrs(a, cs->added, cs->n_added, &added);
	while (ret == 0 && (deleted.n > 0 || added.n > 0)) {
		const struct rr *of =
		    deleted.n == 0 ? added.rrs[0] : deleted.rrs[0];
		struct sorted out, in;

		if (added.n > 0 && compare_rrset(added.rrs[0], of) < 0)
			of = added.rrs[0];
		out = take_rrset(&deleted, of);
		in = take_rrset(&added, of);
		ret = apply_rrset(txn, a, of, &out, &in);
	}
	return ret;
}

int
changeset_apply(struct zone_txn *txn, const struct changeset *cs)
{
	struct arena a;
	int ret;

	if (version_serial(zone_view(txn)) != cs->serial_from)
		return ERR_MISMATCH;
	if ((cs->flags &
		(CHANGESET_METADATA | CHANGESET_CHECKPOINT |
		    CHANGESET_ZONE_REMOVED)) != 0)
		return 0;
	arena_init(&a, 0);
	ret = apply_rrs(txn, &a, cs);
	arena_clear(&a);
	if (ret != 0)
		return ret;
	if (version_soa(zone_view(txn)) == NULL)
		return ERR_MISMATCH;
	if (version_serial(zone_view(txn)) == cs->serial_to)
		return 0;
	return zone_put_serial(txn, cs->serial_to);
}
