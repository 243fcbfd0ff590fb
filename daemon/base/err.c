/*
 * err.c - error codes of every room
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>

#include "daemon/base/err.h"

const char *
err_text(int err)
{
	if (err == 0)
		return "success";
	switch ((enum err)err) {
	case ERR_NOMEM:
		return "out of memory";
	case ERR_IO:
		return "input or output error";
	case ERR_MALFORMED:
		return "malformed";
	case ERR_NOTFOUND:
		return "not found";
	case ERR_EXISTS:
		return "exists already";
	case ERR_NOSPACE:
		return "does not fit";
	case ERR_DISKFULL:
		return "no space left on the file system";
	case ERR_PERM:
		return "permission denied";
	case ERR_RANGE:
		return "out of range";
	case ERR_BUSY:
		return "busy";
	case ERR_UNSUPPORTED:
		return "not supported";
	case ERR_TIMEOUT:
		return "timed out";
	case ERR_CLOSED:
		return "closed";
	case ERR_CRYPTO:
		return "cryptographic failure";
	case ERR_MISMATCH:
		return "does not match";
	case ERR_USAGE:
		return "wrong usage";
	case ERR_UNREACHABLE:
		return "unreachable";
	}
	return "unknown error";
}

int
err_from_errno(int errno_value)
{
	switch (errno_value) {
	case 0:
		return 0;
	case ENOMEM:
		return ERR_NOMEM;
	case ENOENT:
	case ENODEV:
		return ERR_NOTFOUND;
	case EEXIST:
		return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return ERR_DISKFULL;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_PERM;
	case EBUSY:
	case EADDRINUSE:
	case EAGAIN:
		return ERR_BUSY;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ECONNREFUSED:
		return ERR_UNREACHABLE;
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	case ENOTSUP:
		return ERR_UNSUPPORTED;
	case ERANGE:
	case EINVAL:
		return ERR_RANGE;
	default:
		return ERR_IO;
	}
}
