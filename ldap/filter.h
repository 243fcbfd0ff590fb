/*
 * filter.h - search filters made from texts of strangers (RFC 4515)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    filters are allocated, and the caller's to free.
 * Threads: any.
 * Errors:  NULL: no memory.
 * Units:   lengths in octets.
 */
#ifndef LDAP_FILTER_H
#define LDAP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ldap/line.h"

/* What stands for %p, %a and %h; first and host may be NULL. */
struct filter_values {
	const char *principal;
	const char *first;
	const char *host;
};

/*
 * Writes a value such that a filter takes it for nothing but a value: only
 * letters, digits and a few harmless signs stand for themselves.
 */
void filter_put(FILE *out, const void *value, size_t len);

/*
 * False if a directory could take text for another one: it ignores spaces at
 * the ends and repeated ones, and folds or drops much that is not ASCII (RFC
 * 4518).  The name of a principal that is not plain is looked up nowhere.
 */
bool filter_is_plain(const char *text);

/* False with a line if pattern is no filter, or has a % of another kind. */
bool filter_check(const char *pattern, char line[LINE_SIZE]);

/*
 * pattern with its values put in, escaped.  What is not there is an octet 0,
 * which no name has: what asks for it finds nothing.  So is the first component
 * of a service in a pattern without %h: host/pc1 is not the account "host".
 */
char *filter_expand(const char *pattern, const struct filter_values *values);

#endif
