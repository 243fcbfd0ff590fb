/*
 * decisions.c - the last decisions on who may do what, for people to ask about
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each writer has its rings under a lock of its own.  A number is given under
 * that lock, so whoever has taken a number's writer's lock after the number
 * was given sees the record: a reader that first notes the last number and
 * then looks at all rings misses none up to it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/server/decisions.h"

/* What is kept apart, so that a flood of one sort pushes out no other. */
enum sort {
	SORT_DENIED_NEGOTIATION, /* = enum decision_kind */
	SORT_DENIED_UPDATE,
	SORT_DENIED_SIGNATURE,
	SORT_DENIED_UNSIGNED, /* updates */
	SORT_FINE,            /* all kinds */
	SORTS,
};

/* The texts of a decision, in the order in which a record has them. */
static const struct field {
	size_t at, size;
} fields[] = {
#define FIELD(f)                                                               \
	{                                                                      \
		offsetof(struct decision, f),                                  \
		    sizeof(((struct decision *)0)->f)                          \
	}
    FIELD(code),
    FIELD(cause),
    FIELD(zone),
    FIELD(signer),
    FIELD(key),
    FIELD(asked),
    FIELD(rule),
    FIELD(nearest),
    FIELD(facts),
    FIELD(reason),
    FIELD(next),
#undef FIELD
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/*
 * A decision as it is kept: its texts lie one behind the other.  Most are short
 * or empty, so that of a record's two kilobytes only the first lines are ever
 * touched.
 */
struct record {
	uint64_t number; /* 0: forgotten */
	uint64_t time_ms;
	enum decision_kind kind;
	enum decision_result result;
	struct addr from;
	bool tcp;
	bool after_unsigned;
	char texts[sizeof(struct decision)]; /* each ended */
};

/* The last DECISIONS_KEPT records of one sort. */
struct kept {
	struct record *records;
	uint64_t n; /* ever put */
};

/* For so long an unsigned update may come again signed. */
#define FIRST_ATTEMPT_MS 60000

struct writer_rings {
	_Alignas(64) pthread_mutex_t lock;
	struct kept kept[SORTS];
};

struct decisions {
	_Atomic uint64_t last;        /* number given */
	_Atomic uint64_t unsigned_ms; /* when one was put last */
	_Atomic unsigned n_waiting;
	pthread_mutex_t lock; /* for changed only */
	pthread_cond_t changed;
	unsigned n_writers;
	struct writer_rings *writers;
};

const char *
decision_kind_text(enum decision_kind kind)
{
	switch (kind) {
	case DECISION_NEGOTIATION:
		return "negotiation";
	case DECISION_UPDATE:
		return "update";
	case DECISION_SIGNATURE:
		break;
	}
	return "signature";
}

const char *
decision_result_text(enum decision_result result)
{
	switch (result) {
	case DECISION_DONE:
		return "done";
	case DECISION_UNCHANGED:
		return "unchanged";
	case DECISION_REFUSED:
		return "refused";
	case DECISION_FAILED:
		break;
	}
	return "failed";
}

static void
pack(const struct decision *x, struct record *r)
{
	char *out = r->texts;

	r->kind = x->kind;
	r->result = x->result;
	r->from = x->from;
	r->tcp = x->tcp;
	for (size_t i = 0; i < FIELDS; i++) {
		const char *text = (const char *)x + fields[i].at;
		size_t len = strnlen(text, fields[i].size - 1);

		memcpy(out, text, len);
		out[len] = '\0';
		out += len + 1;
	}
}

static void
unpack(const struct record *r, struct decision *x)
{
	const char *text = r->texts;

	*x = (struct decision){.number = r->number,
	    .time_ms = r->time_ms,
	    .kind = r->kind,
	    .result = r->result,
	    .from = r->from,
	    .tcp = r->tcp,
	    .after_unsigned = r->after_unsigned};
	for (size_t i = 0; i < FIELDS; i++) {
		size_t size = strlen(text) + 1;

		memcpy((char *)x + fields[i].at, text, size);
		text += size;
	}
}

static enum sort
sort_of(const struct decision *x)
{
	if (x->result == DECISION_DONE || x->result == DECISION_UNCHANGED)
		return SORT_FINE;
	if (x->kind == DECISION_UPDATE && x->key[0] == '\0')
		return SORT_DENIED_UNSIGNED;
	return (enum sort)x->kind;
}

/* False: no memory; what there is of it is freed with the rest. */
static bool
init_writer(struct writer_rings *w)
{
	bool ok = true;

	(void)pthread_mutex_init(&w->lock, NULL);
	for (int i = 0; i < SORTS; i++) {
		w->kept[i].records =
		    calloc(DECISIONS_KEPT, sizeof(struct record));
		ok = ok && w->kept[i].records != NULL;
	}
	return ok;
}

struct decisions *
decisions_create(unsigned n_writers)
{
	struct decisions *d = calloc(1, sizeof(*d));
	pthread_condattr_t monotonic;
	bool ok = true;

	if (d == NULL)
		return NULL;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&d->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	d->writers = aligned_alloc(_Alignof(struct writer_rings),
	    n_writers * sizeof(struct writer_rings));
	if (d->writers == NULL) {
		decisions_destroy(d);
		return NULL;
	}
	memset(d->writers, 0, n_writers * sizeof(struct writer_rings));
	for (; d->n_writers < n_writers; d->n_writers++)
		ok = init_writer(&d->writers[d->n_writers]) && ok;
	if (ok)
		return d;
	decisions_destroy(d);
	return NULL;
}

void
decisions_destroy(struct decisions *d)
{
	if (d == NULL)
		return;
	for (unsigned i = 0; i < d->n_writers; i++) {
		for (int j = 0; j < SORTS; j++)
			free(d->writers[i].kept[j].records);
		(void)pthread_mutex_destroy(&d->writers[i].lock);
	}
	free(d->writers);
	(void)pthread_cond_destroy(&d->changed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

static void
wake_waiting(struct decisions *d)
{
	if (atomic_load(&d->n_waiting) == 0)
		return;
	(void)pthread_mutex_lock(&d->lock);
	(void)pthread_cond_broadcast(&d->changed);
	(void)pthread_mutex_unlock(&d->lock);
}

static bool
is_first_attempt(const struct record *r, const struct decision *x,
    uint64_t now_ms)
{
	struct decision unsigned_one;

	if (r->number == 0 || now_ms - r->time_ms > FIRST_ATTEMPT_MS ||
	    !addr_equal(&r->from, &x->from))
		return false;
	unpack(r, &unsigned_one);
	return strcmp(unsigned_one.zone, x->zone) == 0 &&
	    strcmp(unsigned_one.asked, x->asked) == 0;
}

/* Takes the number, and with it the record, out of the newest one that fits. */
static bool
forget_in(struct kept *kept, const struct decision *x, uint64_t now_ms)
{
	size_t n = kept->n < DECISIONS_KEPT ? kept->n : DECISIONS_KEPT;

	for (size_t i = 0; i < n; i++) {
		struct record *old =
		    &kept->records[(kept->n - 1 - i) % DECISIONS_KEPT];

		if (!is_first_attempt(old, x, now_ms))
			continue;
		old->number = 0;
		return true;
	}
	return false;
}

/* True if x, which is signed, came unsigned before: that is forgotten. */
static bool
forget_first_attempt(struct decisions *d, const struct decision *x,
    uint64_t now_ms)
{
	bool found = false;

	if (now_ms - atomic_load(&d->unsigned_ms) > FIRST_ATTEMPT_MS)
		return false;
	for (unsigned i = 0; i < d->n_writers && !found; i++) {
		struct writer_rings *w = &d->writers[i];

		(void)pthread_mutex_lock(&w->lock);
		found = forget_in(&w->kept[SORT_DENIED_UNSIGNED], x, now_ms);
		(void)pthread_mutex_unlock(&w->lock);
	}
	return found;
}

void
decisions_put(struct decisions *d, unsigned writer, const struct decision *x)
{
	struct writer_rings *w = &d->writers[writer];
	struct kept *kept = &w->kept[sort_of(x)];
	uint64_t now_ms = clock_wall_us() / 1000;
	bool after_unsigned = false;
	struct record *place;

	if (sort_of(x) == SORT_DENIED_UNSIGNED)
		atomic_store(&d->unsigned_ms, now_ms);
	else if (x->kind == DECISION_UPDATE && x->key[0] != '\0')
		after_unsigned = forget_first_attempt(d, x, now_ms);
	(void)pthread_mutex_lock(&w->lock);
	place = &kept->records[kept->n++ % DECISIONS_KEPT];
	pack(x, place);
	place->after_unsigned = after_unsigned;
	place->time_ms = now_ms;
	place->number = atomic_fetch_add(&d->last, 1) + 1;
	(void)pthread_mutex_unlock(&w->lock);
	wake_waiting(d);
}

/* What a reader gathers. */
struct gathering {
	const struct decisions_query *query;
	uint64_t last;
	struct decision *list;
	size_t n, room;
};

/* Adds the newest of a ring that fit; its writer's lock is held. */
static int
gather(struct gathering *g, const struct kept *kept)
{
	size_t n = kept->n < DECISIONS_KEPT ? kept->n : DECISIONS_KEPT;
	size_t taken = 0;

	for (size_t i = 0; i < n && taken < g->query->max; i++) {
		const struct record *r =
		    &kept->records[(kept->n - 1 - i) % DECISIONS_KEPT];

		if (r->number == 0 || r->number > g->last)
			continue; /* forgotten, or too new */
		if (r->number <= g->query->after)
			break; /* the rest of the ring is older */
		if (g->n == g->room) {
			size_t room = g->room == 0 ? 64 : 2 * g->room;
			struct decision *more =
			    reallocarray(g->list, room, sizeof(*more));

			if (more == NULL)
				return ERR_NOMEM;
			g->list = more;
			g->room = room;
		}
		unpack(r, &g->list[g->n++]);
		taken++;
	}
	return 0;
}

static int
gather_all(struct decisions *d, struct gathering *g)
{
	int sorts = g->query->denied_only ? SORT_FINE : SORTS;
	int ret = 0;

	for (unsigned i = 0; i < d->n_writers && ret == 0; i++) {
		struct writer_rings *w = &d->writers[i];

		(void)pthread_mutex_lock(&w->lock);
		for (int j = 0; j < sorts && ret == 0; j++)
			ret = gather(g, &w->kept[j]);
		(void)pthread_mutex_unlock(&w->lock);
	}
	return ret;
}

static int
by_number(const void *a, const void *b)
{
	const struct decision *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int
decisions_read(struct decisions *d, const struct decisions_query *query,
    struct decision **list_out, size_t *n_out, uint64_t *last_out)
{
	struct gathering g = {.query = query};
	size_t surplus;
	int ret;

	*list_out = NULL;
	*n_out = 0;
	g.last = *last_out = atomic_load(&d->last);
	ret = gather_all(d, &g);
	if (ret != 0) {
		free(g.list);
		return ret;
	}
	if (g.n > 0)
		qsort(g.list, g.n, sizeof(*g.list), by_number);
	surplus = g.n > query->max ? g.n - query->max : 0;
	if (surplus > 0)
		memmove(g.list, g.list + surplus, query->max * sizeof(*g.list));
	*list_out = g.list;
	*n_out = g.n - surplus;
	return 0;
}

bool
decisions_wait(struct decisions *d, uint64_t after, unsigned timeout_ms)
{
	struct timespec end;
	int ret = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	(void)pthread_mutex_lock(&d->lock);
	atomic_fetch_add(&d->n_waiting, 1);
	while (ret == 0 && atomic_load(&d->last) <= after)
		ret = pthread_cond_timedwait(&d->changed, &d->lock, &end);
	atomic_fetch_sub(&d->n_waiting, 1);
	(void)pthread_mutex_unlock(&d->lock);
	return atomic_load(&d->last) > after;
}
