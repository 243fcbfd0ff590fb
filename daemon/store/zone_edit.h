/*
 * zone_edit.h - an edited zone file becomes a changeset
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An edit may be taken while the zone takes updates only if the file was what
 * the zone is: then nothing acknowledged is undone.  The difference between
 * the published version and the file goes through the writer like an update,
 * so IXFR goes on.  A file that says what the zone is anyhow is no edit: a
 * crash may have come before that was noted.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep; waits for the writer, which must run.
 * Errors:  negative enum err and a reason, which is the zone's warning, too.
 */
#ifndef STORE_ZONE_EDIT_H
#define STORE_ZONE_EDIT_H

#include "daemon/store/state.h"

/*
 * Reads the edited file of a loaded zone.
 *
 * ERR_BUSY       the zone has changes that the file lacks: sync, edit, reload;
 *                or it changed while we read
 * ERR_MALFORMED  the file has a mistake: "FILE:LINE: what"
 */
int zone_edit_take(struct store_zone *z, struct reason *reason);

#endif
