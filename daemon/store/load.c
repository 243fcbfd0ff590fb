/*
 * load.c - zones filled at start: snapshot and log, zone file, or soa{}
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/store/load.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_text.h"

#define SOA_SERIAL 1 /* of a zone made from soa{} */

static void
set_problem(struct store_zone *z, const char *text)
{
	(void)pthread_mutex_lock(&z->lock);
	reason_set(&z->problem, "%s", text);
	(void)pthread_mutex_unlock(&z->lock);
}

/* A zone being loaded: nobody else sees it until show(). */
struct loading {
	struct store_zone *z;
	struct zone *zone;
	struct zone_txn *txn;
	bool found; /* a snapshot; else the zone is new */
	bool failed;
	size_t n_replayed; /* changesets that the log had and it had not */
	struct reason reason;
};

static int
begin(struct loading *l, struct store_zone *z)
{
	int ret;

	memset(l, 0, sizeof(*l));
	l->z = z;
	ret = zone_create(&z->apex, z->store->config.epoch, &l->zone);
	if (ret == 0)
		ret = zone_begin(l->zone, &l->txn);
	return ret;
}

static void
give_up(struct loading *l)
{
	if (l->txn != NULL)
		zone_abort(l->txn);
	zone_destroy(l->zone);
	l->txn = NULL;
	l->zone = NULL;
}

static const struct zone_version *
seal(struct loading *l)
{
	const struct zone_version *v = zone_seal(l->txn);

	l->txn = NULL;
	return v;
}

/* Publishes v, which was loaded. */
static void
show(struct loading *l, const struct zone_version *v, const char *from)
{
	struct store_zone *z = l->z;

	zone_publish(l->zone, v);
	(void)pthread_mutex_lock(&z->lock);
	z->loaded_from = from;
	z->problem.text[0] = '\0';
	atomic_store_explicit(&z->zone, l->zone, memory_order_release);
	(void)pthread_mutex_unlock(&z->lock);
	log_notice("zone loaded zone=%s serial=%u names=%zu from=\"%s\" "
		   "replayed=%zu",
	    z->text, version_serial(v), version_n_names(v), from,
	    l->n_replayed);
	l->zone = NULL;
}

void
load_undo(struct store_zone *z)
{
	zone_destroy(atomic_load(&z->zone));
	atomic_store(&z->zone, NULL);
}

/* --- A zone that is new: from its file or soa{} --- */

static int
put_soa(struct zone_txn *txn, const struct store_zone_config *c)
{
	uint8_t octets[2 * NAME_LEN_MAX + 20];
	struct rdata_ref rdata = {.octets = octets};
	struct writer w;

	writer_init(&w, octets, sizeof(octets));
	writer_octets(&w, c->soa.mname.octets, c->soa.mname.len);
	writer_octets(&w, c->soa.rname.octets, c->soa.rname.len);
	writer_u32(&w, SOA_SERIAL);
	writer_u32(&w, c->soa.refresh_s);
	writer_u32(&w, c->soa.retry_s);
	writer_u32(&w, c->soa.expire_s);
	writer_u32(&w, c->soa.minimum_s);
	rdata.len = (uint16_t)w.len;
	return zone_put(txn,
	    &(struct rrset_change){.owner = c->apex.octets,
		.type = TYPE_SOA,
		.ttl = c->soa.ttl_s,
		.n = 1,
		.rdatas = &rdata});
}

/* The name servers given, each once; without any, the MNAME. */
static int
put_ns(struct zone_txn *txn, const struct store_zone_config *c)
{
	size_t n = c->soa.n_nameservers;
	struct rdata_ref *rdatas = calloc(n + 1, sizeof(*rdatas));
	uint16_t n_unique = 0;
	int ret;

	if (rdatas == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n && n_unique < UINT16_MAX; i++) {
		const struct name *ns = &c->soa.nameservers[i];
		bool seen = false;

		for (uint16_t k = 0; k < n_unique; k++)
			seen |= name_equal(rdatas[k].octets, ns->octets);
		if (!seen)
			rdatas[n_unique++] =
			    (struct rdata_ref){ns->octets, ns->len};
	}
	if (n_unique == 0)
		rdatas[n_unique++] =
		    (struct rdata_ref){c->soa.mname.octets, c->soa.mname.len};
	ret = zone_put(txn,
	    &(struct rrset_change){.owner = c->apex.octets,
		.type = TYPE_NS,
		.ttl = c->soa.ttl_s,
		.n = n_unique,
		.rdatas = rdatas});
	free(rdatas);
	return ret;
}

