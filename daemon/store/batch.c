/*
 * batch.c - updates that will become durable with one sync
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/journal/segment.h"
#include "daemon/store/batch.h"
#include "daemon/store/limits.h"
#include "daemon/store/serial.h"
#include "daemon/store/touched.h"

/* What a batch does to one zone. */
struct part {
	struct part *next;
	struct store_zone *zone;
	struct zone *data;
	const struct zone_version *before;
	const struct zone_version *sealed; /* after batch_close(), or NULL */
	struct zone_txn *txn;              /* NULL until something changes */
	enum serial_method serial_method;
	uint32_t max_records_per_name;
	uint64_t max_records;
	struct touched_set touched;
	struct changeset_source *sources; /* BATCH_JOBS_MAX at most */
	uint16_t n_sources, sources_room;
	uint32_t serial_from, serial_to;
	struct journal_location where; /* offset in the group until placed */
};

void
batch_init(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	arena_init(&b->arena, 0);
	group_init(&b->group);
	b->end = &b->first;
}

static void
reset(struct batch *b)
{
	struct arena arena = b->arena;
	struct group group = b->group;

	arena_reset(&arena);
	group_reset(&group);
	memset(b, 0, sizeof(*b));
	b->arena = arena;
	b->group = group;
	b->end = &b->first;
}

void
batch_clear(struct batch *b)
{
	assert(batch_is_empty(b));
	arena_clear(&b->arena);
	group_clear(&b->group);
}

bool
batch_is_empty(const struct batch *b)
{
	return b->n_jobs == 0 && b->marks == NULL;
}

bool
batch_is_full(const struct batch *b)
{
	return b->n_jobs >= BATCH_JOBS_MAX || b->octets >= BATCH_OCTETS_MAX;
}

/* --- Parts --- */

static void
read_config(struct part *p)
{
	struct store_zone *z = p->zone;

	(void)pthread_mutex_lock(&z->lock);
	p->serial_method = z->config.serial_method;
	p->max_records_per_name = z->config.max_records_per_name;
	p->max_records = z->config.max_records;
	(void)pthread_mutex_unlock(&z->lock);
}

