/*
 * journal_recover.c - the log found, judged and made whole
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Segments in order of their numbers, recovery over their octets, then the
 * tail written anew (J7): what recovery read may have come from memory that
 * the disk never saw, so it goes to a new file and is synced before anybody is
 * served from it.  Every step may be cut short and begun again (J8): files are
 * made under other names and renamed when complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"

/* --- Finding the segments --- */

struct listing {
	struct journal *j;
	uint32_t *numbers; /* of *.log that may be needed */
	size_t n, room;
	struct segment *spare;
};

static int
add_number(struct listing *l, uint32_t number)
{
	if (l->n == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;
		uint32_t *more = realloc(l->numbers, room * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		l->numbers = more;
		l->room = room;
	}
	l->numbers[l->n++] = number;
	return 0;
}

/* "00000012.log", and nothing that merely looks like it. */
static bool
parse_name(const char *name, const char *suffix, uint32_t *number_out)
{
	uint64_t n = 0;
	size_t digits = strspn(name, "0123456789");

	if (digits < 8 || digits > 10 || strcmp(name + digits, suffix) != 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		n = 10 * n + (uint64_t)(name[i] - '0');
	if (n == 0 || n > UINT32_MAX)
		return false;
	*number_out = (uint32_t)n;
	return true;
}

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
sort_in(struct listing *l, const char *name)
{
	uint32_t number;

	if (parse_name(name, ".log", &number) &&
	    number >= l->j->anchor.first_segment)
		return add_number(l, number);
	if (parse_name(name, ".spare", &number))
		keep_spare(l, name, number);
	return 0;
}

/* What a crash left: retired, written anew, or one spare too many. */
static int
drop_leftover(struct listing *l, const char *name)
{
	struct journal *j = l->j;
	uint32_t number;

	if ((parse_name(name, ".log", &number) &&
		number < j->anchor.first_segment) ||
	    parse_name(name, ".log.tmp", &number) ||
	    (parse_name(name, ".spare", &number) &&
		(l->spare == NULL || strcmp(name, l->spare->name) != 0)))
		(void)j->storage->unlink(j->storage->arg, j->log_dirfd, name);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Calls f for each file of the log. */
static int
walk_log(struct listing *l, int (*f)(struct listing *l, const char *name),
    struct reason *reason)
{
	int fd = dup(l->j->log_dirfd), ret = 0;
	struct dirent *e;
	DIR *dir;

	dir = fd == -1 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot list the log: %m");
		if (fd != -1)
			(void)close(fd);
		return ret;
	}
	rewinddir(dir);
	while (ret == 0 && (e = readdir(dir)) != NULL)
		ret = f(l, e->d_name);
	(void)closedir(dir);
	return ret;
}

static int
list_log(struct listing *l, struct reason *reason)
{
	int ret = walk_log(l, sort_in, reason);

	if (l->n > 0)
		qsort(l->numbers, l->n, sizeof(*l->numbers), by_number);
	return ret;
}

/* --- Judging them --- */

/* Opens and maps one; *octets_out is unmapped by unmap(). */
static int
map_segment(struct journal *j, struct segment *s, const uint8_t **octets_out)
{
	struct stat meta;
	void *octets;

	s->fd =
	    j->storage->open(j->storage->arg, j->log_dirfd, s->name, O_RDWR, 0);
	if (s->fd == -1 || fstat(s->fd, &meta) == -1)
		return err_from_errno(errno);
	s->size = (size_t)meta.st_size;
	*octets_out = NULL;
	if (s->size == 0)
		return 0;
	octets = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	if (octets == MAP_FAILED)
		return err_from_errno(errno);
	*octets_out = octets;
	return 0;
}

static void
unmap(const uint8_t *octets, size_t len)
{
	if (octets != NULL)
		(void)munmap((void *)(uintptr_t)octets, len);
}

static int
open_segment(struct journal *j, uint32_t number, struct recover_segment *image,
    struct reason *reason)
{
	struct segment *s = segment_create();
	int ret;

	if (s == NULL)
		return ERR_NOMEM;
	s->number = number;
	(void)snprintf(s->name, sizeof(s->name), "%08" PRIu32 ".log", number);
	ret = map_segment(j, s, &image->octets);
	if (ret != 0)
		reason_set(reason, "cannot read log/%s: %m", s->name);
	if (ret == 0)
		ret = journal_add_segment(j, s);
	if (ret != 0) {
		unmap(image->octets, s->size);
		image->octets = NULL;
		segment_destroy(j, s);
		return ret;
	}
	image->number = number;
	image->len = s->size;
	return 0;
}

/* --- Making it whole --- */

/* The groups that count, in a new file of the same number (J7). */
static int
rewrite_tail(struct journal *j, const uint8_t *octets, struct reason *reason)
{
	const struct storage *st = j->storage;
	struct segment *s = j->segments[j->n_segments - 1];
	size_t size = s->size > j->segment_size ? s->size : j->segment_size;
	char tmp[SEGMENT_NAME_SIZE + 4];
	int fd, ret;

	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", s->name);
	fd = st->open(st->arg, j->log_dirfd, tmp, O_RDWR | O_CREAT | O_TRUNC,
	    0600);
	if (fd == -1)
		goto failed;
	ret = storage_write(st, fd, octets, s->end, 0);
	if (ret == 0)
		ret = storage_fill(st, fd, s->end, size - s->end);
	if (ret == 0)
		ret = storage_sync(st, fd);
	if (ret != 0 || st->rename(st->arg, j->log_dirfd, tmp, s->name) == -1 ||
	    st->fsync_dir(st->arg, j->log_dirfd) == -1)
		goto failed;
	(void)st->close(st->arg, s->fd);
	s->fd = fd;
	s->size = size;
	return 0;
failed:
	ret = err_from_errno(errno);
	reason_set(reason, "cannot write the end of the log anew: log/%s: %m",
	    tmp);
	if (fd != -1) {
		(void)st->close(st->arg, fd);
		(void)st->unlink(st->arg, j->log_dirfd, tmp);
	}
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

/* Takes over what recovery found out. */
static void
take_over(struct journal *j, const struct recover_segment *images, size_t n,
    const struct recover_result *result)
{
	size_t n_counting = 0;

	for (size_t i = 0; i < n; i++) {
		if (!images[i].counts) {
			segment_destroy(j, j->segments[i]);
			continue;
		}
		j->segments[i]->first_lsn = images[i].first_lsn;
		j->segments[i]->end = images[i].end;
		n_counting = i + 1; /* they come before those that do not */
	}
	j->n_segments = n_counting;
	memcpy(j->uuid, result->uuid, sizeof(j->uuid));
	j->damaged = result->damaged;
	j->damage = result->reason;
	j->next_lsn = result->last_lsn + 1;
	atomic_store(&j->durable_lsn, result->last_lsn);
	journal_mark_zone_id(j, result->next_zone_id - 1);
	journal_mark_zone_id(j, j->anchor.next_zone_id - 1);
	j->was_clean = j->anchor.clean && !j->damaged &&
	    j->anchor.durable_lsn == result->last_lsn;
}

static int
make_whole(struct journal *j, const uint8_t *tail, struct reason *reason)
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

/* Opens, judges and completes the segments of these numbers. */
static int
recover(struct journal *j, struct listing *l,
    const struct recover_promise *promise, struct reason *reason)
{
	struct recover_segment *images;
	struct recover_result result;
	size_t n = 0;
	int ret = 0;

	images = calloc(l->n + 1, sizeof(*images));
	if (images == NULL)
		return ERR_NOMEM;
	while (ret == 0 && n < l->n) {
		ret = open_segment(j, l->numbers[n], &images[n], reason);
		if (ret == 0)
			n++;
	}
	if (ret == 0) {
		ret = recover_log(images, n, promise, &result);
		if (ret != 0)
			*reason = result.reason;
	}
	if (ret == 0) {
		take_over(j, images, n, &result);
		if (!j->damaged)
			ret = walk_log(l, drop_leftover, reason);
	}
	if (ret == 0) {
		ret = make_whole(j,
		    j->n_segments > 0 ? images[j->n_segments - 1].octets : NULL,
		    reason);
	}
	for (size_t i = 0; i < n; i++)
		unmap(images[i].octets, images[i].len);
	free(images);
	return ret;
}

int
journal_recover(struct journal *j, const struct recover_promise *promise,
    struct reason *reason)
{
	struct listing l = {.j = j};
	int ret = list_log(&l, reason);

	j->spare = l.spare;
	if (ret == 0)
		ret = recover(j, &l, promise, reason);
	free(l.numbers);
	if (ret != 0 || j->spare == NULL)
		return ret;
	/* As offer_spare(): a place for it in the list. */
	ret = journal_add_segment(j, j->spare);
	if (ret == 0)
		j->n_segments--;
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
