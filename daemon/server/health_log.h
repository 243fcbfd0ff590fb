/*
 * health_log.h - what checks have found, in the log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each finding but notes is said once when it comes, and once when it is over.
 *
 * Threads: any.
 */
#ifndef SERVER_HEALTH_LOG_H
#define SERVER_HEALTH_LOG_H

#include "ktutils/report.h"

/*
 * What is new, and what is over, of the findings of this source; before is the
 * last report that could have them, or NULL.
 */
void health_log(const struct report *before, const struct report *now,
    enum report_source source);

#endif
