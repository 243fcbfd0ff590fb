/*
 * prerequisite.h - do the prerequisites of an update hold (RFC 2136
 * section 3.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * update_check_prerequisites() (update.h) is here; this reads them.
 *
 * Threads: any.
 * Errors:  an RCODE.
 */
#ifndef UPDATE_PREREQUISITE_H
#define UPDATE_PREREQUISITE_H

#include "daemon/update/update.h"

/* Which of the five kinds rr is; FORMERR or NOTZONE if none. */
enum rcode prerequisite_read(const struct rr *rr, const uint8_t *zone,
    struct prerequisite *p_out);

#endif
