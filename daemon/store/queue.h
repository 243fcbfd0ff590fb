/*
 * queue.h - updates that wait to be judged, in turn by signer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each signer (or, unsigned, each address) has a lane of its own; lanes take
 * turns, so that who sends much waits for itself.  Within a lane the order of
 * arrival stays.  While the queue is half full a lane may hold QUEUE_SHARE
 * jobs and no more: the other half is for those who do not flood.
 *
 * Owns:    its lanes; the jobs stay the caller's.
 * Threads: the writer; queue_count() any.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "daemon/store/store.h"

#define QUEUE_SHARE 64

struct queue;

/* NULL: no memory. */
struct queue *queue_create(size_t room);

/* Frees an empty queue; NULL is fine. */
void queue_destroy(struct queue *q);

/* Room for one more job of anybody. */
bool queue_has_room(const struct queue *q);

/*
 * ERR_BUSY   the job's signer has its share of a queue that is half full
 * ERR_NOMEM
 */
int queue_put(struct queue *q, struct store_job *job);

/* The next job; NULL: none. */
struct store_job *queue_take(struct queue *q);

size_t queue_count(const struct queue *q);

#endif