/*
 * Its data durably in the state directory, so that no update ever rests on
 * what only a zone file knows.
 */
static int
save_new(struct store_zone *z, const struct zone_version *v,
    struct reason *reason)
{
	uint64_t lsn = journal_durable_lsn(z->store->journal);
	int ret = 0;

	if (z->id == 0)
		ret = zone_dir_create(z, reason);
	if (ret == 0)
		ret = zone_dir_save(z, v, lsn, reason);
	if (ret == 0)
		ret = zone_dir_name(z, reason);
	(void)pthread_mutex_lock(&z->lock);
	if (z->history.last_lsn < lsn)
		z->history.last_lsn = lsn;
	(void)pthread_mutex_unlock(&z->lock);
	return ret;
}

struct fresh {
	const char *from;
	bool has_digest;
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
};

static int
fill_fresh(struct loading *l, const struct store_zone_config *c,
    struct fresh *fresh)
{
	int ret = ERR_NOTFOUND;

	if (c->file != NULL) {
		fresh->from = "zone file";
		/* First: an edit during the load will be noticed later. */
		fresh->has_digest =
		    zone_file_digest(c->file, fresh->digest) == 0;
		ret = zone_file_load(l->txn, c->file, &l->reason);
		if (ret != ERR_NOTFOUND)
			return ret;
	}
	if (!c->soa.given) {
		if (c->file == NULL)
			reason_set(&l->reason,
			    "the zone has neither a file nor soa {}");
		else
			reason_set(&l->reason,
			    "%s: not found, and there is no soa {} to make "
			    "the zone from",
			    c->file);
		return ret;
	}
	fresh->from = "soa";
	fresh->has_digest = false;
	ret = put_soa(l->txn, c);
	if (ret == 0)
		ret = put_ns(l->txn, c);
	return ret;
}

static int
load_fresh(struct loading *l, const struct store_zone_config *c,
    struct reason *reason)
{
	struct fresh fresh = {.from = ""};
	const struct zone_version *v;
	struct store_zone *z = l->z;
	int ret;

	if (atomic_load(&z->store->is_read_only)) {
		reason_set(reason, "a new zone cannot be kept: %s",
		    z->store->read_only.text);
		return ERR_IO;
	}
	ret = fill_fresh(l, c, &fresh);
	if (ret != 0) {
		reason_set(reason, "%s",
		    l->reason.text[0] == '\0' ? err_text(ret) : l->reason.text);
		return ret;
	}
	/* On disk before it is served and before it can change. */
	v = seal(l);
	ret = save_new(z, v, reason);
	if (ret == 0 && fresh.has_digest)
		ret =
		    zone_text_taken(z, version_serial(v), fresh.digest, reason);
	if (ret == 0)
		show(l, v, fresh.from);
	return ret;
}

static int
load_snapshot(struct loading *l, struct reason *reason)
{
	struct store_zone *z = l->z;
	int ret = zone_dir_load(z, l->txn, reason);

	if (ret == 0)
		ret = zone_dir_read_notes(z, reason);
	if (ret != 0)
		return ret;
	l->found = true;
	(void)pthread_mutex_lock(&z->lock);
	if (z->history.last_lsn < z->snapshot_lsn)
		z->history.last_lsn = z->snapshot_lsn;
	(void)pthread_mutex_unlock(&z->lock);
	return 0;
}

/* What the log has and no snapshot comes in by replay alone, at the start. */
static int
check_nothing_unsaved(struct store_zone *z, struct reason *reason)
{
	uint32_t unsaved;

	(void)pthread_mutex_lock(&z->lock);
	history_saved(&z->history, z->snapshot_lsn);
	unsaved = history_unsaved_segment(&z->history);
	(void)pthread_mutex_unlock(&z->lock);
	if (unsaved == 0)
		return 0;
	reason_set(reason, "%s",
	    z->problem.text[0] != '\0' ? z->problem.text
				       : "the log has changes of it to replay:"
					 " restart kddnsd");
	return ERR_IO;
}

