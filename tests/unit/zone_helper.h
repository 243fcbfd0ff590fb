/*
 * zone_helper.h - what the tests of the zone room share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_ZONE_HELPER_H
#define TESTS_UNIT_ZONE_HELPER_H

#include "daemon/dns/types.h"
#include "daemon/zone/txn.h"

/* The name of text; fails the test if there is none. */
struct name name_of(const char *text);

/* A zone ad.test. without any version. */
struct zone *zone_of_test(struct epoch *e);

/* Puts an RRset of one RR, of the RDATA given in octets. */
void put_rdata(struct zone_txn *txn, const char *owner, uint16_t type,
    const void *rdata, size_t len);

/* Puts n A RRs 10.0.0.1 and so on; n 0 removes the RRset. */
void put_a(struct zone_txn *txn, const char *owner, unsigned n);

/* Puts one RR with a name as RDATA: NS, CNAME, DNAME, PTR. */
void put_target(struct zone_txn *txn, const char *owner, uint16_t type,
    const char *target);

/* Puts the apex SOA with this serial, and an NS. */
void put_apex(struct zone_txn *txn, uint32_t serial);

/* Seals and publishes. */
const struct zone_version *publish(struct zone *z, struct zone_txn *txn);

/* Octets in use of z. */
size_t octets_in_use(const struct zone *z);

/* Removes every name of the newest version, publishes, reclaims. */
void empty_zone(struct zone *z);

/* True if both versions hold the same names, in the same case, and RRsets. */
bool versions_equal(const struct zone_version *a, const struct zone_version *b);

/* A sequence of numbers that is the same each time. */
uint32_t random_next(uint64_t *state);

#endif
