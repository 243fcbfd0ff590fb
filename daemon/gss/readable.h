/*
 * readable.h - says which part of a path keeps us from a file
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any.
 */
#ifndef GSS_READABLE_H
#define GSS_READABLE_H

#include "daemon/base/reason.h"

/*
 * 0 if our effective uid may read the file.  ERR_NOTFOUND, ERR_PERM: the
 * reason names the first folder or file in the way, and the uid.
 */
int readable_check(const char *path, const char *what, struct reason *reason);

#endif
