/*
 * zone_text.h - zones for tests, written as zone files are
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_ZONE_TEXT_H
#define TESTS_UNIT_ZONE_TEXT_H

#include "daemon/zone/txn.h"

/*
 * A zone with one published version, from text in zone file form with apex
 * as origin; NULL if the text is not one.
 */
struct zone *zone_from_text(const char *apex, const char *text);

/* Adds one RR to the RRset of its owner and type. */
struct rr;
int zone_add_rr(struct zone_txn *txn, const struct rr *rr);

#endif
