/*
 * zone_load.c - a whole zone from a zone file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The RRs of an RRset usually follow one another: they are gathered, and put
 * into the zone when the next RRset begins.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/zone_scan.h"
#include "daemon/zone/fill.h"
#include "daemon/zone/zone_file.h"

#define TTL_DEFAULT_S 3600

struct load {
	struct zone_fill fill;
	const struct name *apex;
	struct arena arena; /* the RDATA gathered */
	struct name owner;  /* of the RRset being gathered; len 0: none */
	uint16_t type;
	uint32_t ttl;
	struct rdata_ref *rdatas;
	size_t n, room;
};

static int
compare_rdata(const void *a, const void *b, void *arg)
{
	const struct rdata_ref *x = a, *y = b;

	return rdata_compare(*(const uint16_t *)arg, x->octets, x->len,
	    y->octets, y->len);
}

static int
gather(struct load *l, const uint8_t *octets, uint16_t len)
{
	struct rdata_ref *rdatas;

	if (l->n == l->room) {
		size_t room = l->room == 0 ? 16 : 2 * l->room;

		rdatas = reallocarray(l->rdatas, room, sizeof(*rdatas));
		if (rdatas == NULL)
			return ERR_NOMEM;
		l->rdatas = rdatas;
		l->room = room;
	}
	l->rdatas[l->n].len = len;
	l->rdatas[l->n].octets = arena_copy(&l->arena, octets, len);
	return l->rdatas[l->n++].octets == NULL ? ERR_NOMEM : 0;
}

/* Adds what the name has of this RRset already; its TTL counts. */
static int
gather_earlier(struct load *l, const struct zone_name *n)
{
	const struct rrset *s = zone_name_rrset(n, l->type);
	struct rdata_ref rdata;
	int ret = 0;

	if (s == NULL)
		return 0;
	l->ttl = s->ttl;
	for (size_t at = 0; ret == 0 && rrset_next(s, &at, &rdata);)
		ret = gather(l, rdata.octets, rdata.len);
	return ret;
}

static void
drop_duplicates(struct load *l)
{
	size_t n = 1;

	if (l->n < 2)
		return;
	qsort_r(l->rdatas, l->n, sizeof(*l->rdatas), compare_rdata, &l->type);
	for (size_t i = 1; i < l->n; i++)
		if (compare_rdata(&l->rdatas[n - 1], &l->rdatas[i], &l->type) !=
		    0)
			l->rdatas[n++] = l->rdatas[i];
	l->n = n;
}

/* Puts the RRset gathered into the zone. */
static int
put_gathered(struct load *l)
{
	int ret;

	if (l->n == 0)
		return 0;
	drop_duplicates(l);
	if (l->n > UINT16_MAX)
		return ERR_RANGE;
	ret = zone_fill_put(&l->fill,
	    &(struct rrset_change){.owner = l->owner.octets,
		.type = l->type,
		.ttl = l->ttl,
		.n = (uint16_t)l->n,
		.rdatas = l->rdatas});
	l->n = 0;
	arena_reset(&l->arena);
	return ret;
}

/* Types of which a name has one RR (RFC 1035, RFC 6672 section 2.4). */
static bool
type_is_single(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SOA;
}

/* What may stand beside a CNAME: RFC 2181 section 10.1, RFC 4034 sections. */
static bool
type_goes_with_cname(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_RRSIG || type == TYPE_NSEC ||
	    type == TYPE_SIG || type == TYPE_NXT || type == TYPE_KEY;
}

/* True if the name has a type that cannot be beside the given one. */
static bool
cname_conflicts(const struct zone_name *n, uint16_t type)
{
	if (type_goes_with_cname(type) && type != TYPE_CNAME)
		return false;
	for (unsigned i = 0; i < zone_name_n_rrsets(n); i++) {
		uint16_t other = zone_name_rrset_at(n, i)->type;

		if (type == TYPE_CNAME ? !type_goes_with_cname(other)
				       : other == TYPE_CNAME)
			return true;
	}
	return false;
}

