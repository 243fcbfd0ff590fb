/*
 * journal.c - one log of every zone's changesets: writing, reading, retiring
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/group.h"
#include "daemon/journal/journal_state.h"

/* --- Segments --- */

struct segment *
segment_create(void)
{
	struct segment *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->fd = -1;
	return s;
}

void
segment_forget_index(struct segment *s)
{
	if (s->index != NULL)
		segment_index_clear(s->index);
	free(s->index);
	s->index = NULL;
}

void
segment_destroy(struct journal *j, struct segment *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		(void)j->storage->close(j->storage->arg, s->fd);
	segment_forget_index(s);
	free(s);
}

int
journal_add_segment(struct journal *j, struct segment *s)
{
	if (j->n_segments == j->segments_room) {
		size_t room = j->segments_room == 0 ? 16 : 2 * j->segments_room;
		struct segment **more =
		    realloc(j->segments, room * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		j->segments = more;
		j->segments_room = room;
	}
	j->segments[j->n_segments++] = s;
	return 0;
}

/* Under the lock; NULL if it is not there. */
static struct segment *
find_segment(const struct journal *j, uint32_t number)
{
	uint32_t first = j->n_segments > 0 ? j->segments[0]->number : 0;

	if (number < first || number - first >= j->n_segments)
		return NULL;
	return j->segments[number - first];
}

static struct segment *
last_segment(const struct journal *j)
{
	return j->segments[j->n_segments - 1];
}

int
journal_new_segment(struct journal *j, struct segment **segment_out,
    struct reason *reason)
{
	const struct storage *st = j->storage;
	struct segment *s = segment_create();
	int ret;

	*segment_out = NULL;
	if (s == NULL)
		return ERR_NOMEM;
	(void)snprintf(s->name, sizeof(s->name), "%08" PRIu32 ".spare",
	    atomic_fetch_add(&j->n_spares_made, 1) + 1);
	s->size = j->segment_size;
	s->fd = st->open(st->arg, j->log_dirfd, s->name,
	    O_RDWR | O_CREAT | O_TRUNC, 0600);
	ret = s->fd == -1 ? err_from_errno(errno)
			  : storage_fill(st, s->fd, 0, s->size);
	if (ret != 0) {
		reason_set(reason, "cannot make log segment log/%s: %m",
		    s->name);
		/* Give back what it took: the disk may be full. */
		(void)st->unlink(st->arg, j->log_dirfd, s->name);
		segment_destroy(j, s);
		return ret;
	}
	*segment_out = s;
	return 0;
}

int
journal_name_segment(struct journal *j, struct segment *s,
    struct reason *reason)
{
	const struct storage *st = j->storage;
	struct segment_head head = {
	    .number = s->number,
	    .next_zone_id = atomic_load(&j->next_zone_id),
	    .first_lsn = s->first_lsn,
	};
	uint8_t block[JOURNAL_BLOCK];
	char name[SEGMENT_NAME_SIZE];
	int ret;

	memcpy(head.uuid, j->uuid, sizeof(head.uuid));
	segment_head_write(&head, block);
	(void)snprintf(name, sizeof(name), "%08" PRIu32 ".log", s->number);
	/* A name that says .log stands for a head that is on disk. */
	ret = storage_write(st, s->fd, block, sizeof(block), 0);
	if (ret == 0)
		ret = storage_sync(st, s->fd);
	if (ret == 0 &&
	    (st->rename(st->arg, j->log_dirfd, s->name, name) == -1 ||
		st->fsync_dir(st->arg, j->log_dirfd) == -1))
		ret = err_from_errno(errno);
	if (ret != 0) {
		reason_set(reason, "cannot begin log segment log/%s: %m", name);
		return ret;
	}
	memcpy(s->name, name, sizeof(name));
	return 0;
}

/* --- Writing --- */

size_t
journal_group_max(const struct journal *j)
{
	return j->group_max;
}

enum journal_room
journal_room(struct journal *j, struct reason *reason)
{
	const struct segment *tail;
	enum journal_room room = JOURNAL_ROOM_SOON;

	(void)pthread_mutex_lock(&j->lock);
	tail = last_segment(j);
	if (j->spare != NULL ||
	    tail->size - tail->end >= group_size((uint32_t)j->group_max)) {
		room = JOURNAL_ROOM_NOW;
	} else if (j->no_spare.text[0] != '\0') {
		room = JOURNAL_ROOM_NONE;
		*reason = j->no_spare;
	}
	(void)pthread_mutex_unlock(&j->lock);
	return room;
}

/* Under the lock: the spare becomes the last segment. */
static void
begin_segment(struct journal *j)
{
	struct segment *s = j->spare;

	assert(s != NULL && j->n_segments < j->segments_room);
	j->spare = NULL;
	s->number = last_segment(j)->number + 1;
	s->first_lsn = j->next_lsn;
	s->end = JOURNAL_BLOCK;
	j->segments[j->n_segments++] = s;
}

void
journal_place(struct journal *j, struct group *g)
{
	struct group_head head;
	struct segment *tail;
	size_t size;

	assert(g->n_changesets > 0 && !j->damaged);
	head.len = (uint32_t)(g->len - GROUP_HEAD_LEN);
	head.lsn = j->next_lsn;
	head.n_changesets = g->n_changesets;
	size = group_size(head.len);

	(void)pthread_mutex_lock(&j->lock);
	tail = last_segment(j);
	g->opens_segment = tail->size - tail->end < size;
	if (g->opens_segment) {
		begin_segment(j);
		tail = last_segment(j);
	}
	assert(tail->size - tail->end >= size);
	g->segment = tail->number;
	g->offset = (uint32_t)tail->end;
	tail->end += size;
	(void)pthread_mutex_unlock(&j->lock);

	g->lsn = j->next_lsn++;
	group_head_write(&head, j->uuid, g->octets);
}

int
journal_write(struct journal *j, const struct group *g, struct reason *reason)
{
	struct segment *s;
	int ret = 0;

	(void)pthread_mutex_lock(&j->lock);
	s = find_segment(j, g->segment);
	(void)pthread_mutex_unlock(&j->lock);
	assert(s != NULL);
	if (g->opens_segment)
		ret = journal_name_segment(j, s, reason);
	if (ret != 0)
		return ret;
	ret = storage_write(j->storage, s->fd, g->octets,
	    journal_blocks(g->len), g->offset);
	if (ret == 0)
		ret = storage_sync(j->storage, s->fd);
	if (ret != 0) {
		reason_set(reason,
		    "cannot write log/%s at offset %" PRIu32 ": %m", s->name,
		    g->offset);
		return ret;
	}
	atomic_store(&j->durable_segment, g->segment);
	atomic_store(&j->durable_lsn, g->lsn);
	return 0;
}

uint64_t
journal_durable_lsn(const struct journal *j)
{
	return atomic_load(&j->durable_lsn);
}

/* --- Looking after it --- */

bool
journal_wants_spare(struct journal *j)
{
	bool wants;

	(void)pthread_mutex_lock(&j->lock);
	wants = j->spare == NULL && !j->damaged;
	(void)pthread_mutex_unlock(&j->lock);
	return wants;
}

/* Hands over a spare; ERR_EXISTS: another one came first. */
static int
offer_spare(struct journal *j, struct segment *s)
{
	int ret = ERR_EXISTS;

	(void)pthread_mutex_lock(&j->lock);
	/* A place for it in the list, so that the writer cannot fail. */
	if (j->spare == NULL)
		ret = journal_add_segment(j, s);
	if (ret == 0) {
		j->n_segments--;
		j->spare = s;
		j->no_spare.text[0] = '\0';
	}
	(void)pthread_mutex_unlock(&j->lock);
	return ret;
}

static void
say_no_spare(struct journal *j, const struct reason *why)
{
	(void)pthread_mutex_lock(&j->lock);
	j->no_spare = *why;
	(void)pthread_mutex_unlock(&j->lock);
}

/* The file goes, and what is known of it. */
static void
remove_segment(struct journal *j, struct segment *s)
{
	(void)j->storage->unlink(j->storage->arg, j->log_dirfd, s->name);
	segment_destroy(j, s);
}

int
journal_make_spare(struct journal *j, struct reason *reason)
{
	struct segment *s = NULL;
	int ret = 0;

	if (!atomic_load(&j->has_reserve))
		ret = journal_make_reserve(j, reason);
	if (ret == 0)
		ret = journal_new_segment(j, &s, reason);
	if (ret == 0) {
		ret = offer_spare(j, s);
		if (ret != 0)
			remove_segment(j, s);
	}
	if (ret == ERR_EXISTS)
		return 0;
	if (ret == ERR_NOMEM)
		reason_set(reason, "cannot make a log segment: out of memory");
	if (ret != 0)
		say_no_spare(j, reason);
	return ret;
}

/* The first segment if it is before number and nobody needs it; or NULL. */
static struct segment *
take_first(struct journal *j, uint32_t before)
{
	struct segment *s = NULL;

	(void)pthread_mutex_lock(&j->lock);
	if (j->n_segments > 1 && j->segments[0]->number < before &&
	    j->segments[0]->number < atomic_load(&j->durable_segment) &&
	    j->segments[0]->n_pins == 0) {
		s = j->segments[0];
		j->n_segments--;
		memmove(j->segments, j->segments + 1,
		    j->n_segments * sizeof(*j->segments));
	}
	(void)pthread_mutex_unlock(&j->lock);
	return s;
}

/* The file of a retired segment as the next spare. */
static int
recycle(struct journal *j, struct segment *s)
{
	const struct storage *st = j->storage;
	char name[SEGMENT_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%08" PRIu32 ".spare",
	    atomic_fetch_add(&j->n_spares_made, 1) + 1);
	if (st->rename(st->arg, j->log_dirfd, s->name, name) == -1)
		return err_from_errno(errno);
	memcpy(s->name, name, sizeof(name));
	s->number = 0;
	s->first_lsn = 0;
	s->has_index = s->is_checked = false;
	return offer_spare(j, s);
}

static void
drop_index(struct journal *j, const struct segment *s)
{
	char name[SEGMENT_NAME_SIZE];

	if (!s->has_index)
		return;
	journal_index_name(name, s->number);
	(void)j->storage->unlink(j->storage->arg, j->log_dirfd, name);
}

int
journal_retire(struct journal *j, uint32_t before, struct reason *reason)
{
	struct segment *s;
	int ret = 0;

	while (ret == 0 && (s = take_first(j, before)) != NULL) {
		/* First on disk that it is not missed, then gone. */
		ret = journal_note(j, reason);
		if (ret != 0) {
			segment_destroy(j, s);
			break;
		}
		drop_index(j, s);
		if (s->size != j->segment_size || !journal_wants_spare(j) ||
		    recycle(j, s) != 0)
			remove_segment(j, s);
	}
	return ret;
}

static int
write_anchor(struct journal *j, bool clean, struct reason *reason)
{
	struct anchor anchor;
	uint8_t block[JOURNAL_BLOCK];
	int ret;

	(void)pthread_mutex_lock(&j->anchor_lock);
	anchor = j->anchor;
	anchor.sequence++;
	anchor.clean = clean;
	anchor.next_zone_id = atomic_load(&j->next_zone_id);
	anchor.durable_lsn = journal_durable_lsn(j);
	anchor.saved_lsn = atomic_load(&j->saved_lsn);
	memcpy(anchor.uuid, j->uuid, sizeof(anchor.uuid));
	(void)pthread_mutex_lock(&j->lock);
	anchor.first_segment = j->segments[0]->number;
	(void)pthread_mutex_unlock(&j->lock);
	anchor_write(&anchor, block);
	ret = storage_write(j->storage, j->control_fd, block, sizeof(block),
	    anchor.sequence % 2 * JOURNAL_BLOCK);
	if (ret == 0)
		ret = storage_sync(j->storage, j->control_fd);
	if (ret == 0)
		j->anchor = anchor;
	else
		reason_set(reason, "cannot write the control file: %m");
	(void)pthread_mutex_unlock(&j->anchor_lock);
	return ret;
}

void
journal_saved(struct journal *j, uint64_t lsn)
{
	atomic_store(&j->saved_lsn, lsn);
}

int
journal_note(struct journal *j, struct reason *reason)
{
	return write_anchor(j, false, reason);
}

int
journal_note_clean(struct journal *j, struct reason *reason)
{
	return write_anchor(j, true, reason);
}

void
journal_extent(struct journal *j, struct journal_extent *extent_out)
{
	memset(extent_out, 0, sizeof(*extent_out));
	(void)pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->n_segments; i++)
		extent_out->octets += j->segments[i]->size;
	if (j->spare != NULL)
		extent_out->octets += j->spare->size;
	if (j->n_segments > 0) {
		extent_out->first_segment = j->segments[0]->number;
		extent_out->last_segment = last_segment(j)->number;
	}
	(void)pthread_mutex_unlock(&j->lock);
}

