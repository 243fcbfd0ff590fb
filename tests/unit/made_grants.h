/*
 * made_grants.h - rules of a directory that a test makes up
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_MADE_GRANTS_H
#define TESTS_UNIT_MADE_GRANTS_H

#include "ldap/grants.h"

#define MADE_RULES_MAX 8

/* Rules end with NULL. */
struct made_entry {
	enum grants_kind kind;
	const char *dn;
	const char *zone; /* NULL: none */
	bool is_off, is_malformed;
	const char *rules[MADE_RULES_MAX];
};

/* One reference; fatal if there is no memory. */
const struct grants *made_grants(const struct made_entry *entries, size_t n);

#endif
