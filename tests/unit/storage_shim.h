/*
 * storage_shim.h - a storage that fails when told to, and knows what a crash
 * may leave
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Passes every call on to the system and keeps a model beside it: what of
 * each file a sync has made durable, what was only written, and which names a
 * directory has for certain.  From that it builds directories as a crash at
 * this very moment may leave them: any subset of the unsynced 512-octet
 * sectors, any prefix of the unsynced directory changes.
 *
 * Threads: the calls: any (one lock); the rest: one at a time.
 */
#ifndef TESTS_UNIT_STORAGE_SHIM_H
#define TESTS_UNIT_STORAGE_SHIM_H

#include <pthread.h>
#include <stdbool.h>

#include "daemon/base/storage.h"

enum shim_fault {
	SHIM_FAULT_NONE,
	SHIM_FAULT_EIO,
	SHIM_FAULT_ENOSPC,
	SHIM_FAULT_SHORT, /* writes half; the next write fails with ENOSPC */
};

enum shim_crash {
	SHIM_CRASH_NOTHING,    /* nothing unsynced reached the disk */
	SHIM_CRASH_EVERYTHING, /* all of it did */
	SHIM_CRASH_RANDOM,
};

struct shim_file;
struct shim_dir;

struct shim {
	struct storage storage; /* give this to the code under test */
	pthread_mutex_t lock;

	/* Faults: the fault_at-th call fails. */
	unsigned long n_calls;
	unsigned long fault_at; /* 0: never */
	enum shim_fault fault;
	bool fault_stays;     /* all calls after it fail too */
	bool only_fallocate;  /* the others never fail */
	bool only_one_thread; /* calls of the others neither count nor fail */
	pthread_t thread;
	bool in_short;
	unsigned long n_faults; /* how often it struck */

	/* Called after each call that changes something. */
	void (*each)(void *arg);
	void *each_arg;

	/* The model; only if recording. */
	bool recording;
	struct shim_file *files;
	struct shim_dir *dirs;
	char *fd_paths[1024];
};

void shim_init(struct shim *s, bool recording);
void shim_clear(struct shim *s);

/* From now on: the at-th call fails, and all after it (SHIM_FAULT_NONE: not). */
void shim_fail(struct shim *s, enum shim_fault fault, unsigned long at);

/* The at-th call that this thread makes from now on gets EIO, once. */
void shim_fail_once_here(struct shim *s, unsigned long at);

/* Builds the directory that was root as the crash leaves it, as into. */
void shim_crash(struct shim *s, const char *root, const char *into,
    enum shim_crash how, unsigned *seed);

/* A fresh directory in $TMPDIR, /dev/shm or /tmp; path has room for 64. */
void shim_make_dir(char *path);
void shim_remove_dir(const char *path);

#endif
