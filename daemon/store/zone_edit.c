/*
 * zone_edit.c - an edited zone file becomes a changeset
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/dns/rdata.h"
#include "daemon/store/store.h"
#include "daemon/store/zone_dir.h"
#include "daemon/store/zone_edit.h"
#include "daemon/store/zone_text.h"
#include "daemon/zone/zone_file.h"

struct edit {
	struct store_job job;
	struct arena arena;
	const struct zone_version *base; /* pinned: what the zone is */
	struct zone *scratch;            /* what the file says */
	struct rrset_change *changes;
	size_t n, room;

	pthread_mutex_t lock; /* guards is_done */
	pthread_cond_t done;
	bool is_done;
};

static bool
same_rrset(const struct rrset *a, const struct rrset *b)
{
	return a == b ||
	    (a != NULL && b != NULL && a->rendered_len == b->rendered_len &&
		memcmp(rrset_rendered(a), rrset_rendered(b), a->rendered_len) ==
		    0);
}

static bool
same_name(const struct zone_name *a, const struct zone_name *b)
{
	unsigned n = a == NULL ? 0 : zone_name_n_rrsets(a);

	if (a == b)
		return true;
	if ((b == NULL ? 0 : zone_name_n_rrsets(b)) != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!same_rrset(zone_name_rrset_at(a, i),
			zone_name_rrset_at(b, i)))
			return false;
	return true;
}

/* --- The difference --- */

static struct rrset_change *
add_change(struct edit *e, const uint8_t *owner, uint16_t type)
{
	struct rrset_change *more;

	if (e->n == e->room) {
		e->room = e->room == 0 ? 64 : 2 * e->room;
		more = arena_alloc(&e->arena, e->room * sizeof(*more));
		if (more == NULL)
			return NULL;
		if (e->n > 0)
			memcpy(more, e->changes, e->n * sizeof(*more));
		e->changes = more;
	}
	more = &e->changes[e->n++];
	memset(more, 0, sizeof(*more));
	more->owner = owner;
	more->type = type;
	return more;
}

/* The RRset of the file takes the place of the one there. */
static int
put_rrset(struct edit *e, const uint8_t *owner, const struct rrset *set)
{
	struct rrset_change *c = add_change(e, owner, set->type);
	struct rdata_ref *rdatas =
	    arena_calloc(&e->arena, set->n_rrs, sizeof(rdatas[0]));
	size_t at = 0;

	if (c == NULL || rdatas == NULL)
		return ERR_NOMEM;
	for (uint16_t i = 0; rrset_next(set, &at, &rdatas[i]);)
		i++;
	c->ttl = set->ttl;
	c->n = set->n_rrs;
	c->rdatas = rdatas;
	return 0;
}

/*
 * The file's SOA.  A serial that is not greater than ours stays ours, and is
 * raised as by any other change; one that differs in nothing else is no edit.
 */
static int
put_soa(struct edit *e, const uint8_t *owner, const struct rrset *ours,
    const struct rrset *theirs)
{
	uint32_t serial = version_serial(e->base);
	struct rdata_ref rdata = {NULL, 0}, old = {NULL, 0};
	struct rrset_change *c;
	struct rdata_ref *copy = arena_alloc(&e->arena, sizeof(*copy));
	uint8_t *octets;
	size_t at = 0, old_at = 0;

	(void)rrset_next(theirs, &at, &rdata);
	(void)rrset_next(ours, &old_at, &old);
	octets = arena_copy(&e->arena, rdata.octets, rdata.len);
	if (copy == NULL || octets == NULL)
		return ERR_NOMEM;
	if (!serial_after(soa_serial(octets, rdata.len), serial))
		soa_set_serial(octets, rdata.len, serial);
	if (ours->ttl == theirs->ttl && old.len == rdata.len &&
	    memcmp(old.octets, octets, rdata.len) == 0)
		return 0;
	c = add_change(e, owner, TYPE_SOA);
	if (c == NULL)
		return ERR_NOMEM;
	*copy = (struct rdata_ref){octets, rdata.len};
	c->ttl = theirs->ttl;
	c->n = 1;
	c->rdatas = copy;
	return 0;
}

