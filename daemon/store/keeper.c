/*
 * keeper.c - checkpoints, dumps, retention, the next segment
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/commit.h"
#include "daemon/store/keeper.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_text.h"
#include "daemon/store/zones.h"

#define TICK_MS 1000
#define RETRY_MS 60000 /* after a dump or checkpoint that failed */
#define CHECKPOINT_OCTETS ((uint64_t)64 << 20)

/* --- One zone --- */

static uint64_t
unsaved_octets(struct store_zone *z)
{
	uint64_t octets;

	(void)pthread_mutex_lock(&z->lock);
	octets = z->history.octets_ever - z->saved_octets;
	(void)pthread_mutex_unlock(&z->lock);
	return octets;
}

static uint32_t
unsaved_segment(struct store_zone *z)
{
	uint32_t segment;

	(void)pthread_mutex_lock(&z->lock);
	segment = history_unsaved_segment(&z->history);
	(void)pthread_mutex_unlock(&z->lock);
	return segment;
}

/* The log may forget what is in the snapshot of this LSN. */
static void
note_saved(struct store_zone *z, uint64_t lsn, uint64_t octets_ever)
{
	(void)pthread_mutex_lock(&z->lock);
	history_saved(&z->history, lsn);
	(void)pthread_mutex_unlock(&z->lock);
	z->saved_octets = octets_ever;
}

static uint64_t
saved_lsn(struct store *s)
{
	/* First: what is published later is in the history by then. */
	uint64_t lsn = atomic_load(&s->commit.published_lsn);
	size_t n;
	struct store_zone *const *zones = zones_list(s, &n);

	for (size_t i = 0; i < n; i++)
		if (unsaved_segment(zones[i]) != 0 &&
		    zones[i]->snapshot_lsn < lsn)
			lsn = zones[i]->snapshot_lsn;
	return lsn;
}

void
keeper_count_saved(struct store *s)
{
	journal_saved(s->journal, saved_lsn(s));
	s->keeper.saved_more = false;
}

void
keeper_note_saved(struct store *s)
{
	struct reason why = {""};

	if (!s->keeper.saved_more || atomic_load(&s->is_read_only))
		return;
	keeper_count_saved(s);
	if (journal_note(s->journal, &why) != 0)
		log_warning("control file problem=\"%s\"", why.text);
}

/* For those who look: recovery goes by the files. */
static void
say_in_log(struct store_zone *z, uint32_t serial)
{
	struct store *s = z->store;
	struct reason why = {""};

	if (atomic_load(&s->is_read_only))
		return;
	commit_mark(s, z, CHANGESET_CHECKPOINT | CHANGESET_METADATA, serial);
	s->keeper.saved_more = true;
	if (journal_note(s->journal, &why) != 0)
		log_warning("control file problem=\"%s\"", why.text);
}

/* Pin, write, rename, say so in the log, unpin. */
int
keeper_checkpoint(struct store_zone *z, struct reason *reason)
{
	uint64_t lsn, octets_ever;
	const struct zone_version *v;
	int ret;

	(void)pthread_mutex_lock(&z->lock);
	octets_ever = z->history.octets_ever;
	(void)pthread_mutex_unlock(&z->lock);
	v = store_zone_pin_lsn(z, &lsn);
	if (v == NULL)
		return 0;
	if (lsn <= z->snapshot_lsn) {
		zone_unpin(v);
		return 0;
	}
	ret = zone_dir_save(z, v, lsn, reason);
	if (ret == 0) {
		note_saved(z, lsn, octets_ever);
		log_info("checkpoint zone=%s serial=%u lsn=%" PRIu64, z->text,
		    version_serial(v), lsn);
		say_in_log(z, version_serial(v));
	}
	zone_unpin(v);
	return ret;
}

int
keeper_save(struct store_zone *z, struct reason *reason)
{
	struct reason second = {""};
	int ret = keeper_checkpoint(z, reason);
	int dump = zone_text_dump(z, ret == 0 ? reason : &second);

	return ret != 0 ? ret : dump;
}

static void
complain(struct store_zone *z, const char *what, const struct reason *reason)
{
	log_warning("%s failed zone=%s problem=\"%s\"", what, z->text,
	    reason->text);
}

/* A checkpoint whose failure is said, and which is tried again later. */
static void
checkpoint_when_able(struct store_zone *z)
{
	uint64_t now_ms = clock_mono_ms();
	struct reason why = {""};

	if (now_ms < z->save_after_ms || keeper_checkpoint(z, &why) == 0)
		return;
	complain(z, "checkpoint", &why);
	z->save_after_ms = now_ms + RETRY_MS;
}

static bool
checkpoint_is_due(struct store_zone *z)
{
	uint64_t due = z->snapshot_octets / 2;

	if (due < CHECKPOINT_OCTETS)
		due = CHECKPOINT_OCTETS;
	return unsaved_octets(z) > due;
}

