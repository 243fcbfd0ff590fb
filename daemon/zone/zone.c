/*
 * zone.c - a zone and what its versions say of themselves
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/types.h"
#include "daemon/zone/version.h"

int
zone_create(const struct name *apex, struct epoch *epoch,
    struct zone **zone_out)
{
	struct zone *z;

	*zone_out = NULL;
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return ERR_NOMEM;
	z->apex = *apex;
	z->epoch = epoch;
	z->txn.zone = z;
	slab_init(&z->slab);
	*zone_out = z;
	return 0;
}

void
zone_destroy(struct zone *z)
{
	if (z == NULL)
		return;
	if (z->txn.version != NULL)
		zone_abort(&z->txn);
	while (z->oldest != NULL) {
		garbage_clear(&z->oldest->retired);
		garbage_clear(&z->oldest->kept);
		version_drop(z, z->oldest);
	}
	slab_clear(&z->slab);
	free(z);
}

const struct name *
zone_apex(const struct zone *z)
{
	return &z->apex;
}

const struct zone_version *
zone_current(const struct zone *z)
{
	return atomic_load_explicit(&z->current, memory_order_seq_cst);
}

uint32_t
version_serial(const struct zone_version *v)
{
	return v->serial;
}

size_t
version_n_names(const struct zone_version *v)
{
	return v->n_names;
}

size_t
version_n_records(const struct zone_version *v)
{
	return v->n_records;
}

const struct zone_name *
version_apex(const struct zone_version *v)
{
	return v->apex;
}

const struct rrset *
version_soa(const struct zone_version *v)
{
	return v->apex == NULL ? NULL : zone_name_rrset(v->apex, TYPE_SOA);
}
