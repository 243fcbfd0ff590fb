/*
 * additional.c - addresses that the asker will want next
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/additional.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/zone.h"

void
additional_init(struct additional *a, struct message_writer *w,
    const struct zone_version *v, const struct name *apex)
{
	a->w = w;
	a->version = v;
	a->apex = apex;
	a->n_known = 0;
}

void
additional_know(struct additional *a, const struct rrset *s)
{
	if (a->n_known < ADDITIONAL_RRSETS_MAX)
		a->known[a->n_known++] = s;
}

static bool
is_known(const struct additional *a, const struct rrset *s)
{
	for (unsigned i = 0; i < a->n_known; i++)
		if (a->known[i] == s)
			return true;
	/* Without a place to remember it, it could be repeated. */
	return a->n_known == ADDITIONAL_RRSETS_MAX;
}

static void
write_rrset(struct additional *a, const struct zone_name *name, uint16_t type)
{
	const struct rrset *s = zone_name_rrset(name, type);

	if (s == NULL || is_known(a, s))
		return;
	additional_know(a, s);
	(void)message_write_rendered(a->w, SECTION_ADDITIONAL,
	    zone_name_owner(name), rrset_rendered(s), s->rendered_len,
	    s->n_rrs);
}

static void
write_addresses(struct additional *a, const uint8_t *target)
{
	struct zone_found found;

	if (!name_is_below(target, a->apex->octets))
		return;
	zone_find(a->version, target, &found);
	if (found.kind != ZONE_FOUND_NAME || found.cut != NULL ||
	    found.dname != NULL)
		return;
	write_rrset(a, found.name, TYPE_A);
	write_rrset(a, found.name, TYPE_AAAA);
}

static bool
type_wants_addresses(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_MX || type == TYPE_SRV ||
	    type == TYPE_KX || type == TYPE_AFSDB || type == TYPE_RT;
}

void
additional_write(struct additional *a, const struct rrset *answered)
{
	struct rdata_ref rdata;
	const uint8_t *target;

	if (!type_wants_addresses(answered->type))
		return;
	for (size_t at = 0; rrset_next(answered, &at, &rdata);) {
		target = rdata_target(answered->type, rdata.octets, rdata.len);
		if (target != NULL)
			write_addresses(a, target);
	}
}