/* Why rr cannot begin an RRset where the zone has n; NULL: it can. */
static const char *
conflict(const struct zone_name *n, const struct rr *rr)
{
	const struct rrset *s = zone_name_rrset(n, rr->type);
	struct rdata_ref rdata;
	size_t at = 0;

	if (cname_conflicts(n, rr->type))
		return "a CNAME RR cannot be beside other data";
	if (s != NULL && type_is_single(rr->type) &&
	    rrset_next(s, &at, &rdata) &&
	    rdata_compare(rr->type, rdata.octets, rdata.len, rr->rdata,
		rr->rdata_len) != 0)
		return "a second RR of a type that allows one";
	return NULL;
}

static int
refuse(const struct rr *rr, struct reason *reason, const char *what)
{
	char owner[NAME_TEXT_SIZE], type[MNEMONIC_SIZE];

	reason_set(reason, "%s %s: %s", name_to_log(rr->owner, owner),
	    type_to_text(rr->type, type), what);
	return ERR_MALFORMED;
}

static int
begin_rrset(struct load *l, const struct rr *rr, struct reason *reason)
{
	const struct zone_name *n;
	const char *why = NULL;
	int ret = put_gathered(l);

	if (ret == 0)
		ret = zone_fill_go_to(&l->fill, rr->owner, &n);
	if (ret != 0)
		return ret;
	if (n != NULL)
		why = conflict(n, rr);
	if (why != NULL)
		return refuse(rr, reason, why);
	name_set(&l->owner, rr->owner);
	l->type = rr->type;
	l->ttl = rr->ttl;
	if (n != NULL)
		ret = gather_earlier(l, n);
	return ret != 0 ? ret : gather(l, rr->rdata, rr->rdata_len);
}

static int
take_rr(void *arg, const struct rr *rr, struct reason *reason)
{
	struct load *l = arg;

	if (rr->class != CLASS_IN)
		return refuse(rr, reason, "only class IN is served");
	if (!name_is_below(rr->owner, l->apex->octets))
		return refuse(rr, reason, "not in this zone");
	if (rr->type == TYPE_SOA && !name_equal(rr->owner, l->apex->octets))
		return refuse(rr, reason, "an SOA RR belongs to the apex");
	if (name_len(rr->owner) + 10u + rr->rdata_len > RR_TRANSFER_LEN_MAX)
		return refuse(rr, reason,
		    "it is too large to be transferred to a secondary");
	if (l->n == 0 || rr->type != l->type ||
	    !name_equal(rr->owner, l->owner.octets))
		return begin_rrset(l, rr, reason);
	if (!type_is_single(rr->type))
		return gather(l, rr->rdata, rr->rdata_len);
	if (rdata_compare(rr->type, rr->rdata, rr->rdata_len,
		l->rdatas[0].octets, l->rdatas[0].len) != 0)
		return refuse(rr, reason,
		    "a second RR of a type that allows one");
	return 0;
}

/* RFC 1035 section 5.2: what a whole zone must have. */
static int
check_apex(const struct load *l, const char *path, struct reason *reason)
{
	const struct zone_version *v = zone_view(l->fill.txn);
	const struct zone_name *apex = version_apex(v);
	const char *missing = NULL;

	if (version_soa(v) == NULL)
		missing = "SOA";
	else if (zone_name_rrset(apex, TYPE_NS) == NULL)
		missing = "NS";
	if (missing == NULL)
		return 0;
	reason_set(reason, "%s: no %s RR at the apex", path, missing);
	return ERR_MALFORMED;
}

int
zone_file_load(struct zone_txn *txn, const char *path, struct reason *reason)
{
	struct load l = {.apex = zone_txn_apex(txn)};
	int ret;

	zone_fill_init(&l.fill, txn);
	arena_init(&l.arena, 0);
	ret = zone_scan_file(path, l.apex, TTL_DEFAULT_S, take_rr, &l, reason);
	if (ret != 0)
		goto done;
	ret = put_gathered(&l);
	if (ret == 0)
		ret = zone_fill_finish(&l.fill);
	if (ret != 0) {
		reason_set(reason, "%s: %s", path, err_text(ret));
		goto done;
	}
	ret = check_apex(&l, path, reason);
done:
	zone_fill_clear(&l.fill);
	arena_clear(&l.arena);
	free(l.rdatas);
	return ret;
}
