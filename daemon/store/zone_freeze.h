/*
 * zone_freeze.h - a zone whose file may be edited
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * While a zone is frozen updates to it are refused, so its file, written when
 * it was frozen, is what the zone is, and an edit of it undoes nothing.  It
 * stays frozen over a restart: else the edit would lag behind updates taken
 * since, and could not be read any more.
 *
 * Owns:    nothing.
 * Threads: under store.upkeep; waits for the writer, which must run.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_ZONE_FREEZE_H
#define STORE_ZONE_FREEZE_H

#include "daemon/store/state.h"

/*
 * Refuses updates from now on, and writes the file.  On an error the zone is
 * as before, unless the disk does not even take that back: frozen then.
 *
 * ERR_NOTFOUND  it is not loaded
 * ERR_EXISTS    it is frozen
 * ERR_BUSY      its file was edited and lacks updates; neither may be lost
 * ERR_IO        nothing can be written, or the file cannot
 */
int zone_freeze(struct store_zone *z, struct reason *reason);

/*
 * Reads the file if it was edited, and takes updates again.  A zone that is
 * not frozen may be thawed too: its file is read if it lacks no update.  On an
 * error the zone is as frozen as before.
 *
 * ERR_NOTFOUND   it is not loaded
 * ERR_MALFORMED  the file has a mistake, and changes nothing: "FILE:LINE: what"
 * ERR_BUSY       it was not frozen, and its file lacks updates
 */
int zone_thaw(struct store_zone *z, struct reason *reason);

#endif
