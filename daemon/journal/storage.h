/*
 * storage.h - the system calls that durability rests on
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything the journal does to the disk goes through one struct of function
 * pointers, so that tests can make the n-th call fail, cut a write short, or
 * record all calls and build the directories that a crash may leave.  Reading
 * needs no such door.
 *
 * Owns:    nothing; descriptors are the caller's.
 * Threads: any, as the system calls.
 * Errors:  the pointers: as the system calls (-1 and errno); the functions:
 *          negative enum err and errno of the call that failed.
 */
#ifndef JOURNAL_STORAGE_H
#define JOURNAL_STORAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct storage {
	void *arg; /* handed to each */
	int (*open)(void *arg, int dirfd, const char *path, int flags,
	    mode_t mode);
	int (*close)(void *arg, int fd);
	int (*mkdir)(void *arg, int dirfd, const char *path, mode_t mode);
	ssize_t (*pwrite)(void *arg, int fd, const void *octets, size_t len,
	    off_t at);
	int (*fallocate)(void *arg, int fd, off_t len);
	int (*ftruncate)(void *arg, int fd, off_t len);
	int (*fdatasync)(void *arg, int fd);
	int (*fsync_dir)(void *arg, int dirfd);
	int (*rename)(void *arg, int dirfd, const char *from, const char *to);
	int (*unlink)(void *arg, int dirfd, const char *path);
};

/* The system itself. */
extern const struct storage storage_system;

/* Writes all len octets; a short write is continued. */
int storage_write(const struct storage *s, int fd, const void *octets,
    size_t len, uint64_t at);

/* Makes the file at least len octets of zeros long from from on, unsynced. */
int storage_fill(const struct storage *s, int fd, uint64_t from, uint64_t len);

int storage_sync(const struct storage *s, int fd);

/*
 * A small file anew, whole or not at all: PATH.tmp, sync, rename, sync of the
 * directory.
 */
int storage_replace(const struct storage *s, int dirfd, const char *path,
    const void *octets, size_t len);

#endif
