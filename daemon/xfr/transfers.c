/*
 * transfers.c - transfers going out, and the threads that fill them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/store/store.h"
#include "daemon/xfr/transfers.h"

#define THREADS_MAX 64
#define LOOK_MS 250     /* how often transfers that stand still are looked at */
#define POST_AGAIN_MS 5 /* how soon a ready() that failed is tried again */

enum place {
	PLACE_RUNNABLE, /* a thread may fill a message */
	PLACE_RUNNING,  /* a thread does */
	PLACE_WAITING,  /* all buffers are filled or out */
	PLACE_FINISHED, /* nothing more is filled; the pin is dropped */
};

/* All but the stream is guarded by the mutex of the transfers. */
struct transfer_progress {
	TAILQ_ENTRY(transfer_progress) entry;
	struct transfers *transfers;
	struct transfer *transfer;
	enum place place;
	bool is_cancelled;
	bool is_wanted; /* the worker took all there was, and waits */
	bool is_posted; /* ready() was called, transfer_posted() was not */
	bool is_unsaid; /* ready() is due, but could not be passed on yet */
	STAILQ_HEAD(, transfer_message) filled; /* not taken yet */
	STAILQ_HEAD(, transfer_message) spare;
	unsigned n_in_use; /* buffers filled, being filled, or taken */
	uint64_t moved_ms; /* when a buffer last came back */
	/* The stream: of the thread that runs it. */
	bool is_started;
	struct store_history *history;
	union {
		struct axfr axfr;
		struct ixfr ixfr;
	} stream;
};

struct transfers {
	pthread_mutex_t mutex; /* guards all below, and every progress */
	pthread_cond_t wake;
	TAILQ_HEAD(, transfer_progress) all; /* who comes next is in front */
	unsigned n_all;
	bool is_stopping;
	struct transfers_settings settings;
	unsigned n_threads;
	pthread_t threads[THREADS_MAX];
};

static void
lock(struct transfers *ts)
{
	(void)pthread_mutex_lock(&ts->mutex);
}

static void
unlock(struct transfers *ts)
{
	(void)pthread_mutex_unlock(&ts->mutex);
}

/* --- Buffers --- */

static struct transfer_message *
message_create(size_t len)
{
	size_t size = len + TRANSFER_SIGN_ROOM;
	struct transfer_message *m = malloc(sizeof(*m) + size);

	if (m != NULL)
		m->size = size;
	return m;
}

static struct transfer_message *
take_buffer(struct transfer_progress *p)
{
	struct transfer_message *m = STAILQ_FIRST(&p->spare);

	if (m != NULL)
		STAILQ_REMOVE_HEAD(&p->spare, entry);
	else
		m = message_create(TRANSFER_MESSAGE_LEN);
	if (m != NULL)
		p->n_in_use++;
	return m;
}

static void
return_buffer(struct transfer_progress *p, struct transfer_message *m)
{
	p->n_in_use--;
	if (p->place == PLACE_FINISHED ||
	    m->size != TRANSFER_MESSAGE_LEN + TRANSFER_SIGN_ROOM)
		free(m);
	else
		STAILQ_INSERT_HEAD(&p->spare, m, entry);
}

static void
free_spare(struct transfer_progress *p)
{
	struct transfer_message *m;

	while ((m = STAILQ_FIRST(&p->spare)) != NULL) {
		STAILQ_REMOVE_HEAD(&p->spare, entry);
		free(m);
	}
}

static void
forget_filled(struct transfer_progress *p)
{
	struct transfer_message *m;

	while ((m = STAILQ_FIRST(&p->filled)) != NULL) {
		STAILQ_REMOVE_HEAD(&p->filled, entry);
		return_buffer(p, m);
	}
}

/* --- The stream, by a thread that runs it and holds no lock --- */

static int
history_rewind(void *arg)
{
	struct transfer_progress *p = arg;
	const struct transfer *t = p->transfer;

	if (p->history != NULL)
		store_history_close(p->history);
	p->history = NULL;
	return store_history_open(t->zone, t->client_serial, t->version,
	    &p->history);
}

static int
history_next(void *arg, struct arena *a, struct changeset *cs_out)
{
	struct transfer_progress *p = arg;

	return store_history_next(p->history, a, cs_out);
}

static int
stream_start(struct transfer_progress *p)
{
	struct ixfr_history history = {p, history_rewind, history_next};
	struct transfer *t = p->transfer;
	int ret;

	p->is_started = true;
	if (t->kind == TRANSFER_AXFR) {
		axfr_start(&p->stream.axfr, &t->query, t->version);
		t->form = IXFR_ZONE;
		return 0;
	}
	ret = ixfr_start(&p->stream.ixfr, &t->query, t->version,
	    t->client_serial, &history);
	t->form = p->stream.ixfr.form;
	return ret;
}

