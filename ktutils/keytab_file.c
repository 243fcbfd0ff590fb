/*
 * keytab_file.c - keytabs on disk: read whole, replaced whole
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "ktutils/access.h"
#include "ktutils/keytab_file.h"

#define LOCK_TRY_NS (20 * 1000 * 1000)

const char *
keytab_file_path(const char *name)
{
	static const char *const kinds[] = {"FILE:", "WRFILE:"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			return name + strlen(kinds[i]);
	return strchr(name, ':') == NULL || name[0] == '/' ? name : NULL;
}

static enum keytab_file_result
failed(char reason[KEYTAB_REASON_SIZE], const char *verb, const char *path)
{
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "cannot %s %s: %s", verb,
	    path, strerror(errno));
	return KEYTAB_FILE_FAILED;
}

/* --- The lock that libkrb5 uses --- */

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/*
 * Locks the whole file, of which nobody tells us when it is free: so asks
 * again and again.  A file system without locks is as good as locked.
 */
static enum keytab_file_result
lock(int fd, short type, const char *path, char reason[KEYTAB_REASON_SIZE])
{
	struct timespec now, end, pause = {.tv_nsec = LOCK_TRY_NS};
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += KEYTAB_FILE_LOCK_S;
	for (;;) {
		if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
			return KEYTAB_FILE_OK;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return KEYTAB_FILE_OK;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (!is_before(&now, &end))
			break;
		(void)nanosleep(&pause, NULL);
	}
	(void)snprintf(reason, KEYTAB_REASON_SIZE,
	    "%s is locked by another program for more than %d s", path,
	    KEYTAB_FILE_LOCK_S);
	return KEYTAB_FILE_LOCKED;
}

/* --- Reading --- */

static enum keytab_file_result
malformed(char reason[KEYTAB_REASON_SIZE], const char *path, const char *why)
{
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "%s: %s", path, why);
	return KEYTAB_FILE_MALFORMED;
}

/* Opens what must be a regular file; a FIFO does not hold us up. */
static enum keytab_file_result
open_keytab(const char *path, char reason[KEYTAB_REASON_SIZE], int *fd_out,
    struct stat *st)
{
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd_out == -1) {
		int error = errno;

		switch (access_to_read(path, NULL, reason)) {
		case ACCESS_MISSING:
			return KEYTAB_FILE_MISSING;
		case ACCESS_DENIED:
			return KEYTAB_FILE_UNREADABLE;
		case ACCESS_OK:
		case ACCESS_UNKNOWN:
			break;
		}
		errno = error;
		(void)failed(reason, "open", path);
		return KEYTAB_FILE_UNREADABLE;
	}
	if (fstat(*fd_out, st) != 0)
		return failed(reason, "look at", path);
	if (!S_ISREG(st->st_mode))
		return malformed(reason, path, "it is not a regular file");
	if (st->st_size > (off_t)KEYTAB_MAX_LEN)
		return malformed(reason, path, "it is too large for a keytab");
	return KEYTAB_FILE_OK;
}

/* Up to size octets; -1: the system says no. */
static ssize_t
read_all(int fd, uint8_t *octets, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, octets + len, size - len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static enum keytab_file_result
parse(int fd, const char *path, size_t size, char reason[KEYTAB_REASON_SIZE],
    struct keytab **keytab_out)
{
	char why[KEYTAB_REASON_SIZE - 128];
	char whole[KEYTAB_REASON_SIZE];
	uint8_t *octets = malloc(size + 1);
	enum keytab_file_result ret = KEYTAB_FILE_OK;
	ssize_t len;

	if (octets == NULL)
		return failed(reason, "hold", path);
	len = read_all(fd, octets, size);
	if (len == -1) {
		ret = failed(reason, "read", path);
	} else if (keytab_parse(octets, (size_t)len, whole, keytab_out) != 0) {
		(void)snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1,
		    whole);
		ret = malformed(reason, path, why);
	}
	explicit_bzero(octets, size);
	free(octets);
	return ret;
}

enum keytab_file_result
keytab_file_read(const char *path, char reason[KEYTAB_REASON_SIZE],
    struct keytab **keytab_out, struct stat *stat_out)
{
	enum keytab_file_result ret;
	int fd;

	*keytab_out = NULL;
	memset(stat_out, 0, sizeof(*stat_out));
	ret = open_keytab(path, reason, &fd, stat_out);
	if (ret == KEYTAB_FILE_OK)
		ret = lock(fd, F_RDLCK, path, reason);
	/* Under the lock it may have another size than before. */
	if (ret == KEYTAB_FILE_OK && fstat(fd, stat_out) != 0)
		ret = failed(reason, "look at", path);
	if (ret == KEYTAB_FILE_OK && stat_out->st_size > (off_t)KEYTAB_MAX_LEN)
		ret = malformed(reason, path, "it is too large for a keytab");
	if (ret == KEYTAB_FILE_OK)
		ret = parse(fd, path, (size_t)stat_out->st_size, reason,
		    keytab_out);
	if (fd != -1)
		(void)close(fd);
	return ret;
}

