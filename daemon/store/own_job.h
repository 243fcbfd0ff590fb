/*
 * own_job.h - a job of the store's own, which its maker waits for
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * It goes through the writer like an update, but frozen zones and zones out of
 * service take it, and no limit holds for it.
 *
 * Owns:    its lock.
 * Threads: any but the writer, which must run; may hold store.upkeep.
 * Errors:  negative enum err and a reason.
 */
#ifndef STORE_OWN_JOB_H
#define STORE_OWN_JOB_H

#include "daemon/store/state.h"

struct own_job {
	struct store_job job; /* judge is the maker's */
	pthread_mutex_t lock; /* guards is_done */
	pthread_cond_t done;
	bool is_done;
};

void own_job_init(struct own_job *o, struct store_zone *z);
void own_job_clear(struct own_job *o);

/*
 * Until it is published, or refused.  May be run again.
 * ERR_BUSY  too many updates wait
 * ERR_IO    the store does not take it: its reason
 */
int own_job_run(struct own_job *o, struct reason *reason);

/* Until every update of the zone that was judged before is finished. */
int own_job_drain(struct store_zone *z, struct reason *reason);

#endif
