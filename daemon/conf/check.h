/*
 * check.h - what has to hold between the statements of a configuration
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  in the reading.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

struct reading;

/*
 * Looks up every name that was used, and lets address-match lists point to
 * their acls.  Says which names are not defined, or defined twice (in any
 * case), which acls hold themselves, and which zones share a file.
 */
void check_all(struct reading *rd);

#endif
