/*
 * epoch.c - when may the writer free what readers may still hold
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/epoch.h"

struct epoch *
epoch_create(size_t n)
{
	struct epoch *e;

	assert(n <= EPOCH_READERS_MAX);
	e = aligned_alloc(64, sizeof(*e));
	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->n_readers = n;
	return e;
}

void
epoch_destroy(struct epoch *e)
{
	free(e);
}

void
epoch_mark(const struct epoch *e, struct epoch_mark *m)
{
	for (size_t i = 0; i < e->n_readers; i++)
		m->counts[i] = atomic_load_explicit(
		    &e->readers[i].count, memory_order_seq_cst);
}

bool
epoch_passed(const struct epoch *e, const struct epoch_mark *m)
{
	for (size_t i = 0; i < e->n_readers; i++) {
		if (m->counts[i] % 2 == 0)
			continue;
		if (atomic_load_explicit(&e->readers[i].count,
			memory_order_acquire) == m->counts[i])
			return false;
	}
	return true;
}
