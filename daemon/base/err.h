/*
 * err.h - error codes of every room
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A function that can fail returns 0 or one of these, negative.  What a peer
 * did wrong is an RCODE, not an error.
 *
 * Threads: any.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_NOMEM = -1,       /* no memory */
	ERR_IO = -2,          /* a read, write or sync failed */
	ERR_MALFORMED = -3,   /* octets or text do not follow their grammar */
	ERR_NOTFOUND = -4,    /* no such thing */
	ERR_EXISTS = -5,      /* there is one already */
	ERR_NOSPACE = -6,     /* does not fit in the buffer given */
	ERR_DISKFULL = -7,    /* no space left on the file system */
	ERR_PERM = -8,        /* the system or a key says no */
	ERR_RANGE = -9,       /* a value out of bounds */
	ERR_BUSY = -10,       /* held by somebody else, or a table is full */
	ERR_UNSUPPORTED = -11,/* known, but not done (yet) */
	ERR_TIMEOUT = -12,    /* did not come in time */
	ERR_CLOSED = -13,     /* the other end went away, or we are stopping */
	ERR_CRYPTO = -14,     /* OpenSSL, GSS-API or krb5 failed */
	ERR_MISMATCH = -15,   /* not the expected one: serial, version, MAC */
	ERR_USAGE = -16,      /* a command's arguments are wrong */
	ERR_UNREACHABLE = -17,/* the network has no way there */
};

/* A short lower-case phrase for err (0: "success"); never NULL. */
const char *err_text(int err);

/* The enum err that stands for errno_value (0 gives 0). */
int err_from_errno(int errno_value);

#endif