/* --- Writing --- */

struct writing {
	const struct keytab_file_target *target;
	char *path;       /* of the file itself: no link */
	char *folder;     /* that it is in */
	char *temporary;  /* beside it; NULL: there is none now */
	int temporary_fd; /* -1: none */
	int old_fd;       /* the file to be replaced, locked; -1: none */
	struct stat old;  /* of that */
	char *reason;
};

/* Where the file really is; one that is not there yet is where it is said. */
static enum keytab_file_result
find_place(struct writing *w)
{
	const char *path = w->target->path;
	struct stat st;
	char *slash;

	w->path = realpath(path, NULL);
	if (w->path == NULL && errno != ENOENT)
		return failed(w->reason, "find", path);
	if (w->path == NULL && lstat(path, &st) == 0) {
		(void)snprintf(w->reason, KEYTAB_REASON_SIZE,
		    "%s is a link that leads nowhere", path);
		return KEYTAB_FILE_FAILED;
	}
	if (w->path == NULL)
		w->path = strdup(path);
	if (w->path == NULL)
		return failed(w->reason, "write", path);
	slash = strrchr(w->path, '/');
	if (slash == NULL)
		w->folder = strdup(".");
	else
		w->folder = strndup(w->path,
		    slash == w->path ? 1 : (size_t)(slash - w->path));
	return w->folder == NULL ? failed(w->reason, "write", path)
				 : KEYTAB_FILE_OK;
}

static bool
is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static enum keytab_file_result
changed(struct writing *w)
{
	(void)snprintf(w->reason, KEYTAB_REASON_SIZE,
	    "%s was changed by another program meanwhile: nothing was written",
	    w->path);
	return KEYTAB_FILE_CHANGED;
}

/*
 * Opens and locks the file that is there.  Who may read it only locks out
 * libkrb5's writers just as well.
 */
static enum keytab_file_result
lock_old(struct writing *w)
{
	struct stat named;
	short type = F_WRLCK;
	enum keytab_file_result ret;
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	w->old_fd = open(w->path, O_RDWR | flags);
	if (w->old_fd == -1 && errno == EACCES) {
		type = F_RDLCK;
		w->old_fd = open(w->path, O_RDONLY | flags);
	}
	if (w->old_fd == -1)
		return errno == ENOENT ? KEYTAB_FILE_OK
				       : failed(w->reason, "open", w->path);
	ret = lock(w->old_fd, type, w->path, w->reason);
	if (ret != KEYTAB_FILE_OK)
		return ret;
	if (fstat(w->old_fd, &w->old) != 0)
		return failed(w->reason, "look at", w->path);
	if (!S_ISREG(w->old.st_mode))
		return malformed(w->reason, w->path,
		    "it is not a regular file");
	/* Somebody may have put another file there while we waited. */
	if (stat(w->path, &named) != 0 || named.st_ino != w->old.st_ino ||
	    named.st_dev != w->old.st_dev)
		return changed(w);
	return KEYTAB_FILE_OK;
}

/* What is there, and if it may be replaced. */
static enum keytab_file_result
look_at_old(struct writing *w)
{
	enum keytab_file_result ret = lock_old(w);

	if (ret != KEYTAB_FILE_OK)
		return ret;
	switch (w->target->care) {
	case KEYTAB_FILE_REPLACE:
		break;
	case KEYTAB_FILE_NEW:
		if (w->old_fd == -1)
			break;
		(void)snprintf(w->reason, KEYTAB_REASON_SIZE,
		    "%s exists, and was not to be replaced", w->path);
		return KEYTAB_FILE_EXISTS;
	case KEYTAB_FILE_UPDATE:
		if (w->old_fd == -1 ||
		    !is_unchanged(&w->old, w->target->as_read))
			return changed(w);
		break;
	}
	return KEYTAB_FILE_OK;
}

static enum keytab_file_result
make_temporary(struct writing *w)
{
	const char *name = strrchr(w->path, '/');
	char *path;

	name = name == NULL ? w->path : name + 1;
	if (asprintf(&path, "%s/.%s.XXXXXX", w->folder, name) == -1)
		return failed(w->reason, "write", w->path);
	w->temporary_fd = mkostemp(path, O_CLOEXEC); /* mode 0600 */
	if (w->temporary_fd == -1) {
		(void)failed(w->reason, "make a file in", w->folder);
		free(path);
		return KEYTAB_FILE_FAILED;
	}
	w->temporary = path;
	return KEYTAB_FILE_OK;
}