/* ours or theirs may be NULL: a name that only one of them has. */
static int
diff_name(struct edit *e, const struct zone_name *ours,
    const struct zone_name *theirs)
{
	const uint8_t *owner = zone_name_owner(theirs != NULL ? theirs : ours);
	unsigned n = theirs == NULL ? 0 : zone_name_n_rrsets(theirs);
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < n; i++) {
		const struct rrset *set = zone_name_rrset_at(theirs, i);
		const struct rrset *old =
		    ours == NULL ? NULL : zone_name_rrset(ours, set->type);

		if (same_rrset(old, set))
			continue;
		ret = set->type == TYPE_SOA && old != NULL
		    ? put_soa(e, owner, old, set)
		    : put_rrset(e, owner, set);
	}
	n = ours == NULL ? 0 : zone_name_n_rrsets(ours);
	for (unsigned i = 0; ret == 0 && i < n; i++) {
		const struct rrset *old = zone_name_rrset_at(ours, i);

		if ((theirs == NULL ||
			zone_name_rrset(theirs, old->type) == NULL) &&
		    add_change(e, owner, old->type) == NULL)
			ret = ERR_NOMEM;
	}
	return ret;
}

/* Both in canonical order, side by side. */
static int
diff(struct edit *e)
{
	struct zone_iter ours_at, theirs_at;
	const struct zone_name *ours = zone_first(&ours_at, e->base);
	const struct zone_name *theirs =
	    zone_first(&theirs_at, zone_current(e->scratch));
	int ret = 0;

	while (ret == 0 && (ours != NULL || theirs != NULL)) {
		int order = ours == NULL ? 1
		    : theirs == NULL     ? -1
					 : name_compare(zone_name_owner(ours),
					       zone_name_owner(theirs));

		ret = diff_name(e, order <= 0 ? ours : NULL,
		    order >= 0 ? theirs : NULL);
		if (order <= 0)
			ours = zone_next(&ours_at);
		if (order >= 0)
			theirs = zone_next(&theirs_at);
	}
	return ret;
}

/* --- Through the writer --- */

/*
 * The names that the edit changes must be what they were when it was
 * compared: an update before us in the same group is not undone.
 */
static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	struct edit *e =
	    (struct edit *)((char *)job - offsetof(struct edit, job));

	(void)arena;
	*changes_out = NULL;
	*n_out = 0;
	for (size_t i = 0; i < e->n; i++) {
		const uint8_t *owner = e->changes[i].owner;

		if (!same_name(zone_get(view, owner), zone_get(e->base, owner)))
			return RCODE_SERVFAIL;
	}
	*changes_out = e->changes;
	*n_out = e->n;
	return RCODE_NOERROR;
}

static void
job_done(struct store_job *job)
{
	struct edit *e =
	    (struct edit *)((char *)job - offsetof(struct edit, job));

	(void)pthread_mutex_lock(&e->lock);
	e->is_done = true;
	(void)pthread_cond_signal(&e->done);
	(void)pthread_mutex_unlock(&e->lock);
}

