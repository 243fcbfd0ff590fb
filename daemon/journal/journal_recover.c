/*
 * journal_recover.c - the log found and judged
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Segments in order of their numbers, recovery over their octets; then
 * journal_tail.c.  Segments are read, not mapped: a sector that cannot be read
 * is damage at that offset.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"
#include "daemon/journal/segment_reader.h"

/* --- Finding the segments --- */

struct listing {
	struct journal *j;
	struct segment_numbers numbers; /* of *.log that may be needed */
	struct segment *spare;
};

/*
 * A spare of the right size is taken as it is: if it was not filled to its
 * end that costs time later, no safety.
 */
static void
keep_spare(struct listing *l, const char *name, uint32_t number)
{
	struct journal *j = l->j;
	const struct storage *st = j->storage;
	struct segment *s = NULL;
	struct stat meta;

	if (number > j->n_spares_made)
		j->n_spares_made = number;
	if (l->spare == NULL && strlen(name) < SEGMENT_NAME_SIZE)
		s = segment_create();
	if (s != NULL) {
		s->size = j->segment_size;
		memcpy(s->name, name, strlen(name) + 1);
		s->fd = st->open(st->arg, j->log_dirfd, name, O_RDWR, 0);
	}
	if (s != NULL && s->fd != -1 && fstat(s->fd, &meta) == 0 &&
	    (uint64_t)meta.st_size == s->size) {
		l->spare = s;
		return;
	}
	segment_destroy(j, s);
}

static int
sort_in(void *arg, const char *name)
{
	struct listing *l = arg;
	uint32_t number;

	if (segment_name_read(name, ".log", &number) &&
	    number >= l->j->anchor.first_segment)
		return segment_numbers_add(&l->numbers, number);
	if (segment_name_read(name, ".spare", &number))
		keep_spare(l, name, number);
	if (strcmp(name, RESERVE_NAME) == 0)
		atomic_store(&l->j->has_reserve, true);
	return 0;
}

/* Only a segment that is full has an index: the last one has none yet. */
static bool
may_have_index(const struct listing *l, uint32_t number)
{
	for (size_t i = 0; i + 1 < l->numbers.n; i++)
		if (l->numbers.at[i] == number)
			return true;
	return false;
}

/* What a crash left: retired, half made, or one spare too many. */
static int
drop_leftover(void *arg, const char *name)
{
	struct listing *l = arg;
	struct journal *j = l->j;
	uint32_t number;

	if ((segment_name_read(name, ".log", &number) &&
		number < j->anchor.first_segment) ||
	    segment_name_read(name, ".log.tmp", &number) ||
	    segment_name_read(name, ".index.tmp", &number) ||
	    strcmp(name, RESERVE_NAME ".tmp") == 0 ||
	    (segment_name_read(name, ".index", &number) &&
		!may_have_index(l, number)) ||
	    (segment_name_read(name, ".spare", &number) &&
		(l->spare == NULL || strcmp(name, l->spare->name) != 0)))
		(void)j->storage->unlink(j->storage->arg, j->log_dirfd, name);
	return 0;
}

/* Calls f for each file of the log. */
static int
walk_log(struct listing *l, int (*f)(void *arg, const char *name),
    struct reason *reason)
{
	int ret = storage_list(l->j->storage, l->j->log_dirfd, f, l);

	if (ret != 0)
		reason_set(reason, "cannot list the log: %s", err_text(ret));
	return ret;
}

static int
list_log(struct listing *l, struct reason *reason)
{
	int ret = walk_log(l, sort_in, reason);

	segment_numbers_sort(&l->numbers);
	return ret;
}

/* --- Judging them --- */

/* The segments as recovery sees them, one of them in memory. */
struct images {
	struct journal *j;
	struct recover_segment *list; /* one for each of j->segments */
	size_t n;
	uint8_t (*heads)[JOURNAL_BLOCK];
	struct segment_room room; /* the one loaded last */
};

/* Its first block, if there is one that can be read. */
static void
read_head(struct images *m, size_t i)
{
	struct journal *j = m->j;
	const struct segment *s = j->segments[i];

	if (storage_read(j->storage, s->fd, m->heads[i], JOURNAL_BLOCK, 0) == 0)
		m->list[i].head = m->heads[i];
}

static int
open_segment(struct images *m, uint32_t number, struct reason *reason)
{
	struct journal *j = m->j;
	struct segment *s = segment_create();
	struct stat meta;
	int ret;

	if (s == NULL)
		return ERR_NOMEM;
	s->number = number;
	(void)snprintf(s->name, sizeof(s->name), "%08" PRIu32 ".log", number);
	s->fd =
	    j->storage->open(j->storage->arg, j->log_dirfd, s->name, O_RDWR, 0);
	if (s->fd == -1 || fstat(s->fd, &meta) == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot read log/%s: %m", s->name);
	} else {
		s->size = (size_t)meta.st_size;
		ret = journal_add_segment(j, s);
	}
	if (ret != 0) {
		segment_destroy(j, s);
		return ret;
	}
	m->list[m->n] =
	    (struct recover_segment){.number = number, .len = s->size};
	read_head(m, m->n++);
	return 0;
}

/* For recover_log(). */
static int
load_segment(void *arg, struct recover_segment *image)
{
	struct images *m = arg;
	const struct segment *s = m->j->segments[image - m->list];
	int ret = segment_read_all(m->j->storage, s->fd, s->size, &m->room,
	    &image->unreadable);

	image->octets = m->room.octets;
	return ret;
}

