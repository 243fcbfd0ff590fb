/*
 * storage.c - the system calls that durability rests on
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"

#define FILL_STEP ((size_t)256 << 10)
#define FILL_SYNC ((uint64_t)1 << 20) /* larger syncs stall the log's */

static int
system_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)arg;
	return openat(dirfd, path, flags | O_CLOEXEC, mode);
}

static int
system_close(void *arg, int fd)
{
	(void)arg;
	return close(fd);
}

static int
system_mkdir(void *arg, int dirfd, const char *path, mode_t mode)
{
	(void)arg;
	return mkdirat(dirfd, path, mode);
}

static ssize_t
system_pread(void *arg, int fd, void *octets, size_t len, off_t at)
{
	(void)arg;
	return pread(fd, octets, len, at);
}

static ssize_t
system_pwrite(void *arg, int fd, const void *octets, size_t len, off_t at)
{
	(void)arg;
	return pwrite(fd, octets, len, at);
}

static int
system_fallocate(void *arg, int fd, off_t len)
{
	(void)arg;
	return fallocate(fd, 0, 0, len);
}

static int
system_ftruncate(void *arg, int fd, off_t len)
{
	(void)arg;
	return ftruncate(fd, len);
}

static int
system_fdatasync(void *arg, int fd)
{
	(void)arg;
	return fdatasync(fd);
}

static int
system_sync_range(void *arg, int fd, off_t from, off_t len)
{
	(void)arg;
	return sync_file_range(fd, from, len,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		SYNC_FILE_RANGE_WAIT_AFTER);
}

static int
system_fsync_dir(void *arg, int dirfd)
{
	(void)arg;
	return fsync(dirfd);
}

static int
system_rename(void *arg, int dirfd, const char *from, const char *to)
{
	(void)arg;
	return renameat(dirfd, from, dirfd, to);
}

static int
system_unlink(void *arg, int dirfd, const char *path)
{
	(void)arg;
	return unlinkat(dirfd, path, 0);
}

static int
system_rmdir(void *arg, int dirfd, const char *path)
{
	(void)arg;
	return unlinkat(dirfd, path, AT_REMOVEDIR);
}

static bool
is_itself(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int
system_list(void *arg, int dirfd, storage_take_name take, void *taker)
{
	/* Of its own: one that is dup()ed has its place from the other. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int problem;

	(void)arg;
	if (dir == NULL) {
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	do {
		errno = 0;
		e = readdir(dir);
		problem = e == NULL ? errno : 0;
	} while (e != NULL && (is_itself(e->d_name) || take(taker, e->d_name)));
	(void)closedir(dir);
	errno = problem;
	return problem == 0 ? 0 : -1;
}

const struct storage storage_system = {
    .open = system_open,
    .close = system_close,
    .mkdir = system_mkdir,
    .pread = system_pread,
    .pwrite = system_pwrite,
    .fallocate = system_fallocate,
    .ftruncate = system_ftruncate,
    .fdatasync = system_fdatasync,
    .sync_range = system_sync_range,
    .fsync_dir = system_fsync_dir,
    .rename = system_rename,
    .unlink = system_unlink,
    .rmdir = system_rmdir,
    .list = system_list,
};

int
storage_read(const struct storage *s, int fd, void *octets, size_t len,
    uint64_t at)
{
	uint8_t *p = octets;

	while (len > 0) {
		ssize_t n = s->pread(s->arg, fd, p, len, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_from_errno(errno);
		if (n == 0)
			return ERR_RANGE;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
storage_write(const struct storage *s, int fd, const void *octets, size_t len,
    uint64_t at)
{
	const uint8_t *p = octets;

	while (len > 0) {
		ssize_t n = s->pwrite(s->arg, fd, p, len, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_from_errno(errno);
		if (n == 0) {
			errno = EIO;
			return ERR_IO;
		}
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
storage_sync(const struct storage *s, int fd)
{
	return s->fdatasync(s->arg, fd) == 0 ? 0 : err_from_errno(errno);
}

int
storage_fill(const struct storage *s, int fd, uint64_t from, uint64_t len)
{
	/* Room first, so that a full disk is found out at once. */
	if (s->fallocate(s->arg, fd, (off_t)(from + len)) == -1 &&
	    errno != EOPNOTSUPP)
		return err_from_errno(errno);
	return storage_zero(s, fd, from, len);
}

int
storage_zero(const struct storage *s, int fd, uint64_t from, uint64_t len)
{
	static const uint8_t zeros[FILL_STEP];
	uint64_t unsynced = 0;

	while (len > 0) {
		size_t n = len < FILL_STEP ? (size_t)len : FILL_STEP;
		int ret = storage_write(s, fd, zeros, n, from);

		if (ret != 0)
			return ret;
		from += n;
		len -= n;
		unsynced += n;
		if (unsynced < FILL_SYNC && len > 0)
			continue;
		ret = storage_sync(s, fd);
		if (ret != 0)
			return ret;
		unsynced = 0;
	}
	return 0;
}

struct taking {
	int (*take)(void *arg, const char *name);
	void *arg;
	int ret;
};

static bool
take_name(void *taker, const char *name)
{
	struct taking *t = taker;

	t->ret = t->take(t->arg, name);
	return t->ret == 0;
}

int
storage_list(const struct storage *s, int dirfd,
    int (*take)(void *arg, const char *name), void *arg)
{
	struct taking t = {take, arg, 0};

	if (s->list(s->arg, dirfd, take_name, &t) == -1)
		return err_from_errno(errno);
	return t.ret;
}

static int
write_new(const struct storage *s, int dirfd, const char *path,
    const void *octets, size_t len)
{
	int fd =
	    s->open(s->arg, dirfd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int ret;

	if (fd == -1)
		return err_from_errno(errno);
	ret = storage_write(s, fd, octets, len, 0);
	if (ret == 0)
		ret = storage_sync(s, fd);
	(void)s->close(s->arg, fd);
	return ret;
}

static int
read_whole(const struct storage *s, int fd, uint8_t **octets_out,
    size_t *len_out)
{
	struct stat meta;
	uint8_t *octets;
	int ret;

	if (fstat(fd, &meta) == -1)
		return err_from_errno(errno);
	octets = malloc((size_t)meta.st_size + 1);
	if (octets == NULL)
		return ERR_NOMEM;
	ret = storage_read(s, fd, octets, (size_t)meta.st_size, 0);
	if (ret != 0) {
		free(octets);
		return ret;
	}
	*octets_out = octets;
	*len_out = (size_t)meta.st_size;
	return 0;
}

int
storage_read_file(const struct storage *s, int dirfd, const char *path,
    uint8_t **octets_out, size_t *len_out)
{
	int fd = s->open(s->arg, dirfd, path, O_RDONLY, 0), ret;

	*octets_out = NULL;
	*len_out = 0;
	if (fd == -1)
		return err_from_errno(errno);
	ret = read_whole(s, fd, octets_out, len_out);
	(void)s->close(s->arg, fd);
	return ret;
}

int
storage_replace(const struct storage *s, int dirfd, const char *path,
    const void *octets, size_t len)
{
	char tmp[64];
	int ret;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= (int)sizeof(tmp))
		return ERR_RANGE;
	ret = write_new(s, dirfd, tmp, octets, len);
	if (ret != 0)
		return ret;
	if (s->rename(s->arg, dirfd, tmp, path) == -1 ||
	    s->fsync_dir(s->arg, dirfd) == -1)
		return err_from_errno(errno);
	return 0;
}