static void
dump_when_due(struct store_zone *z, uint64_t now_ms)
{
	struct reason why = {""};
	uint32_t interval_s;

	(void)pthread_mutex_lock(&z->lock);
	interval_s = z->config.dump_interval_s;
	(void)pthread_mutex_unlock(&z->lock);
	if (interval_s == 0)
		return; /* only when told to, and at stop */
	if (z->dump_due_ms == 0) {
		if (zone_text_is_behind(z))
			z->dump_due_ms = now_ms + interval_s * (uint64_t)1000;
		return;
	}
	if (now_ms < z->dump_due_ms)
		return;
	z->dump_due_ms = 0;
	if (zone_text_dump(z, &why) != 0) {
		complain(z, "dump", &why);
		z->dump_due_ms = now_ms + RETRY_MS;
	}
}

/* --- All zones --- */

static void
for_each(struct store *s, void (*f)(struct store_zone *z, void *arg), void *arg)
{
	size_t n;
	struct store_zone *const *zones = zones_list(s, &n);

	for (size_t i = 0; i < n; i++)
		f(zones[i], arg);
}

/*
 * The keeper never waits for store.upkeep: who holds it may be waiting for
 * the writer.  What it leaves out it does a tick later.
 */
static bool
try_upkeep(struct store *s)
{
	return pthread_mutex_trylock(&s->upkeep) == 0;
}

static void
end_upkeep(struct store *s)
{
	(void)pthread_mutex_unlock(&s->upkeep);
}

static void
look_after(struct store_zone *z, uint64_t now_ms)
{
	if (store_zone_version(z) == NULL)
		return;
	dump_when_due(z, now_ms);
	if (checkpoint_is_due(z))
		checkpoint_when_able(z);
}

static void
look_after_all(struct store *s)
{
	uint64_t now_ms = clock_mono_ms();
	size_t n;
	struct store_zone *const *zones = zones_list(s, &n);

	for (size_t i = 0; i < n && try_upkeep(s); i++) {
		look_after(zones[i], now_ms);
		end_upkeep(s);
	}
}

/* --- Retention --- */

static void
find_first(struct store_zone *z, void *arg)
{
	uint32_t *first = arg, segment;

	(void)pthread_mutex_lock(&z->lock);
	segment = history_first_segment(&z->history);
	(void)pthread_mutex_unlock(&z->lock);
	if (segment != 0 && segment < *first)
		*first = segment;
}

/* The first segment that any zone needs, or the last one. */
static uint32_t
first_needed(struct store *s)
{
	struct journal_extent e;
	uint32_t first;

	journal_extent(s->journal, &e);
	first = e.last_segment;
	for_each(s, find_first, &first);
	return first;
}

static void
save_if_first(struct store_zone *z, void *arg)
{
	if (unsaved_segment(z) == *(uint32_t *)arg)
		checkpoint_when_able(z);
}

static void
forget_segment(struct store_zone *z, void *arg)
{
	(void)pthread_mutex_lock(&z->lock);
	history_cut_segment(&z->history, *(uint32_t *)arg);
	(void)pthread_mutex_unlock(&z->lock);
}

struct wants {
	uint32_t segment;
	bool history; /* some zone has history in it */
	bool unsaved; /* some zone has changes in it that no snapshot has */
};

static void
find_wants(struct store_zone *z, void *arg)
{
	struct wants *w = arg;
	const struct history *h = &z->history;
	const struct history_entry *oldest;

	(void)pthread_mutex_lock(&z->lock);
	oldest = history_oldest(h);
	if (oldest != NULL && oldest->segment <= w->segment)
		w->history = true;
	if (h->n_uses > 0 && h->uses[0].segment <= w->segment)
		w->unsaved = true;
	(void)pthread_mutex_unlock(&z->lock);
}

/* What the first segment, if it is full, is wanted for. */
static struct wants
wants_of_first(struct store *s, const struct journal_extent *e)
{
	struct wants wants = {e->first_segment, false, false};

	if (e->first_segment != e->last_segment)
		for_each(s, find_wants, &wants);
	return wants;
}

/*
 * Recycles what nobody needs.  Too large: the oldest history goes first.
 */
static void
retain(struct store *s)
{
	struct journal_extent e;
	struct wants wants;
	struct reason why = {""};

	journal_extent(s->journal, &e);
	wants = wants_of_first(s, &e);
	if (wants.history && s->config.journal_total_size != 0 &&
	    e.octets > s->config.journal_total_size)
		for_each(s, forget_segment, &wants.segment);
	if (e.first_segment != e.last_segment &&
	    journal_retire(s->journal, first_needed(s), &why) != 0)
		log_warning("log segments stay problem=\"%s\"", why.text);
}

/* Its changes in the log are the only copy: neither saved nor forgotten. */
static void
say_if_holding(struct store_zone *z, void *arg)
{
	if (z->said_holding || store_zone_version(z) != NULL ||
	    unsaved_segment(z) != *(uint32_t *)arg)
		return;
	z->said_holding = true;
	log_warning(
	    "log too large zone=%s problem=\"it is not loaded, and only "
	    "the log has its last changes\" next=\"mend it, or kddnsctl "
	    "zone-purge if it is not configured any more\"",
	    z->text);
}