static void
stream_stop(struct transfer_progress *p)
{
	if (p->is_started && p->transfer->kind == TRANSFER_IXFR)
		ixfr_stop(&p->stream.ixfr);
	if (p->history != NULL)
		store_history_close(p->history);
	p->history = NULL;
}

static int
stream_next(struct transfer_progress *p, uint8_t *octets, size_t size,
    struct transfer_message *m)
{
	struct transfer *t = p->transfer;
	int ret;

	if (t->kind == TRANSFER_AXFR) {
		ret = axfr_next(&p->stream.axfr, octets, size, &m->len,
		    &m->is_last);
		t->n_messages = p->stream.axfr.n_messages;
		t->n_rrs = p->stream.axfr.n_rrs;
	} else {
		ret = ixfr_next(&p->stream.ixfr, octets, size, &m->len,
		    &m->is_last);
		t->n_messages = p->stream.ixfr.n_messages;
		t->n_rrs = p->stream.ixfr.n_rrs;
	}
	return ret;
}

/* RFC 1995 section 2: one datagram, all of the deltas or the SOA alone. */
static int
fill_datagram(struct transfer_progress *p, struct transfer_message *m)
{
	struct transfer *t = p->transfer;
	size_t size = t->udp_size < TRANSFER_MESSAGE_LEN ? t->udp_size
							 : TRANSFER_MESSAGE_LEN;
	int ret;

	if (t->form != IXFR_ZONE) {
		ret = stream_next(p, m->octets, size, m);
		if (ret == 0 && m->is_last)
			return 0;
		if (ret != 0 && ret != ERR_NOSPACE)
			return ret;
	}
	t->form = IXFR_CURRENT;
	t->n_messages = 1;
	t->n_rrs = 1;
	m->is_last = true;
	return ixfr_single_soa(&t->query, t->version, m->octets, size, &m->len);
}

/* Fills *m; puts a larger one in its place for an RR that needs it. */
static int
fill(struct transfer_progress *p, struct transfer_message **m)
{
	struct transfer_message *larger;
	int ret = 0;

	if (!p->is_started)
		ret = stream_start(p);
	if (ret != 0)
		return ret;
	if (p->transfer->udp_size != 0)
		return fill_datagram(p, *m);
	ret = stream_next(p, (*m)->octets, TRANSFER_MESSAGE_LEN, *m);
	if (ret != ERR_NOSPACE)
		return ret;
	larger = message_create(MESSAGE_LEN_MAX - TRANSFER_SIGN_ROOM);
	if (larger == NULL)
		return ERR_NOMEM;
	free(*m);
	*m = larger;
	return stream_next(p, (*m)->octets,
	    MESSAGE_LEN_MAX - TRANSFER_SIGN_ROOM, *m);
}

/* --- A transfer's life, all with the lock held --- */

/* Tells the worker, if it does not know yet. */
static void
announce(struct transfer_progress *p)
{
	bool has_news = p->place == PLACE_FINISHED || !STAILQ_EMPTY(&p->filled);

	p->is_unsaid = false;
	if (p->is_posted || !has_news || p->transfers->is_stopping)
		return;
	if (!p->is_wanted && p->transfer->error == 0)
		return;
	p->is_wanted = false;
	p->is_posted = p->transfer->ready(p->transfer);
	p->is_unsaid = !p->is_posted;
	p->is_wanted = p->is_unsaid;
}

static void
finish(struct transfer_progress *p, int error)
{
	p->place = PLACE_FINISHED;
	p->transfer->error = error;
	if (error != 0)
		forget_filled(p);
	free_spare(p);
	stream_stop(p);
	zone_unpin(p->transfer->version);
	p->transfer->version = NULL;
}

static bool
has_credit(const struct transfer_progress *p)
{
	return p->n_in_use < TRANSFER_WINDOW;
}

/* What became of the message that was being filled. */
static void
settle(struct transfer_progress *p, struct transfer_message *m, int ret)
{
	struct transfer *t = p->transfer;

	if (p->is_cancelled)
		ret = ERR_CLOSED;
	if (ret != 0) {
		finish(p, ret);
		return_buffer(p, m);
		return;
	}
	m->is_first = t->n_octets == 0;
	t->n_octets += m->len;
	STAILQ_INSERT_TAIL(&p->filled, m, entry);
	if (m->is_last)
		finish(p, 0);
	else
		p->place = has_credit(p) ? PLACE_RUNNABLE : PLACE_WAITING;
}

