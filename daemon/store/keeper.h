/*
 * keeper.h - checkpoints, dumps, retention, the next segment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    the keeper thread, and the segments thread, which makes the next
 *          segment ready whatever the keeper is busy with.
 * Threads: as said at each function.
 */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include "daemon/store/state.h"

int keeper_init(struct store *s);
void keeper_clear(struct store *s);
int keeper_start(struct store *s);
void keeper_stop(struct store *s);

/*
 * A snapshot of the zone, if it has changed since the last one.  Under
 * store.upkeep, or before there are threads.
 */
int keeper_checkpoint(struct store_zone *z, struct reason *reason);

/* The same, and the dump of its file. */
int keeper_save(struct store_zone *z, struct reason *reason);

/*
 * Indexes the segments that are full, so that the next start need not read
 * them.  Under store.upkeep.
 */
void keeper_index_segments(struct store *s);

/*
 * Works out up to which group snapshots have everything, for the control file.
 * Under store.upkeep, or before there are threads.
 */
void keeper_count_saved(struct store *s);

/*
 * The same, and writes the control file, if there are new snapshots: once for
 * many of them, for it looks at all zones.
 */
void keeper_note_saved(struct store *s);

#endif
