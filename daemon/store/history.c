/*
 * history.c - which changesets of a zone the log still has
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/store/history.h"

void
history_init(struct history *h)
{
	memset(h, 0, sizeof(*h));
}

void
history_clear(struct history *h)
{
	free(h->entries);
	free(h->uses);
	history_init(h);
}

static size_t
count(const struct history *h)
{
	return h->end - h->first;
}

/* Moves the entries to the front if at least half of the room is behind. */
static void
compact(struct history *h)
{
	if (h->first == 0 || h->first < h->room / 2)
		return;
	memmove(h->entries, h->entries + h->first,
	    count(h) * sizeof(*h->entries));
	h->end -= h->first;
	h->first = 0;
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
	size_t room = h->room == 0 ? 64 : 2 * h->room;
	struct history_entry *more;

	if (h->end == h->room)
		compact(h);
	if (h->end == h->room) {
		more = realloc(h->entries, room * sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		h->entries = more;
		h->room = room;
	}
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
	h->octets -= h->entries[h->first].share;
	h->first++;
}

void
history_forget(struct history *h)
{
	h->first = h->end = 0;
	h->octets = 0;
}

int
history_append(struct history *h, uint32_t serial_from, uint32_t serial_to,
    const struct journal_location *where)
{
	int ret = history_reserve(h);

	if (ret == 0)
		ret = history_note(h, where);
	if (ret != 0)
		return ret;
	if (count(h) > 0 && h->entries[h->end - 1].serial_to != serial_from)
		history_forget(h);
	h->entries[h->end++] = (struct history_entry){serial_from, serial_to,
	    where->segment, where->offset, where->len, where->share};
	h->octets += where->share;
	/* Serials further apart have no order (RFC 1982): nobody can ask. */
	while (count(h) > 0 &&
	    serial_to - h->entries[h->first].serial_from >= 0x80000000u)
		drop_first(h);
	return 0;
}

/* The entry that begins with the serial, as index, or h->end. */
static size_t
find_from(const struct history *h, uint32_t serial)
{
	uint32_t base = h->entries[h->first].serial_from;
	size_t low = h->first, high = h->end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->entries[mid].serial_from - base < serial - base)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < h->end && h->entries[low].serial_from == serial)
		return low;
	return h->end;
}

int
history_find(const struct history *h, uint32_t from, uint32_t to,
    size_t *first_out, size_t *n_out)
{
	size_t first, end;

	*first_out = 0;
	*n_out = 0;
	if (from == to)
		return 0;
	if (count(h) == 0)
		return ERR_NOTFOUND;
	first = find_from(h, from);
	end =
	    h->entries[h->end - 1].serial_to == to ? h->end : find_from(h, to);
	if (first == h->end || end <= first ||
	    h->entries[end - 1].serial_to != to)
		return ERR_NOTFOUND;
	*first_out = first;
	*n_out = end - first;
	return 0;
}

void
history_cut_octets(struct history *h, uint64_t octets)
{
	while (count(h) > 0 && h->octets > octets)
		drop_first(h);
}

void
history_cut_segment(struct history *h, uint32_t segment)
{
	while (count(h) > 0 && h->entries[h->first].segment <= segment)
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
	uint32_t kept = count(h) == 0 ? 0 : h->entries[h->first].segment;

	if (unsaved == 0 || kept == 0)
		return unsaved + kept;
	return unsaved < kept ? unsaved : kept;
}
