/*
 * panel_metrics.h - what the files that write metrics share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the panel's.
 */
#ifndef SERVER_PANEL_METRICS_H
#define SERVER_PANEL_METRICS_H

#include <string.h>

#include "daemon/base/log.h"
#include "web/metrics.h"

struct server;

static inline void
begin(struct metrics *m, enum metrics_type type, const char *name,
    const char *unit, const char *help)
{
	metrics_begin(m, &(struct metrics_family){type, name, unit, help});
}

/* Text that people may have made unreadable. */
static inline const char *
safe(const char *text, char *out, size_t size)
{
	return log_escape(text, strlen(text), out, size);
}

/* panel_metrics_health.c: keys, KDCs, tickets. */
void panel_metrics_health(struct server *s, struct metrics *m);

#endif
