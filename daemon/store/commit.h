/*
 * commit.h - the writer thread and the log thread
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer alone changes zones.  While one batch is with the log thread it
 * fills the next; when the sync is over it publishes the one and hands over
 * the other.  There is no timer in it: the sync under way is the window in
 * which a group forms.
 *
 * Owns:    the two batches, the ring of jobs.
 * Threads: as said at each function.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "daemon/store/batch.h"

/* Before the threads: ERR_NOMEM, ERR_IO. */
int commit_init(struct store *s);
void commit_clear(struct store *s);

int commit_start(struct store *s);

/* Ends both threads when all that is queued is done. */
void commit_stop(struct store *s);

/*
 * Logs a changeset without RRs for the zone, some time.  It does not wait: the
 * writer may be waiting for the keeper to make a segment.  Under store.upkeep.
 */
void commit_mark(struct store *s, struct store_zone *z, uint32_t flags,
    uint32_t serial);

#endif
