/*
 * readable.c - says which part of a path keeps us from a file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/gss/readable.h"

/* 0, or what the system says to this access of path's first len octets. */
static int
probe(const char *path, size_t len, int access_mode)
{
	char part[PATH_MAX];

	memcpy(part, path, len);
	part[len] = '\0';
	if (faccessat(AT_FDCWD, part, access_mode, AT_EACCESS) == 0)
		return 0;
	return errno;
}

static int
refuse(const char *path, size_t len, const char *what, const char *right,
    int error, struct reason *reason)
{
	reason_set(reason, "%s %s: uid %u cannot %s %.*s: %s", what, path,
	    (unsigned)geteuid(), right, (int)len, path, strerror(error));
	return error == ENOENT || error == ENOTDIR ? ERR_NOTFOUND : ERR_PERM;
}

int
readable_check(const char *path, const char *what, struct reason *reason)
{
	size_t len = strlen(path);
	int error;

	if (len >= PATH_MAX)
		return refuse(path, 0, what, "use", ENAMETOOLONG, reason);
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		error = probe(path, i, X_OK);
		if (error != 0)
			return refuse(path, i, what, "enter", error, reason);
	}
	error = probe(path, len, R_OK);
	return error == 0 ? 0 : refuse(path, len, what, "read", error, reason);
}
