/*
 * limits.c - how much one update may change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/store/limits.h"

#define RR_OCTETS_MAX 16 /* of an RR in a changeset, beside owner and RDATA */
#define RR_FIXED_LEN 10  /* of an RR in a message, beside owner and RDATA */

/* What changes come to. */
struct sum {
	int64_t records;
	size_t octets;      /* in the changeset, at most */
	size_t largest_len; /* of the RRs added, as they are transferred */
};

static const struct rrset *
rrset_at(const struct zone_version *v, const uint8_t *owner, uint16_t type)
{
	const struct zone_name *n = zone_get(v, owner);

	return n == NULL ? NULL : zone_name_rrset(n, type);
}

/* --- The difference that a change makes --- */

static int
by_rdata(const void *a, const void *b, void *arg)
{
	const struct rdata_ref *x = a, *y = b;

	return rdata_compare(*(const uint16_t *)arg, x->octets, x->len,
	    y->octets, y->len);
}

/* The RDATA in canonical order, in heap memory; NULL: there is none. */
static struct rdata_ref *
sorted_rdatas(const struct rrset_change *c)
{
	struct rdata_ref *sorted = calloc((size_t)c->n + 1, sizeof(*sorted));
	uint16_t type = c->type;

	if (sorted == NULL || c->n == 0)
		return sorted;
	memcpy(sorted, c->rdatas, c->n * sizeof(*sorted));
	qsort_r(sorted, c->n, sizeof(*sorted), by_rdata, &type);
	return sorted;
}

static void
add_deleted(struct sum *sum, size_t owner_len, size_t rdata_len)
{
	sum->octets += owner_len + RR_OCTETS_MAX + rdata_len;
}

static void
add_added(struct sum *sum, size_t owner_len, size_t rdata_len)
{
	size_t len = owner_len + RR_FIXED_LEN + rdata_len;

	sum->octets += owner_len + RR_OCTETS_MAX + rdata_len;
	if (len > sum->largest_len)
		sum->largest_len = len;
}

/* Both in canonical order; what is in both does not count. */
static void
add_difference(const struct rrset *before, const struct rrset_change *c,
    const struct rdata_ref *after, size_t owner_len, struct sum *sum)
{
	uint16_t type = c->type, i = 0;
	struct rdata_ref old;
	size_t at = 0;

	while (rrset_next(before, &at, &old)) {
		while (i < c->n && by_rdata(&after[i], &old, &type) < 0)
			add_added(sum, owner_len, after[i++].len);
		if (i < c->n && by_rdata(&after[i], &old, &type) == 0)
			i++;
		else
			add_deleted(sum, owner_len, old.len);
	}
	while (i < c->n)
		add_added(sum, owner_len, after[i++].len);
}

/* Another TTL, or no memory to look closer: all goes, all comes. */
static void
add_whole(const struct rrset *before, const struct rrset_change *c,
    size_t owner_len, struct sum *sum)
{
	struct rdata_ref old;

	for (size_t at = 0; before != NULL && rrset_next(before, &at, &old);)
		add_deleted(sum, owner_len, old.len);
	for (uint16_t i = 0; i < c->n; i++)
		add_added(sum, owner_len, c->rdatas[i].len);
}

static void
add_change(const struct rrset *before, const struct rrset_change *c,
    struct sum *sum)
{
	size_t owner_len = name_len(c->owner);
	struct rdata_ref *after = NULL;

	sum->records += c->n;
	if (before != NULL)
		sum->records -= before->n_rrs;
	if (before != NULL && c->n > 0 && before->ttl == c->ttl)
		after = sorted_rdatas(c);
	if (after != NULL)
		add_difference(before, c, after, owner_len, sum);
	else
		add_whole(before, c, owner_len, sum);
	free(after);
}

size_t
limits_change_octets(const struct zone_version *before,
    const struct rrset_change *c)
{
	struct sum sum = {0, 0, 0};

	add_change(rrset_at(before, c->owner, c->type), c, &sum);
	return sum.octets;
}

/* --- Limits --- */

static uint64_t
records_at(const struct zone_version *v, const uint8_t *owner)
{
	const struct zone_name *n = zone_get(v, owner);
	uint64_t records = 0;

	for (unsigned i = 0; n != NULL && i < zone_name_n_rrsets(n); i++)
		records += zone_name_rrset_at(n, i)->n_rrs;
	return records;
}

static int64_t
records_more(const struct zone_version *v, const struct rrset_change *c)
{
	const struct rrset *before = rrset_at(v, c->owner, c->type);

	return (int64_t)c->n - (before == NULL ? 0 : before->n_rrs);
}

static int
by_owner(const void *a, const void *b)
{
	const struct rrset_change *const *x = a, *const *y = b;

	return name_compare((*x)->owner, (*y)->owner);
}

/*
 * True if a name would grow beyond the limit; changes of one name count
 * together, so that an update may replace what it may not add.
 */
static int
check_names(const struct limits *l, const struct rrset_change *changes,
    size_t n, bool *over_out)
{
	const struct rrset_change **sorted =
	    arena_calloc(l->arena, n, sizeof(*sorted));

	*over_out = false;
	if (sorted == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &changes[i];
	qsort(sorted, n, sizeof(*sorted), by_owner);
	for (size_t i = 0, end; i < n && !*over_out; i = end) {
		const uint8_t *owner = sorted[i]->owner;
		int64_t more = 0;

		for (end = i; end < n && name_equal(sorted[end]->owner, owner);
		     end++)
			more += records_more(l->view, sorted[end]);
		*over_out = more > 0 &&
		    records_at(l->view, owner) + (uint64_t)more >
			l->records_per_name;
	}
	return 0;
}

/* What holds for the updates of others. */
static int
check_update(const struct limits *l, const struct rrset_change *changes,
    size_t n, const struct sum *sum, struct limits_verdict *v)
{
	bool over = false;
	int ret = 0;

	v->rcode = RCODE_REFUSED;
	if (sum->largest_len > RR_TRANSFER_LEN_MAX) {
		reason_set(&v->reason,
		    "an RR of %zu octets cannot be transferred to a secondary,"
		    " which takes at most %u",
		    sum->largest_len, RR_TRANSFER_LEN_MAX);
		return 0;
	}
	if (l->records != 0 && sum->records > 0 &&
	    version_n_records(l->view) + (uint64_t)sum->records > l->records) {
		reason_set(&v->reason,
		    "the zone would have more than max-records %" PRIu64,
		    l->records);
		return 0;
	}
	if (l->records_per_name != 0 && sum->records > 0)
		ret = check_names(l, changes, n, &over);
	if (over)
		reason_set(&v->reason,
		    "a name would have more than max-records-per-name %" PRIu32,
		    l->records_per_name);
	else
		v->rcode = RCODE_NOERROR;
	return ret;
}

int
limits_check(const struct limits *l, const struct rrset_change *changes,
    size_t n, struct limits_verdict *verdict_out)
{
	struct limits_verdict *v = verdict_out;
	struct sum sum = {0, 0, 0};

	for (size_t i = 0; i < n; i++)
		add_change(rrset_at(l->view, changes[i].owner, changes[i].type),
		    &changes[i], &sum);
	v->octets = sum.octets;
	v->reason.text[0] = '\0';
	if (sum.octets > l->octets) {
		v->rcode = RCODE_SERVFAIL;
		reason_set(&v->reason,
		    "the update changes %zu octets, too much for one group of"
		    " the log",
		    sum.octets);
		return 0;
	}
	v->rcode = RCODE_NOERROR;
	return l->is_own ? 0 : check_update(l, changes, n, &sum, v);
}
