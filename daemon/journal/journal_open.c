/*
 * journal_open.c - the state directory opened, locked, closed
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
#include <sys/file.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"

#define SEGMENT_BLOCKS_MIN 8

/* --- Files --- */

static int
make_dir(struct journal *j, int dirfd, const char *path)
{
	const struct storage *st = j->storage;

	if (st->mkdir(st->arg, dirfd, path, 0700) == 0)
		return 0;
	return errno == EEXIST ? 0 : err_from_errno(errno);
}

static int
open_dir(struct journal *j, int dirfd, const char *path, int *fd_out)
{
	int ret = make_dir(j, dirfd, path);

	if (ret != 0)
		return ret;
	*fd_out = j->storage->open(j->storage->arg, dirfd, path,
	    O_RDONLY | O_DIRECTORY, 0);
	return *fd_out == -1 ? err_from_errno(errno) : 0;
}

/* The directory's own name must be durable too, if it is new. */
static int
sync_parent(struct journal *j)
{
	const struct storage *st = j->storage;
	int ret = 0,
	    fd = st->open(st->arg, j->dirfd, "..", O_RDONLY | O_DIRECTORY, 0);

	if (fd == -1)
		return errno == EACCES ? 0 : err_from_errno(errno);
	if (st->fsync_dir(st->arg, fd) == -1)
		ret = err_from_errno(errno);
	(void)st->close(st->arg, fd);
	return ret;
}

static int
open_dirs(struct journal *j, const char *directory, struct reason *reason)
{
	int ret = open_dir(j, AT_FDCWD, directory, &j->dirfd);

	if (ret == 0)
		ret = sync_parent(j);
	if (ret == 0)
		ret = open_dir(j, j->dirfd, "log", &j->log_dirfd);
	if (ret == 0)
		ret = open_dir(j, j->dirfd, "zones", &j->zones_dirfd);
	if (ret != 0) {
		reason_set(reason, "cannot open the state directory %s: %m",
		    directory);
		return ret;
	}
	if (j->storage->fsync_dir(j->storage->arg, j->dirfd) == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot sync the state directory %s: %m",
		    directory);
	}
	return ret;
}

void
journal_lock_holder(int lock_fd, char holder_out[JOURNAL_HOLDER_SIZE])
{
	ssize_t n = pread(lock_fd, holder_out, JOURNAL_HOLDER_SIZE - 1, 0);

	holder_out[n > 0 ? n : 0] = '\0';
	holder_out[strspn(holder_out, "0123456789")] = '\0';
	if (holder_out[0] == '\0')
		(void)strcpy(holder_out, "unknown");
}

static void
say_holder(struct journal *j, const char *directory, struct reason *reason)
{
	char holder[JOURNAL_HOLDER_SIZE];

	journal_lock_holder(j->lock_fd, holder);
	reason_set(reason, "the state directory %s is in use by process %s",
	    directory, holder);
}

static int
take_lock(struct journal *j, const char *directory, struct reason *reason)
{
	const struct storage *st = j->storage;
	char pid[16];
	int len;

	j->lock_fd =
	    st->open(st->arg, j->dirfd, "lock", O_RDWR | O_CREAT, 0600);
	if (j->lock_fd == -1) {
		reason_set(reason, "cannot open %s/lock: %m", directory);
		return err_from_errno(errno);
	}
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) == -1) {
		int ret = err_from_errno(errno);

		if (ret == ERR_BUSY)
			say_holder(j, directory, reason);
		else
			reason_set(reason, "cannot lock %s/lock: %m",
			    directory);
		return ret;
	}
	/*
	 * Only a help for people: the lock is the kernel's.  All pids take as
	 * much room: a full disk has it where the last one was.
	 */
	len = snprintf(pid, sizeof(pid), "%-10d\n", (int)getpid());
	if (storage_write(st, j->lock_fd, pid, (size_t)len, 0) == 0)
		(void)st->ftruncate(st->arg, j->lock_fd, len);
	return 0;
}

/* --- The control file --- */