/* Fills one message; the lock is not held meanwhile. */
static void
run(struct transfers *ts, struct transfer_progress *p)
{
	struct transfer_message *m = NULL;
	int ret = ERR_NOMEM;

	if (!p->is_cancelled)
		m = take_buffer(p);
	if (m == NULL) {
		finish(p, p->is_cancelled ? ERR_CLOSED : ERR_NOMEM);
		announce(p);
		return;
	}
	p->place = PLACE_RUNNING;
	TAILQ_REMOVE(&ts->all, p, entry);
	TAILQ_INSERT_TAIL(&ts->all, p, entry);
	unlock(ts);
	ret = fill(p, &m);
	lock(ts);
	settle(p, m, ret);
	announce(p);
}

static bool
is_overdue(const struct transfer_progress *p, uint64_t now_ms)
{
	const struct transfers_settings *s = &p->transfers->settings;

	if (p->place != PLACE_RUNNABLE && p->place != PLACE_WAITING)
		return false;
	if (s->max_time_ms != 0 &&
	    now_ms - p->transfer->started_ms > s->max_time_ms)
		return true;
	return p->place == PLACE_WAITING && now_ms - p->moved_ms > s->stall_ms;
}

static void
look_at_all(struct transfers *ts, uint64_t now_ms)
{
	struct transfer_progress *p;

	TAILQ_FOREACH (p, &ts->all, entry) {
		if (is_overdue(p, now_ms)) {
			finish(p, ERR_TIMEOUT);
			announce(p);
		} else if (p->is_unsaid) {
			announce(p);
		}
	}
}

static struct transfer_progress *
next_runnable(struct transfers *ts)
{
	struct transfer_progress *p;

	TAILQ_FOREACH (p, &ts->all, entry)
		if (p->place == PLACE_RUNNABLE)
			return p;
	return NULL;
}

/* --- The threads --- */

static void
wait_for_work(struct transfers *ts)
{
	struct transfer_progress *p;
	uint64_t wait_ms = LOOK_MS;
	struct timespec until;

	if (TAILQ_EMPTY(&ts->all)) {
		(void)pthread_cond_wait(&ts->wake, &ts->mutex);
		return;
	}
	TAILQ_FOREACH (p, &ts->all, entry)
		if (p->is_unsaid)
			wait_ms = POST_AGAIN_MS;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)wait_ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&ts->wake, &ts->mutex, &until);
}

static void *
thread_main(void *arg)
{
	struct transfers *ts = arg;
	struct transfer_progress *p;

	lock(ts);
	while (!ts->is_stopping) {
		p = next_runnable(ts);
		if (p != NULL)
			run(ts, p);
		else
			wait_for_work(ts);
		look_at_all(ts, clock_mono_ms());
	}
	unlock(ts);
	return NULL;
}

static void
set_settings(struct transfers *ts, const struct transfers_settings *settings)
{
	ts->settings = *settings;
	if (ts->settings.stall_ms == 0)
		ts->settings.stall_ms = TRANSFER_STALL_MS;
}