static bool
all_saved(const struct segment_index *x, const struct journal_snapshots *saved)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct segment_index_entry *e = &x->entries[i];

		if ((e->flags & CHANGESET_CHECKPOINT) == 0 &&
		    !saved->is_saved(saved->arg, e->zone_id, e->where.lsn))
			return false;
	}
	return true;
}

/* The index is of this very segment, and leads to the next one. */
static bool
index_fits(const struct segment_index *x, const struct recover_segment *s)
{
	struct segment_head head, next;

	return s->head != NULL && s[1].head != NULL &&
	    segment_head_read(s->head, &head) == 0 &&
	    segment_head_read(s[1].head, &next) == 0 &&
	    memcmp(x->uuid, head.uuid, sizeof(x->uuid)) == 0 &&
	    x->number == head.number && x->first_lsn == head.first_lsn &&
	    x->last_lsn + 1 == next.first_lsn && x->end <= s->len;
}

/* Lets the index stand for the i-th segment, if it may. */
static int
use_index(struct images *m, size_t i, const struct journal_snapshots *saved)
{
	struct segment *s = m->j->segments[i];
	struct segment_index *x;
	int ret = journal_read_index(m->j, s->number, &x);

	if (ret != 0)
		return ret == ERR_NOTFOUND ? 0 : ret;
	s->has_index = index_fits(x, &m->list[i]);
	if (s->has_index && all_saved(x, saved)) {
		s->index = x;
		m->list[i].index = x;
		return 0;
	}
	s->is_checked = s->has_index; /* it is read now */
	segment_index_clear(x);
	free(x);
	return 0;
}

static int
open_segments(struct images *m, const struct listing *l,
    const struct journal_snapshots *saved, struct reason *reason)
{
	int ret = 0;

	m->list = calloc(l->numbers.n + 1, sizeof(*m->list));
	m->heads = calloc(l->numbers.n + 1, sizeof(*m->heads));
	if (m->list == NULL || m->heads == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; ret == 0 && i < l->numbers.n; i++)
		ret = open_segment(m, l->numbers.at[i], reason);
	if (saved->is_saved == NULL)
		return ret;
	for (size_t i = 0; ret == 0 && i + 1 < m->n; i++)
		ret = use_index(m, i, saved);
	return ret;
}

/* --- What counts --- */

/* Takes over what recovery found out. */
static void
take_over(struct journal *j, const struct recover_segment *images, size_t n,
    const struct recover_result *result)
{
	j->n_segments = 0;
	for (size_t i = 0; i < n; i++) {
		struct segment *s = j->segments[i];

		if (!images[i].counts) {
			segment_destroy(j, s);
			continue;
		}
		s->first_lsn = images[i].first_lsn;
		s->end = images[i].end;
		j->segments[j->n_segments++] = s;
	}
	memcpy(j->uuid, result->uuid, sizeof(j->uuid));
	j->damaged = result->damaged;
	j->damage = result->reason;
	j->dropped = result->dropped;
	j->next_lsn = result->last_lsn + 1;
	atomic_store(&j->durable_lsn, result->last_lsn);
	journal_mark_zone_id(j, result->next_zone_id - 1);
	journal_mark_zone_id(j, j->anchor.next_zone_id - 1);
	j->was_clean = j->anchor.clean && !j->damaged &&
	    j->anchor.durable_lsn == result->last_lsn;
}

/* Opens, judges and completes the segments that are listed. */
static int
recover(struct images *m, struct listing *l,
    const struct journal_snapshots *saved, struct reason *reason)
{
	struct journal *j = m->j;
	struct recover_result result;
	int ret = open_segments(m, l, saved, reason);

	if (ret != 0)
		return ret;
	j->promise.zones_are_whole = saved->are_whole;
	j->promise.snapshots_lsn = saved->oldest_lsn;
	ret = recover_log(m->list, m->n, &j->promise, load_segment, m, &result);
	if (ret != 0) {
		*reason = result.reason;
		return ret;
	}
	take_over(j, m->list, m->n, &result);
	if (!j->damaged)
		ret = walk_log(l, drop_leftover, reason);
	return ret != 0 ? ret : journal_make_whole(j, m->room.octets, reason);
}

/* As offer_spare(): a place for it in the list. */
static int
place_spare(struct journal *j)
{
	int ret = j->spare == NULL ? 0 : journal_add_segment(j, j->spare);

	if (ret == 0 && j->spare != NULL)
		j->n_segments--;
	return ret;
}

int
journal_recover(struct journal *j, const struct journal_snapshots *snapshots,
    struct reason *reason)
{
	struct listing l = {.j = j};
	struct images m = {.j = j};
	struct reason why;
	int ret = list_log(&l, reason);

	j->spare = l.spare;
	if (ret == 0)
		ret = recover(&m, &l, snapshots, reason);
	if (ret == 0)
		ret = place_spare(j);
	if (ret == ERR_NOMEM)
		reason_set(reason, "cannot recover the log: %s", err_text(ret));
	/* At once: there is room where the old tail was. */
	if (ret == 0 && !j->damaged && !atomic_load(&j->has_reserve))
		(void)journal_make_reserve(j, &why);
	free(m.room.octets);
	free(m.heads);
	free(m.list);
	free(l.numbers.at);
	return ret;
}
