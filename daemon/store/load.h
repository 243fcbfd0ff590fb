/*
 * load.h - zones filled at start: snapshot and log, zone file, or soa{}
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: under store.upkeep, or before there are threads; the writer does
 *          not touch a zone that is not loaded.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_LOAD_H
#define STORE_LOAD_H

#include "daemon/store/state.h"

/*
 * Loads every zone on the list that has a directory, and replays the log.
 * A zone that cannot be loaded keeps its reason and stays without data.
 * ERR_NOMEM, ERR_IO: the log cannot be read.
 */
int load_all(struct store *s, struct reason *reason);

/*
 * Loads one zone that is not loaded: from its snapshot, or from the zone file
 * or soa{} of c, and then makes its first snapshot.  The reason also becomes
 * the zone's.
 */
int load_zone(struct store_zone *z, const struct store_zone_config *c,
    struct reason *reason);

/* Takes the data of a zone out of memory; only before there are threads. */
void load_undo(struct store_zone *z);

#endif
