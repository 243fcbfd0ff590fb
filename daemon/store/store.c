/*
 * store.c - the zones of this server: loaded, changed, kept
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/commit.h"
#include "daemon/store/keeper.h"
#include "daemon/store/load.h"
#include "daemon/store/queue.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_edit.h"
#include "daemon/store/zone_freeze.h"
#include "daemon/store/zone_purge.h"
#include "daemon/store/zone_text.h"
#include "daemon/store/zones.h"

void
store_set_read_only(struct store *s, const char *why)
{
	(void)pthread_mutex_lock(&s->status_lock);
	if (!atomic_load(&s->is_read_only)) {
		reason_set(&s->read_only, "%s", why);
		atomic_store(&s->is_read_only, true);
		log_error("store is read-only, updates are refused"
			  " problem=\"%s\"",
		    why);
	}
	(void)pthread_mutex_unlock(&s->status_lock);
}

int
store_check_writable(const struct store *s, struct reason *reason)
{
	if (!atomic_load(&s->is_read_only))
		return 0;
	reason_set(reason, "the store is read-only: %s", s->read_only.text);
	return ERR_IO;
}

/* --- Configuration --- */

/* Puts the zones of the configuration on the list; they are wanted then. */
static int
configure(struct store *s, const struct store_zone_config *zones, size_t n)
{
	struct store_zone *const *list = atomic_load(&s->zones);
	struct store_zone *z;
	int ret = 0;

	for (size_t i = 0; i < atomic_load(&s->n_zones); i++)
		list[i]->wanted = NULL;
	for (size_t i = 0; ret == 0 && i < n; i++) {
		z = zones_get(s, zones[i].apex.octets);
		if (z == NULL)
			ret = zones_add(s, &zones[i].apex, &z);
		if (ret == 0)
			ret = zones_configure(z, &zones[i]);
		if (ret == 0)
			z->wanted = &zones[i];
	}
	return ret;
}

static void
put_into_service(struct store *s)
{
	struct store_zone *const *list = atomic_load(&s->zones);
	size_t n_list = atomic_load(&s->n_zones);

	for (size_t i = 0; i < n_list; i++)
		atomic_store(&list[i]->in_service, list[i]->wanted != NULL);
}

/* Loads what is wanted and not loaded; a failure is the zone's alone. */
static void
load_missing(struct store *s)
{
	struct store_zone *const *list = atomic_load(&s->zones);
	size_t n_list = atomic_load(&s->n_zones);

	for (size_t i = 0; i < n_list; i++) {
		struct reason why = {""};

		if (list[i]->wanted != NULL &&
		    atomic_load(&list[i]->zone) == NULL)
			(void)load_zone(list[i], list[i]->wanted, &why);
	}
}

/*
 * Zones that nobody configures any more keep their data: what only the log
 * has goes into a snapshot, so that they do not hold the log.
 */
static void
put_away(struct store *s)
{
	struct store_zone *const *list = atomic_load(&s->zones);
	size_t n = atomic_load(&s->n_zones);

	for (size_t i = 0; i < n; i++) {
		struct store_zone *z = list[i];
		struct reason why = {""};

		if (atomic_load(&z->in_service) ||
		    store_zone_version(z) == NULL)
			continue;
		if (atomic_load(&s->is_read_only) ||
		    keeper_checkpoint(z, &why) == 0) {
			load_undo(z);
			log_notice("zone put away zone=%s reason=\"not in the "
				   "configuration; its data is kept\"",
			    z->text);
		} else {
			log_warning("checkpoint failed zone=%s problem=\"%s\"",
			    z->text, why.text);
		}
	}
}

/* --- Opening and closing --- */

static int
open_zones(struct store *s, const struct store_zone_config *zones, size_t n,
    struct reason *reason)
{
	int ret = zone_dir_find_all(s, reason);

	if (ret == 0)
		ret = configure(s, zones, n);
	if (ret == 0)
		ret = load_all(s, reason);
	if (ret != 0)
		return ret;
	atomic_store(&s->commit.published_lsn, journal_durable_lsn(s->journal));
	keeper_count_saved(s);
	put_into_service(s);
	load_missing(s);
	put_away(s);
	return zones_publish(s);
}

int
store_open_journal(const struct store_config *config,
    const struct journal_config *journal_config,
    const struct store_zone_config *zones, size_t n_zones,
    struct store **store_out, struct reason *reason)
{
	struct store *s = NULL;
	int ret;

