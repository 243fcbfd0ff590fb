/*
 * sid_list.c - many SIDs in little room
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/identity/sid_list.h"

void
sid_list_add(struct sid_list *l, const struct sid *base, uint32_t rid,
    struct sid *last_io)
{
	if (l->n_sids == 0 || !sid_equal(base, last_io)) {
		*last_io = *base;
		l->n_runs++;
		if (l->runs != NULL)
			l->runs[l->n_runs - 1].base = *base;
	}
	if (l->runs != NULL) {
		l->runs[l->n_runs - 1].n++;
		l->rids[l->n_sids] = rid;
	}
	l->n_sids++;
}

void
sid_list_get(const struct sid_list *l, size_t i, struct sid *sid_out)
{
	const struct sid_run *run = l->runs;

	for (size_t rest = i; rest >= run->n; run++)
		rest -= run->n;
	(void)sid_join(&run->base, l->rids[i], sid_out);
}

static bool
has_rid(const uint32_t *rids, size_t n, uint32_t rid)
{
	for (size_t i = 0; i < n; i++)
		if (rids[i] == rid)
			return true;
	return false;
}

bool
sid_list_has(const struct sid_list *l, const struct sid *sid)
{
	const uint32_t *rids = l->rids;
	uint32_t rid;

	for (size_t i = 0; i < l->n_runs; rids += l->runs[i].n, i++)
		if (sid_is_below(sid, &l->runs[i].base, &rid) &&
		    has_rid(rids, l->runs[i].n, rid))
			return true;
	return false;
}

bool
sid_list_equal(const struct sid_list *a, const struct sid_list *b)
{
	if (a->n_runs != b->n_runs || a->n_sids != b->n_sids)
		return false;
	for (size_t i = 0; i < a->n_runs; i++)
		if (a->runs[i].n != b->runs[i].n ||
		    !sid_equal(&a->runs[i].base, &b->runs[i].base))
			return false;
	return memcmp(a->rids, b->rids, a->n_sids * sizeof(a->rids[0])) == 0;
}
