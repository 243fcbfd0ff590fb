/*
 * check.h - a state directory looked at without touching it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log, snapshots and small files, read whole, and each zone brought up to date
 * in memory as a start would do it: what this finds no fault with, kddnsd
 * serves.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  negative enum err and a reason: it could not be looked at.  What it
 *          says of the directory is no error.
 */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "daemon/journal/log_check.h"

struct store_check_result {
	struct log_check_result log;
	uint32_t n_zones;
	uint32_t n_notes, n_damages; /* findings */
};

/*
 * Gives each finding.
 * ERR_BUSY      a kddnsd holds the directory (its pid in the reason): what it
 *               writes meanwhile would look like damage
 * ERR_NOTFOUND  there is no such directory, or it is no state directory
 * ERR_NOMEM, ERR_IO, ERR_PERM
 */
int store_check(const char *directory, check_found found, void *arg,
    struct store_check_result *result_out, struct reason *reason);

#endif
