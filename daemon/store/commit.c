/*
 * commit.c - the writer thread and the log thread
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/journal/segment.h"
#include "daemon/store/commit.h"
#include "daemon/store/queue.h"
#include "daemon/store/zones.h"

#define RING_SIZE ((size_t)16384)
#define JOB_AGE_MAX_MS 5000
#define RECLAIM_MS 1000 /* how often while nothing happens */

/* --- The log thread --- */

static void
write_group(struct store *s, struct batch *b)
{
	uint64_t from_ns = clock_mono_ns();

	b->error = journal_write(s->journal, &b->group, &b->reason);
	histogram_add(&s->counters.spread.commit_us, &store_commit_us,
	    (clock_mono_ns() - from_ns) / 1000, 1);
}

static void *
log_main(void *arg)
{
	struct store *s = arg;
	struct commit *w = &s->commit;
	struct batch *b;

	for (;;) {
		b = atomic_exchange(&w->to_log, NULL);
		if (b != NULL) {
			write_group(s, b);
			atomic_store(&w->from_log, b);
			wake_up(&w->wake);
			continue;
		}
		if (atomic_load(&w->log_stop))
			return NULL;
		wake_prepare(&w->log_wake);
		if (atomic_load(&w->to_log) == NULL &&
		    !atomic_load(&w->log_stop))
			wake_wait(&w->log_wake, -1);
		wake_done(&w->log_wake);
	}
}

/* --- The end of a batch --- */

static struct batch *
other(const struct commit *w, const struct batch *b)
{
	return b == &w->batches[0] ? &w->batches[1] : &w->batches[0];
}

/* J6: nothing is written any more, and nothing unpublished stays. */
static void
fail_all(struct store *s, const char *why)
{
	struct commit *w = &s->commit;

	store_set_read_only(s, why);
	batch_drop(w->open);
	if (w->in_log != NULL) {
		batch_forget(w->in_log);
		batch_finish(w->in_log, why);
		w->in_log = NULL;
	}
	batch_finish(w->open, why);
	if (s->config.failed != NULL)
		s->config.failed(s->config.arg, why);
}

static void
take_from_log(struct store *s, struct batch *b)
{
	struct commit *w = &s->commit;

	assert(b == w->in_log);
	if (b->error != 0) {
		struct reason why = b->reason;

		fail_all(s, why.text);
		return;
	}
	atomic_fetch_add(&s->counters.groups, 1);
	atomic_fetch_add(&s->counters.group_octets,
	    journal_blocks(b->group.len));
	atomic_fetch_add(&s->counters.updates, b->n_jobs);
	atomic_fetch_add(&s->counters.changes, b->n_changes);
	histogram_add(&s->counters.spread.batch, &store_batch, b->n_jobs, 1);
	batch_publish(b, s);
	w->in_log = NULL;
	batch_finish(b, NULL);
}

/* The open batch is to be durable: into the log, or done at once. */
static void
hand_over(struct store *s)
{
	struct commit *w = &s->commit;
	struct batch *b = w->open;

	if (batch_close(b) != 0) {
		batch_drop(b);
		batch_finish(b, "out of memory");
		return;
	}
	if (b->group.n_changesets == 0) {
		/* What it rests on is durable: nothing is in flight. */
		atomic_fetch_add(&s->counters.updates, b->n_jobs);
		batch_finish(b, NULL);
		return;
	}
	journal_place(s->journal, &b->group);
	if (b->group.opens_segment)
		wake_up(&s->keeper.segments_wake); /* for the next spare */
	w->in_log = b;
	w->open = other(w, b);
	atomic_store(&w->to_log, b);
	wake_up(&w->log_wake);
}

/* --- Taking jobs --- */

static void
refuse(struct store_job *job, const char *why)
{
	job->rcode = RCODE_SERVFAIL;
	reason_set(&job->reason, "%s", why);
	job->done(job);
}

/* Is there something to do about what is queued? */
static bool
can_take(struct store *s, struct reason *why)
{
	if (atomic_load(&s->is_read_only))
		return true;
	if (!batch_is_empty(s->commit.open))
		return !batch_is_full(s->commit.open);
	return journal_room(s->journal, why) != JOURNAL_ROOM_SOON;
}

/* What keeps everything from being taken, or NULL. */
static const char *
refusal(struct store *s, struct reason *why)
{
	if (atomic_load(&s->is_read_only))
		return s->read_only.text; /* never changes again */
	if (batch_is_empty(s->commit.open) &&
	    journal_room(s->journal, why) == JOURNAL_ROOM_NONE)
		return why->text;
	return NULL;
}