/* A segment that only unsaved changes keep alive: their zones are saved. */
static void
free_first(struct store *s)
{
	struct journal_extent e;
	struct wants wants;

	journal_extent(s->journal, &e);
	wants = wants_of_first(s, &e);
	if (wants.unsaved && !wants.history)
		for_each(s, save_if_first, &wants.segment);
	if (wants.unsaved && s->config.journal_total_size != 0 &&
	    e.octets > s->config.journal_total_size)
		for_each(s, say_if_holding, &wants.segment);
}

/* --- The next segment --- */

static void
make_spare(struct store *s)
{
	struct keeper *k = &s->keeper;
	struct reason why = {""};

	if (!journal_wants_spare(s->journal))
		return;
	if (journal_make_spare(s->journal, &why) == 0) {
		if (k->said_no_spare)
			log_notice("log segment made, updates are taken again");
		k->said_no_spare = false;
	} else if (!k->said_no_spare) {
		log_error("no next log segment, updates will be refused"
			  " problem=\"%s\"",
		    why.text);
		k->said_no_spare = true;
	}
	wake_up(&s->commit.wake);
}

/*
 * First what is not needed any more: a segment that is used again need not be
 * filled with zeros.
 */
static void *
segments_main(void *arg)
{
	struct store *s = arg;
	struct keeper *k = &s->keeper;

	while (!atomic_load(&k->stop)) {
		if (!atomic_load(&s->is_read_only)) {
			retain(s);
			make_spare(s);
		}
		wake_prepare(&k->segments_wake);
		if (!atomic_load(&k->stop) &&
		    (k->said_no_spare || atomic_load(&s->is_read_only) ||
			!journal_wants_spare(s->journal)))
			wake_wait(&k->segments_wake, TICK_MS);
		wake_done(&k->segments_wake);
	}
	return NULL;
}

/* --- Segments that are full --- */

static void
save_if_before(struct store_zone *z, void *arg)
{
	uint32_t segment = unsaved_segment(z);

	if (segment != 0 && segment <= *(uint32_t *)arg)
		checkpoint_when_able(z);
}

/*
 * Reads a full segment once, and indexes it.  If it is damaged, what it has
 * and no snapshot is saved, since no start could replay it, and the history up
 * to it is forgotten.
 */
static int
check_one_segment(struct store *s)
{
	struct reason why = {""};
	uint32_t segment;
	int ret = journal_check_segment(s->journal, &segment, &why);

	if (ret != ERR_MALFORMED)
		return ret;
	log_error("log segment damaged problem=\"%s\" then=\"history up to it"
		  " is dropped; its zones are saved\"",
	    why.text);
	for_each(s, save_if_before, &segment);
	for_each(s, forget_segment, &segment);
	return 0;
}

void
keeper_index_segments(struct store *s)
{
	while (journal_wants_index(s->journal) && check_one_segment(s) == 0)
		;
}

/* --- The keeper thread --- */

static void *
keeper_main(void *arg)
{
	struct store *s = arg;
	struct keeper *k = &s->keeper;

	while (!atomic_load(&k->stop)) {
		bool writable = !atomic_load(&s->is_read_only);

		if (writable && try_upkeep(s)) {
			free_first(s);
			(void)check_one_segment(s);
			end_upkeep(s);
		}
		if (journal_damage(s->journal) == NULL)
			look_after_all(s);
		if (writable && try_upkeep(s)) {
			keeper_note_saved(s);
			end_upkeep(s);
		}
		wake_prepare(&k->wake);
		if (!atomic_load(&k->stop))
			wake_wait(&k->wake, TICK_MS);
		wake_done(&k->wake);
	}
	return NULL;
}

int
keeper_init(struct store *s)
{
	int ret;

	s->keeper.wake.fd = s->keeper.segments_wake.fd = -1;
	ret = wake_init(&s->keeper.wake);
	return ret != 0 ? ret : wake_init(&s->keeper.segments_wake);
}

void
keeper_clear(struct store *s)
{
	wake_clear(&s->keeper.wake);
	wake_clear(&s->keeper.segments_wake);
}

int
keeper_start(struct store *s)
{
	struct keeper *k = &s->keeper;

	if (pthread_create(&k->segments_thread, NULL, segments_main, s) != 0)
		return ERR_NOMEM;
	if (pthread_create(&k->thread, NULL, keeper_main, s) != 0) {
		atomic_store(&k->stop, true);
		wake_up(&k->segments_wake);
		(void)pthread_join(k->segments_thread, NULL);
		return ERR_NOMEM;
	}
	(void)pthread_setname_np(k->thread, "keeper");
	(void)pthread_setname_np(k->segments_thread, "segments");
	k->running = true;
	return 0;
}

void
keeper_stop(struct store *s)
{
	struct keeper *k = &s->keeper;

	if (!k->running)
		return;
	atomic_store(&k->stop, true);
	wake_up(&k->wake);
	wake_up(&k->segments_wake);
	(void)pthread_join(k->thread, NULL);
	(void)pthread_join(k->segments_thread, NULL);
	k->running = false;
}
