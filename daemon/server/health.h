/*
 * health.h - keytabs and KDCs, looked at before clients come to grief
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two threads check: one the files, whenever they change and every few
 * seconds; one the KDCs, every health-interval, when there are other keys, and
 * soon when somebody wants to know.  So a KDC that is silent, or a disk that
 * hangs, does not hide what the other thread finds.  What is new goes to the
 * log.
 *
 * A key that failed as a password is not tried again within an hour while the
 * files have the same keys: the account could be locked.
 *
 * Owns:    its threads, its watch, the reports.
 * Threads: create to destroy by the main thread; the rest by any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include <time.h>

#include "daemon/server/health_view.h"

struct health;
struct server;

/* ERR_NOMEM. */
int health_create(struct server *s, struct health **health_out);
void health_destroy(struct health *h); /* NULL is fine */

/* ERR_BUSY: no thread can be had. */
int health_start(struct health *h);
void health_stop(struct health *h); /* NULL is fine */

/* The configuration is another one. */
void health_look(struct health *h);

/*
 * Somebody looks, or a client's ticket had a key that we lack: if the KDCs
 * were not asked just now they are again.
 */
void health_hurry(struct health *h);

/* As it is now; to be cleared. */
void health_get(struct health *h, struct health_view *view_out);

#endif
