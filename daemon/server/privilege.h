/*
 * privilege.h - becoming an ordinary user
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: before any other thread starts.
 * Errors:  negative enum err and a reason.
 */
#ifndef SERVER_PRIVILEGE_H
#define SERVER_PRIVILEGE_H

#include <stddef.h>

#include "daemon/base/reason.h"

struct privilege_folder {
	const char *path;
	const char *group; /* NULL, or one that does not exist: the user's */
};

/*
 * If we are root: makes the folders that are missing (their parents must be
 * there; mode 0750, owned by user and the folder's group), and becomes user
 * with no groups but the user's own and no capabilities.  Otherwise only makes
 * the folders.
 * ERR_NOTFOUND: no such user.  ERR_PERM: the user may not write to a folder.
 */
int privilege_drop(const char *user, const struct privilege_folder *folders,
    size_t n_folders, struct reason *reason);

#endif
