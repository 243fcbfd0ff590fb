/*
 * server/server.h - the daemon: rooms joined, started, reloaded and stopped
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    everything the daemon has.
 * Threads: start, run and stop by the main thread; reload by any but a worker.
 * Errors:  negative enum err and a reason.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stddef.h>

#include "daemon/base/reason.h"

struct server;
struct session_key;
struct settings;

struct server_options {
	const char *conf_path;
	const char *const *overrides; /* "PATH=VALUE", as -o */
	size_t n_overrides;
	const struct session_key *session_key; /* of this process */
	unsigned
	    verbose; /* 1: at least info, 2: debug, whatever the file says */
};

/*
 * Binds, drops privileges, opens the store, starts all threads.  Takes the
 * settings, whatever is returned.
 * ERR_BUSY: a port or the state directory is in use.
 */
int server_start(const struct server_options *options,
    struct settings *settings, struct server **server_out,
    struct reason *reason);

/*
 * Reads the configuration again (SIGHUP).  ERR_MALFORMED: it has mistakes,
 * which are logged; all stays as it was.
 */
int server_reload(struct server *s, struct reason *reason);

/* Ends server_run(); any thread. */
void server_ask_to_stop(struct server *s);

/* Handles signals until SIGTERM, SIGINT or server_ask_to_stop(). */
void server_run(struct server *s);

/* Orderly: answers what is in hand, checkpoints, frees everything. */
void server_stop(struct server *s);

#endif
