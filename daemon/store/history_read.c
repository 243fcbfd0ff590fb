/*
 * history_read.c - changesets read back from the log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/store/state.h"
#include "daemon/zone/zone.h"

struct store_history {
	struct store_zone *zone;
	uint32_t zone_id;
	struct history_range range;          /* under zone->lock */
	uint32_t first_pinned, last_segment; /* 0: none */
};

/* The serials, NULL: from the oldest, to the newest; under zone->lock. */
static int
open_range(struct store_history *h, const uint32_t *from, const uint32_t *to)
{
	const struct history *list = &h->zone->history;
	const struct history_entry *oldest = history_oldest(list);
	int ret;

	h->zone_id = h->zone->id;
	if (oldest == NULL && (from == NULL || to == NULL))
		return from == NULL ? 0 : ERR_NOTFOUND;
	ret = history_open(list, from != NULL ? *from : oldest->serial_from,
	    to != NULL ? *to : history_newest(list)->serial_to, &h->range);
	/* Before somebody finds that nothing needs them. */
	if (ret == 0 && h->range.first_segment != 0)
		ret = journal_pin(h->zone->store->journal,
		    h->range.first_segment, h->range.last_segment);
	if (ret != 0)
		history_close(&h->range);
	return ret;
}

int
store_history_open_range(struct store_zone *z, const uint32_t *from,
    const uint32_t *to, struct store_history **history_out)
{
	struct store_history *h = calloc(1, sizeof(*h));
	int ret;

	*history_out = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->zone = z;
	(void)pthread_mutex_lock(&z->lock);
	ret = open_range(h, from, to);
	(void)pthread_mutex_unlock(&z->lock);
	if (ret != 0) {
		free(h);
		return ret;
	}
	h->first_pinned = h->range.first_segment;
	h->last_segment = h->range.last_segment;
	*history_out = h;
	return 0;
}

int
store_history_open(struct store_zone *z, uint32_t serial,
    const struct zone_version *v, struct store_history **history_out)
{
	uint32_t to = version_serial(v);

	return store_history_open_range(z, &serial, &to, history_out);
}

uint64_t
store_history_octets(const struct store_history *h)
{
	return h->range.len;
}

/* Those before this one have been read. */
static void
unpin_before(struct store_history *h, uint32_t segment)
{
	if (segment <= h->first_pinned)
		return;
	journal_unpin(h->zone->store->journal, h->first_pinned, segment - 1);
	h->first_pinned = segment;
}

static bool
peek(struct store_history *h, struct history_entry *entry_out)
{
	bool more;

	(void)pthread_mutex_lock(&h->zone->lock);
	more = history_peek(&h->range, entry_out);
	(void)pthread_mutex_unlock(&h->zone->lock);
	return more;
}

static void
step(struct store_history *h)
{
	(void)pthread_mutex_lock(&h->zone->lock);
	history_step(&h->range);
	(void)pthread_mutex_unlock(&h->zone->lock);
}

int
store_history_next(struct store_history *h, struct arena *arena,
    struct changeset *cs_out)
{
	struct history_entry e;
	uint8_t *octets;
	int ret;

	memset(cs_out, 0, sizeof(*cs_out));
	if (!peek(h, &e))
		return ERR_NOTFOUND;
	unpin_before(h, e.segment);
	octets = arena_alloc(arena, e.len);
	if (octets == NULL)
		return ERR_NOMEM;
	ret = journal_read(h->zone->store->journal, e.segment, e.offset, octets,
	    e.len);
	if (ret == 0)
		ret = record_read(octets, e.len, arena, cs_out);
	if (ret == 0 &&
	    (cs_out->zone_id != h->zone_id ||
		cs_out->serial_from != e.serial_from ||
		cs_out->serial_to != e.serial_to))
		ret = ERR_MALFORMED;
	if (ret == 0)
		step(h);
	return ret;
}

void
store_history_close(struct store_history *h)
{
	if (h == NULL)
		return;
	if (h->first_pinned != 0)
		journal_unpin(h->zone->store->journal, h->first_pinned,
		    h->last_segment);
	(void)pthread_mutex_lock(&h->zone->lock);
	history_close(&h->range);
	(void)pthread_mutex_unlock(&h->zone->lock);
	free(h);
}
