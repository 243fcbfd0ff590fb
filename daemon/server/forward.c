/*
 * forward.c - does a name have an address in our zones
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
