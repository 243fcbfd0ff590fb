/*
 * journal_index.c - segments that are full: read once more, and indexed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/journal/journal_state.h"

void
journal_index_name(char name[SEGMENT_NAME_SIZE], uint32_t number)
{
	(void)snprintf(name, SEGMENT_NAME_SIZE, "%08" PRIu32 ".index", number);
}

/* --- Reading --- */

int
journal_read_index(struct journal *j, uint32_t number,
    struct segment_index **index_out)
{
	struct segment_index *x = calloc(1, sizeof(*x));
	char name[SEGMENT_NAME_SIZE];
	uint8_t *octets = NULL;
	size_t len;
	int ret;

	*index_out = NULL;
	if (x == NULL)
		return ERR_NOMEM;
	journal_index_name(name, number);
	ret = storage_read_file(j->storage, j->log_dirfd, name, &octets, &len);
	if (ret == 0)
		ret = segment_index_read(octets, len, x);
	if (ret == 0 && x->number != number)
		ret = ERR_MISMATCH;
	free(octets);
	if (ret == 0) {
		*index_out = x;
		return 0;
	}
	segment_index_clear(x);
	free(x);
	return ret == ERR_NOMEM ? ret : ERR_NOTFOUND;
}

/* --- Making --- */

static int
add_entry(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct segment_index *x = arg;

	(void)octets;
	return segment_index_add(x,
	    &(struct segment_index_entry){.where = *where,
		.zone_id = head->zone_id,
		.serial_from = head->serial_from,
		.serial_to = head->serial_to,
		.flags = head->flags});
}

/* The file has these octets. */
static bool
has_octets(struct journal *j, const char *name, const uint8_t *octets,
    size_t len)
{
	uint8_t *there;
	size_t there_len;
	bool has = storage_read_file(j->storage, j->log_dirfd, name, &there,
		       &there_len) == 0 &&
	    there_len == len && memcmp(there, octets, len) == 0;

	free(there);
	return has;
}

/*
 * Makes the index, or sees that it says what the segment does: the next start
 * believes it.  A help, no more: what fails is done without.
 */
static void
write_index(struct journal *j, const struct segment_index *x)
{
	size_t len = segment_index_len(x);
	char name[SEGMENT_NAME_SIZE];
	uint8_t *octets = malloc(len);

	if (octets == NULL)
		return;
	journal_index_name(name, x->number);
	segment_index_write(x, octets);
	if (!has_octets(j, name, octets, len))
		(void)storage_replace(j->storage, j->log_dirfd, name, octets,
		    len);
	free(octets);
}

/* Reads s, which is pinned; last_lsn: of its last group. */
static int
check(struct journal *j, struct segment *s, uint64_t last_lsn,
    struct reason *reason)
{
	struct segment_index x = {.number = s->number,
	    .first_lsn = s->first_lsn,
	    .last_lsn = last_lsn,
	    .end = (uint32_t)s->end};
	int ret;

	memcpy(x.uuid, j->uuid, sizeof(x.uuid));
	ret = journal_walk_segment(j, s, add_entry, &x, reason);
	if (ret == 0)
		write_index(j, &x);
	segment_index_clear(&x);
	return ret == ERR_IO || ret == ERR_UNSUPPORTED ? ERR_MALFORMED : ret;
}

/*
 * Index of the first segment that is full, durable and not checked, one without
 * an index if there is any; n_segments: none.  Under the lock.
 */
static size_t
find_unchecked(const struct journal *j)
{
	uint32_t durable = atomic_load(&j->durable_segment);
	size_t found = j->n_segments;

	for (size_t i = 0; i + 1 < j->n_segments; i++) {
		const struct segment *s = j->segments[i];

		if (s->is_checked || s->number >= durable)
			continue;
		if (!s->has_index)
			return i;
		if (found == j->n_segments)
			found = i;
	}
	return found;
}

bool
journal_wants_index(struct journal *j)
{
	bool wants;
	size_t i;

	(void)pthread_mutex_lock(&j->lock);
	i = find_unchecked(j);
	wants = i < j->n_segments && !j->segments[i]->has_index;
	(void)pthread_mutex_unlock(&j->lock);
	return wants;
}

/* It, pinned; NULL: none. */
static struct segment *
take_unchecked(struct journal *j, uint64_t *last_lsn_out)
{
	struct segment *s = NULL;
	size_t i;

	(void)pthread_mutex_lock(&j->lock);
	i = find_unchecked(j);
	if (i < j->n_segments) {
		s = j->segments[i];
		s->n_pins++;
		*last_lsn_out = j->segments[i + 1]->first_lsn - 1;
	}
	(void)pthread_mutex_unlock(&j->lock);
	return s;
}

int
journal_check_segment(struct journal *j, uint32_t *segment_out,
    struct reason *reason)
{
	uint64_t last_lsn = 0;
	struct segment *s = take_unchecked(j, &last_lsn);
	int ret;

	*segment_out = 0;
	if (s == NULL)
		return ERR_NOTFOUND;
	*segment_out = s->number;
	ret = check(j, s, last_lsn, reason);
	(void)pthread_mutex_lock(&j->lock);
	s->is_checked = ret != ERR_NOMEM;
	s->has_index |= ret == 0;
	s->n_pins--;
	(void)pthread_mutex_unlock(&j->lock);
	return ret;
}
