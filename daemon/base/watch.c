/*
 * watch.c - notices that files have changed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file is known by its inode, size and times: ctime tells of a new mode or
 * owner, too.  Adding a folder to inotify a second time changes nothing, so
 * all are added at each look, and those that were not are taken out.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/watch.h"

#define FOLDER_EVENTS                                                          \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |            \
	    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |            \
	    IN_ONLYDIR)
#define FOLDERS_PER_FILE 2 /* where its name is, and where a link leads */

struct watched {
	char *path;
	int problem; /* errno of stat(); then st is all zero */
	struct stat st;
};

struct watch {
	int fd; /* inotify, or -1 */
	struct watched *files;
	size_t n_files;
	int *folders; /* inotify's numbers: FOLDERS_PER_FILE for each file */
	size_t n_folders;
};

struct watch *
watch_create(void)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return w;
}

static void
forget_files(struct watch *w)
{
	for (size_t i = 0; i < w->n_files; i++)
		free(w->files[i].path);
	free(w->files);
	w->files = NULL;
	w->n_files = 0;
}

void
watch_destroy(struct watch *w)
{
	if (w == NULL)
		return;
	forget_files(w);
	free(w->folders);
	if (w->fd != -1)
		(void)close(w->fd);
	free(w);
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

bool
watch_is_due(const struct watch *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	return w->fd == -1 || poll(&p, 1, 0) == 1;
}

/* --- Folders --- */

/* Cuts the last component off; false: there is none left. */
static bool
cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || (slash == path && path[1] == '\0'))
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/* Adds the nearest folder above path that exists; -1: it cannot be watched. */
static int
add_folder_of(const struct watch *w, const char *path)
{
	char folder[PATH_MAX];
	int wd = -1;

	if (strlen(path) >= sizeof(folder))
		return -1;
	(void)strcpy(folder, path);
	while (wd == -1 && cut(folder)) {
		wd = inotify_add_watch(w->fd, folder, FOLDER_EVENTS);
		if (wd == -1 && errno != ENOENT && errno != ENOTDIR)
			return -1;
	}
	return wd;
}

static bool
is_among(const int *folders, size_t n, int wd)
{
	for (size_t i = 0; i < n; i++)
		if (folders[i] == wd)
			return true;
	return false;
}

/* Watches the folders that the files are in now, and no others. */
static void
follow_folders(struct watch *w)
{
	size_t max = w->n_files * FOLDERS_PER_FILE, n = 0;
	int *now;

	if (w->fd == -1)
		return;
	now = calloc(max + 1, sizeof(*now));
	if (now == NULL)
		return; /* the old ones will do */
	for (size_t i = 0; i < w->n_files; i++) {
		char *real = realpath(w->files[i].path, NULL);

		now[n++] = add_folder_of(w, w->files[i].path);
		if (real != NULL)
			now[n++] = add_folder_of(w, real);
		free(real);
	}
	for (size_t i = 0; i < w->n_folders; i++)
		if (w->folders[i] != -1 && !is_among(now, n, w->folders[i]))
			(void)inotify_rm_watch(w->fd, w->folders[i]);
	free(w->folders);
	w->folders = now;
	w->n_folders = n;
}

static void
drain(const struct watch *w)
{
	char events[4096];

	if (w->fd == -1)
		return;
	while (read(w->fd, events, sizeof(events)) > 0)
		;
}

/* --- Files --- */

static bool
is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Looks at the file; true: it is not as it was. */
static bool
look(struct watched *f)
{
	struct stat old = f->st;
	int problem = f->problem;

	memset(&f->st, 0, sizeof(f->st));
	f->problem = stat(f->path, &f->st) == 0 ? 0 : errno;
	return f->problem != problem || f->st.st_dev != old.st_dev ||
	    f->st.st_ino != old.st_ino || f->st.st_size != old.st_size ||
	    !is_same_time(&f->st.st_mtim, &old.st_mtim) ||
	    !is_same_time(&f->st.st_ctim, &old.st_ctim);
}

bool
watch_changed(struct watch *w)
{
	bool has_changed = false;

	/* Folders first: what happens from here on is an event again. */
	drain(w);
	follow_folders(w);
	for (size_t i = 0; i < w->n_files; i++)
		has_changed |= look(&w->files[i]);
	return has_changed;
}

int
watch_files(struct watch *w, const char *const *paths, size_t n)
{
	forget_files(w);
	w->files = calloc(n + 1, sizeof(*w->files));
	if (w->files == NULL)
		return ERR_NOMEM;
	for (; w->n_files < n; w->n_files++) {
		w->files[w->n_files].path = strdup(paths[w->n_files]);
		if (w->files[w->n_files].path == NULL) {
			forget_files(w);
			return ERR_NOMEM;
		}
	}
	(void)watch_changed(w);
	return 0;
}