int
load_zone(struct store_zone *z, const struct store_zone_config *c,
    struct reason *reason)
{
	struct loading l;
	int ret = begin(&l, z);

	assert(atomic_load(&z->zone) == NULL);
	if (ret == 0)
		ret = load_snapshot(&l, reason);
	if (ret == 0)
		ret = check_nothing_unsaved(z, reason);
	if (ret == 0)
		show(&l, seal(&l), "snapshot");
	else if (ret == ERR_NOTFOUND)
		ret = load_fresh(&l, c, reason);
	if (ret == ERR_NOMEM)
		reason_set(reason, "%s", err_text(ret));
	give_up(&l);
	if (ret != 0) {
		set_problem(z, reason->text);
		log_error("zone not loaded zone=%s problem=\"%s\"", z->text,
		    reason->text);
	}
	return ret;
}

/* --- All zones, and the log --- */

struct replay {
	struct store *s;
	struct loading *zones; /* one for each on the list, in its order */
	size_t n;
	struct loading **by_id; /* n_ids of them, NULL for unknown ones */
	size_t n_ids;
	struct arena arena; /* of one changeset */
};

/* For journal_recover(): what a snapshot has need not be read. */
static bool
is_saved(void *arg, uint32_t zone_id, uint64_t lsn)
{
	const struct replay *r = arg;
	const struct loading *l = zone_id < r->n_ids ? r->by_id[zone_id] : NULL;

	return l == NULL || lsn <= l->z->snapshot_lsn;
}

static struct journal_snapshots
snapshots_of(struct replay *r)
{
	struct journal_snapshots s = {is_saved, r, true, UINT64_MAX};
	bool has_any = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct loading *l = &r->zones[i];

		if (l->z->id == 0)
			continue;
		has_any = true;
		s.are_whole &= l->found;
		if (l->z->snapshot_lsn < s.oldest_lsn)
			s.oldest_lsn = l->z->snapshot_lsn;
	}
	s.are_whole &= has_any;
	return s;
}

static void
fail(struct loading *l, const char *why)
{
	l->failed = true;
	set_problem(l->z, why);
	log_error("zone not loaded zone=%s problem=\"%s\"", l->z->text, why);
	give_up(l);
}

static int
apply(struct replay *r, struct loading *l, const uint8_t *octets, uint32_t len)
{
	struct changeset cs;
	int ret;

	arena_reset(&r->arena);
	ret = record_read(octets, len, &r->arena, &cs);
	return ret != 0 ? ret : changeset_apply(l->txn, &cs);
}

static int
index_changeset(struct loading *l, const struct journal_location *where,
    const struct record_head *head)
{
	struct history *h = &l->z->history;

	if ((head->flags & CHANGESET_CHECKPOINT) != 0)
		return 0;
	if ((head->flags & CHANGESET_METADATA) != 0)
		return history_note(h, where);
	return history_append(h, head->serial_from, head->serial_to, where);
}

static int
replay_one(void *arg, const struct journal_location *where,
    const struct record_head *head, const uint8_t *octets)
{
	struct replay *r = arg;
	struct loading *l =
	    head->zone_id < r->n_ids ? r->by_id[head->zone_id] : NULL;
	int ret;

	/* Never given again: they would be taken for another zone's. */
	journal_mark_zone_id(r->s->journal, head->zone_id);
	if (l == NULL)
		return 0; /* a zone whose directory is gone */
	ret = index_changeset(l, where, head);
	if (where->lsn <= l->z->snapshot_lsn)
		l->z->saved_octets = l->z->history.octets_ever;
	if (ret != 0 || l->failed || where->lsn <= l->z->snapshot_lsn ||
	    (head->flags & CHANGESET_CHECKPOINT) != 0)
		return ret;
	assert(l->found && octets != NULL); /* is_saved() said it is needed */
	ret = apply(r, l, octets, head->len);
	if (ret == ERR_NOMEM)
		return ret;
	if (ret == 0) {
		l->n_replayed++;
	} else {
		struct reason why;

		reason_set(&why,
		    "log/%08u.log offset %u: changeset %u -> %u: %s",
		    where->segment, where->offset, head->serial_from,
		    head->serial_to, err_text(ret));
		fail(l, why.text);
	}
	return 0;
}