	*store_out = NULL;
	reason->text[0] = '\0';
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_NOMEM;
	s->config = *config;
	s->config.directory = NULL; /* the caller's */
	(void)pthread_mutex_init(&s->upkeep, NULL);
	(void)pthread_mutex_init(&s->status_lock, NULL);
	ret = keeper_init(s);
	if (ret == 0)
		ret = commit_init(s);
	if (ret == 0)
		ret = journal_open(journal_config, &s->journal, reason);
	if (ret == 0)
		ret = open_zones(s, zones, n_zones, reason);
	if (ret != 0) {
		if (reason->text[0] == '\0')
			reason_set(reason, "cannot open the store: %s",
			    err_text(ret));
		goto done;
	}
	*store_out = s;
	s = NULL;
done:
	store_close(s);
	return ret;
}

int
store_open(const struct store_config *config,
    const struct store_zone_config *zones, size_t n_zones,
    struct store **store_out, struct reason *reason)
{
	const struct journal_config journal = {.directory = config->directory};

	return store_open_journal(config, &journal, zones, n_zones, store_out,
	    reason);
}

/* Looks at the file of a loaded zone, and reads it if it may be edited. */
static int
check_file(struct store_zone *z, struct reason *reason)
{
	struct reason why = {""};
	int ret = zone_text_check(z, &why);

	if (ret == ERR_BUSY && atomic_load(&z->frozen))
		return zone_edit_take(z, reason);
	if (ret == ERR_BUSY && zone_edit_adopt(z, reason) == 0)
		return 0;
	if (ret != 0)
		*reason = why;
	return ret;
}

/*
 * The files of all zones that serve; what is wrong is logged, and stays as it
 * is.
 */
static void
take_edits(struct store *s)
{
	struct store_zone *const *list = atomic_load(&s->zones);

	for (size_t i = 0; i < atomic_load(&s->n_zones); i++) {
		struct reason why = {""};

		if (atomic_load(&list[i]->in_service) &&
		    store_zone_version(list[i]) != NULL &&
		    check_file(list[i], &why) != 0)
			log_warning("zone file zone=%s problem=\"%s\"",
			    list[i]->text, why.text);
	}
}

int
store_start(struct store *s)
{
	int ret = commit_start(s);

	if (ret == 0)
		ret = keeper_start(s);
	if (ret != 0) {
		commit_stop(s);
		return ret;
	}
	(void)pthread_mutex_lock(&s->upkeep);
	take_edits(s);
	(void)pthread_mutex_unlock(&s->upkeep);
	return 0;
}

static bool
save_all(struct store *s)
{
	struct store_zone *const *list = atomic_load(&s->zones);
	size_t n = atomic_load(&s->n_zones);
	bool saved = true;

	for (size_t i = 0; i < n; i++) {
		struct reason why = {""};

		if (keeper_save(list[i], &why) == 0)
			continue;
		log_warning("save failed zone=%s problem=\"%s\"", list[i]->text,
		    why.text);
		saved = false;
	}
	return saved;
}

void
store_stop(struct store *s)
{
	struct reason why = {""};

	atomic_store(&s->closing, true);
	commit_stop(s); /* the keeper may have to make room for it */
	keeper_stop(s);
	if (journal_damage(s->journal) != NULL)
		return;
	(void)pthread_mutex_lock(&s->upkeep);
	(void)save_all(s);
	if (!atomic_load(&s->is_read_only)) {
		keeper_index_segments(s);
		keeper_count_saved(s);
	}
	(void)pthread_mutex_unlock(&s->upkeep);
	/* Whatever failed above, the log itself is on disk. */
	if (!atomic_load(&s->is_read_only) &&
	    journal_note_clean(s->journal, &why) != 0)
		log_warning("stop was not clean problem=\"%s\"", why.text);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	zones_clear(s);
	commit_clear(s);
	keeper_clear(s);
	journal_close(s->journal);
	(void)pthread_mutex_destroy(&s->upkeep);
	(void)pthread_mutex_destroy(&s->status_lock);
	free(s);
}

/* --- Changing the configuration --- */

int
store_reconfigure(struct store *s, const struct store_zone_config *zones,
    size_t n_zones, enum store_files files, struct reason *reason)
{
	int ret;

	(void)pthread_mutex_lock(&s->upkeep);
	ret = configure(s, zones, n_zones);
	if (ret == 0) {
		load_missing(s);
		put_into_service(s);
		if (files == STORE_FILES_LOOK)
			take_edits(s);
		ret = zones_publish(s);
	}
	(void)pthread_mutex_unlock(&s->upkeep);
	if (ret != 0)
		reason_set(reason, "%s", err_text(ret));
	return ret;
}