/* --- Reading --- */

int
journal_pin(struct journal *j, uint32_t first, uint32_t last)
{
	int ret = 0;

	(void)pthread_mutex_lock(&j->lock);
	if (find_segment(j, first) == NULL || find_segment(j, last) == NULL)
		ret = ERR_NOTFOUND;
	for (uint32_t n = first; ret == 0 && n <= last; n++) {
		struct segment *s = find_segment(j, n);

		assert(s != NULL); /* their numbers are dense */
		s->n_pins++;
	}
	(void)pthread_mutex_unlock(&j->lock);
	return ret;
}

void
journal_unpin(struct journal *j, uint32_t first, uint32_t last)
{
	(void)pthread_mutex_lock(&j->lock);
	for (uint32_t n = first; n <= last; n++) {
		struct segment *s = find_segment(j, n);

		assert(s != NULL && s->n_pins > 0);
		s->n_pins--;
	}
	(void)pthread_mutex_unlock(&j->lock);
}

int
journal_read(struct journal *j, uint32_t segment, uint32_t offset,
    uint8_t *octets, uint32_t len)
{
	const struct segment *s;

	(void)pthread_mutex_lock(&j->lock);
	s = find_segment(j, segment);
	(void)pthread_mutex_unlock(&j->lock);
	if (s == NULL)
		return ERR_NOTFOUND;
	return storage_read(j->storage, s->fd, octets, len, offset);
}
