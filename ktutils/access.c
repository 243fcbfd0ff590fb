/*
 * access.c - says which part of a path keeps a user from a file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktutils/access.h"

/* --- Users --- */

static const struct passwd *
find_passwd(const char *name)
{
	const struct passwd *pw = getpwnam(name);
	unsigned long number;
	char *end;

	if (pw != NULL)
		return pw;
	errno = 0;
	number = strtoul(name, &end, 10);
	if (end == name || *end != '\0' || errno != 0 || number >= UINT_MAX)
		return NULL;
	return getpwuid((uid_t)number);
}

int
access_find_user(const char *name, char reason[KEYTAB_REASON_SIZE],
    struct access_user *user_out)
{
	const struct passwd *pw = find_passwd(name);
	int n = ACCESS_MAX_GROUPS;

	memset(user_out, 0, sizeof(*user_out));
	if (pw == NULL) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE,
		    "there is no user of that name or number");
		return -1;
	}
	user_out->uid = pw->pw_uid;
	user_out->gid = pw->pw_gid;
	if (getgrouplist(pw->pw_name, pw->pw_gid, user_out->groups, &n) == -1)
		n = ACCESS_MAX_GROUPS; /* the first ones will do */
	user_out->n_groups = (size_t)n;
	return 0;
}

/* --- Being one --- */

/* What this thread was. */
struct disguise {
	bool is_on;
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCESS_MAX_GROUPS];
	int n_groups;
};

/* Of this thread alone: the library's setgroups() is of all of them. */
static long
set_groups(size_t n, const gid_t *groups)
{
	return syscall(SYS_setgroups, n, groups);
}

/*
 * Takes the user's file system identity; root's capabilities over files go
 * with it.
 */
static enum access_answer
put_on(struct disguise *d, const struct access_user *user)
{
	d->is_on = false;
	if (user == NULL || (user->uid == geteuid() && user->uid != 0))
		return ACCESS_OK;
	d->n_groups = getgroups(ACCESS_MAX_GROUPS, d->groups);
	if (d->n_groups == -1 || geteuid() != 0 ||
	    set_groups(user->n_groups, user->groups) != 0)
		return ACCESS_UNKNOWN;
	d->gid = (gid_t)setfsgid(user->gid);
	d->uid = (uid_t)setfsuid(user->uid);
	d->is_on = true;
	return ACCESS_OK;
}

static void
take_off(const struct disguise *d)
{
	if (!d->is_on)
		return;
	(void)setfsuid(d->uid);
	(void)setfsgid(d->gid);
	/* Cannot fail: the number was had from the system. */
	(void)set_groups((size_t)d->n_groups, d->groups);
}

/* --- Asking --- */

/* 0, or what the system says to this access of path's first len octets. */
static int
probe(const char *path, size_t len, int access_mode)
{
	char part[PATH_MAX];

	memcpy(part, path, len);
	part[len] = '\0';
	return faccessat(AT_FDCWD, part, access_mode, AT_EACCESS) == 0 ? 0
								       : errno;
}

static enum access_answer
refuse(const char *path, size_t len, const char *right, int error, uid_t uid,
    char reason[KEYTAB_REASON_SIZE])
{
	if (error == ENOENT || error == ENOTDIR) {
		(void)snprintf(reason, KEYTAB_REASON_SIZE, "%.*s: %s", (int)len,
		    path, strerror(error));
		return ACCESS_MISSING;
	}
	(void)snprintf(reason, KEYTAB_REASON_SIZE, "uid %u cannot %s %.*s: %s",
	    (unsigned)uid, right, (int)len, path, strerror(error));
	return ACCESS_DENIED;
}

static enum access_answer
walk(const char *path, uid_t uid, char reason[KEYTAB_REASON_SIZE])
{
	size_t len = strlen(path);
	int error;

	if (len >= PATH_MAX)
		return refuse(path, 64, "use", ENAMETOOLONG, uid, reason);
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		error = probe(path, i, X_OK);
		if (error != 0)
			return refuse(path, i, "enter", error, uid, reason);
	}
	error = probe(path, len, R_OK);
	if (error != 0)
		return refuse(path, len, "read", error, uid, reason);
	return ACCESS_OK;
}

/* A link is named by the part that is in the way behind it. */
static enum access_answer
walk_both(const char *path, const char *real, uid_t uid,
    char reason[KEYTAB_REASON_SIZE])
{
	enum access_answer answer = walk(path, uid, reason);

	if (answer == ACCESS_DENIED && real != NULL && strcmp(path, real) != 0)
		(void)walk(real, uid, reason);
	return answer;
}

enum access_answer
access_to_read(const char *path, const struct access_user *user,
    char reason[KEYTAB_REASON_SIZE])
{
	char *real = realpath(path, NULL);
	struct disguise d;
	enum access_answer answer = put_on(&d, user);

	if (answer == ACCESS_OK) {
		answer = walk_both(path, real,
		    user == NULL ? geteuid() : user->uid, reason);
		take_off(&d);
	} else {
		(void)snprintf(reason, KEYTAB_REASON_SIZE,
		    "only root can find out if uid %u can read %s",
		    (unsigned)user->uid, path);
	}
	free(real);
	return answer;
}
