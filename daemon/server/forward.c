/*
 * forward.c - what our zones say of a name that policy/ asks about
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/forward.h"

#include <string.h>

#include "daemon/dns/types.h"
#include "daemon/server/core.h"
#include "daemon/zone/rrset.h"
#include "daemon/zone/zone.h"

static bool
rrset_has(const struct rrset *s, const struct addr *address)
{
	size_t len = address->family == AF_INET ? 4 : 16, at = 0;
	struct rdata_ref rdata;

	while (s != NULL && rrset_next(s, &at, &rdata))
		if (rdata.len == len &&
		    memcmp(rdata.octets, address->octets, len) == 0)
			return true;
	return false;
}

bool
forward_has_address(void *server, const uint8_t *name,
    const struct addr *address)
{
	struct server *s = server;
	struct store_zone *z = store_find(s->store, name);
	const struct zone_version *v = z == NULL ? NULL : store_zone_pin(z);
	const struct zone_name *n;
	bool has = false;

	if (v == NULL)
		return false;
	n = zone_get(v, name);
	if (n != NULL)
		has = rrset_has(zone_name_rrset(n,
				    address->family == AF_INET ? TYPE_A
							       : TYPE_AAAA),
		    address);
	zone_unpin(v);
	return has;
}

/* Of a SOA or NS RRset: a name is the first that is in their RDATA. */
static bool
points_to(const struct rrset *s, const uint8_t *name)
{
	struct rdata_ref rdata;

	for (size_t at = 0; s != NULL && rrset_next(s, &at, &rdata);)
		if (name_equal(rdata.octets, name))
			return true;
	return false;
}

bool
forward_is_reserved(void *server, const uint8_t *name)
{
	struct server *s = server;
	struct store_zone *z = store_find(s->store, name);
	const struct zone_version *v;
	const struct zone_name *apex;
	struct zone_found found;
	bool is;

	if (z == NULL)
		return false;
	if (name_equal(name, store_zone_apex(z)->octets))
		return true;
	v = store_zone_pin(z);
	if (v == NULL)
		return true;
	apex = version_apex(v);
	zone_find(v, name, &found);
	is = found.cut != NULL || points_to(version_soa(v), name) ||
	    (apex != NULL && points_to(zone_name_rrset(apex, TYPE_NS), name));
	zone_unpin(v);
	return is;
}
