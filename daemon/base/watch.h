/*
 * watch.h - notices that files have changed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folders of the files are watched (inotify), not the files: so one that
 * is renamed into place, rewritten, removed or not there yet is noticed; a
 * folder that is missing is waited for in the nearest one that exists.  What
 * happens there only wakes us: watch_changed() compares the files with what
 * they were, so it also finds, asked now and then, what inotify cannot see (a
 * network file system, a folder that we may not list).
 *
 * Owns:    its descriptors and copies of the paths.
 * Threads: one at a time; watch_fd() may be polled by another.
 * Errors:  negative enum err.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct watch;

/* NULL: no memory.  Without inotify there is watch_changed() alone. */
struct watch *watch_create(void);
void watch_destroy(struct watch *w); /* NULL is fine */

/*
 * From now on these files, as they are now; absolute paths, which are copied.
 * ERR_NOMEM: it watches none.
 */
int watch_files(struct watch *w, const char *const *paths, size_t n);

/* Readable when a look is worth while; -1: there is no inotify. */
int watch_fd(const struct watch *w);

/* True if it is readable, or there is no inotify: cheaper than a look. */
bool watch_is_due(const struct watch *w);

/*
 * True if a file is not as it was when this was asked last.  Takes what has
 * made the descriptor readable, and follows folders that have come and gone.
 */
bool watch_changed(struct watch *w);

#endif