/* An attribute of the old file; one that it has not is none. */
static bool
copy_attribute(const struct writing *w, const char *name)
{
	char value[4096];
	ssize_t len = fgetxattr(w->old_fd, name, value, sizeof(value));

	return len == -1 ||
	    fsetxattr(w->temporary_fd, name, value, (size_t)len, 0) == 0;
}

/* Owner, mode and ACL, so that whoever read it before can go on. */
static enum keytab_file_result
dress_as_old(struct writing *w)
{
	if (fchown(w->temporary_fd, w->old.st_uid, w->old.st_gid) != 0)
		return failed(w->reason, "keep the owner of", w->path);
	if (fchmod(w->temporary_fd, w->old.st_mode & 07777) != 0)
		return failed(w->reason, "keep the mode of", w->path);
	if (!copy_attribute(w, "system.posix_acl_access"))
		return failed(w->reason, "keep the ACL of", w->path);
	(void)copy_attribute(w, "security.selinux"); /* the policy's default */
	return KEYTAB_FILE_OK;
}

static enum keytab_file_result
dress(struct writing *w)
{
	if (w->target->uid != (uid_t)-1 &&
	    fchown(w->temporary_fd, w->target->uid, w->target->gid) != 0)
		return failed(w->reason, "give away", w->path);
	if (w->target->uid == (uid_t)-1 && w->old_fd != -1)
		return dress_as_old(w);
	return KEYTAB_FILE_OK;
}

static bool
write_all(int fd, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, octets, len);

		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return false;
		octets += put;
		len -= (size_t)put;
	}
	return true;
}

static enum keytab_file_result
fill(struct writing *w, const struct keytab *k)
{
	size_t len;
	uint8_t *octets = keytab_compose(k, &len);
	bool is_written;

	if (octets == NULL)
		return failed(w->reason, "write", w->path);
	is_written = write_all(w->temporary_fd, octets, len) &&
	    fsync(w->temporary_fd) == 0;
	if (!is_written)
		(void)failed(w->reason, "write", w->temporary);
	explicit_bzero(octets, len);
	free(octets);
	return is_written ? KEYTAB_FILE_OK : KEYTAB_FILE_FAILED;
}

/* Renames; a file that came into being meanwhile is not replaced unasked. */
static int
put_in_place(const struct writing *w)
{
	if (w->target->care != KEYTAB_FILE_NEW)
		return rename(w->temporary, w->path);
	if (renameat2(AT_FDCWD, w->temporary, AT_FDCWD, w->path,
		RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(w->temporary, w->path) != 0)
		return -1;
	return unlink(w->temporary);
}

static enum keytab_file_result
finish(struct writing *w)
{
	int fd, synced;

	if (put_in_place(w) != 0) {
		bool is_there = errno == EEXIST;

		(void)failed(w->reason, "put in place", w->path);
		return is_there ? KEYTAB_FILE_EXISTS : KEYTAB_FILE_FAILED;
	}
	free(w->temporary);
	w->temporary = NULL;
	fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		/* We may write there, but not list it: then sync them all. */
		sync();
		return KEYTAB_FILE_OK;
	}
	synced = fsync(fd);
	if (synced != 0)
		(void)failed(w->reason, "sync", w->folder);
	(void)close(fd);
	return synced == 0 ? KEYTAB_FILE_OK : KEYTAB_FILE_FAILED;
}

static void
clear(struct writing *w)
{
	if (w->temporary != NULL)
		(void)unlink(w->temporary);
	if (w->temporary_fd != -1)
		(void)close(w->temporary_fd);
	if (w->old_fd != -1)
		(void)close(w->old_fd); /* and the lock goes */
	free(w->temporary);
	free(w->folder);
	free(w->path);
}

enum keytab_file_result
keytab_file_write(const struct keytab_file_target *target,
    const struct keytab *k, char reason[KEYTAB_REASON_SIZE])
{
	struct writing w = {
	    .target = target,
	    .temporary_fd = -1,
	    .old_fd = -1,
	    .reason = reason,
	};
	enum keytab_file_result ret;
	sigset_t all, before;

	/* A signal that ends us waits, so that no temporary file is left. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	ret = find_place(&w);
	if (ret == KEYTAB_FILE_OK)
		ret = look_at_old(&w);
	if (ret == KEYTAB_FILE_OK)
		ret = make_temporary(&w);
	if (ret == KEYTAB_FILE_OK)
		ret = dress(&w);
	if (ret == KEYTAB_FILE_OK)
		ret = fill(&w, k);
	if (ret == KEYTAB_FILE_OK)
		ret = finish(&w);
	clear(&w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}
