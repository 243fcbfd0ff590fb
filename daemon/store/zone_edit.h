/*
 * zone_edit.h - an edited zone file becomes a changeset
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The difference between the published version and the file goes through the
 * writer like an update, so IXFR goes on.  One that is too much for a group of
 * the log becomes several changesets; a crash between them is made good by
 * the next start, which finds the zone frozen and the file edited.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep; waits for the writer, which must run.
 * Errors:  negative enum err and a reason, which is the zone's warning, too.
 */
#ifndef STORE_ZONE_EDIT_H
#define STORE_ZONE_EDIT_H

#include "daemon/store/state.h"

/*
 * Reads the edited file of a loaded zone that is frozen, and drained: nothing
 * changes it meanwhile.
 *
 * ERR_MALFORMED  the file has a mistake: "FILE:LINE: what"
 * ERR_BUSY       the file changes while it is read
 * ERR_IO         the store does not take it
 */
int zone_edit_take(struct store_zone *z, struct reason *reason);

/*
 * A file that says what the zone is anyhow is no edit, frozen or not: a crash
 * may have come before that was noted.  It is now.  ERR_BUSY: it says
 * something else; the zone's warning stays.
 */
int zone_edit_adopt(struct store_zone *z, struct reason *reason);

#endif