static int
commit(struct edit *e, struct store_zone *z, struct reason *reason)
{
	e->job = (struct store_job){.zone = z,
	    .judge = judge,
	    .done = job_done,
	    .signer = "zone file"};
	if (!store_submit(z->store, &e->job)) {
		reason_set(reason, "too many updates wait: try again");
		return ERR_BUSY;
	}
	(void)pthread_mutex_lock(&e->lock);
	while (!e->is_done)
		(void)pthread_cond_wait(&e->done, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
	if (e->job.rcode == RCODE_NOERROR)
		return 0;
	reason_set(reason, "%s: %s", z->config.file,
	    e->job.reason.text[0] != '\0'
		? e->job.reason.text
		: "the zone changed while it was read: try again");
	return ERR_BUSY;
}

/* --- The file --- */

/* Into a zone of its own, which nobody else sees. */
static int
read_file(struct edit *e, struct store_zone *z, struct reason *reason)
{
	struct zone_txn *txn;
	int ret = zone_create(&z->apex, NULL, &e->scratch);

	if (ret == 0)
		ret = zone_begin(e->scratch, &txn);
	if (ret != 0)
		return ret;
	ret = zone_file_load(txn, z->config.file, reason);
	if (ret != 0) {
		zone_abort(txn);
		return ret;
	}
	zone_publish(e->scratch, zone_seal(txn));
	return 0;
}

/*
 * The serial that the file is of; 0: of none, since an update went into the
 * same group, or came after it, that the file lacks.
 */
static uint32_t
serial_of_file(struct edit *e, struct store_zone *z)
{
	zone_unpin(e->base);
	e->base = store_zone_pin(z);
	e->n = 0;
	if (version_serial(e->base) != e->job.serial_to || diff(e) != 0 ||
	    e->n > 0)
		return 0;
	return e->job.serial_to;
}

/* may_change: the file was what the zone is; else it must be that now. */
static int
take(struct edit *e, struct store_zone *z, bool may_change,
    struct reason *reason)
{
	uint8_t before[ZONE_FILE_DIGEST_LEN], after[ZONE_FILE_DIGEST_LEN];
	uint32_t serial = version_serial(e->base);
	int ret;

	ret = zone_file_digest(z->config.file, before);
	if (ret == 0)
		ret = read_file(e, z, reason);
	if (ret == 0)
		ret = zone_file_digest(z->config.file, after);
	if (ret == 0 && memcmp(before, after, sizeof(before)) != 0) {
		reason_set(reason, "%s changes while it is read: try again",
		    z->config.file);
		ret = ERR_BUSY;
	}
	if (ret == 0)
		ret = diff(e);
	if (ret == 0 && e->n > 0 && !may_change)
		ret = ERR_BUSY;
	if (ret == 0)
		ret = commit(e, z, reason);
	if (ret != 0)
		return ret;
	log_notice("zone file read zone=%s serial=%u->%u rrsets=%zu file=%s",
	    z->text, serial, e->job.changed ? e->job.serial_to : serial, e->n,
	    z->config.file);
	if (e->job.changed)
		serial = serial_of_file(e, z);
	ret = zone_text_taken(z, serial, before, reason);
	return ret != 0 ? ret : zone_text_check(z, reason);
}

int
zone_edit_take(struct store_zone *z, struct reason *reason)
{
	struct edit e = {.n = 0};
	bool may_change;
	int ret = ERR_BUSY;

	(void)pthread_mutex_init(&e.lock, NULL);
	(void)pthread_cond_init(&e.done, NULL);
	arena_init(&e.arena, 0);
	e.base = store_zone_pin(z);
	may_change = e.base != NULL &&
	    z->file.serial == version_serial(e.base) &&
	    z->file.path_crc == zone_dir_path_crc(z);
	if (e.base != NULL)
		ret = take(&e, z, may_change, reason);
	if (ret != 0 && !may_change) {
		ret = ERR_BUSY;
		reason_set(reason,
		    "%s was edited while the zone took updates that it lacks, "
		    "and is not read: take the edit back or remove the file, "
		    "then sync, edit, reload",
		    z->config.file);
	}
	if (ret != 0 && reason->text[0] == '\0')
		reason_set(reason, "%s: %s", z->config.file, err_text(ret));
	if (ret != 0)
		zone_text_warn(z, reason);
	if (e.base != NULL)
		zone_unpin(e.base);
	zone_destroy(e.scratch);
	arena_clear(&e.arena);
	(void)pthread_cond_destroy(&e.done);
	(void)pthread_mutex_destroy(&e.lock);
	return ret;
}
