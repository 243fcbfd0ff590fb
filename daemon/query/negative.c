/*
 * negative.c - what says that there is nothing (RFC 2308)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/negative.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/zone.h"

int
negative_write(struct message_writer *w, const struct zone_version *v,
    const struct name *apex)
{
	const struct rrset *soa = version_soa(v);
	struct rdata_ref rdata;
	struct rr rr;
	uint32_t minimum;
	size_t at = 0;

	if (soa == NULL || !rrset_next(soa, &at, &rdata))
		return ERR_NOTFOUND;
	minimum = soa_minimum(rdata.octets, rdata.len);
	rr = (struct rr){
	    .owner = apex->octets,
	    .type = TYPE_SOA,
	    .class = CLASS_IN,
	    .ttl = soa->ttl < minimum ? soa->ttl : minimum,
	    .rdata_len = rdata.len,
	    .rdata = rdata.octets,
	};
	return message_write_rr(w, SECTION_AUTHORITY, &rr);
}
