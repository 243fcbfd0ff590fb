/*
 * disk_shim.c - a disk that fails when told to, to be preloaded
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * While the file DISK_FAULTS.full is there no file can grow; while
 * DISK_FAULTS.sync is, no segment of the log can be synced.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
is_told_to(const char *fault)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s.%s", getenv("DISK_FAULTS"),
	    fault);
	return access(path, F_OK) == 0;
}

static bool
would_grow(int fd, off_t end)
{
	struct stat meta;

	return fstat(fd, &meta) == 0 && S_ISREG(meta.st_mode) &&
	    meta.st_size < end;
}

static bool
is_segment(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return n > 4 && strcmp(path + n - 4, ".log") == 0;
}

ssize_t
pwrite(int fd, const void *octets, size_t len, off_t at)
{
	if (is_told_to("full") && would_grow(fd, at + (off_t)len)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, octets, len, at);
}

ssize_t
pwrite64(int fd, const void *octets, size_t len, off_t at)
{
	return pwrite(fd, octets, len, at);
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	if (is_told_to("full") && would_grow(fd, at + len)) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

int
fallocate64(int fd, int mode, off_t at, off_t len)
{
	return fallocate(fd, mode, at, len);
}

int
fdatasync(int fd)
{
	if (is_told_to("sync") && is_segment(fd)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}
