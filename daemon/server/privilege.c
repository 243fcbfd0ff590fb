/*
 * privilege.c - becoming an ordinary user
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/server/privilege.h"

/* The folder belongs to owner afterwards, if it was we who made it. */
static int
make_folder(const struct privilege_folder *folder, const struct passwd *owner,
    struct reason *reason)
{
	const struct group *group = NULL;

	if (mkdir(folder->path, 0750) == -1) {
		if (errno == EEXIST)
			return 0;
		reason_set(reason, "%s: cannot be made: %s", folder->path,
		    strerror(errno));
		return err_from_errno(errno);
	}
	if (owner == NULL)
		return 0;
	if (folder->group != NULL)
		group = getgrnam(folder->group);
	if (chown(folder->path, owner->pw_uid,
		group != NULL ? group->gr_gid : owner->pw_gid) == -1) {
		reason_set(reason, "%s: cannot be given to %s: %s",
		    folder->path, owner->pw_name, strerror(errno));
		return err_from_errno(errno);
	}
	return 0;
}

/* Whether the folder is one we can work in, as whom we have become. */
static int
check_folder(const struct privilege_folder *folder, struct reason *reason)
{
	const struct passwd *pw = getpwuid(geteuid());
	struct stat st;

	if (access(folder->path, R_OK | W_OK | X_OK) == 0)
		return 0;
	if (errno != EACCES || stat(folder->path, &st) == -1) {
		reason_set(reason, "%s: %s", folder->path, strerror(errno));
		return err_from_errno(errno);
	}
	reason_set(reason,
	    "%s: uid %u (%s) must be able to write there; it belongs to uid "
	    "%u: chown it, or set options { user; }",
	    folder->path, (unsigned)geteuid(),
	    pw == NULL ? "no name" : pw->pw_name, (unsigned)st.st_uid);
	return ERR_PERM;
}

static int
check_folders(const struct privilege_folder *folders, size_t n_folders,
    struct reason *reason)
{
	int ret = 0;

	for (size_t i = 0; i < n_folders && ret == 0; i++)
		ret = check_folder(&folders[i], reason);
	return ret;
}

int
privilege_drop(const char *user, const struct privilege_folder *folders,
    size_t n_folders, struct reason *reason)
{
	struct passwd *pw = NULL;
	int ret;

	if (geteuid() == 0) {
		pw = getpwnam(user);
		if (pw == NULL) {
			reason_set(reason,
			    "user %s: does not exist; make it (useradd "
			    "--system %s) or set options { user; }",
			    user, user);
			return ERR_NOTFOUND;
		}
	}
	for (size_t i = 0; i < n_folders; i++) {
		ret = make_folder(&folders[i], pw, reason);
		if (ret != 0)
			return ret;
	}
	if (pw == NULL || pw->pw_uid == 0)
		return check_folders(folders, n_folders, reason);
	if (initgroups(pw->pw_name, pw->pw_gid) == -1 ||
	    setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1) {
		reason_set(reason, "cannot become %s: %s", user,
		    strerror(errno));
		return err_from_errno(errno);
	}
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return check_folders(folders, n_folders, reason);
}
