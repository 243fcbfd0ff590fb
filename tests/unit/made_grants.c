/*
 * made_grants.c - rules of a directory that a test makes up
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "ldap/grants_set.h"
#include "tests/unit/made_grants.h"
#include "tests/unit/suites.h"

static struct grants_entry *
read_entry(const struct made_entry *from)
{
	struct grants_entry *e = grants_entry_create();

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	e->kind = from->kind;
	e->dn = strdup(from->dn);
	e->is_active = !from->is_off;
	e->is_malformed = from->is_malformed;
	e->zones = calloc(1, sizeof(*e->zones));
	if (from->zone != NULL)
		e->zones[e->n_zones++] = strdup(from->zone);
	e->rules = calloc(MADE_RULES_MAX, sizeof(*e->rules));
	for (; from->rules[e->n_rules] != NULL; e->n_rules++)
		e->rules[e->n_rules] = strdup(from->rules[e->n_rules]);
	return e;
}

const struct grants *
made_grants(const struct made_entry *entries, size_t n)
{
	struct grants_set set = {.n = 0};
	const struct grants *g;

	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(grants_set_put(&set,
				    &(struct berval){sizeof(i), (char *)&i},
				    read_entry(&entries[i])),
		    1);
	g = grants_set_snapshot(&set);
	grants_set_clear(&set);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	return g;
}
