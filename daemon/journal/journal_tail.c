/*
 * journal_tail.c - the end of the log made whole at a start
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tail is written anew (J7): what recovery read may have come from memory
 * that the disk never saw, so it goes to another file and is synced before
 * anybody is served from it.  Every step may be cut short and begun again
 * (J8): files are made under other names and renamed when complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"

int
journal_make_reserve(struct journal *j, struct reason *reason)
{
	const struct storage *st = j->storage;
	int ret,
	    fd = st->open(st->arg, j->log_dirfd, RESERVE_NAME ".tmp",
		O_RDWR | O_CREAT | O_TRUNC, 0600);

	ret = fd == -1 ? err_from_errno(errno) : 0;
	if (ret == 0 &&
	    st->fallocate(st->arg, fd, (off_t)j->segment_size) == -1)
		ret = errno == EOPNOTSUPP
		    ? storage_fill(st, fd, 0, j->segment_size)
		    : err_from_errno(errno);
	if (ret == 0)
		ret = storage_sync(st, fd);
	if (fd != -1)
		(void)st->close(st->arg, fd);
	if (ret == 0 &&
	    (st->rename(st->arg, j->log_dirfd, RESERVE_NAME ".tmp",
		 RESERVE_NAME) == -1 ||
		st->fsync_dir(st->arg, j->log_dirfd) == -1))
		ret = err_from_errno(errno);
	if (ret != 0) {
		reason_set(reason, "cannot make log/" RESERVE_NAME ": %m");
		(void)st->unlink(st->arg, j->log_dirfd, RESERVE_NAME ".tmp");
	}
	atomic_store(&j->has_reserve, ret == 0);
	return ret;
}

/* A file that the tail goes to. */
struct tail {
	char name[SEGMENT_NAME_SIZE + 4];
	int fd;
	bool has_room;  /* on the disk */
	bool is_filled; /* with zeros, or an older life's groups */
};

/* The spare or the reserve, which need no room on the disk; or a new file. */
static int
open_tail(struct journal *j, const struct segment *s, struct tail *t)
{
	const struct storage *st = j->storage;
	bool fits = s->size <= j->segment_size;

	memset(t, 0, sizeof(*t));
	if (fits && j->spare != NULL) {
		(void)snprintf(t->name, sizeof(t->name), "%s", j->spare->name);
		t->fd = j->spare->fd;
		t->has_room = t->is_filled = true;
		j->spare->fd = -1;
		segment_destroy(j, j->spare);
		j->spare = NULL;
		return 0;
	}
	if (fits && atomic_exchange(&j->has_reserve, false)) {
		(void)snprintf(t->name, sizeof(t->name), RESERVE_NAME);
		t->has_room = true;
		t->fd = st->open(st->arg, j->log_dirfd, t->name, O_RDWR, 0);
	} else {
		(void)snprintf(t->name, sizeof(t->name), "%s.tmp", s->name);
		t->fd = st->open(st->arg, j->log_dirfd, t->name,
		    O_RDWR | O_CREAT | O_TRUNC, 0600);
	}
	return t->fd == -1 ? err_from_errno(errno) : 0;
}

/*
 * The groups that count, and behind them a block of zeros: the file may hold
 * what an earlier recovery, which found one group more, had put there.
 */
static int
fill_tail(struct journal *j, const struct segment *s, const struct tail *t,
    const uint8_t *octets, size_t size)
{
	static const uint8_t zeros[JOURNAL_BLOCK];
	const struct storage *st = j->storage;
	size_t end = s->end;
	int ret = storage_write(st, t->fd, octets, end, 0);

	if (ret == 0 && end + sizeof(zeros) <= size) {
		ret = storage_write(st, t->fd, zeros, sizeof(zeros), end);
		end += sizeof(zeros);
	}
	if (ret == 0 && !t->has_room)
		ret = storage_fill(st, t->fd, end, size - end);
	else if (ret == 0 && !t->is_filled)
		ret = storage_zero(st, t->fd, end, size - end);
	return ret != 0 ? ret : storage_sync(st, t->fd);
}

