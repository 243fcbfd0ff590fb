/*
 * outfile.h - a large new file, written without stalling other syncs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is written goes to the disk every 4 MiB: one sync of it all at the end
 * would hold up the log's.
 *
 * Owns:    its descriptor and buffer.
 * Threads: one at a time.
 * Errors:  the first one is remembered: put all, then ask outfile_finish().
 */
#ifndef ZONE_OUTFILE_H
#define ZONE_OUTFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct outfile;
struct storage;

/*
 * Creates the file at path inside dirfd (AT_FDCWD: path alone) for the owner
 * alone; what a crash left at that path is replaced.
 */
int outfile_open(const struct storage *st, int dirfd, const char *path,
    struct outfile **file_out);

/* Gives it a mode, and an owner where the system lets us. */
void outfile_dress(struct outfile *f, mode_t mode, uid_t uid, gid_t gid);

void outfile_put(struct outfile *f, const void *octets, size_t len);

/* Octets put so far. */
uint64_t outfile_len(const struct outfile *f);

/* Writes and syncs the rest.  ERR_IO, ERR_DISKFULL. */
int outfile_finish(struct outfile *f);

/* Closes; NULL is fine. */
void outfile_close(struct outfile *f);

#endif
