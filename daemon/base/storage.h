/*
 * storage.h - the system calls that durability rests on
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that log, snapshots and dumps do to the disk goes through one
 * struct of function pointers, so that tests can make the n-th call fail, cut
 * a write short, or record all calls and build the directories that a crash
 * may leave.
 *
 * Owns:    nothing; descriptors are the caller's.
 * Threads: any, as the system calls.
 * Errors:  the pointers: as the system calls (-1 and errno); the functions:
 *          negative enum err and errno of the call that failed.
 */
#ifndef BASE_STORAGE_H
#define BASE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of a directory; false: that was enough. */
typedef bool (*storage_take_name)(void *taker, const char *name);

struct storage {
	void *arg; /* handed to each */
	int (*open)(void *arg, int dirfd, const char *path, int flags,
	    mode_t mode);
	int (*close)(void *arg, int fd);
	int (*mkdir)(void *arg, int dirfd, const char *path, mode_t mode);
	ssize_t (*pread)(void *arg, int fd, void *octets, size_t len, off_t at);
	ssize_t (*pwrite)(void *arg, int fd, const void *octets, size_t len,
	    off_t at);
	int (*fallocate)(void *arg, int fd, off_t len);
	int (*ftruncate)(void *arg, int fd, off_t len);
	int (*fdatasync)(void *arg, int fd);
	/* Only brings octets on their way: fdatasync() is needed all the same.
	 */
	int (*sync_range)(void *arg, int fd, off_t from, off_t len);
	int (*fsync_dir)(void *arg, int dirfd);
	int (*rename)(void *arg, int dirfd, const char *from, const char *to);
	int (*unlink)(void *arg, int dirfd, const char *path);
	int (*rmdir)(void *arg, int dirfd, const char *path);
	/* Gives each name but . and .. until take says false. */
	int (*list)(void *arg, int dirfd, storage_take_name take, void *taker);
};

/* The system itself. */
extern const struct storage storage_system;

/* Reads all len octets.  ERR_RANGE: the file ends before. */
int storage_read(const struct storage *s, int fd, void *octets, size_t len,
    uint64_t at);

/* Writes all len octets; a short write is continued. */
int storage_write(const struct storage *s, int fd, const void *octets,
    size_t len, uint64_t at);

/* Makes the file at least len octets of zeros long from from on, unsynced. */
int storage_fill(const struct storage *s, int fd, uint64_t from, uint64_t len);

/* Writes len zeros from from on, where the file has its room already. */
int storage_zero(const struct storage *s, int fd, uint64_t from, uint64_t len);

int storage_sync(const struct storage *s, int fd);

/*
 * Gives the names in the directory to take until one returns not 0, and
 * returns that; else 0, or why the directory cannot be read to its end.
 */
int storage_list(const struct storage *s, int dirfd,
    int (*take)(void *arg, const char *name), void *arg);

/*
 * The whole of a small file, in heap memory.  ERR_NOTFOUND, ERR_NOMEM, ERR_IO.
 */
int storage_read_file(const struct storage *s, int dirfd, const char *path,
    uint8_t **octets_out, size_t *len_out);

/*
 * A small file anew, whole or not at all: PATH.tmp, sync, rename, sync of the
 * directory.
 */
int storage_replace(const struct storage *s, int dirfd, const char *path,
    const void *octets, size_t len);

#endif