static int
init_wake(struct transfers *ts)
{
	pthread_condattr_t attr;
	int ret;

	if (pthread_condattr_init(&attr) != 0)
		return ERR_NOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	ret = pthread_cond_init(&ts->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	return ret == 0 ? 0 : ERR_NOMEM;
}

int
transfers_create(const struct transfers_settings *settings,
    struct transfers **ts_out)
{
	struct transfers *ts;

	*ts_out = NULL;
	if (settings->n_threads == 0 || settings->n_threads > THREADS_MAX)
		return ERR_RANGE;
	ts = calloc(1, sizeof(*ts));
	if (ts == NULL || init_wake(ts) != 0) {
		free(ts);
		return ERR_NOMEM;
	}
	(void)pthread_mutex_init(&ts->mutex, NULL);
	TAILQ_INIT(&ts->all);
	set_settings(ts, settings);
	while (ts->n_threads < settings->n_threads) {
		if (pthread_create(&ts->threads[ts->n_threads], NULL,
			thread_main, ts) != 0) {
			transfers_stop(ts);
			transfers_destroy(ts);
			return ERR_NOMEM;
		}
		ts->n_threads++;
	}
	*ts_out = ts;
	return 0;
}

void
transfers_set(struct transfers *ts, const struct transfers_settings *settings)
{
	lock(ts);
	set_settings(ts, settings);
	unlock(ts);
}

void
transfers_stop(struct transfers *ts)
{
	struct transfer_progress *p;

	lock(ts);
	ts->is_stopping = true;
	(void)pthread_cond_broadcast(&ts->wake);
	unlock(ts);
	for (unsigned i = 0; i < ts->n_threads; i++)
		(void)pthread_join(ts->threads[i], NULL);
	ts->n_threads = 0;

	lock(ts);
	TAILQ_FOREACH (p, &ts->all, entry)
		if (p->place != PLACE_FINISHED)
			finish(p, ERR_CLOSED);
	unlock(ts);
}

void
transfers_destroy(struct transfers *ts)
{
	if (ts == NULL)
		return;
	assert(TAILQ_EMPTY(&ts->all));
	(void)pthread_cond_destroy(&ts->wake);
	(void)pthread_mutex_destroy(&ts->mutex);
	free(ts);
}

/* --- What workers call --- */

static void
start_results(struct transfer *t)
{
	t->error = 0;
	t->form = IXFR_ZONE;
	t->serial = version_serial(t->version);
	t->n_messages = 0;
	t->n_rrs = 0;
	t->n_octets = 0;
	t->started_ms = clock_mono_ms();
}

static int
add(struct transfers *ts, struct transfer_progress *p)
{
	if (ts->is_stopping)
		return ERR_CLOSED;
	if (ts->n_all >= ts->settings.max_transfers)
		return ERR_BUSY;
	ts->n_all++;
	TAILQ_INSERT_TAIL(&ts->all, p, entry);
	(void)pthread_cond_signal(&ts->wake);
	return 0;
}

int
transfers_start(struct transfers *ts, struct transfer *t)
{
	struct transfer_progress *p = calloc(1, sizeof(*p));
	int ret;

	t->progress = NULL;
	if (p == NULL)
		return ERR_NOMEM;
	p->transfers = ts;
	p->transfer = t;
	p->is_wanted = true;
	STAILQ_INIT(&p->filled);
	STAILQ_INIT(&p->spare);
	start_results(t);
	p->moved_ms = t->started_ms;
	t->progress = p;
	lock(ts);
	ret = add(ts, p);
	unlock(ts);
	if (ret != 0) {
		t->progress = NULL;
		free(p);
	}
	return ret;
}

unsigned
transfers_count(struct transfers *ts)
{
	unsigned n;

	lock(ts);
	n = ts->n_all;
	unlock(ts);
	return n;
}

void
transfer_posted(struct transfer *t)
{
	struct transfers *ts = t->progress->transfers;

	lock(ts);
	t->progress->is_posted = false;
	unlock(ts);
}

/* Nothing refers to the transfer any more, nor will. */
static bool
has_ended(const struct transfer_progress *p)
{
	return p->place == PLACE_FINISHED &&
	    (p->transfers->is_stopping || (!p->is_posted && !p->is_unsaid));
}

static enum transfer_taken
take(struct transfer_progress *p, struct transfer_message **m_out)
{
	struct transfer_message *m = STAILQ_FIRST(&p->filled);

	if (m != NULL) {
		STAILQ_REMOVE_HEAD(&p->filled, entry);
		*m_out = m;
		return TRANSFER_MESSAGE;
	}
	if (!has_ended(p)) {
		p->is_wanted = true;
		return TRANSFER_WAIT;
	}
	assert(p->n_in_use == 0);
	TAILQ_REMOVE(&p->transfers->all, p, entry);
	p->transfers->n_all--;
	return TRANSFER_ENDED;
}

enum transfer_taken
transfer_take(struct transfer *t, struct transfer_message **m_out)
{
	struct transfer_progress *p = t->progress;
	struct transfers *ts = p->transfers;
	enum transfer_taken taken;

	*m_out = NULL;
	lock(ts);
	taken = take(p, m_out);
	unlock(ts);
	if (taken == TRANSFER_ENDED) {
		t->progress = NULL;
		free(p);
	}
	return taken;
}

void
transfer_give(struct transfer *t, struct transfer_message *m)
{
	struct transfer_progress *p = t->progress;
	struct transfers *ts = p->transfers;

	lock(ts);
	return_buffer(p, m);
	p->moved_ms = clock_mono_ms();
	if (p->place == PLACE_WAITING) {
		p->place = PLACE_RUNNABLE;
		(void)pthread_cond_signal(&ts->wake);
	}
	unlock(ts);
}

void
transfer_cancel(struct transfer *t)
{
	struct transfer_progress *p = t->progress;
	struct transfers *ts = p->transfers;

	lock(ts);
	p->is_cancelled = true;
	forget_filled(p);
	if (p->place == PLACE_WAITING)
		p->place = PLACE_RUNNABLE;
	if (p->place == PLACE_FINISHED && p->transfer->error == 0)
		p->transfer->error = ERR_CLOSED;
	(void)pthread_cond_signal(&ts->wake);
	unlock(ts);
}