/* The groups that count, in another file of the same number (J7). */
static int
rewrite_tail(struct journal *j, const uint8_t *octets, struct reason *reason)
{
	const struct storage *st = j->storage;
	struct segment *s = j->segments[j->n_segments - 1];
	size_t size = s->size > j->segment_size ? s->size : j->segment_size;
	struct tail t;
	int ret = open_tail(j, s, &t);

	if (ret == 0)
		ret = fill_tail(j, s, &t, octets, size);
	if (ret == 0 &&
	    (st->rename(st->arg, j->log_dirfd, t.name, s->name) == -1 ||
		st->fsync_dir(st->arg, j->log_dirfd) == -1))
		ret = err_from_errno(errno);
	if (ret == 0) {
		(void)st->close(st->arg, s->fd);
		s->fd = t.fd;
		s->size = size;
		return 0;
	}
	reason_set(reason,
	    "cannot write the end of the log anew, %zu octets: log/%s: %m",
	    size, t.name);
	if (t.fd != -1)
		(void)st->close(st->arg, t.fd);
	if (!t.has_room)
		(void)st->unlink(st->arg, j->log_dirfd, t.name);
	return ret;
}

/* The first segment of an empty log. */
static int
begin_log(struct journal *j, struct reason *reason)
{
	struct segment *s = j->spare;
	int ret = 0;

	j->spare = NULL;
	if (s == NULL)
		ret = journal_new_segment(j, &s, reason);
	if (ret != 0)
		return ret;
	s->number = j->anchor.first_segment == 0 ? 1 : j->anchor.first_segment;
	s->first_lsn = j->next_lsn;
	s->end = JOURNAL_BLOCK;
	ret = journal_name_segment(j, s, reason);
	if (ret == 0)
		ret = journal_add_segment(j, s);
	if (ret != 0)
		segment_destroy(j, s);
	return ret;
}

static int
make_uuid(struct journal *j, struct reason *reason)
{
	if (getrandom(j->uuid, sizeof(j->uuid), 0) == sizeof(j->uuid))
		return 0;
	reason_set(reason, "no random octets: %m");
	return ERR_IO;
}

int
journal_make_whole(struct journal *j, const uint8_t *tail,
    struct reason *reason)
{
	int ret = 0;

	if (j->damaged)
		return 0; /* nothing is touched */
	if (j->n_segments == 0) {
		if (j->anchor.sequence == 0)
			ret = make_uuid(j, reason);
		if (ret == 0)
			ret = begin_log(j, reason);
	} else if (!j->was_clean) {
		ret = rewrite_tail(j, tail, reason);
	}
	if (ret != 0)
		return ret;
	atomic_store(&j->durable_segment,
	    j->segments[j->n_segments - 1]->number);
	ret = journal_note(j, reason);
	if (ret == 0 &&
	    j->storage->fsync_dir(j->storage->arg, j->dirfd) == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot sync the state directory: %m");
	}
	return ret;
}

int
journal_begin_after(struct journal *j, uint64_t lsn, struct reason *reason)
{
	struct segment *first = j->n_segments > 0 ? j->segments[0] : NULL;
	struct segment *s;
	int ret;

	if (lsn < j->next_lsn)
		return 0;
	if (j->damaged || j->n_segments != 1 || first->end > JOURNAL_BLOCK) {
		reason_set(reason,
		    "a snapshot was made after group %" PRIu64
		    ", but the log ends with group %" PRIu64,
		    lsn, j->next_lsn - 1);
		return ERR_MISMATCH;
	}
	ret = journal_new_segment(j, &s, reason);
	if (ret != 0)
		return ret;
	s->number = first->number;
	s->first_lsn = lsn + 1;
	s->end = JOURNAL_BLOCK;
	ret = journal_name_segment(j, s, reason);
	if (ret != 0) {
		segment_destroy(j, s);
		return ret;
	}
	segment_destroy(j, first);
	j->segments[0] = s;
	j->next_lsn = lsn + 1;
	atomic_store(&j->durable_lsn, lsn);
	return journal_note(j, reason);
}