int
store_reload_zone(struct store *s, struct store_zone *z, struct reason *reason)
{
	struct store_zone_config c;
	int ret;

	(void)pthread_mutex_lock(&s->upkeep);
	(void)pthread_mutex_lock(&z->lock);
	c = z->config;
	(void)pthread_mutex_unlock(&z->lock);
	if (store_zone_version(z) == NULL)
		ret = load_zone(z, &c, reason);
	else
		ret = check_file(z, reason);
	(void)pthread_mutex_unlock(&s->upkeep);
	return ret;
}

int
store_freeze_zone(struct store *s, struct store_zone *z, struct reason *reason)
{
	int ret;

	(void)pthread_mutex_lock(&s->upkeep);
	ret = zone_freeze(z, reason);
	(void)pthread_mutex_unlock(&s->upkeep);
	return ret;
}

int
store_thaw_zone(struct store *s, struct store_zone *z, struct reason *reason)
{
	int ret;

	(void)pthread_mutex_lock(&s->upkeep);
	ret = zone_thaw(z, reason);
	(void)pthread_mutex_unlock(&s->upkeep);
	return ret;
}

int
store_purge_zone(struct store *s, const struct name *apex,
    struct reason *reason)
{
	char text[NAME_TEXT_SIZE];
	struct store_zone *z;
	int ret = ERR_NOTFOUND;

	(void)pthread_mutex_lock(&s->upkeep);
	z = zones_get(s, apex->octets);
	if (z != NULL)
		ret = zone_purge(z, reason);
	else
		reason_set(reason, "%s: no such zone in the store",
		    name_to_log(apex->octets, text));
	(void)pthread_mutex_unlock(&s->upkeep);
	wake_up(&s->keeper.wake); /* it may have held the log */
	return ret;
}

/* --- Looking after it --- */

static int
sync_zone(struct store_zone *z, unsigned flags, struct reason *reason)
{
	int ret = 0;

	if ((flags & STORE_SYNC_FORCE) != 0)
		ret = zone_text_overwrite(z, reason);
	if (ret == 0)
		ret = keeper_save(z, reason);
	if (ret != 0 || (flags & STORE_SYNC_CLEAN) == 0)
		return ret;
	(void)pthread_mutex_lock(&z->lock);
	history_forget(&z->history);
	(void)pthread_mutex_unlock(&z->lock);
	return 0;
}

int
store_sync(struct store *s, struct store_zone *z, unsigned flags,
    struct reason *reason)
{
	size_t n;
	struct store_zone *const *list = zones_list(s, &n);
	int first = 0, ret;

	if (journal_damage(s->journal) != NULL) {
		reason_set(reason, "the log is damaged, nothing is written: %s",
		    journal_damage(s->journal));
		return ERR_MALFORMED;
	}
	for (size_t i = 0; i < n; i++) {
		struct reason why = {""};

		if (z != NULL && list[i] != z)
			continue;
		(void)pthread_mutex_lock(&s->upkeep);
		ret = sync_zone(list[i], flags, &why);
		(void)pthread_mutex_unlock(&s->upkeep);
		if (ret == 0 || first != 0)
			continue;
		first = ret;
		reason_set(reason, "%s: %s", list[i]->text, why.text);
	}
	(void)pthread_mutex_lock(&s->upkeep);
	keeper_note_saved(s);
	(void)pthread_mutex_unlock(&s->upkeep);
	return first;
}

void
store_status(const struct store *s, struct store_status *status_out)
{
	struct store_status *st = status_out;
	const struct counters *c = &s->counters;
	struct journal_extent e;

	memset(st, 0, sizeof(*st));
	st->writable = !atomic_load(&s->is_read_only);
	if (!st->writable)
		st->reason = s->read_only; /* never changes again */
	journal_extent(s->journal, &e);
	st->lsn = journal_durable_lsn(s->journal);
	st->log_octets = e.octets;
	st->n_segments =
	    e.last_segment == 0 ? 0 : e.last_segment - e.first_segment + 1;
	st->n_groups = atomic_load(&c->groups);
	st->group_octets = atomic_load(&c->group_octets);
	st->n_updates = atomic_load(&c->updates);
	st->n_changes = atomic_load(&c->changes);
	st->n_ring_full = atomic_load(&c->ring_full);
	st->n_too_old = atomic_load(&c->too_old);
	st->n_over_share = atomic_load(&c->over_share);
	st->queued = ring_count(s->commit.ring) + queue_count(s->commit.queue);
}

const struct histogram_bounds store_commit_us = {14,
    {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	500000, 1000000}};
const struct histogram_bounds store_batch = {11,
    {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}};

const struct store_spread *
store_spread(const struct store *s)
{
	return &s->counters.spread;
}
