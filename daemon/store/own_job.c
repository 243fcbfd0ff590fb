/*
 * own_job.c - a job of the store's own, which its maker waits for
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/own_job.h"

static void
job_done(struct store_job *job)
{
	struct own_job *o =
	    (struct own_job *)((char *)job - offsetof(struct own_job, job));

	(void)pthread_mutex_lock(&o->lock);
	o->is_done = true;
	(void)pthread_cond_signal(&o->done);
	(void)pthread_mutex_unlock(&o->lock);
}

void
own_job_init(struct own_job *o, struct store_zone *z)
{
	memset(o, 0, sizeof(*o));
	o->job.zone = z;
	o->job.done = job_done;
	o->job.signer = "";
	o->job.is_own = true;
	(void)pthread_mutex_init(&o->lock, NULL);
	(void)pthread_cond_init(&o->done, NULL);
}

void
own_job_clear(struct own_job *o)
{
	(void)pthread_cond_destroy(&o->done);
	(void)pthread_mutex_destroy(&o->lock);
}

int
own_job_run(struct own_job *o, struct reason *reason)
{
	o->is_done = false;
	if (!store_submit(o->job.zone->store, &o->job)) {
		reason_set(reason, "too many updates wait: try again");
		return ERR_BUSY;
	}
	store_wake(o->job.zone->store);
	(void)pthread_mutex_lock(&o->lock);
	while (!o->is_done)
		(void)pthread_cond_wait(&o->done, &o->lock);
	(void)pthread_mutex_unlock(&o->lock);
	if (o->job.rcode == RCODE_NOERROR)
		return 0;
	*reason = o->job.reason;
	return ERR_IO;
}

static enum rcode
judge_nothing(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	(void)job;
	(void)view;
	(void)arena;
	*changes_out = NULL;
	*n_out = 0;
	return RCODE_NOERROR;
}

int
own_job_drain(struct store_zone *z, struct reason *reason)
{
	struct own_job o;
	int ret;

	own_job_init(&o, z);
	o.job.judge = judge_nothing;
	ret = own_job_run(&o, reason);
	own_job_clear(&o);
	return ret;
}
