/*
 * notifier.h - NOTIFY's way to the wire: one worker signs, sends and hears
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joins xfr/notify (what is due) with tsig/ (signatures) and net/ (sending).
 *
 * Threads: notifier_tick() and notifier_reply() on worker 0, inside the
 *          epoch; notifier_apply() by whoever reloads; the rest any.
 * Errors:  negative enum err.
 */
#ifndef SERVER_NOTIFIER_H
#define SERVER_NOTIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"

struct name;
struct notifier;
struct notify_zone;
struct server;
struct settings;
struct worker;

#define NOTIFIER_WORKER 0

int notifier_create(struct server *s, struct notifier **notifier_out);
void notifier_destroy(struct notifier *n); /* NULL is fine */

/* The zone's state, made when first asked for; NULL: no memory. */
struct notify_zone *notifier_zone(struct notifier *n, const struct name *apex);

/* New settings for all zones. */
int notifier_apply(struct notifier *n, const struct settings *settings);

/* Sends what is due. */
void notifier_tick(struct notifier *n, struct worker *w, uint64_t now_ms);

/* A datagram that came back. */
void notifier_reply(struct notifier *n, struct worker *w,
    const struct addr *from, const uint8_t *octets, size_t len);

#endif