static int
read_control(struct journal *j, struct reason *reason)
{
	uint8_t octets[ANCHORS_LEN];
	ssize_t n;
	int ret;

	j->control_fd = j->storage->open(j->storage->arg, j->dirfd, "control",
	    O_RDWR | O_CREAT, 0600);
	n = j->control_fd == -1 ? -1
				: j->storage->pread(j->storage->arg,
				      j->control_fd, octets, sizeof(octets), 0);
	if (n == -1) {
		ret = err_from_errno(errno);
		reason_set(reason, "cannot read the control file: %m");
		return ret;
	}
	ret = anchors_read(octets, (size_t)n, &j->anchor);
	if (ret == ERR_UNSUPPORTED) {
		reason_set(reason,
		    "the state directory is of format %" PRIu32
		    ", this kddnsd reads format %d: start the kddnsd that"
		    " wrote it",
		    j->anchor.format, JOURNAL_FORMAT);
		return ret;
	}
	if (ret != 0)
		return 0; /* none yet, or lost: recovery does without */
	recover_promise_set(&j->promise, &j->anchor);
	atomic_store(&j->saved_lsn, j->anchor.saved_lsn);
	return 0;
}

/* --- Opening and closing --- */

int
journal_open(const struct journal_config *config, struct journal **journal_out,
    struct reason *reason)
{
	struct journal *j = NULL;
	int ret;

	*journal_out = NULL;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return ERR_NOMEM;
	j->storage =
	    config->storage == NULL ? &storage_system : config->storage;
	j->segment_size = config->segment_size == 0 ? JOURNAL_SEGMENT_SIZE
						    : config->segment_size;
	assert(j->segment_size % JOURNAL_BLOCK == 0 &&
	    j->segment_size / JOURNAL_BLOCK >= SEGMENT_BLOCKS_MIN);
	/* A spare segment has room for four groups, whatever their sizes. */
	j->group_max =
	    (j->segment_size / JOURNAL_BLOCK - 1) / 4 * JOURNAL_BLOCK -
	    GROUP_HEAD_LEN;
	j->lock_fd = j->dirfd = j->log_dirfd = -1;
	j->zones_dirfd = j->control_fd = -1;
	atomic_init(&j->next_zone_id, 1);
	atomic_init(&j->durable_lsn, 0);
	atomic_init(&j->durable_segment, 0);
	atomic_init(&j->saved_lsn, 0);
	atomic_init(&j->n_spares_made, 0);
	atomic_init(&j->has_reserve, false);
	(void)pthread_mutex_init(&j->lock, NULL);
	(void)pthread_mutex_init(&j->anchor_lock, NULL);

	ret = open_dirs(j, config->directory, reason);
	if (ret == 0)
		ret = take_lock(j, config->directory, reason);
	if (ret == 0)
		ret = read_control(j, reason);
	if (ret == ERR_NOMEM)
		reason_set(reason, "cannot open the state directory %s: %s",
		    config->directory, err_text(ret));
	if (ret != 0)
		goto done;
	*journal_out = j;
	j = NULL;
done:
	journal_close(j);
	return ret;
}

static void
close_fd(struct journal *j, int fd)
{
	if (fd != -1)
		(void)j->storage->close(j->storage->arg, fd);
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->n_segments; i++)
		segment_destroy(j, j->segments[i]);
	free(j->segments);
	segment_destroy(j, j->spare);
	close_fd(j, j->control_fd);
	close_fd(j, j->zones_dirfd);
	close_fd(j, j->log_dirfd);
	close_fd(j, j->dirfd);
	close_fd(j, j->lock_fd); /* last: it gives the lock away */
	(void)pthread_mutex_destroy(&j->lock);
	(void)pthread_mutex_destroy(&j->anchor_lock);
	free(j);
}

/* --- What was found --- */

const char *
journal_damage(const struct journal *j)
{
	return j->damaged ? j->damage.text : NULL;
}

const char *
journal_dropped(const struct journal *j)
{
	return j->dropped.text[0] == '\0' ? NULL : j->dropped.text;
}

bool
journal_was_clean(const struct journal *j)
{
	return j->was_clean;
}

int
journal_zones_dirfd(const struct journal *j)
{
	return j->zones_dirfd;
}

const struct storage *
journal_storage(const struct journal *j)
{
	return j->storage;
}

uint32_t
journal_take_zone_id(struct journal *j)
{
	return atomic_fetch_add(&j->next_zone_id, 1);
}

void
journal_mark_zone_id(struct journal *j, uint32_t id)
{
	if (id != UINT32_MAX && id >= atomic_load(&j->next_zone_id))
		atomic_store(&j->next_zone_id, id + 1);
}
