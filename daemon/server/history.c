/*
 * history.c - the last hour in numbers, for the panel's charts
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/core.h"
#include "daemon/server/history.h"

enum column {
	COLUMN_TIME,
	COLUMN_QUERIES,
	COLUMN_UPDATES,
	COLUMN_REFUSED, /* updates, negotiations and signatures */
	COLUMN_NEGOTIATIONS,
	COLUMN_CONTEXTS, /* how many there were */
	COLUMNS,
};

static const char *const names[COLUMNS] = {
    [COLUMN_TIME] = "time",
    [COLUMN_QUERIES] = "queries",
    [COLUMN_UPDATES] = "updates",
    [COLUMN_REFUSED] = "refused",
    [COLUMN_NEGOTIATIONS] = "negotiations",
    [COLUMN_CONTEXTS] = "contexts",
};

struct sample {
	uint64_t values[COLUMNS];
};

struct history {
	pthread_mutex_t lock; /* for all below */
	struct sample samples[HISTORY_SAMPLES];
	uint64_t n; /* ever taken */
	uint64_t next_ms;
};

struct history *
history_create(void)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h != NULL)
		(void)pthread_mutex_init(&h->lock, NULL);
	return h;
}

void
history_destroy(struct history *h)
{
	if (h == NULL)
		return;
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static void
take(struct server *s, struct sample *sample)
{
	uint64_t *v = sample->values;

	*sample = (struct sample){{0}};
	v[COLUMN_TIME] = clock_wall_s();
	v[COLUMN_CONTEXTS] =
	    atomic_load(&contexts_counters(s->contexts)->count);
	for (unsigned i = 0; i < s->n_workers; i++) {
		const struct worker_counters *c = &s->workers[i].counters;

		v[COLUMN_QUERIES] += c->queries;
		v[COLUMN_UPDATES] +=
		    c->updates[UPDATE_APPLIED] + c->updates[UPDATE_UNCHANGED];
		v[COLUMN_REFUSED] += c->updates[UPDATE_REFUSED] +
		    c->updates[UPDATE_FAILED] + c->tkeys_refused +
		    c->tsigs_formerr + c->tsigs_badkey + c->tsigs_badsig +
		    c->tsigs_badtime + c->tsigs_badtrunc;
		v[COLUMN_NEGOTIATIONS] += c->tkeys_complete;
	}
}

void
history_tick(struct history *h, struct server *s)
{
	uint64_t now_ms = clock_mono_ms();

	(void)pthread_mutex_lock(&h->lock);
	if (now_ms >= h->next_ms) {
		take(s, &h->samples[h->n++ % HISTORY_SAMPLES]);
		h->next_ms = now_ms + HISTORY_INTERVAL_S * 1000;
	}
	(void)pthread_mutex_unlock(&h->lock);
}

static json_t *
sample_json(const struct sample *sample)
{
	json_t *row = json_array();

	for (int i = 0; i < COLUMNS; i++)
		(void)json_array_append_new(row,
		    json_integer((json_int_t)sample->values[i]));
	return row;
}

json_t *
history_json(struct history *h, struct server *s)
{
	json_t *columns = json_array(), *samples = json_array();
	struct sample now;
	uint64_t from;

	for (int i = 0; i < COLUMNS; i++)
		(void)json_array_append_new(columns, json_string(names[i]));
	(void)pthread_mutex_lock(&h->lock);
	from = h->n > HISTORY_SAMPLES ? h->n - HISTORY_SAMPLES : 0;
	for (uint64_t i = from; i < h->n; i++)
		(void)json_array_append_new(samples,
		    sample_json(&h->samples[i % HISTORY_SAMPLES]));
	(void)pthread_mutex_unlock(&h->lock);
	take(s, &now);
	(void)json_array_append_new(samples, sample_json(&now));
	return json_pack("{s:i, s:o, s:o}", "interval_s", HISTORY_INTERVAL_S,
	    "columns", columns, "samples", samples);
}
