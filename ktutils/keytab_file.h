/*
 * keytab_file.h - keytabs on disk: read whole, replaced whole
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file is never changed in place.  A new one is made beside it, synced, and
 * renamed over it, so that there is at any moment the old one or the new one.
 * libkrb5's lock (fcntl, the whole file) is honoured, but not waited for
 * beyond KEYTAB_FILE_LOCK_S.
 *
 * Owns:    nothing after a call but what it hands out.
 * Threads: any.
 * Errors:  an enum keytab_file_result, and a line in reason unless OK.
 */
#ifndef KTUTILS_KEYTAB_FILE_H
#define KTUTILS_KEYTAB_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "ktutils/keytab.h"

#define KEYTAB_FILE_LOCK_S 5

enum keytab_file_result {
	KEYTAB_FILE_OK,
	KEYTAB_FILE_MISSING,
	KEYTAB_FILE_UNREADABLE, /* reason names the part of the path */
	KEYTAB_FILE_MALFORMED,  /* not a keytab, or not a regular file */
	KEYTAB_FILE_LOCKED,     /* by somebody who does not let go */
	KEYTAB_FILE_EXISTS,     /* and was not to be replaced */
	KEYTAB_FILE_CHANGED,    /* since it was read: nothing was done */
	KEYTAB_FILE_FAILED,     /* no memory, or the system says no */
};

/* The path in "FILE:/path", "WRFILE:/path" or "/path"; NULL: no file. */
const char *keytab_file_path(const char *name);

/* Reads the file at path, and what stat() says of the very file. */
enum keytab_file_result keytab_file_read(const char *path,
    char reason[KEYTAB_REASON_SIZE], struct keytab **keytab_out,
    struct stat *stat_out);

enum keytab_file_care {
	KEYTAB_FILE_NEW,     /* there must be none */
	KEYTAB_FILE_REPLACE, /* whatever is there */
	KEYTAB_FILE_UPDATE,  /* only what was read: see as_read */
};

struct keytab_file_target {
	const char *path; /* a link is followed: its file is replaced */
	enum keytab_file_care care;
	const struct stat *as_read; /* UPDATE: what keytab_file_read() said */
	/*
	 * (uid_t)-1: the owner, mode and ACL of the file that is replaced; of
	 * a new one ours and 0600.  Else this owner and group, and 0600.
	 */
	uid_t uid;
	gid_t gid;
};

/* Writes the keytab; when it returns OK, it is on disk. */
enum keytab_file_result
keytab_file_write(const struct keytab_file_target *target,
    const struct keytab *k, char reason[KEYTAB_REASON_SIZE]);

#endif
