/*
 * apply.c - what an update changes (RFC 2136 section 3.4.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/update/apply.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"

#define TTL_MAX 0x7fffffffu /* RFC 2181 section 8: a larger one is 0 */

/* One RR of the update section, and where it belongs. */
struct change {
	struct overlay *overlay;
	const struct rr *rr;
	uint32_t max_rrs;
	bool at_apex;
	struct overlay_name *name;
	struct overlay_set *set; /* NULL for the deletion of a name */
};

static bool
is_apex_rrset(const struct change *c, uint16_t type)
{
	return c->at_apex && (type == TYPE_SOA || type == TYPE_NS);
}

/* A CNAME stands alone at its name. */
static int
clashes_with_cname(const struct change *c, bool *clashes_out)
{
	const struct overlay_set *cname =
	    overlay_set(c->overlay, c->name, TYPE_CNAME);

	if (cname == NULL)
		return ERR_NOMEM;
	if (c->rr->type == TYPE_CNAME)
		*clashes_out = c->name->n_rrsets > (cname->n == 0 ? 0u : 1u);
	else
		*clashes_out = cname->n != 0;
	return 0;
}

/*
 * Section 3.4.2.2: only the apex's, and only to a later serial: later than what
 * the message made of it so far, and than what secondaries have, which two
 * great steps together would not be (RFC 1982).
 */
static bool
is_later_soa(const struct change *c)
{
	const struct rdata_ref *now;
	struct rdata_ref before;
	size_t at = 0;
	uint32_t serial;

	if (!c->at_apex || c->set->before == NULL || c->set->rrs == NULL ||
	    !rrset_next(c->set->before, &at, &before))
		return false;
	now = &c->set->rrs->rdata;
	serial = soa_serial(c->rr->rdata, c->rr->rdata_len);
	return serial_after(serial, soa_serial(now->octets, now->len)) &&
	    serial_after(serial, soa_serial(before.octets, before.len));
}

static bool
is_ignored(const struct change *c)
{
	switch (c->rr->type) {
	case TYPE_MD:
	case TYPE_MF:
		return true;
	case TYPE_NS:
	case TYPE_DNAME:
		return name_is_wildcard(c->rr->owner);
	case TYPE_DS:
		return c->at_apex;
	case TYPE_SOA:
		return !is_later_soa(c);
	default:
		return false;
	}
}

static int
add(const struct change *c)
{
	const struct rr *rr = c->rr;
	struct rdata_ref rdata = {rr->rdata, rr->rdata_len};
	bool clashes;

	if (overlay_load(c->overlay, c->set) != 0 ||
	    clashes_with_cname(c, &clashes) != 0)
		return ERR_NOMEM;
	if (clashes || is_ignored(c))
		return 0;
	if (c->max_rrs != 0 && c->set->n >= c->max_rrs)
		return 0;
	return overlay_add(c->overlay, c->set, &rdata,
	    rr->ttl > TTL_MAX ? 0 : rr->ttl);
}

static int
delete_rrset(const struct change *c)
{
	if (!is_apex_rrset(c, c->rr->type))
		overlay_clear(c->set);
	return 0;
}

static int
delete_name(const struct change *c)
{
	if (c->name->n_rrsets == 0)
		return 0;
	if (overlay_whole_name(c->overlay, c->name) != 0)
		return ERR_NOMEM;
	for (struct overlay_set *s = c->name->sets; s != NULL;
	     s = s->next_of_name)
		if (!is_apex_rrset(c, s->type))
			overlay_clear(s);
	return 0;
}

static int
delete_rr(const struct change *c)
{
	struct rdata_ref rdata = {c->rr->rdata, c->rr->rdata_len};

	if (is_apex_rrset(c, c->rr->type) &&
	    (c->rr->type == TYPE_SOA || c->set->n == 1))
		return 0;
	return overlay_remove(c->overlay, c->set, &rdata);
}

static int
find_place(struct change *c, enum update_kind kind, const uint8_t *zone)
{
	c->at_apex = name_equal(c->rr->owner, zone);
	c->name = overlay_name(c->overlay, c->rr->owner);
	if (c->name == NULL)
		return ERR_NOMEM;
	if (kind == UPDATE_DELETE_NAME)
		return 0;
	c->set = overlay_set(c->overlay, c->name, c->rr->type);
	return c->set == NULL ? ERR_NOMEM : 0;
}

static int
apply_rr(const struct update *u, const struct update_rr *rr, struct overlay *o)
{
	struct change c = {.overlay = o, .rr = rr->rr, .max_rrs = rr->max_rrs};

	if (find_place(&c, rr->kind, u->zone) != 0)
		return ERR_NOMEM;
	switch (rr->kind) {
	case UPDATE_ADD:
		return add(&c);
	case UPDATE_DELETE_RRSET:
		return delete_rrset(&c);
	case UPDATE_DELETE_NAME:
		return delete_name(&c);
	case UPDATE_DELETE_RR:
		return delete_rr(&c);
	}
	return 0;
}

int
apply_update(const struct update *u, struct overlay *o)
{
	int ret;

	for (size_t i = 0; i < u->n_rrs; i++) {
		ret = apply_rr(u, &u->rrs[i], o);
		if (ret != 0)
			return ret;
	}
	return 0;
}
