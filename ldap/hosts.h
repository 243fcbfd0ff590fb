/*
 * hosts.h - the host names of an object, and how many objects hold each
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    names are the facts'.
 * Threads: one.
 * Errors:  false: no memory.
 * Units:   none.
 */
#ifndef LDAP_HOSTS_H
#define LDAP_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "ldap/facts.h"

/* Adds those of the values that are plain and new. */
bool hosts_add(struct facts *f, char *const *values, size_t n);

/*
 * One more object holds these values; is_own: it is the one of these facts.
 * The server said that it has one of our names; if we cannot see which, it
 * counts as holding all of them.
 */
void hosts_count(struct facts *f, char *const *values, size_t n, bool is_own);

/* Nobody knows how many hold them: more than one. */
void hosts_are_crowded(struct facts *f);

/*
 * The filter that finds every object with one of the names in one of the
 * attributes, final dot or not.  NULL: no memory.
 */
char *hosts_filter(const struct facts *f, const char *const *attributes,
    size_t n_attributes);

#endif
