/*
 * negotiators.h - the threads that carry out legs of negotiations
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Accepting a context costs 50 us and more, and may wait (plug-ins, a file
 * of the replay cache): it is done here and never on a worker.
 *
 * Owns:    its threads; a job is its submitter's, lent until done().
 * Threads: negotiators_submit() from any; done() runs on a negotiator.
 * Errors:  negative enum err.
 */
#ifndef GSS_NEGOTIATORS_H
#define GSS_NEGOTIATORS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/gss/negotiate.h"

struct negotiators;

/* To be embedded in a request. */
struct negotiation_job {
	struct negotiation_leg leg;       /* token stays valid until done() */
	struct negotiation_result result; /* done() takes what it owns */
	void (*done)(struct negotiation_job *job); /* quick: posts it on */
};

/*
 * Starts n_threads threads (0: one per CPU) behind a queue of at least
 * queue_size jobs.  ERR_NOMEM, ERR_CRYPTO, ERR_BUSY (no thread to be had).
 */
int negotiators_create(struct negotiations *shared, unsigned n_threads,
    size_t queue_size, struct negotiators **negotiators_out);

/*
 * Finishes the legs that are queued (each one's done() is called), then ends
 * the threads.  Nothing may be submitted any more.  NULL is fine.
 */
void negotiators_destroy(struct negotiators *n);

/* False: the queue is full; the job stays the caller's. */
bool negotiators_submit(struct negotiators *n, struct negotiation_job *job);

/*
 * True if more than half of the queue is taken: the rest is for who cannot have
 * forged his address.
 */
bool negotiators_are_pressed(const struct negotiators *n);

#endif
