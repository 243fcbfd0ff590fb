/*
 * journal_fixture.h - a log whose groups can be judged by themselves
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Group n holds one changeset of zone 1 from serial n-1 to n with one RR whose
 * RDATA follows from n, so whatever is recovered can be judged.
 *
 * Threads: the test's.
 */
#ifndef TESTS_UNIT_JOURNAL_FIXTURE_H
#define TESTS_UNIT_JOURNAL_FIXTURE_H

#include <sys/types.h>

#include "daemon/base/storage.h"
#include "daemon/journal/group.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/segment.h"

#define FIXTURE_SEGMENT (16 * (size_t)JOURNAL_BLOCK)

struct fixture_found {
	uint64_t first, last; /* LSNs; 0: none */
	unsigned wrong;
	unsigned n_indexed; /* of which only the index was read */
};

/* Opens and recovers; a snapshot has everything up to saved_lsn. */
int fixture_open_saved(const char *dir, const struct storage *st,
    uint64_t saved_lsn, struct journal **journal_out);
int fixture_open(const char *dir, const struct storage *st,
    struct journal **journal_out);

struct fixture_found fixture_replay(struct journal *j);

void fixture_add_changeset(struct group *g, uint64_t n);

/* Writes group n; 0 once it is durable. */
int fixture_write_group(struct journal *j, uint64_t n);

/* Files: of the state directory, and those in its log/. */
void fixture_overwrite(const char *dir, const char *file, off_t at,
    const void *octets, size_t len);
off_t fixture_file_size(const char *dir, const char *file);
void fixture_put_file(const char *dir, const char *name);
bool fixture_has_file(const char *dir, const char *name);

#endif
