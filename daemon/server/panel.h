/*
 * panel.h - the panel: what the daemon tells in a browser and to machines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server is web/'s; here are the documents that it serves, made by the
 * same functions as kddnsctl's.  DNS does not depend on it: a panel that
 * cannot be served is an error in the log, and tried again at a reload.
 *
 * Owns:    web/'s server, and the history of the last hour.
 * Threads: open, use and close by the main thread or whoever reloads;
 *          panel_tick() by the main thread.
 * Errors:  negative enum err.
 */
#ifndef SERVER_PANEL_H
#define SERVER_PANEL_H

#include <jansson.h>

#include "daemon/base/reason.h"

struct conf;
struct metrics;
struct panel;
struct server;
struct settings;

/* Binds the addresses, while we may.  ERR_NOMEM. */
int panel_open(struct server *s, const struct conf *conf,
    struct panel **panel_out);

/*
 * Serves as these settings say from now on, or not at all if they have no
 * web {}.  False: it cannot, and why; with the same addresses as before it
 * goes on as before, else nothing is served.
 */
bool panel_use(struct panel *p, const struct settings *settings,
    struct reason *reason);

/*
 * Where it is served, or why not, as kddnsctl(1) documents; null: there is no
 * web {}.  Any thread.
 */
json_t *panel_json(struct panel *p);

/* To be called each second. */
void panel_tick(struct panel *p);

void panel_close(struct panel *p); /* NULL is fine */

/* panel_metrics.c: all metrics; arg is the server. */
void panel_metrics(void *arg, struct metrics *m);

#endif
