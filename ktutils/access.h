/*
 * access.h - says which part of a path keeps a user from a file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system is asked, as that user: it knows ACLs and mounts.  Only root can
 * ask for somebody else.
 *
 * Owns:    nothing.
 * Threads: any; the calling thread alone is that user for a moment.
 * Errors:  an enum access_answer, and a line in reason unless OK.
 */
#ifndef KTUTILS_ACCESS_H
#define KTUTILS_ACCESS_H

#include <sys/types.h>

#include "ktutils/keytab.h"

#define ACCESS_MAX_GROUPS 256

struct access_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCESS_MAX_GROUPS];
	size_t n_groups;
};

enum access_answer {
	ACCESS_OK,
	ACCESS_MISSING, /* a part of the path, or the file, is not there */
	ACCESS_DENIED,
	ACCESS_UNKNOWN, /* we are not root, and cannot ask for that user */
};

/* A user by name or number.  -1: there is none, and reason says so. */
int access_find_user(const char *name, char reason[KEYTAB_REASON_SIZE],
    struct access_user *user_out);

/*
 * Can the user read the file?  Each folder down to it is asked for.  user
 * NULL: this process, as it is.
 */
enum access_answer access_to_read(const char *path,
    const struct access_user *user, char reason[KEYTAB_REASON_SIZE]);

#endif