static void
take_one(struct store *s, struct store_job *job, uint64_t now_ms)
{
	struct commit *w = &s->commit;

	if (now_ms > job->queued_ms + JOB_AGE_MAX_MS) {
		atomic_fetch_add(&s->counters.too_old, 1);
		refuse(job,
		    "the update waited more than 5 s and was not"
		    " executed");
		return;
	}
	if (!job->is_own && !atomic_load(&job->zone->in_service)) {
		job->rcode = RCODE_NOTAUTH;
		reason_set(&job->reason, "the zone is not in service any more");
		job->done(job);
		return;
	}
	if (batch_take(w->open, job) != 0) {
		batch_drop(w->open);
		batch_finish(w->open, "out of memory");
	}
}

/* Names of one zone, to be looked for when their jobs are taken. */
struct ahead {
	const struct store_zone *zone;
	const uint8_t *owners[ZONE_WARM_MAX];
	size_t n;
};

static void
look_ahead(struct ahead *a)
{
	const struct zone *data = a->n < 2
	    ? NULL
	    : atomic_load_explicit(&a->zone->zone, memory_order_acquire);
	const struct zone_version *v = data == NULL ? NULL : zone_current(data);

	if (v != NULL)
		zone_warm(v, a->owners, a->n);
	a->n = 0;
}

static void
note_ahead(struct ahead *a, const struct store_job *job)
{
	if (job->owner == NULL)
		return;
	if (a->n == ZONE_WARM_MAX || a->zone != job->zone)
		look_ahead(a);
	a->zone = job->zone;
	a->owners[a->n++] = job->owner;
}

/* From the ring, where all are equal, to the lanes of their signers. */
static bool
sort_jobs(struct store *s)
{
	struct commit *w = &s->commit;
	struct ahead ahead = {.n = 0};
	struct store_job *job;
	bool sorted = false;

	while (queue_has_room(w->queue) && (job = ring_take(w->ring)) != NULL) {
		int ret = queue_put(w->queue, job);

		sorted = true;
		if (ret == 0) {
			note_ahead(&ahead, job);
			continue;
		}
		atomic_fetch_add(&s->counters.over_share, 1);
		refuse(job,
		    ret == ERR_BUSY
			? "too many updates of this signer are waiting"
			: err_text(ret));
	}
	look_ahead(&ahead);
	return sorted;
}

static bool
take_jobs(struct store *s)
{
	struct commit *w = &s->commit;
	uint64_t now_ms = clock_mono_ms();
	struct store_job *job;
	struct reason why;
	bool took = false;

	while (can_take(s, &why) && (job = queue_take(w->queue)) != NULL) {
		const char *no = refusal(s, &why);

		if (no != NULL)
			refuse(job, no);
		else
			take_one(s, job, now_ms);
		took = true;
		/* The log must not wait for a batch to fill. */
		if (atomic_load(&w->from_log) != NULL)
			break;
	}
	return took;
}

static bool
take_marks(struct store *s)
{
	struct commit *w = &s->commit;
	struct mark *m, *next;
	struct reason why;
	const char *no;

	if (atomic_load(&w->marks) == NULL || !can_take(s, &why))
		return false;
	no = refusal(s, &why);
	for (m = atomic_exchange(&w->marks, NULL); m != NULL; m = next) {
		next = m->next;
		if (no == NULL)
			batch_take_mark(w->open, m);
		else
			free(m);
	}
	return true;
}

/* --- The writer thread --- */

static void
reclaim_all(struct store *s)
{
	size_t n;
	struct store_zone *const *zones = zones_list(s, &n);

	for (size_t i = 0; i < n; i++) {
		struct zone *data =
		    atomic_load_explicit(&zones[i]->zone, memory_order_acquire);

		if (data != NULL)
			zone_reclaim(data);
	}
	zones_reclaim_gone(s);
}

/* One round; false: there was nothing to do. */
static bool
work(struct store *s)
{
	struct commit *w = &s->commit;
	struct batch *b = atomic_exchange(&w->from_log, NULL);
	bool worked = b != NULL;

	if (b != NULL)
		take_from_log(s, b);
	if (sort_jobs(s))
		worked = true;
	if (take_jobs(s))
		worked = true;
	if (take_marks(s))
		worked = true;
	if (w->in_log == NULL && !batch_is_empty(w->open)) {
		hand_over(s);
		worked = true;
	}
	return worked;
}

static bool
has_jobs(struct commit *w)
{
	return ring_count(w->ring) > 0 || queue_count(w->queue) > 0;
}

/* All is done, and no more shall come. */
static bool
is_over(struct commit *w)
{
	return atomic_load(&w->stop) && w->in_log == NULL && !has_jobs(w);
}

