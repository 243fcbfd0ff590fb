/*
 * settings.h - a directory's configuration, checked and copied
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    copies of all texts.
 * Threads: any; it never changes.
 * Errors:  NULL or false, with a line.
 * Units:   none.
 */
#ifndef LDAP_SETTINGS_H
#define LDAP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "ldap/directory.h"
#include "ldap/line.h"

struct settings {
	struct directory_config config;

	/* What is asked for; each is ended by NULL. */
	const char **principal_attributes;
	const char **host_attributes;
	const char **group_attributes;

	char **owned;
	size_t n_owned;
};

bool settings_check(const struct directory_config *config,
    char line[LINE_SIZE]);

struct settings *settings_create(const struct directory_config *config,
    char line[LINE_SIZE]);
void settings_destroy(struct settings *s); /* NULL is fine */

#endif
