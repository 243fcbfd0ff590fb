/*
 * controllers.h - the host names of an Active Directory's domain controllers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the names, sorted without case, each once.
 * Threads: the directory's.
 * Errors:  become error, one line; the names stay as they were.
 * Units:   _ms milliseconds of connection_clock_ms().
 */
#ifndef LDAP_CONTROLLERS_H
#define LDAP_CONTROLLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "ldap/connection.h"
#include "ldap/directory.h"
#include "ldap/searches.h"

struct controllers_names {
	char **items;
	size_t n;
};

struct controllers {
	const struct directory_config *config;
	struct searches *searches; /* NULL: there is no connection */
	bool is_active_directory;

	struct controllers_names names;
	bool is_loaded;
	bool is_new; /* not told yet */
	time_t at;
	char error[LINE_SIZE];

	bool is_searching;
	bool has_failed;
	struct controllers_names fresh;
	int64_t next_ms;
};

void controllers_init(struct controllers *c,
    const struct directory_config *config);
void controllers_clear(struct controllers *c);

void controllers_begin(struct controllers *c, const struct connection *to,
    struct searches *searches, int64_t now_ms);
void controllers_end(struct controllers *c);

void controllers_go_on(struct controllers *c, int64_t now_ms);
int64_t controllers_wake_ms(const struct controllers *c);

#endif