/* The part of this zone; NULL: no memory.  data is NULL if not loaded. */
static struct part *
part_of(struct batch *b, struct store_zone *z)
{
	struct part *p = z->part;

	if (p != NULL)
		return p;
	p = arena_calloc(&b->arena, 1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->zone = z;
	p->data = atomic_load_explicit(&z->zone, memory_order_acquire);
	if (p->data != NULL)
		p->before =
		    z->newest != NULL ? z->newest : zone_current(p->data);
	read_config(p);
	/* Where our memory lies is no secret, but nothing a peer knows. */
	p->touched.seed = (uint64_t)(uintptr_t)p ^ b->time_us << 20;
	p->next = b->parts;
	b->parts = p;
	z->part = p;
	return p;
}

static const struct zone_version *
view_of(const struct part *p)
{
	return p->txn == NULL ? p->before : zone_view(p->txn);
}

static const struct rrset *
rrset_at(const struct zone_version *v, const uint8_t *owner, uint16_t type)
{
	const struct zone_name *n = zone_get(v, owner);

	return n == NULL ? NULL : zone_name_rrset(n, type);
}

size_t
batch_job_octets_max(const struct store *s)
{
	return journal_group_max(s->journal) / 2;
}

/* Refuses what is too much: rcode and reason are set then. */
static int
check_limits(struct batch *b, const struct part *p, struct store_job *job,
    const struct rrset_change *changes, size_t n)
{
	const struct limits limits = {
	    .view = view_of(p),
	    .arena = &b->arena,
	    .octets = batch_job_octets_max(job->zone->store),
	    .is_own = job->is_own,
	    .records = p->max_records,
	    .records_per_name = p->max_records_per_name,
	};
	struct limits_verdict v;
	int ret = limits_check(&limits, changes, n, &v);

	if (ret != 0)
		return ret;
	if (v.rcode == RCODE_NOERROR) {
		b->octets += v.octets;
	} else {
		job->rcode = v.rcode;
		job->reason = v.reason;
	}
	return 0;
}

/* --- Taking jobs --- */

static void
put_job(struct batch *b, struct store_job *job)
{
	job->next = NULL;
	*b->end = job;
	b->end = &job->next;
	b->n_jobs++;
}

void
batch_take_mark(struct batch *b, struct mark *m)
{
	m->next = b->marks;
	b->marks = m;
}

static int
add_source(struct batch *b, struct part *p, const struct store_job *job)
{
	uint16_t room = p->sources_room == 0 ? 4 : 2 * p->sources_room;
	struct changeset_source *more;

	if (p->n_sources == p->sources_room) {
		more = arena_calloc(&b->arena, room, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		if (p->n_sources > 0)
			memcpy(more, p->sources, p->n_sources * sizeof(*more));
		p->sources = more;
		p->sources_room = room;
	}
	p->sources[p->n_sources++] =
	    (struct changeset_source){.signer = job->signer == NULL
		    ? ""
		    : job->signer,
		.address = job->address,
		.time_us = b->time_us};
	return 0;
}

static int
apply(struct batch *b, struct part *p, const struct store_job *job,
    const struct rrset_change *changes, size_t n)
{
	int ret = 0;

	if (p->txn == NULL)
		ret = zone_begin(p->data, &p->txn);
	if (ret == 0)
		ret = add_source(b, p, job);
	for (size_t i = 0; ret == 0 && i < n; i++) {
		ret = zone_put(p->txn, &changes[i]);
		if (ret == 0)
			ret = touched_add(&p->touched, &b->arena,
			    changes[i].owner, changes[i].type,
			    (uint16_t)(p->n_sources - 1));
	}
	b->n_changes += n;
	return ret;
}

int
batch_take(struct batch *b, struct store_job *job)
{
	struct rrset_change *changes = NULL;
	struct part *p;
	size_t n = 0;
	int ret = 0;

	if (b->n_jobs == 0)
		b->time_us = clock_wall_us();
	p = part_of(b, job->zone);
	put_job(b, job);
	if (p == NULL)
		return ERR_NOMEM;
	if (p->data == NULL) {
		job->rcode = RCODE_SERVFAIL;
		reason_set(&job->reason, "the zone is not loaded");
		return 0;
	}
	job->rcode = job->judge(job, view_of(p), &b->arena, &changes, &n);
	if (job->rcode == RCODE_NOERROR && !job->is_own &&
	    store_zone_is_frozen(job->zone, &job->reason))
		job->rcode = RCODE_REFUSED;
	if (job->rcode == RCODE_NOERROR && n > 0)
		ret = check_limits(b, p, job, changes, n);
	if (ret != 0 || job->rcode != RCODE_NOERROR || n == 0)
		return ret;
	job->changed = true;
	return apply(b, p, job, changes, n);
}

/* --- Closing --- */

static int
add_differences(struct batch *b, struct part *p, struct changeset *cs)
{
	struct changeset_builder builder;
	int ret = 0;

	changeset_start(&builder, &b->arena, cs);
	touched_sort(&p->touched);
	for (uint32_t i = 0; ret == 0 && i < p->touched.n; i++) {
		const struct touched *t = &p->touched.items[i];

		ret = changeset_add_difference(&builder, t->owner,
		    rrset_at(p->before, t->owner, t->type),
		    rrset_at(view_of(p), t->owner, t->type), t->source);
	}
	cs->zone_id = p->zone->id;
	cs->time_us = b->time_us;
	cs->sources = p->sources;
	cs->n_sources = p->n_sources;
	return ret;
}

/*
 * One serial a group: the client's, if one raised the SOA's, else the next.
 * Two may have raised it so far that it is not later than the published one
 * (RFC 1982): secondaries would not follow.
 */
static int
raise_serial(struct batch *b, struct part *p)
{
	p->serial_to = version_serial(view_of(p));
	if (serial_after(p->serial_to, p->serial_from))
		return 0;
	p->serial_to =
	    serial_next(p->serial_method, p->serial_from, b->time_us / 1000000);
	return zone_put_serial(p->txn, p->serial_to);
}

static void
abort_part(struct part *p)
{
	if (p->txn != NULL)
		zone_abort(p->txn);
	p->txn = NULL;
}

/* After the sync it is too late to run out of memory. */
static int
reserve_history(struct store_zone *z)
{
	int ret;

	(void)pthread_mutex_lock(&z->lock);
	ret = history_reserve(&z->history);
	(void)pthread_mutex_unlock(&z->lock);
	return ret;
}

static int
close_part(struct batch *b, struct part *p)
{
	struct changeset cs;
	int ret;

	p->serial_from = p->serial_to = version_serial(p->before);
	ret = add_differences(b, p, &cs);
	if (ret != 0)
		return ret;
	if (changeset_is_empty(&cs) &&
	    version_serial(view_of(p)) == p->serial_from) {
		abort_part(p); /* what one did another undid */
		return 0;
	}
	ret = raise_serial(b, p);
	if (ret != 0)
		return ret;
	cs.serial_from = p->serial_from;
	cs.serial_to = p->serial_to;
	ret = group_add(&b->group, &cs, &p->where.offset, &p->where.len);
	if (ret == 0)
		ret = reserve_history(p->zone);
	if (ret != 0)
		return ret;
	p->sealed = zone_seal(p->txn);
	p->txn = NULL;
	p->zone->newest = p->sealed;
	return 0;
}

static int
add_marks(struct batch *b)
{
	int ret = 0;

	for (const struct mark *m = b->marks; ret == 0 && m != NULL;
	     m = m->next) {
		struct changeset cs = {.time_us = clock_wall_us()};
		uint32_t at, len;

		cs.zone_id = m->zone_id;
		cs.serial_from = cs.serial_to = m->serial;
		cs.flags = m->flags;
		ret = group_add(&b->group, &cs, &at, &len);
	}
	return ret;
}

int
batch_close(struct batch *b)
{
	int ret = add_marks(b);

	for (struct part *p = b->parts; ret == 0 && p != NULL; p = p->next)
		if (p->txn != NULL)
			ret = close_part(b, p);
	for (struct store_job *job = b->first; ret == 0 && job != NULL;
	     job = job->next)
		if (job->changed) {
			job->serial_from = job->zone->part->serial_from;
			job->serial_to = job->zone->part->serial_to;
		}
	for (struct part *p = b->parts; ret == 0 && p != NULL; p = p->next)
		p->zone->part = NULL;
	return ret;
}

void
batch_drop(struct batch *b)
{
	/*
	 * Closing may have failed half way: no other group is in flight then,
	 * so what is sealed is ours.
	 */
	for (struct part *p = b->parts; p != NULL; p = p->next) {
		abort_part(p);
		if (p->sealed != NULL) {
			zone_drop_sealed(p->data);
			p->zone->newest = NULL;
			p->sealed = NULL;
		}
		p->zone->part = NULL;
	}
	b->parts = NULL;
}

/* --- After the sync --- */

static void
publish_part(struct batch *b, struct part *p, struct store *s)
{
	struct store_zone *z = p->zone;
	int ret;

	p->where.lsn = b->group.lsn;
	p->where.segment = b->group.segment;
	p->where.share =
	    group_share(b->group.len - GROUP_HEAD_LEN, p->where.len);
	p->where.offset += b->group.offset;
	(void)pthread_mutex_lock(&z->lock);
	ret = history_append(&z->history, p->serial_from, p->serial_to,
	    &p->where);
	assert(ret == 0); /* reserved when the batch was closed */
	(void)ret;
	if (z->config.max_journal_size != 0)
		history_cut_octets(&z->history, z->config.max_journal_size);
	zone_publish(p->data, p->sealed);
	(void)pthread_mutex_unlock(&z->lock);
	zone_reclaim(p->data);
	if (s->config.published != NULL)
		s->config.published(s->config.arg, z, p->serial_from,
		    p->serial_to);
}

void
batch_publish(struct batch *b, struct store *s)
{
	for (struct part *p = b->parts; p != NULL; p = p->next)
		if (p->sealed != NULL)
			publish_part(b, p, s);
	atomic_store(&s->commit.published_lsn, b->group.lsn);
}

void
batch_forget(struct batch *b)
{
	for (struct part *p = b->parts; p != NULL; p = p->next) {
		if (p->sealed != NULL)
			zone_drop_sealed(p->data);
		p->zone->newest = NULL;
	}
}

void
batch_finish(struct batch *b, const char *why)
{
	struct store_job *job = b->first, *next_job;
	struct mark *m = b->marks, *next_mark;

	for (; job != NULL; job = next_job) {
		next_job = job->next; /* done() may free it */
		if (why != NULL) {
			job->rcode = RCODE_SERVFAIL;
			job->changed = false;
			job->serial_from = job->serial_to = 0;
			reason_set(&job->reason, "%s", why);
		}
		job->done(job);
	}
	for (; m != NULL; m = next_mark) {
		next_mark = m->next;
		free(m);
	}
	reset(b);
}
