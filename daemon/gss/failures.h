/*
 * failures.h - what a source's failing tokens may cost us
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A token that fails is looked at once more to say why, may make us look at
 * the keytabs, and may be tried with many keys: FAILURES_PER_SECOND times for a
 * source (addr_budget()).
 * Sources share places; with whom cannot be foreseen.
 *
 * Threads: one at a time.
 */
#ifndef GSS_FAILURES_H
#define GSS_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/addr.h"

#define FAILURES_PLACES 256
#define FAILURES_PER_SECOND 20

struct failures {
	uint64_t seed;
	struct {
		uint64_t second;
		unsigned n;
	} places[FAILURES_PLACES];
};

void failures_init(struct failures *f);

/* Counts one more; true: it may cost something. */
bool failures_may_cost(struct failures *f, const struct addr *client);

/* True if no other may: those of this second were many. */
bool failures_are_many(const struct failures *f, const struct addr *client);

#endif
