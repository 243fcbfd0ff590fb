/*
 * session_key.h - the key of "update-policy local", for who can read its file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * As BIND's: a shared key by the name local-ddns, made anew by each process,
 * and put into a file that nsupdate -l takes.  Whoever may read the file and
 * comes from a loopback address may change the zones that say so.
 *
 * Owns:    the file, while the process lives.
 * Threads: one at a time.
 * Errors:  negative enum err and a reason.
 */
#ifndef SERVER_SESSION_KEY_H
#define SERVER_SESSION_KEY_H

#include <stdint.h>

#include "daemon/base/reason.h"

#define SESSION_KEY_NAME "local-ddns"
#define SESSION_KEY_LEN 32 /* octets; hmac-sha256 */

struct session_key {
	uint8_t secret[SESSION_KEY_LEN];
};

/* ERR_CRYPTO: no random octets. */
int session_key_make(struct session_key *key_out);

/*
 * Writes the key {} statement, readable by us alone, in the place of whatever
 * is at path.  ERR_PERM, ERR_NOTFOUND, ERR_IO, as the system says.
 */
int session_key_write(const struct session_key *key, const char *path,
    struct reason *reason);

/* Removes the file, if it is there. */
void session_key_remove(const char *path);

#endif
