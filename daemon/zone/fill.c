/*
 * fill.c - an empty zone filled, name by name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>

#include "daemon/zone/fill.h"
#include "daemon/zone/version.h"

void
zone_fill_init(struct zone_fill *f, struct zone_txn *txn)
{
	assert(version_n_names(zone_view(txn)) == 0);
	f->txn = txn;
	f->in_order = true;
	f->name = NULL;
	trie_build_init(&f->build, &txn->edit);
}

void
zone_fill_clear(struct zone_fill *f)
{
	if (f->name != NULL)
		zone_name_free(&f->txn->zone->slab, f->name);
	f->name = NULL;
	trie_build_clear(&f->build);
}

/* The last name is complete. */
static int
build_in(struct zone_fill *f)
{
	struct key k;
	int ret;

	if (f->name == NULL)
		return 0;
	key_make(&k, f->name->owner);
	ret = txn_build_name(f->txn, &f->build, &k, f->name);
	if (ret == 0)
		f->name = NULL;
	return ret;
}

int
zone_fill_finish(struct zone_fill *f)
{
	int ret;

	if (!f->in_order)
		return 0;
	ret = build_in(f);
	if (ret == 0)
		ret = txn_finish_build(f->txn, &f->build);
	if (ret == 0)
		f->in_order = false;
	return ret;
}

int
zone_fill_go_to(struct zone_fill *f, const uint8_t *owner,
    const struct zone_name **name_out)
{
	int order = 1, ret = 0;

	*name_out = NULL;
	if (f->in_order) {
		if (f->name != NULL)
			order = name_compare(owner, f->name->owner);
		if (order > 0)
			return build_in(f);
		if (order == 0) {
			*name_out = f->name;
			return 0;
		}
		ret = zone_fill_finish(f);
	}
	if (ret == 0)
		*name_out = zone_get(zone_view(f->txn), owner);
	return ret;
}

int
zone_fill_put(struct zone_fill *f, const struct rrset_change *change)
{
	struct slab *slab = &f->txn->zone->slab;
	struct zone_name *n;
	int ret;

	if (!f->in_order)
		return zone_put(f->txn, change);
	ret = zone_name_change(slab, f->txn->edit.generation, f->name, change,
	    &n);
	if (ret != 0)
		return ret;
	if (f->name != NULL)
		zone_name_free(slab, f->name);
	f->name = n;
	return 0;
}
