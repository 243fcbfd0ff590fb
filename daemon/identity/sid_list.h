/*
 * sid_list.h - many SIDs in little room
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SIDs that follow each other and differ in their RID only are one run, of four
 * octets each: the groups of a logon are hundreds, of one domain or two.
 *
 * Owns:    nothing; runs and RIDs lie in room that is given.
 * Threads: immutable once filled.
 * Errors:  none.
 */
#ifndef IDENTITY_SID_LIST_H
#define IDENTITY_SID_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/identity/sid.h"

struct sid_run {
	struct sid base;
	uint32_t n;
};

struct sid_list {
	struct sid_run *runs;
	uint32_t *rids; /* of all runs, one after the other */
	size_t n_runs;
	size_t n_sids;
};

/*
 * Puts base with rid at the end.  A list whose runs are NULL only counts;
 * *last_io, which starts as zeros, is then all that it remembers.
 */
void sid_list_add(struct sid_list *l, const struct sid *base, uint32_t rid,
    struct sid *last_io);

/* The SID at i < n_sids. */
void sid_list_get(const struct sid_list *l, size_t i, struct sid *sid_out);

bool sid_list_has(const struct sid_list *l, const struct sid *sid);
bool sid_list_equal(const struct sid_list *a, const struct sid_list *b);

#endif
