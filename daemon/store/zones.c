/*
 * zones.c - the list of zones, and finding one by name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/epoch.h"
#include "daemon/base/err.h"
#include "daemon/store/zone_text.h"
#include "daemon/store/zones.h"
#include "daemon/zone/zone.h"

/* --- The list --- */

static void
zone_free(struct store_zone *z)
{
	if (z == NULL)
		return;
	zone_destroy(atomic_load(&z->zone));
	history_clear(&z->history);
	(void)pthread_mutex_destroy(&z->lock);
	free(z->nameservers);
	free(z->text);
	free(z);
}

/* The list is read without a lock: one that grows is a new one. */
static int
grow_list(struct store *s)
{
	size_t n = atomic_load(&s->n_zones);
	size_t room = s->zones_room == 0 ? 16 : 2 * s->zones_room;
	struct store_zone **old = atomic_load(&s->zones), **more;

	if (n < s->zones_room)
		return 0;
	assert(s->n_old_lists < sizeof(s->old_lists) / sizeof(*s->old_lists));
	more = calloc(room, sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	if (n > 0)
		memcpy(more, old, n * sizeof(*more));
	if (old != NULL)
		s->old_lists[s->n_old_lists++] = old;
	atomic_store(&s->zones, more);
	s->zones_room = room;
	return 0;
}

static void
put_by_apex(struct store *s, struct store_zone *z)
{
	size_t at = name_hash(z->apex.octets, 0) & s->by_apex_mask;

	while (s->by_apex[at] != NULL)
		at = (at + 1) & s->by_apex_mask;
	s->by_apex[at] = z;
}

/* At least twice as many slots as zones, one more included. */
static int
grow_by_apex(struct store *s)
{
	size_t n = atomic_load(&s->n_zones), size = s->by_apex_mask + 1;
	struct store_zone *const *zones = atomic_load(&s->zones);
	struct store_zone **slots;

	if (s->by_apex != NULL && size >= 2 * (n + 1))
		return 0;
	size = s->by_apex == NULL ? 32 : 2 * size;
	slots = calloc(size, sizeof(struct store_zone *));
	if (slots == NULL)
		return ERR_NOMEM;
	free(s->by_apex);
	s->by_apex = slots;
	s->by_apex_mask = size - 1;
	for (size_t i = 0; i < n; i++)
		put_by_apex(s, zones[i]);
	return 0;
}

int
zones_add(struct store *s, const struct name *apex,
    struct store_zone **zone_out)
{
	struct store_zone *z;
	char text[NAME_TEXT_SIZE];
	size_t n;
	int ret;

	*zone_out = NULL;
	ret = grow_list(s);
	if (ret == 0)
		ret = grow_by_apex(s);
	if (ret != 0)
		return ret;
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return ERR_NOMEM;
	z->text = strdup(name_to_log(apex->octets, text));
	if (z->text == NULL) {
		free(z);
		return ERR_NOMEM;
	}
	z->store = s;
	z->apex = *apex;
	z->loaded_from = "";
	(void)pthread_mutex_init(&z->lock, NULL);
	history_init(&z->history);
	n = atomic_load(&s->n_zones);
	atomic_load(&s->zones)[n] = z;
	atomic_store(&s->n_zones, n + 1);
	put_by_apex(s, z);
	*zone_out = z;
	return 0;
}

struct store_zone *const *
zones_list(const struct store *s, size_t *n_out)
{
	/* First the number: a list read after it has at least so many. */
	*n_out = atomic_load(&s->n_zones);
	return atomic_load(&s->zones);
}

struct store_zone *
zones_get(const struct store *s, const uint8_t *apex)
{
	size_t at = name_hash(apex, 0) & s->by_apex_mask;

	if (s->by_apex == NULL)
		return NULL;
	for (; s->by_apex[at] != NULL; at = (at + 1) & s->by_apex_mask)
		if (name_equal(s->by_apex[at]->apex.octets, apex))
			return s->by_apex[at];
	return NULL;
}

/*
 * A copy of text that lives until store_close(), since statuses point to it;
 * known, if that says the same.
 */
static int
keep_string(struct store *s, const char *text, const char *known,
    const char **kept_out)
{
	size_t room = s->strings_room == 0 ? 16 : 2 * s->strings_room;
	char **more;

	*kept_out = NULL;
	if (text == NULL)
		return 0;
	if (known != NULL && strcmp(known, text) == 0) {
		*kept_out = known;
		return 0;
	}
	if (s->n_strings == s->strings_room) {
		more = realloc(s->strings, room * sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		s->strings = more;
		s->strings_room = room;
	}
	s->strings[s->n_strings] = strdup(text);
	if (s->strings[s->n_strings] == NULL)
		return ERR_NOMEM;
	*kept_out = s->strings[s->n_strings++];
	return 0;
}

static int
copy_nameservers(const struct store_zone_config *c, struct name **copy_out)
{
	size_t n = c->soa.n_nameservers;

	*copy_out = calloc(n + 1, sizeof(**copy_out));
	if (*copy_out == NULL)
		return ERR_NOMEM;
	if (n > 0)
		memcpy(*copy_out, c->soa.nameservers, n * sizeof(**copy_out));
	return 0;
}

int
zones_configure(struct store_zone *z, const struct store_zone_config *c)
{
	struct name *nameservers;
	const char *file;
	int ret = keep_string(z->store, c->file, z->config.file, &file);

	if (ret == 0)
		ret = copy_nameservers(c, &nameservers);
	if (ret != 0)
		return ret;
	(void)pthread_mutex_lock(&z->lock);
	free(z->nameservers);
	z->nameservers = nameservers;
	z->config = *c;
	z->config.file = file;
	z->config.soa.nameservers = nameservers;
	(void)pthread_mutex_unlock(&z->lock);
	return 0;
}

/* --- Data that nobody can find any more --- */

struct gone_zone {
	struct gone_zone *next;
	struct zone *data;
	bool is_marked;
	struct epoch_mark mark;
};

struct gone_zone *
zones_dig(void)
{
	return calloc(1, sizeof(struct gone_zone));
}

void
zones_bury(struct store *s, struct gone_zone *grave, struct zone *data)
{
	if (data == NULL) {
		free(grave);
		return;
	}
	grave->data = data;
	grave->next = atomic_load(&s->gone);
	while (!atomic_compare_exchange_weak(&s->gone, &grave->next, grave))
		;
}

/* A reader that came before it was hidden must have left since the mark. */
static bool
is_unread(const struct store *s, struct gone_zone *grave)
{
	const struct epoch *epoch = s->config.epoch;

	if (!grave->is_marked && epoch != NULL)
		epoch_mark(epoch, &grave->mark);
	grave->is_marked = true;
	return (epoch == NULL || epoch_passed(epoch, &grave->mark)) &&
	    !zone_is_pinned(grave->data);
}

void
zones_reclaim_gone(struct store *s)
{
	struct gone_zone *grave = atomic_exchange(&s->gone, NULL), *next;

	for (; grave != NULL; grave = next) {
		next = grave->next;
		if (!is_unread(s, grave)) {
			zones_bury(s, grave, grave->data);
			continue;
		}
		zone_destroy(grave->data);
		free(grave);
	}
}

static void
free_gone(struct store *s)
{
	struct gone_zone *grave = atomic_exchange(&s->gone, NULL), *next;

	for (; grave != NULL; grave = next) {
		next = grave->next;
		zone_destroy(grave->data);
		free(grave);
	}
}

/* --- The table --- */

static void
table_free(struct zone_table *t)
{
	if (t == NULL)
		return;
	free(t->sorted);
	free(t->slots);
	free(t);
}

static int
by_apex(const void *a, const void *b)
{
	const struct store_zone *const *x = a, *const *y = b;

	return name_compare((*x)->apex.octets, (*y)->apex.octets);
}

static void
put_slot(struct zone_table *t, struct store_zone *z)
{
	size_t at = name_hash(z->apex.octets, 0) & t->mask;
	unsigned labels = name_label_count(z->apex.octets);

	while (t->slots[at] != NULL)
		at = (at + 1) & t->mask;
	t->slots[at] = z;
	if (labels > t->labels_max)
		t->labels_max = labels;
}

static struct zone_table *
table_create(struct store *s)
{
	struct store_zone *const *zones = atomic_load(&s->zones);
	size_t n = atomic_load(&s->n_zones), size = 4;
	struct zone_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	while (size < 2 * n)
		size *= 2;
	t->mask = size - 1;
	t->slots = calloc(size, sizeof(struct store_zone *));
	t->sorted = calloc(n + 1, sizeof(struct store_zone *));
	if (t->slots == NULL || t->sorted == NULL) {
		table_free(t);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (atomic_load(&zones[i]->in_service)) {
			t->sorted[t->n++] = zones[i];
			put_slot(t, zones[i]);
		}
	qsort(t->sorted, t->n, sizeof(struct store_zone *), by_apex);
	return t;
}

int
zones_publish(struct store *s)
{
	struct zone_table *t = table_create(s);

	if (t == NULL)
		return ERR_NOMEM;
	t->older = atomic_load(&s->table);
	atomic_store(&s->table, t);
	return 0;
}

void
zones_clear(struct store *s)
{
	struct zone_table *t, *older;
	size_t n = atomic_load(&s->n_zones);

	free_gone(s);

	for (t = atomic_load(&s->table); t != NULL; t = older) {
		older = t->older;
		table_free(t);
	}
	for (size_t i = 0; i < n; i++)
		zone_free(atomic_load(&s->zones)[i]);
	free(atomic_load(&s->zones));
	for (size_t i = 0; i < s->n_old_lists; i++)
		free(s->old_lists[i]);
	for (size_t i = 0; i < s->n_strings; i++)
		free(s->strings[i]);
	free(s->strings);
	free(s->by_apex);
}

/* --- Finding --- */

static struct store_zone *
table_get(const struct zone_table *t, const uint8_t *apex)
{
	size_t at = name_hash(apex, 0) & t->mask;

	for (; t->slots[at] != NULL; at = (at + 1) & t->mask)
		if (name_equal(t->slots[at]->apex.octets, apex))
			return t->slots[at];
	return NULL;
}

struct store_zone *
store_find(const struct store *s, const uint8_t *name)
{
	const struct zone_table *t =
	    atomic_load_explicit(&s->table, memory_order_acquire);
	unsigned labels = name_label_count(name);

	if (labels > t->labels_max) {
		name = name_strip(name, labels - t->labels_max);
		labels = t->labels_max;
	}
	for (;; labels--) {
		struct store_zone *z = table_get(t, name);

		if (z != NULL || labels == 0)
			return z;
		name = name_strip(name, 1);
	}
}

struct store_zone *
store_find_apex(const struct store *s, const uint8_t *apex)
{
	return table_get(atomic_load_explicit(&s->table, memory_order_acquire),
	    apex);
}

struct store_zone *
store_zone_at(const struct store *s, size_t i)
{
	const struct zone_table *t =
	    atomic_load_explicit(&s->table, memory_order_acquire);

	return i < t->n ? t->sorted[i] : NULL;
}

/* --- One zone --- */

struct store_zone *
store_zone_kept_at(const struct store *s, size_t i)
{
	size_t n;
	struct store_zone *const *zones = zones_list(s, &n);

	for (size_t k = 0; k < n; k++) {
		bool has_data;

		(void)pthread_mutex_lock(&zones[k]->lock);
		has_data = zones[k]->id != 0;
		(void)pthread_mutex_unlock(&zones[k]->lock);
		if (has_data && !atomic_load(&zones[k]->in_service) && i-- == 0)
			return zones[k];
	}
	return NULL;
}

const struct name *
store_zone_apex(const struct store_zone *z)
{
	return &z->apex;
}

const char *
store_zone_text(const struct store_zone *z)
{
	return z->text;
}

const struct zone_version *
store_zone_version(const struct store_zone *z)
{
	const struct zone *zone =
	    atomic_load_explicit(&z->zone, memory_order_acquire);

	return zone == NULL ? NULL : zone_current(zone);
}

const struct zone_version *
store_zone_pin_lsn(struct store_zone *z, uint64_t *lsn_out)
{
	const struct zone_version *v;

	/* The writer publishes under this lock: v cannot go meanwhile. */
	(void)pthread_mutex_lock(&z->lock);
	v = store_zone_version(z);
	if (v != NULL)
		zone_pin(v);
	*lsn_out = z->history.last_lsn;
	(void)pthread_mutex_unlock(&z->lock);
	return v;
}

const struct zone_version *
store_zone_pin(struct store_zone *z)
{
	uint64_t lsn;

	return store_zone_pin_lsn(z, &lsn);
}

void
store_zone_set_user(struct store_zone *z, void *user)
{
	atomic_store_explicit(&z->user, user, memory_order_release);
}

void *
store_zone_user(const struct store_zone *z)
{
	return atomic_load_explicit(&z->user, memory_order_acquire);
}

void
store_zone_status(struct store_zone *z, struct store_zone_status *status_out)
{
	const struct zone_version *v = store_zone_pin(z);
	struct store_zone_status *st = status_out;
	const struct history *h = &z->history;

	memset(st, 0, sizeof(*st));
	(void)pthread_mutex_lock(&z->lock);
	st->loaded = v != NULL;
	st->frozen = atomic_load(&z->frozen);
	st->reason = z->problem;
	st->file = z->config.file;
	st->journal_octets = h->octets;
	st->n_changesets = (uint32_t)history_count(h);
	if (st->n_changesets > 0)
		st->journal_first_serial = history_oldest(h)->serial_from;
	st->dumped_serial = z->file.serial;
	st->dumped_time_s = z->file.n_digests > 0 ? z->file.time_s : 0;
	(void)strncpy(st->loaded_from, z->loaded_from,
	    sizeof(st->loaded_from) - 1);
	(void)pthread_mutex_unlock(&z->lock);
	if (v == NULL)
		return;
	st->serial = version_serial(v);
	st->n_names = version_n_names(v);
	st->n_records = version_n_records(v);
	zone_unpin(v);
	st->dump_pending = zone_text_is_behind(z);
}
