/*
 * history.h - the last hour in numbers, for the panel's charts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    its samples.
 * Threads: history_tick() by the main thread; history_json() by any.
 * Units:   counters since the start, as they were at that time.
 */
#ifndef SERVER_HISTORY_H
#define SERVER_HISTORY_H

#include <jansson.h>
#include <stdint.h>

#define HISTORY_SAMPLES 361 /* an hour, and its beginning */
#define HISTORY_INTERVAL_S 10

struct history;
struct server;

struct history *history_create(void);    /* NULL: no memory */
void history_destroy(struct history *h); /* NULL is fine */

/* Takes a sample if it is time for one; to be called each second. */
void history_tick(struct history *h, struct server *s);

/*
 * {"interval_s", "columns": ["time", "queries", ...], "samples": [[...]]},
 * oldest first; the newest are the counters of now.  NULL: no memory.
 */
json_t *history_json(struct history *h, struct server *s);

#endif
