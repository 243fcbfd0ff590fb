/*
 * parts.h - what start and reload have in common
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the main thread, or whoever reloads.
 * Errors:  negative enum err.
 */
#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include <jansson.h>

#include "daemon/server/core.h"

#define TRANSFER_THREADS 2

struct conf;

/* How many workers the configuration asks for. */
unsigned server_worker_count(const struct conf *conf);

/* All addresses to listen on; the caller frees them.  NULL: no memory. */
struct addr *server_listen_addresses(const struct conf *conf, size_t *n_out);

/* Gives every zone of the store its link, before a packet can find it. */
int server_link_zones(struct server *s);

/*
 * server_reload(), or the same without a look at zone files; appends to the
 * array warnings, unless NULL, what the log says of it and of the zones.
 */
int server_reload_files(struct server *s, enum store_files files,
    json_t *warnings, struct reason *reason);

/* A NOTIFY round for every zone. */
void server_notify_all(struct server *s);

/* The panel is to be as these settings say; warnings as above. */
void server_use_panel(struct server *s, const struct settings *settings,
    json_t *warnings);

void server_set_log_level(const struct server *s,
    const struct settings *settings);

/* From now on these are in use (a reference is taken over). */
void server_publish_settings(struct server *s, struct settings *settings);
void server_publish_listeners(struct server *s, struct net_listeners *l);

#endif
