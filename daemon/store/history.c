/*
 * history.c - which changesets of a zone the log still has
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/history.h"

#define CHUNK_MIN 16 /* entries; a zone that hardly changes is small */
#define CHUNK_MAX 1024

struct history_chunk {
	unsigned n_refs; /* the history, the chunk before, ranges in it */
	struct history_chunk *next;
	uint64_t start;      /* position of its first entry */
	uint64_t len_before; /* octets in the log of all before it */
	uint32_t n, room;
	struct history_entry entries[];
};

/* --- Chunks --- */

/* Each holds the next, so the last one to go takes those behind along. */
static void
chunk_unref(struct history_chunk *c)
{
	struct history_chunk *next;

	for (; c != NULL && --c->n_refs == 0; c = next) {
		next = c->next;
		free(c);
	}
}

static uint64_t
chunk_len(const struct history_chunk *c, uint32_t n)
{
	uint64_t len = c->len_before;

	for (uint32_t i = 0; i < n; i++)
		len += c->entries[i].len;
	return len;
}

static struct history_chunk *
last_chunk(const struct history *h)
{
	return h->n_chunks == 0 ? NULL : h->chunks[h->n_chunks - 1];
}

/* The chunk that has the position, which must be there. */
static struct history_chunk *
chunk_of(const struct history *h, uint64_t position)
{
	size_t low = 0, high = h->n_chunks;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (h->chunks[mid]->start <= position)
			low = mid;
		else
			high = mid;
	}
	return h->chunks[low];
}

static const struct history_entry *
entry_at(const struct history *h, uint64_t position)
{
	const struct history_chunk *c = chunk_of(h, position);

	return &c->entries[position - c->start];
}

static int
reserve_pointer(struct history *h)
{
	size_t room = h->chunks_room == 0 ? 4 : 2 * h->chunks_room;
	struct history_chunk **more;

	if (h->n_chunks < h->chunks_room)
		return 0;
	more = realloc(h->chunks, room * sizeof(struct history_chunk *));
	if (more == NULL)
		return ERR_NOMEM;
	h->chunks = more;
	h->chunks_room = room;
	return 0;
}

/* An empty one at the end. */
static int
add_chunk(struct history *h)
{
	struct history_chunk *before = last_chunk(h), *c;
	uint32_t room = before == NULL ? CHUNK_MIN : 2 * before->room;

	if (reserve_pointer(h) != 0)
		return ERR_NOMEM;
	if (room > CHUNK_MAX)
		room = CHUNK_MAX;
	c = malloc(sizeof(*c) + room * sizeof(c->entries[0]));
	if (c == NULL)
		return ERR_NOMEM;
	*c = (struct history_chunk){.n_refs = 1, .start = h->end, .room = room};
	if (before != NULL) {
		c->len_before = chunk_len(before, before->n);
		c->n_refs++;
		before->next = c;
	}
	h->chunks[h->n_chunks++] = c;
	return 0;
}

/* Forgets the first chunk; who reads in it goes on. */
static void
drop_chunk(struct history *h)
{
	chunk_unref(h->chunks[0]);
	h->n_chunks--;
	memmove(h->chunks, h->chunks + 1,
	    h->n_chunks * sizeof(struct history_chunk *));
}

/* --- The list --- */

void
history_init(struct history *h)
{
	memset(h, 0, sizeof(*h));
}

void
history_clear(struct history *h)
{
	while (h->n_chunks > 0)
		drop_chunk(h);
	free(h->chunks);
	free(h->uses);
	history_init(h);
}

size_t
history_count(const struct history *h)
{
	return (size_t)(h->end - h->first);
}

const struct history_entry *
history_oldest(const struct history *h)
{
	return h->first == h->end ? NULL : entry_at(h, h->first);
}

const struct history_entry *
history_newest(const struct history *h)
{
	return h->first == h->end ? NULL : entry_at(h, h->end - 1);
}

static int
reserve_use(struct history *h)
{
	size_t room = h->uses_room == 0 ? 8 : 2 * h->uses_room;
	struct history_use *more;

	if (h->n_uses < h->uses_room)
		return 0;
	more = realloc(h->uses, room * sizeof(*more));
	if (more == NULL)
		return ERR_NOMEM;
	h->uses = more;
	h->uses_room = room;
	return 0;
}

int
history_reserve(struct history *h)
{
	const struct history_chunk *last = last_chunk(h);

	if ((last == NULL || last->n == last->room) && add_chunk(h) != 0)
		return ERR_NOMEM;
	return reserve_use(h);
}

int
history_note(struct history *h, const struct journal_location *where)
{
	int ret = reserve_use(h);

	if (ret != 0)
		return ret;
	h->last_lsn = where->lsn;
	h->octets_ever += where->share;
	if (h->n_uses > 0 && h->uses[h->n_uses - 1].segment == where->segment) {
		h->uses[h->n_uses - 1].last_lsn = where->lsn;
		return 0;
	}
	h->uses[h->n_uses++] = (struct history_use){where->segment, where->lsn};
	return 0;
}

