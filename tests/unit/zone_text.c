/*
 * zone_text.c - zones for tests, written as zone files are
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/zone_scan.h"
#include "tests/unit/zone_text.h"

#define RRS_MAX 4096

int
zone_add_rr(struct zone_txn *txn, const struct rr *rr)
{
	static _Thread_local struct rdata_ref refs[RRS_MAX];
	const struct zone_name *name = zone_get(zone_view(txn), rr->owner);
	const struct rrset *before =
	    name == NULL ? NULL : zone_name_rrset(name, rr->type);
	struct rrset_change change = {
	    .owner = rr->owner,
	    .type = rr->type,
	    .ttl = rr->ttl,
	    .rdatas = refs,
	};

	if (before != NULL)
		for (size_t at = 0; change.n + 1 < RRS_MAX &&
		     rrset_next(before, &at, &refs[change.n]);)
			change.n++;
	refs[change.n++] = (struct rdata_ref){rr->rdata, rr->rdata_len};
	return zone_put(txn, &change);
}

static int
take(void *arg, const struct rr *rr, struct reason *reason)
{
	(void)reason;
	return zone_add_rr(arg, rr);
}

struct zone *
zone_from_text(const char *apex, const char *text)
{
	struct zone_txn *txn;
	struct reason reason;
	struct name origin;
	struct zone *z;

	if (name_from_text(apex, NULL, &origin) != 0 ||
	    zone_create(&origin, NULL, &z) != 0)
		return NULL;
	if (zone_begin(z, &txn) != 0) {
		zone_destroy(z);
		return NULL;
	}
	if (zone_scan_text(text, strlen(text), "test", &origin, take, txn,
		&reason) != 0) {
		zone_abort(txn);
		zone_destroy(z);
		return NULL;
	}
	zone_publish(z, zone_seal(txn));
	return z;
}