/* Nothing to do that could be done now. */
static bool
is_idle(struct store *s)
{
	struct commit *w = &s->commit;
	struct reason why;

	if (atomic_load(&w->from_log) != NULL || is_over(w))
		return false;
	if (ring_count(w->ring) > 0 && queue_has_room(w->queue))
		return false;
	if (!has_jobs(w) && atomic_load(&w->marks) == NULL)
		return true;
	return !can_take(s, &why);
}

static void *
writer_main(void *arg)
{
	struct store *s = arg;
	struct commit *w = &s->commit;
	uint64_t reclaimed_ms = clock_mono_ms();

	for (;;) {
		if (work(s))
			continue;
		if (is_over(w))
			return NULL;
		if (clock_mono_ms() - reclaimed_ms >= RECLAIM_MS) {
			reclaim_all(s);
			reclaimed_ms = clock_mono_ms();
		}
		wake_prepare(&w->wake);
		if (is_idle(s))
			wake_wait(&w->wake, RECLAIM_MS);
		wake_done(&w->wake);
	}
}

/* --- Starting and stopping --- */

int
commit_init(struct store *s)
{
	struct commit *w = &s->commit;
	int ret;

	w->wake.fd = w->log_wake.fd = -1;
	w->ring = ring_create(RING_SIZE);
	w->queue = queue_create(RING_SIZE);
	w->batches = calloc(2, sizeof(*w->batches));
	if (w->ring == NULL || w->queue == NULL || w->batches == NULL)
		return ERR_NOMEM;
	batch_init(&w->batches[0]);
	batch_init(&w->batches[1]);
	w->open = &w->batches[0];
	ret = wake_init(&w->wake);
	return ret != 0 ? ret : wake_init(&w->log_wake);
}

static void
free_marks(struct commit *w)
{
	struct mark *m, *next;

	for (m = atomic_exchange(&w->marks, NULL); m != NULL; m = next) {
		next = m->next;
		free(m);
	}
}

void
commit_clear(struct store *s)
{
	struct commit *w = &s->commit;

	if (w->batches != NULL) {
		batch_clear(&w->batches[0]);
		batch_clear(&w->batches[1]);
	}
	free(w->batches);
	free_marks(w);
	queue_destroy(w->queue);
	ring_destroy(w->ring);
	wake_clear(&w->wake);
	wake_clear(&w->log_wake);
}

int
commit_start(struct store *s)
{
	struct commit *w = &s->commit;

	if (pthread_create(&w->log_thread, NULL, log_main, s) != 0)
		return ERR_NOMEM;
	if (pthread_create(&w->thread, NULL, writer_main, s) != 0) {
		atomic_store(&w->log_stop, true);
		wake_up(&w->log_wake);
		(void)pthread_join(w->log_thread, NULL);
		return ERR_NOMEM;
	}
	(void)pthread_setname_np(w->log_thread, "log");
	(void)pthread_setname_np(w->thread, "writer");
	w->running = true;
	return 0;
}

void
commit_stop(struct store *s)
{
	struct commit *w = &s->commit;
	struct store_job *job;

	if (!w->running)
		return;
	atomic_store(&w->stop, true);
	wake_up(&w->wake);
	(void)pthread_join(w->thread, NULL);
	atomic_store(&w->log_stop, true);
	wake_up(&w->log_wake);
	(void)pthread_join(w->log_thread, NULL);
	w->running = false;
	/* One that slipped in at the very end. */
	while ((job = ring_take(w->ring)) != NULL)
		refuse(job, "the server is stopping");
}

/* --- What others ask for --- */

void
commit_mark(struct store *s, struct store_zone *z, uint32_t flags,
    uint32_t serial)
{
	struct commit *w = &s->commit;
	struct mark *m;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return; /* it is a help, no more */
	m->zone_id = z->id;
	m->flags = flags;
	m->serial = serial;
	m->next = atomic_load(&w->marks);
	while (!atomic_compare_exchange_weak(&w->marks, &m->next, m))
		;
	wake_up(&w->wake);
}

bool
store_submit(struct store *s, struct store_job *job)
{
	job->rcode = RCODE_SERVFAIL;
	job->changed = false;
	job->serial_from = job->serial_to = 0;
	job->reason.text[0] = '\0';
	job->queued_ms = clock_mono_ms();
	if (atomic_load(&s->closing))
		return false;
	if (!ring_put(s->commit.ring, job)) {
		atomic_fetch_add(&s->counters.ring_full, 1);
		return false;
	}
	return true;
}

void
store_wake(struct store *s)
{
	wake_up(&s->commit.wake);
}
