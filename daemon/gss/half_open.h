/*
 * half_open.h - negotiations that wait for their next leg
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kept by (address without port, key name), for a short time, a few for each
 * address (addr_budget()): the oldest makes room.  A negotiation is taken out
 * while a leg is worked on, so no two threads have it.
 *
 * Owns:    the negotiations in it and their GSS-API contexts.
 * Threads: any.
 */
#ifndef GSS_HALF_OPEN_H
#define GSS_HALF_OPEN_H

#include <gssapi/gssapi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/base/addr.h"
#include "daemon/dns/name.h"

struct half_open {
	struct addr client;
	struct addr budget; /* addr_budget() of it */
	struct name key_name;
	gss_ctx_id_t gss;
	unsigned n_legs;
	uint32_t kvno; /* of the ticket that came; 0: it does not say */
	/* The token that it came in, if contexts keep it; owned, or NULL. */
	uint8_t *token;
	size_t token_len;

	uint64_t until_ms; /* the table's */
	TAILQ_ENTRY(half_open) by_bucket;
	TAILQ_ENTRY(half_open) by_age;
};

struct half_open_table;

struct half_open_limits {
	uint32_t timeout_s;
	uint32_t per_address;
	uint32_t max;
};

struct half_open_counters {
	_Atomic uint64_t *count;
	_Atomic uint64_t *timed_out;
	_Atomic uint64_t *evicted;
};

/* The counters are the caller's and outlive the table.  NULL: no memory. */
struct half_open_table *
half_open_table_create(const struct half_open_limits *limits,
    const struct half_open_counters *counters);
void half_open_table_destroy(struct half_open_table *t); /* NULL is fine */
void half_open_table_configure(struct half_open_table *t,
    const struct half_open_limits *limits);

/* A new negotiation, in no table; NULL: no memory. */
struct half_open *half_open_create(const struct addr *client,
    const struct name *key_name);
void half_open_destroy(struct half_open *h); /* NULL is fine */

/* Takes out and hands over what waits for this leg; NULL: nothing. */
struct half_open *half_open_take(struct half_open_table *t,
    const struct addr *client, const struct name *key_name);

/* Puts h in (it is the table's then), in the place of one of its name. */
void half_open_put(struct half_open_table *t, struct half_open *h);

/* Destroys what has waited too long. */
void half_open_expire(struct half_open_table *t);

#endif