static int
begin_all(struct replay *r)
{
	struct store_zone *const *zones = atomic_load(&r->s->zones);
	int ret = 0;

	for (size_t i = 0; i < r->n && ret == 0; i++) {
		struct loading *l = &r->zones[i];
		struct reason why = {""};

		ret = begin(l, zones[i]);
		if (ret != 0 || zones[i]->id == 0)
			continue;
		r->by_id[zones[i]->id] = l;
		ret = load_snapshot(l, &why);
		if (ret == ERR_NOTFOUND || ret == ERR_NOMEM) {
			ret = ret == ERR_NOTFOUND ? 0 : ret;
			continue;
		}
		if (ret != 0)
			fail(l, why.text);
		ret = 0;
	}
	return ret;
}

/* History is of use only if it leads to what is served. */
static void
finish_one(struct loading *l)
{
	struct store_zone *z = l->z;
	struct history *h = &z->history;
	uint32_t serial;

	if (l->failed || !l->found) {
		give_up(l);
		return;
	}
	show(l, seal(l), "snapshot");
	serial = version_serial(store_zone_version(z));
	if (history_count(h) > 0 && history_newest(h)->serial_to != serial)
		history_forget(h);
	history_saved(h, z->snapshot_lsn);
	if (h->last_lsn < z->snapshot_lsn)
		h->last_lsn = z->snapshot_lsn;
}

static int
replay_init(struct replay *r, struct store *s)
{
	struct store_zone *const *zones = atomic_load(&s->zones);

	memset(r, 0, sizeof(*r));
	r->s = s;
	r->n = atomic_load(&s->n_zones);
	r->n_ids = 1;
	for (size_t i = 0; i < r->n; i++)
		if (zones[i]->id >= r->n_ids)
			r->n_ids = (size_t)zones[i]->id + 1;
	arena_init(&r->arena, 0);
	r->zones = calloc(r->n + 1, sizeof(*r->zones));
	r->by_id = calloc(r->n_ids, sizeof(*r->by_id));
	return r->zones == NULL || r->by_id == NULL ? ERR_NOMEM : 0;
}

/* LSNs after a snapshot must be greater than its own, or replay skips them. */
static int
check_lsns(struct replay *r, struct reason *reason)
{
	uint64_t lsn = 0;
	int ret;

	for (size_t i = 0; i < r->n; i++)
		if (r->zones[i].found && r->zones[i].z->snapshot_lsn > lsn)
			lsn = r->zones[i].z->snapshot_lsn;
	if (atomic_load(&r->s->is_read_only))
		return 0;
	ret = journal_begin_after(r->s->journal, lsn, reason);
	if (ret != ERR_MISMATCH)
		return ret;
	store_set_read_only(r->s, reason->text); /* as damage (J5) */
	return 0;
}

static int
recover(struct replay *r, struct reason *reason)
{
	struct store *s = r->s;
	const struct journal_snapshots snapshots = snapshots_of(r);
	int ret = journal_recover(s->journal, &snapshots, reason);

	if (ret != 0)
		return ret;
	if (journal_dropped(s->journal) != NULL)
		log_error("log segment damaged problem=\"%s\" then=\"history"
			  " up to it is dropped; snapshots have all of it\"",
		    journal_dropped(s->journal));
	if (journal_damage(s->journal) != NULL)
		store_set_read_only(s, journal_damage(s->journal));
	return 0;
}

int
load_all(struct store *s, struct reason *reason)
{
	struct replay r;
	int ret = replay_init(&r, s);

	if (ret == 0)
		ret = begin_all(&r);
	if (ret == 0)
		ret = recover(&r, reason);
	if (ret == 0)
		ret = check_lsns(&r, reason);
	if (ret == 0)
		ret = journal_replay(s->journal, replay_one, &r, reason);
	if (ret == ERR_MALFORMED) {
		/* Sound octets, but not of our making: as damage (J5). */
		store_set_read_only(s, reason->text);
		ret = 0;
	}
	for (size_t i = 0; i < r.n && r.zones != NULL; i++) {
		if (ret == 0)
			finish_one(&r.zones[i]);
		else
			give_up(&r.zones[i]);
	}
	if (ret == ERR_NOMEM)
		reason_set(reason, "%s", err_text(ret));
	arena_clear(&r.arena);
	free(r.zones);
	free(r.by_id);
	return ret;
}
