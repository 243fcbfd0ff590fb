/*
 * changes.h - what has changed in a keytab, and when to look
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folder is watched, not the file: so one that is renamed into place,
 * removed or not there yet is noticed.
 *
 * Owns:    a struct changes its descriptor.
 * Threads: one.
 * Errors:  0, or -1 with a line in reason.
 */
#ifndef KTUTILS_CHANGES_H
#define KTUTILS_CHANGES_H

#include <signal.h>

#include "ktutils/keytab.h"

/* An entry of k that old has not, with the same key; k, old may be NULL. */
typedef void changes_tell(void *arg, const struct keytab_entry *e);
void changes_each_new(const struct keytab *old, const struct keytab *k,
    changes_tell *tell, void *arg);

struct changes {
	int fd;     /* inotify */
	int folder; /* its number for the folder; -1: it is away */
	const char *path;
};

int changes_watch(struct changes *c, const char *path,
    char reason[KEYTAB_REASON_SIZE]);
void changes_clear(struct changes *c);

/*
 * Waits until something happened in the folder, or a minute.  False: a signal
 * of those that mask lets in came.
 */
bool changes_wait(struct changes *c, const sigset_t *mask);

#endif
