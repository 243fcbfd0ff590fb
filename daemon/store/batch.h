/*
 * batch.h - updates that will become durable with one sync
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Jobs are taken one after the other, each judged against the private view
 * with the ones before it.  Closing a batch makes of what they did one
 * changeset and one serial a zone: the difference between the last sealed
 * version and the view.
 *
 * Owns:    its arena, which lives until the jobs are done; its open
 *          transactions until batch_close() or batch_drop().
 * Threads: the writer; the log thread reads the group only.
 * Errors:  negative enum err: nothing of the batch may be kept (batch_drop()).
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "daemon/base/arena.h"
#include "daemon/journal/group.h"
#include "daemon/store/state.h"

#define BATCH_JOBS_MAX 1024
#define BATCH_OCTETS_MAX ((size_t)1 << 20)

/* A changeset without RRs that the keeper wants in the log. */
struct mark {
	uint32_t zone_id;
	uint32_t flags; /* enum changeset_flag */
	uint32_t serial;
	struct mark *next;
};

struct batch {
	struct arena arena;
	struct group group;
	struct store_job *first, **end; /* in order of arrival */
	size_t n_jobs;
	size_t octets; /* at most, of the changesets to come */
	uint64_t time_us;
	uint64_t n_changes;
	struct part *parts; /* one a zone that was asked for */
	struct mark *marks;

	/* By the log thread. */
	int error;
	struct reason reason;
};

void batch_init(struct batch *b);
void batch_clear(struct batch *b);

bool batch_is_empty(const struct batch *b);
bool batch_is_full(const struct batch *b);

/*
 * Has the job judged and applies what it wants; its rcode is set.
 * ERR_NOMEM: the batch must be dropped, this job included.
 */
int batch_take(struct batch *b, struct store_job *job);

/* What the changes of one job may come to. */
size_t batch_job_octets_max(const struct store *s);

/* Takes the mark, heap memory. */
void batch_take_mark(struct batch *b, struct mark *m);

/* Ends the transactions, makes the changesets.  The group may stay empty. */
int batch_close(struct batch *b);

/* Undoes the open transactions. */
void batch_drop(struct batch *b);

/* After the sync: makes the new versions current, tells the observers. */
void batch_publish(struct batch *b, struct store *s);

/* After a failed sync, when no transaction is open: forgets the versions. */
void batch_forget(struct batch *b);

/*
 * Finishes the jobs and empties the batch; rcode SERVFAIL and this
 * reason for all of them if why is not NULL.
 */
void batch_finish(struct batch *b, const char *why);

#endif
