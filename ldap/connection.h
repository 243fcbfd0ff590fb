/*
 * connection.h - one connection to one server, protected and logged in
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening goes through all steps in turn: connect, TLS, login, rootDSE.  Each
 * is bounded; between them, and while it waits, a tick of the caller's runs.
 *
 * Owns:    the LDAP handle, its socket.
 * Threads: one.
 * Errors:  NULL with a line.
 * Units:   _ms milliseconds of connection_clock_ms().
 */
#ifndef LDAP_CONNECTION_H
#define LDAP_CONNECTION_H

#include <ldap.h>
#include <stdbool.h>
#include <stdint.h>

#include "ldap/directory.h"
#include "ldap/line.h"
#include "ldap/login.h"

struct connection {
	LDAP *ld;
	int fd;
	bool is_protected;
	bool is_active_directory;
	bool has_sync;   /* RFC 4533 */
	bool has_paging; /* RFC 2696 */
};

struct connection_plan {
	const struct directory_config *config;
	const char *uri;
	int fd;              /* connected already, and taken; -1: dial */
	struct login *login; /* DIRECTORY_BIND_GSSAPI only */
	int stop_fd;         /* readable when all is to end */

	/* Runs now and then; says when it wants to at the latest. */
	int64_t (*tick)(void *arg);
	void *arg;
	int wake_fd; /* readable when tick has something to do */
};

struct connection *connection_open(const struct connection_plan *plan,
    char line[LINE_SIZE]);

/* Says goodbye if the server reads it; NULL is fine. */
void connection_close(struct connection *c);

/* Monotonic. */
int64_t connection_clock_ms(void);

/* Host (to be freed) and port of a ldap:// or ldaps:// URI. */
bool connection_read_uri(const char *uri, char **host_out, int *port_out,
    bool *is_tls_out, char line[LINE_SIZE]);

#endif
