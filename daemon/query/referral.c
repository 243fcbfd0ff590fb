/*
 * referral.c - where to ask instead: delegations and their glue
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/referral.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/zone.h"

enum glue {
	GLUE_IN_DOMAIN, /* at or below the cut */
	GLUE_OTHER,     /* elsewhere in the zone */
};

static int
write_rrset(struct message_writer *w, enum section section,
    const struct zone_name *name, uint16_t type)
{
	const struct rrset *s = zone_name_rrset(name, type);

	if (s == NULL)
		return 0;
	return message_write_rendered(w, section, zone_name_owner(name),
	    rrset_rendered(s), s->rendered_len, s->n_rrs);
}

/* Both address RRsets of the name, as far as they fit. */
static int
write_addresses(struct message_writer *w, const struct zone_name *name)
{
	int a = write_rrset(w, SECTION_ADDITIONAL, name, TYPE_A);
	int aaaa = write_rrset(w, SECTION_ADDITIONAL, name, TYPE_AAAA);

	return a != 0 ? a : aaaa;
}

static int
write_glue(struct message_writer *w, const struct zone_version *v,
    const struct name *apex, const struct zone_name *cut, enum glue which)
{
	const struct rrset *ns = zone_name_rrset(cut, TYPE_NS);
	const struct zone_name *name;
	struct rdata_ref rdata;
	enum glue found;
	int ret = 0;

	for (size_t at = 0; rrset_next(ns, &at, &rdata);) {
		if (!name_is_below(rdata.octets, apex->octets))
			continue;
		found = name_is_below(rdata.octets, zone_name_owner(cut))
		    ? GLUE_IN_DOMAIN
		    : GLUE_OTHER;
		if (found != which)
			continue;
		name = zone_get(v, rdata.octets);
		if (name != NULL && write_addresses(w, name) != 0)
			ret = ERR_NOSPACE;
	}
	return ret;
}

int
referral_write(struct message_writer *w, const struct zone_version *v,
    const struct name *apex, const struct zone_name *cut)
{
	int ret;

	ret = write_rrset(w, SECTION_AUTHORITY, cut, TYPE_NS);
	if (ret != 0)
		return ret;
	if (write_glue(w, v, apex, cut, GLUE_IN_DOMAIN) != 0)
		message_write_flags(w, FLAG_TC, 0);
	else
		(void)write_glue(w, v, apex, cut, GLUE_OTHER);
	return 0;
}
