/*
 * secondary.h - what a secondary makes of a transfer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_SECONDARY_H
#define TESTS_UNIT_SECONDARY_H

#include "daemon/base/arena.h"
#include "daemon/xfr/ixfr.h"

/* A transfer's query: IXFR or AXFR of the zone. */
struct transfer_query query_of(const struct zone *z, uint16_t qtype);

/* What came in: the RRs of all messages, in order. */
struct received {
	struct arena arena;
	struct rr *rrs;
	size_t n;
	size_t room;
	unsigned n_messages;
	size_t longest;
};
void received_init(struct received *r);
void received_clear(struct received *r);

/* Reads a message and checks its header and question. */
void received_add(struct received *r, const struct transfer_query *q,
    const uint8_t *octets, size_t len);

/* The zone that a whole transfer makes: SOA, RRs, SOA. */
struct zone *zone_of_axfr(const struct received *r, const struct name *apex);

/* Puts an incremental transfer into the zone, checking each old SOA and RR. */
void apply_ixfr(struct zone *z, const struct received *r);

/* Messages of at most size octets to the end. */
void receive_axfr(struct received *r, const struct transfer_query *q,
    const struct zone_version *v, size_t size);
void receive_ixfr(struct received *r, struct ixfr *x,
    const struct transfer_query *q, size_t size);

#endif
