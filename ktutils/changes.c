/*
 * changes.c - what has changed in a keytab, and when to look
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "ktutils/changes.h"

#define FOLDER_EVENTS                                                          \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |            \
	    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |            \
	    IN_ONLYDIR)
#define LOOK_S 60 /* for what inotify does not see */
#define BACK_S 1  /* while the folder is away */

static bool
has(const struct keytab *k, const struct keytab_entry *e)
{
	for (size_t i = 0; k != NULL && i < k->n; i++)
		if (keytab_entry_is_same(&k->entries[i], e) &&
		    keytab_key_is_same(&k->entries[i], e))
			return true;
	return false;
}

void
changes_each_new(const struct keytab *old, const struct keytab *k,
    changes_tell *tell, void *arg)
{
	for (size_t i = 0; k != NULL && i < k->n; i++)
		if (!has(old, &k->entries[i]))
			tell(arg, &k->entries[i]);
}

/* Adding a folder again changes nothing.  inotify's number, -1: not there. */
static int
add_folder(const struct changes *c, const char *path)
{
	char *copy = strdup(path);
	int wd = -1;

	if (copy != NULL)
		wd = inotify_add_watch(c->fd, dirname(copy), FOLDER_EVENTS);
	free(copy);
	return wd;
}

/* Where the name is, and where a link leads; the number of the former. */
static int
follow(const struct changes *c)
{
	char *real = realpath(c->path, NULL);
	int wd = add_folder(c, c->path);

	if (real != NULL)
		(void)add_folder(c, real);
	free(real);
	return wd;
}

int
changes_watch(struct changes *c, const char *path,
    char reason[KEYTAB_REASON_SIZE])
{
	c->path = path;
	c->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->fd != -1)
		c->folder = follow(c);
	if (c->fd != -1 && c->folder != -1)
		return 0;
	(void)snprintf(reason, KEYTAB_REASON_SIZE,
	    "the folder of %s cannot be watched: %s", path, strerror(errno));
	changes_clear(c);
	return -1;
}

void
changes_clear(struct changes *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
}

bool
changes_wait(struct changes *c, const sigset_t *mask)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int folder = follow(c);
	struct timespec limit = {.tv_sec = folder == -1 ? BACK_S : LOOK_S};
	char events[4096];

	if (folder != c->folder) {
		c->folder = folder; /* another one has taken its place */
		return true;
	}
	if (ppoll(&p, 1, &limit, mask) == -1 && errno == EINTR)
		return false;
	while (read(c->fd, events, sizeof(events)) > 0)
		;
	return true;
}
