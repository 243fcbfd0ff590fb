/*
 * workers.h - the network's threads: what net/ calls, their start and their end
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the workers and their requests, for the server.
 * Threads: the main thread.
 * Errors:  negative enum err.
 */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include "daemon/server/core.h"

/* All of them, with the current settings; needs listeners and clients. */
int workers_create(struct server *s);

/* Their threads.  ERR_BUSY: no thread to be had. */
int workers_start(struct server *s);

/* Answers what is in hand, and joins the threads. */
void workers_stop(struct server *s);

/* After everybody who posts has stopped: forgets what came back too late. */
void workers_destroy(struct server *s);

#endif
