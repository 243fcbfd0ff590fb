/*
 * outfile.c - a large new file, written without stalling other syncs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/zone/outfile.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define SYNC_STEP ((uint64_t)4 << 20)

struct outfile {
	const struct storage *storage;
	int fd;
	int err;          /* the first error, or 0 */
	uint64_t written; /* given to the system */
	uint64_t synced;  /* of that, sent to the disk */
	size_t len;       /* of the buffer in use */
	uint8_t buffer[BUFFER_SIZE];
};

int
outfile_open(const struct storage *st, int dirfd, const char *path,
    struct outfile **file_out)
{
	struct outfile *f = malloc(sizeof(*f));

	*file_out = NULL;
	if (f == NULL)
		return ERR_NOMEM;
	memset(f, 0, offsetof(struct outfile, buffer));
	f->storage = st;
	(void)st->unlink(st->arg, dirfd, path);
	f->fd = st->open(st->arg, dirfd, path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (f->fd == -1) {
		int ret = err_from_errno(errno);

		free(f);
		return ret;
	}
	*file_out = f;
	return 0;
}

void
outfile_dress(struct outfile *f, mode_t mode, uid_t uid, gid_t gid)
{
	/* Another owner takes privileges; the group perhaps does not. */
	if (fchown(f->fd, uid, gid) != 0 && fchown(f->fd, (uid_t)-1, gid) != 0)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	(void)fchmod(f->fd, mode);
}

/*
 * What fails stays failed: the kernel tells an error once, and a sync after it
 * succeeds without the data.
 */
static int
sync_step(const struct outfile *f)
{
	const struct storage *st = f->storage;
	int ret = st->sync_range(st->arg, f->fd, (off_t)f->synced,
	    (off_t)(f->written - f->synced));

	if (ret != 0 && (errno == ENOSYS || errno == EINVAL || errno == ESPIPE))
		ret = st->fdatasync(st->arg, f->fd);
	return ret == 0 ? 0 : err_from_errno(errno);
}

/* Writes the buffer out; starts the disk on each whole step. */
static void
flush(struct outfile *f)
{
	if (f->err == 0)
		f->err = storage_write(f->storage, f->fd, f->buffer, f->len,
		    f->written);
	f->written += f->len;
	f->len = 0;
	if (f->err != 0 || f->written - f->synced < SYNC_STEP)
		return;
	f->err = sync_step(f);
	f->synced = f->written;
}

void
outfile_put(struct outfile *f, const void *octets, size_t len)
{
	const uint8_t *p = octets;

	while (len > 0 && f->err == 0) {
		size_t n = sizeof(f->buffer) - f->len;

		if (n > len)
			n = len;
		memcpy(f->buffer + f->len, p, n);
		f->len += n;
		p += n;
		len -= n;
		if (f->len == sizeof(f->buffer))
			flush(f);
	}
}

uint64_t
outfile_len(const struct outfile *f)
{
	return f->written + f->len;
}

int
outfile_finish(struct outfile *f)
{
	flush(f);
	if (f->err == 0)
		f->err = storage_sync(f->storage, f->fd);
	return f->err;
}

void
outfile_close(struct outfile *f)
{
	if (f == NULL)
		return;
	(void)f->storage->close(f->storage->arg, f->fd);
	free(f);
}
