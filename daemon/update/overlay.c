/*
 * overlay.c - the RRsets of a zone version as an update leaves them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <ctype.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/update/overlay.h"

#define BUCKETS_MIN 16
#define WKS_KEY_LEN 5 /* address and protocol (RFC 1035 section 3.4.2) */

/* --- Hashes --- */

/*
 * Octets folded to lower case, so that RDATA that are equal but for the case
 * of names have one hash.
 */
static uint64_t
hash_octets(uint64_t seed, const uint8_t *octets, size_t len)
{
	uint64_t h = seed ^ len;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (uint64_t)tolower(octets[i])) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return h;
}

/* A name has one RR of these at most. */
static bool
is_singleton(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_SOA || type == TYPE_DNAME;
}

/* The same for RDATA that are equal or that replace each other. */
static uint64_t
hash_rdata(const struct overlay *o, uint16_t type, const struct rdata_ref *r)
{
	if (is_singleton(type))
		return 0;
	if (type == TYPE_WKS && r->len > WKS_KEY_LEN)
		return hash_octets(o->seed, r->octets, WKS_KEY_LEN);
	return hash_octets(o->seed, r->octets, r->len);
}

static bool
are_equal(uint16_t type, const struct rdata_ref *a, const struct rdata_ref *b)
{
	return rdata_compare(type, a->octets, a->len, b->octets, b->len) == 0;
}

/* RFC 2136 section 3.4.2.2, and DNAME (RFC 6672 section 2.4). */
static bool
replaces(uint16_t type, const struct rdata_ref *a, const struct rdata_ref *b)
{
	if (is_singleton(type))
		return true;
	if (type == TYPE_WKS && a->len >= WKS_KEY_LEN && b->len >= WKS_KEY_LEN)
		return memcmp(a->octets, b->octets, WKS_KEY_LEN) == 0;
	return are_equal(type, a, b);
}

/* --- Names and sets --- */

int
overlay_init(struct overlay *o, const struct zone_version *view,
    size_t n_expected, struct arena *a)
{
	size_t n = BUCKETS_MIN;

	while (n < n_expected)
		n *= 2;
	memset(o, 0, sizeof(*o));
	o->view = view;
	o->arena = a;
	o->n_buckets = n;
	o->end = &o->first;
	/* Where our memory lies is no secret, but nothing that a peer knows. */
	o->seed = (uint64_t)(uintptr_t)o ^ (uint64_t)(uintptr_t)a->blocks;
	o->names = arena_calloc(a, n, sizeof(struct overlay_name *));
	o->sets = arena_calloc(a, n, sizeof(struct overlay_set *));
	return o->names == NULL || o->sets == NULL ? ERR_NOMEM : 0;
}

