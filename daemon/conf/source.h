/*
 * source.h - a file, read whole
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stddef.h>
#include <sys/stat.h>

#define SOURCE_MOST (16u << 20) /* octets of one file */

struct source {
	char *text; /* len octets and a '\0' */
	size_t len;
	struct stat st;
};

/*
 * ERR_RANGE  longer than SOURCE_MOST
 * others     as errno says, which is left as it was found
 */
int source_read(const char *path, struct source *s_out);

/*
 * Why source_read() failed with ret, before errno changes.  Who may not read
 * it is named: a reload reads as the daemon's user, not as who asks for it.
 */
#define SOURCE_REASON_SIZE 128
const char *source_reason(int ret, char reason[SOURCE_REASON_SIZE]);

/* Wipes and frees. */
void source_clear(struct source *s);

#endif
