/*
 * zone_purge.h - a zone that is not configured any more goes for good
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Its directory is removed, and what the log has of it is not needed any
 * more.  Comes it back to the configuration, it is a new zone with a new id.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep; waits for the writer, which must run.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_ZONE_PURGE_H
#define STORE_ZONE_PURGE_H

#include "daemon/store/state.h"

/*
 * ERR_BUSY      it is in service
 * ERR_NOTFOUND  it has no data
 * ERR_IO        its directory cannot be removed: it stays
 */
int zone_purge(struct store_zone *z, struct reason *reason);

#endif