struct overlay_name *
overlay_name(struct overlay *o, const uint8_t *owner)
{
	uint64_t hash = name_hash(owner, o->seed);
	struct overlay_name **bucket = &o->names[hash & (o->n_buckets - 1)];
	struct overlay_name *n;

	for (n = *bucket; n != NULL; n = n->next_in_bucket)
		if (n->hash == hash && name_equal(n->owner, owner))
			return n;
	n = arena_calloc(o->arena, 1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->owner = owner;
	n->hash = hash;
	if (o->view != NULL)
		n->before = zone_get(o->view, owner);
	if (n->before != NULL)
		n->n_rrsets = zone_name_n_rrsets(n->before);
	n->next_in_bucket = *bucket;
	*bucket = n;
	return n;
}

static struct overlay_set *
make_set(struct overlay *o, struct overlay_name *name, uint16_t type)
{
	struct overlay_set *s = arena_calloc(o->arena, 1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->name = name;
	s->type = type;
	if (name->before != NULL)
		s->before = zone_name_rrset(name->before, type);
	if (s->before != NULL) {
		s->ttl = s->before->ttl;
		s->n = s->before->n_rrs;
	} else {
		s->is_loaded = true;
	}
	s->next_of_name = name->sets;
	name->sets = s;
	*o->end = s;
	o->end = &s->next;
	o->n_sets++;
	return s;
}

struct overlay_set *
overlay_set(struct overlay *o, struct overlay_name *name, uint16_t type)
{
	uint64_t hash = (name->hash ^ type) * 0x9e3779b97f4a7c15;
	struct overlay_set **bucket = &o->sets[hash >> 32 & (o->n_buckets - 1)];
	struct overlay_set *s;

	for (s = *bucket; s != NULL; s = s->next_in_bucket)
		if (s->name == name && s->type == type)
			return s;
	s = make_set(o, name, type);
	if (s == NULL)
		return NULL;
	s->next_in_bucket = *bucket;
	*bucket = s;
	return s;
}

int
overlay_whole_name(struct overlay *o, struct overlay_name *name)
{
	const struct zone_name *before = name->before;

	if (name->is_whole || before == NULL)
		return 0;
	for (unsigned i = 0; i < zone_name_n_rrsets(before); i++)
		if (overlay_set(o, name, zone_name_rrset_at(before, i)->type) ==
		    NULL)
			return ERR_NOMEM;
	name->is_whole = true;
	return 0;
}

/* --- RRs --- */

static struct overlay_rr **
bucket_of(const struct overlay_set *s, uint64_t hash)
{
	return &s->buckets[hash & (s->n_buckets - 1)];
}

/* At least as many buckets as RRs. */
static int
grow_buckets(struct overlay *o, struct overlay_set *s)
{
	size_t n = s->n_buckets == 0 ? BUCKETS_MIN : 2 * s->n_buckets;
	struct overlay_rr **bucket;

	while (n < s->n)
		n *= 2;
	s->buckets = arena_calloc(o->arena, n, sizeof(struct overlay_rr *));
	if (s->buckets == NULL) {
		s->n_buckets = 0;
		return ERR_NOMEM;
	}
	s->n_buckets = n;
	for (struct overlay_rr *rr = s->rrs; rr != NULL; rr = rr->next) {
		bucket = bucket_of(s, rr->hash);
		rr->next_in_bucket = *bucket;
		*bucket = rr;
	}
	return 0;
}

/* Puts an RR at the end of list and bucket; counting is the caller's. */
static int
append_rr(struct overlay *o, struct overlay_set *s,
    const struct rdata_ref *rdata, uint32_t timestamp)
{
	struct overlay_rr *rr, **bucket;

	rr = arena_calloc(o->arena, 1, sizeof(*rr));
	if (rr == NULL)
		return ERR_NOMEM;
	if ((s->n_buckets == 0 || s->n > s->n_buckets) &&
	    grow_buckets(o, s) != 0)
		return ERR_NOMEM;
	rr->rdata = *rdata;
	rr->timestamp = timestamp;
	rr->hash = hash_rdata(o, s->type, rdata);
	bucket = bucket_of(s, rr->hash);
	rr->next_in_bucket = *bucket;
	*bucket = rr;
	rr->prev = s->last;
	if (s->last == NULL)
		s->rrs = rr;
	else
		s->last->next = rr;
	s->last = rr;
	return 0;
}

int
overlay_load(struct overlay *o, struct overlay_set *s)
{
	struct rdata_ref rdata;
	unsigned i = 0;

	if (s->is_loaded)
		return 0;
	for (size_t at = 0; rrset_next(s->before, &at, &rdata); i++)
		if (append_rr(o, s, &rdata, s->before->timestamps[i]) != 0)
			return ERR_NOMEM;
	s->is_loaded = true;
	return 0;
}

typedef bool (*rdata_alike)(uint16_t type, const struct rdata_ref *a,
    const struct rdata_ref *b);

static struct overlay_rr *
find_rr(struct overlay *o, const struct overlay_set *s,
    const struct rdata_ref *rdata, rdata_alike alike)
{
	uint64_t hash = hash_rdata(o, s->type, rdata);
	struct overlay_rr *rr;

	if (s->n_buckets == 0)
		return NULL;
	for (rr = *bucket_of(s, hash); rr != NULL; rr = rr->next_in_bucket)
		if (rr->hash == hash && alike(s->type, &rr->rdata, rdata))
			return rr;
	return NULL;
}

struct overlay_rr *
overlay_find(struct overlay *o, const struct overlay_set *s,
    const struct rdata_ref *rdata)
{
	return find_rr(o, s, rdata, are_equal);
}

static int
count_up(struct overlay *o, struct overlay_set *s,
    const struct rdata_ref *rdata)
{
	if (append_rr(o, s, rdata, 0) != 0)
		return ERR_NOMEM;
	if (s->n++ == 0)
		s->name->n_rrsets++;
	return 0;
}

int
overlay_add(struct overlay *o, struct overlay_set *s,
    const struct rdata_ref *rdata, uint32_t ttl)
{
	struct overlay_rr *rr;

	if (overlay_load(o, s) != 0)
		return ERR_NOMEM;
	rr = find_rr(o, s, rdata, replaces);
	if (rr == NULL) {
		if (count_up(o, s, rdata) != 0)
			return ERR_NOMEM;
	} else if (!are_equal(s->type, &rr->rdata, rdata)) {
		rr->rdata = *rdata;
		rr->timestamp = 0;
	}
	s->ttl = ttl;
	return 0;
}

int
overlay_collect(struct overlay *o, struct overlay_set *s,
    const struct rdata_ref *rdata)
{
	if (overlay_load(o, s) != 0)
		return ERR_NOMEM;
	if (overlay_find(o, s, rdata) != NULL)
		return 0;
	return count_up(o, s, rdata);
}

static void
unlink_rr(struct overlay_set *s, struct overlay_rr *rr)
{
	struct overlay_rr **at = bucket_of(s, rr->hash);

	while (*at != rr)
		at = &(*at)->next_in_bucket;
	*at = rr->next_in_bucket;
	if (rr->prev == NULL)
		s->rrs = rr->next;
	else
		rr->prev->next = rr->next;
	if (rr->next == NULL)
		s->last = rr->prev;
	else
		rr->next->prev = rr->prev;
}

int
overlay_remove(struct overlay *o, struct overlay_set *s,
    const struct rdata_ref *rdata)
{
	struct overlay_rr *rr;

	if (overlay_load(o, s) != 0)
		return ERR_NOMEM;
	rr = overlay_find(o, s, rdata);
	if (rr == NULL)
		return 0;
	unlink_rr(s, rr);
	if (--s->n == 0)
		s->name->n_rrsets--;
	return 0;
}

void
overlay_clear(struct overlay_set *s)
{
	if (s->n != 0)
		s->name->n_rrsets--;
	s->n = 0;
	s->is_loaded = true;
	s->rrs = s->last = NULL;
	s->buckets = NULL;
	s->n_buckets = 0;
}

/* --- What changed --- */

bool
overlay_equals(struct overlay *o, const struct overlay_set *s,
    const struct rrset *rrset)
{
	struct rdata_ref rdata;

	if (s->n != (rrset == NULL ? 0 : rrset->n_rrs))
		return false;
	if (rrset == NULL)
		return true;
	for (size_t at = 0; rrset_next(rrset, &at, &rdata);)
		if (overlay_find(o, s, &rdata) == NULL)
			return false;
	return true;
}

static bool
is_changed(struct overlay *o, const struct overlay_set *s)
{
	if (!s->is_loaded)
		return false;
	if (s->n != 0 && s->before != NULL && s->ttl != s->before->ttl)
		return true;
	return !overlay_equals(o, s, s->before);
}

/* The RDATA of the set in a piece of the arena; NULL: no memory. */
static struct rdata_ref *
copy_rdatas(struct overlay *o, const struct overlay_set *s)
{
	struct rdata_ref *rdatas =
	    arena_calloc(o->arena, s->n, sizeof(*rdatas));
	const struct overlay_rr *rr;
	size_t len = 0, i = 0;
	uint8_t *at;

	for (rr = s->rrs; rr != NULL; rr = rr->next)
		len += rr->rdata.len;
	at = arena_alloc(o->arena, len);
	if (rdatas == NULL || at == NULL)
		return NULL;
	for (rr = s->rrs; rr != NULL; rr = rr->next) {
		rdatas[i++] = (struct rdata_ref){at, rr->rdata.len};
		if (rr->rdata.len > 0)
			memcpy(at, rr->rdata.octets, rr->rdata.len);
		at += rr->rdata.len;
	}
	return rdatas;
}

static int
set_to_change(struct overlay *o, const struct overlay_set *s,
    struct rrset_change *c)
{
	struct rdata_ref *rdatas;
	uint32_t *timestamps;
	size_t i = 0;

	if (s->n > UINT16_MAX)
		return ERR_RANGE;
	rdatas = copy_rdatas(o, s);
	timestamps = arena_calloc(o->arena, s->n, sizeof(*timestamps));
	if (rdatas == NULL || timestamps == NULL)
		return ERR_NOMEM;
	for (const struct overlay_rr *rr = s->rrs; rr != NULL; rr = rr->next)
		timestamps[i++] = rr->timestamp;
	c->owner = s->name->owner;
	c->type = s->type;
	c->ttl = s->ttl;
	c->n = (uint16_t)s->n;
	c->rdatas = rdatas;
	c->timestamps = timestamps;
	return 0;
}

int
overlay_changes(struct overlay *o, struct rrset_change **changes_out,
    size_t *n_out)
{
	struct rrset_change *changes;
	size_t n = 0;
	int ret;

	*changes_out = NULL;
	*n_out = 0;

	changes = arena_calloc(o->arena, o->n_sets, sizeof(*changes));
	if (changes == NULL)
		return ERR_NOMEM;
	for (int goes_away = 1; goes_away >= 0; goes_away--)
		for (struct overlay_set *s = o->first; s != NULL; s = s->next) {
			if ((s->n == 0) != goes_away || !is_changed(o, s))
				continue;
			ret = set_to_change(o, s, &changes[n]);
			if (ret != 0)
				return ret;
			n++;
		}
	*changes_out = changes;
	*n_out = n;
	return 0;
}