static void
drop_first(struct history *h)
{
	h->octets -= history_oldest(h)->share;
	h->first++;
	if (h->n_chunks > 1 && h->chunks[1]->start <= h->first)
		drop_chunk(h);
}

void
history_forget(struct history *h)
{
	/* What is reserved in the last one stays so. */
	while (h->n_chunks > 1)
		drop_chunk(h);
	h->first = h->end;
	h->octets = 0;
}

int
history_append(struct history *h, uint32_t serial_from, uint32_t serial_to,
    const struct journal_location *where)
{
	const struct history_entry *newest = history_newest(h);
	struct history_chunk *c;
	int ret;

	if (newest != NULL && newest->serial_to != serial_from)
		history_forget(h);
	ret = history_reserve(h);
	if (ret == 0)
		ret = history_note(h, where);
	if (ret != 0)
		return ret;
	c = h->chunks[h->n_chunks - 1]; /* reserved */
	c->entries[c->n++] = (struct history_entry){serial_from, serial_to,
	    where->segment, where->offset, where->len, where->share};
	h->end++;
	h->octets += where->share;
	/* Serials further apart have no order (RFC 1982): nobody can ask. */
	while (history_count(h) > 0 &&
	    serial_to - history_oldest(h)->serial_from >= 0x80000000u)
		drop_first(h);
	return 0;
}

/* --- Finding, reading --- */

/* The position of the entry that begins with the serial, or h->end. */
static uint64_t
find_from(const struct history *h, uint32_t serial)
{
	uint32_t base = entry_at(h, h->first)->serial_from;
	uint64_t low = h->first, high = h->end;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (entry_at(h, mid)->serial_from - base < serial - base)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < h->end && entry_at(h, low)->serial_from == serial)
		return low;
	return h->end;
}

/* Octets in the log of all before the position. */
static uint64_t
len_before(const struct history *h, uint64_t position)
{
	const struct history_chunk *c = chunk_of(h, position);

	return chunk_len(c, (uint32_t)(position - c->start));
}

int
history_open(const struct history *h, uint32_t from, uint32_t to,
    struct history_range *range_out)
{
	uint64_t first, end;

	memset(range_out, 0, sizeof(*range_out));
	if (from == to)
		return 0;
	if (history_count(h) == 0)
		return ERR_NOTFOUND;
	first = find_from(h, from);
	end = history_newest(h)->serial_to == to ? h->end : find_from(h, to);
	if (first == h->end || end <= first ||
	    entry_at(h, end - 1)->serial_to != to)
		return ERR_NOTFOUND;
	range_out->chunk = chunk_of(h, first);
	range_out->chunk->n_refs++;
	range_out->at = first;
	range_out->end = end;
	range_out->len = len_before(h, end) - len_before(h, first);
	range_out->first_segment = entry_at(h, first)->segment;
	range_out->last_segment = entry_at(h, end - 1)->segment;
	return 0;
}

bool
history_peek(const struct history_range *r, struct history_entry *entry_out)
{
	if (r->at == r->end)
		return false;
	*entry_out = r->chunk->entries[r->at - r->chunk->start];
	return true;
}

void
history_step(struct history_range *r)
{
	struct history_chunk *c = r->chunk;

	assert(r->at < r->end);
	r->at++;
	if (r->at == r->end || r->at < c->start + c->n)
		return;
	r->chunk = c->next;
	r->chunk->n_refs++;
	chunk_unref(c);
}

void
history_close(struct history_range *r)
{
	chunk_unref(r->chunk);
	memset(r, 0, sizeof(*r));
}

/* --- Forgetting --- */

void
history_cut_octets(struct history *h, uint64_t octets)
{
	while (history_count(h) > 0 && h->octets > octets)
		drop_first(h);
}

void
history_cut_segment(struct history *h, uint32_t segment)
{
	while (history_count(h) > 0 && history_oldest(h)->segment <= segment)
		drop_first(h);
}

void
history_saved(struct history *h, uint64_t lsn)
{
	size_t n = 0;

	while (n < h->n_uses && h->uses[n].last_lsn <= lsn)
		n++;
	if (n == 0)
		return; /* uses may be NULL, which memmove() does not take */
	h->n_uses -= n;
	memmove(h->uses, h->uses + n, h->n_uses * sizeof(*h->uses));
}

uint32_t
history_unsaved_segment(const struct history *h)
{
	return h->n_uses == 0 ? 0 : h->uses[0].segment;
}

uint32_t
history_first_segment(const struct history *h)
{
	uint32_t unsaved = history_unsaved_segment(h);
	const struct history_entry *oldest = history_oldest(h);
	uint32_t kept = oldest == NULL ? 0 : oldest->segment;

	if (unsaved == 0 || kept == 0)
		return unsaved + kept;
	return unsaved < kept ? unsaved : kept;
}
