/*
 * failures.c - what a source's failing tokens may cost us
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/gss/failures.h"

void
failures_init(struct failures *f)
{
	memset(f, 0, sizeof(*f));
	f->seed = addr_hash_seed();
}

static size_t
place_of(const struct failures *f, const struct addr *client)
{
	struct addr source = addr_budget(client);

	return addr_hash(&source, f->seed) % FAILURES_PLACES;
}

bool
failures_may_cost(struct failures *f, const struct addr *client)
{
	uint64_t second = clock_mono_ms() / 1000;
	size_t i = place_of(f, client);

	if (f->places[i].second != second) {
		f->places[i].second = second;
		f->places[i].n = 0;
	}
	return f->places[i].n++ < FAILURES_PER_SECOND;
}

bool
failures_are_many(const struct failures *f, const struct addr *client)
{
	size_t i = place_of(f, client);

	return f->places[i].second == clock_mono_ms() / 1000 &&
	    f->places[i].n >= FAILURES_PER_SECOND;
}
