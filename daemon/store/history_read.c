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
	size_t n, at;
	uint64_t octets;
	struct history_entry entries[];
};

/* Copies the n entries from first on and pins their segments; locked. */
static int
take_entries(struct store_zone *z, size_t first, size_t n,
    struct store_history **history_out)
{
	const struct history_entry *e = &z->history.entries[first];
	struct store_history *h =
	    calloc(1, sizeof(*h) + n * sizeof(h->entries[0]));
	int ret = 0;

	if (h == NULL)
		return ERR_NOMEM;
	h->zone = z;
	h->n = n;
	if (n > 0) {
		memcpy(h->entries, e, n * sizeof(*e));
		ret = journal_pin(z->store->journal, e[0].segment,
		    e[n - 1].segment);
	}
	for (size_t i = 0; i < n; i++)
		h->octets += h->entries[i].len;
	if (ret == 0)
		*history_out = h;
	else
		free(h);
	return ret;
}

int
store_history_open(struct store_zone *z, uint32_t serial,
    const struct zone_version *v, struct store_history **history_out)
{
	size_t first, n;
	int ret;

	*history_out = NULL;
	(void)pthread_mutex_lock(&z->lock);
	ret = history_find(&z->history, serial, version_serial(v), &first, &n);
	if (ret == 0)
		ret = take_entries(z, first, n, history_out);
	(void)pthread_mutex_unlock(&z->lock);
	return ret;
}

uint64_t
store_history_octets(const struct store_history *h)
{
	return h->octets;
}

int
store_history_next(struct store_history *h, struct arena *arena,
    struct changeset *cs_out)
{
	const struct history_entry *e;
	uint8_t *octets;
	int ret;

	memset(cs_out, 0, sizeof(*cs_out));
	if (h->at == h->n)
		return ERR_NOTFOUND;
	e = &h->entries[h->at];
	octets = arena_alloc(arena, e->len);
	if (octets == NULL)
		return ERR_NOMEM;
	ret = journal_read(h->zone->store->journal, e->segment, e->offset,
	    octets, e->len);
	if (ret == 0)
		ret = record_read(octets, e->len, arena, cs_out);
	if (ret == 0 &&
	    (cs_out->zone_id != h->zone->id ||
		cs_out->serial_from != e->serial_from ||
		cs_out->serial_to != e->serial_to))
		ret = ERR_MALFORMED;
	if (ret == 0)
		h->at++;
	return ret;
}

void
store_history_close(struct store_history *h)
{
	if (h == NULL)
		return;
	if (h->n > 0)
		journal_unpin(h->zone->store->journal, h->entries[0].segment,
		    h->entries[h->n - 1].segment);
	free(h);
}
