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
#include "daemon/store/batch.h"
#include "daemon/store/limits.h"
#include "daemon/store/own_job.h"
#include "daemon/store/store.h"
#include "daemon/store/zone_edit.h"
#include "daemon/store/zone_text.h"
#include "daemon/zone/zone_file.h"

struct edit {
	struct own_job own;
	struct arena arena;
	const struct zone_version *base; /* pinned: what the zone is */
	struct zone *scratch;            /* what the file says */
	uint8_t digest[ZONE_FILE_DIGEST_LEN];
	struct rrset_change *changes; /* the SOA's last */
	size_t n, room;
	size_t part, n_part; /* of the changes: what the job is to make */
};

static bool
same_rrset(const struct rrset *a, const struct rrset *b)
{
	return a == b ||
	    (a != NULL && b != NULL && a->rendered_len == b->rendered_len &&
		memcmp(rrset_rendered(a), rrset_rendered(b), a->rendered_len) ==
		    0);
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

		if (!same_rrset(old, set) && set->type != TYPE_SOA)
			ret = put_rrset(e, owner, set);
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

/*
 * Both in canonical order, side by side.  The SOA comes last: its serial is
 * that of the whole.
 */
static int
diff(struct edit *e)
{
	const struct zone_version *v = zone_current(e->scratch);
	struct zone_iter ours_at, theirs_at;
	const struct zone_name *ours = zone_first(&ours_at, e->base);
	const struct zone_name *theirs = zone_first(&theirs_at, v);
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
	return ret != 0 ? ret
			: put_soa(e, zone_name_owner(version_apex(v)),
			      version_soa(e->base), version_soa(v));
}

/* --- Through the writer --- */

static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	struct edit *e =
	    (struct edit *)((char *)job - offsetof(struct edit, own.job));

	(void)view;
	(void)arena;
	*changes_out = e->changes + e->part;
	*n_out = e->n_part;
	return RCODE_NOERROR;
}

/* As many changes from e->part on as one group takes, but at least one. */
static size_t
count_part(const struct edit *e, const struct store_zone *z)
{
	size_t most = batch_job_octets_max(z->store), octets = 0, n = 0;

	for (; e->part + n < e->n; n++) {
		octets +=
		    limits_change_octets(e->base, &e->changes[e->part + n]);
		if (octets > most && n > 0)
			break;
	}
	return n;
}

/* serial_out: the zone's then. */
static int
commit(struct edit *e, struct store_zone *z, uint32_t *serial_out,
    struct reason *reason)
{
	struct reason why = {""};
	int ret = 0;

	own_job_init(&e->own, z);
	e->own.job.judge = judge;
	e->own.job.signer = "zone file";
	*serial_out = version_serial(e->base);
	for (e->part = 0; ret == 0 && e->part < e->n; e->part += e->n_part) {
		e->n_part = count_part(e, z);
		ret = own_job_run(&e->own, &why);
		if (ret == 0 && e->own.job.changed)
			*serial_out = e->own.job.serial_to;
	}
	own_job_clear(&e->own);
	if (ret != 0)
		reason_set(reason, "%s: %s", z->config.file, why.text);
	return ret;
}

/* --- The file --- */

/* Into a zone of its own, which nobody else sees. */
static int
load_file(struct edit *e, struct store_zone *z, struct reason *reason)
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

/* Reads the file as it is at one moment, and compares. */
static int
edit_begin(struct edit *e, struct store_zone *z, struct reason *reason)
{
	uint8_t after[ZONE_FILE_DIGEST_LEN];
	int ret;

	memset(e, 0, sizeof(*e));
	arena_init(&e->arena, 0);
	e->base = store_zone_pin(z);
	ret = zone_file_digest(z->config.file, e->digest);
	if (ret == 0)
		ret = load_file(e, z, reason);
	if (ret == 0)
		ret = zone_file_digest(z->config.file, after);
	if (ret == 0 && memcmp(e->digest, after, sizeof(after)) != 0) {
		reason_set(reason, "%s changes while it is read: try again",
		    z->config.file);
		ret = ERR_BUSY;
	}
	return ret != 0 ? ret : diff(e);
}

static void
edit_end(struct edit *e)
{
	zone_unpin(e->base);
	zone_destroy(e->scratch);
	arena_clear(&e->arena);
}

static int
note(const struct edit *e, struct store_zone *z, uint32_t serial,
    struct reason *reason)
{
	int ret = zone_text_taken(z, serial, e->digest, reason);

	return ret != 0 ? ret : zone_text_check(z, reason);
}

int
zone_edit_take(struct store_zone *z, struct reason *reason)
{
	struct edit e;
	uint32_t serial;
	int ret = edit_begin(&e, z, reason);

	if (ret == 0)
		ret = commit(&e, z, &serial, reason);
	if (ret == 0) {
		log_notice("zone file read zone=%s serial=%u->%u rrsets=%zu "
			   "file=%s",
		    z->text, version_serial(e.base), serial, e.n,
		    z->config.file);
		ret = note(&e, z, serial, reason);
	}
	if (ret != 0 && reason->text[0] == '\0')
		reason_set(reason, "%s: %s", z->config.file, err_text(ret));
	zone_text_warn(z, ret == 0 ? NULL : reason);
	edit_end(&e);
	return ret;
}

int
zone_edit_adopt(struct store_zone *z, struct reason *reason)
{
	struct reason why = {""};
	struct edit e;
	int ret = edit_begin(&e, z, &why);

	if (ret == 0)
		ret = e.n > 0 ? ERR_BUSY
			      : note(&e, z, version_serial(e.base), reason);
	edit_end(&e);
	return ret == 0 ? 0 : ERR_BUSY;
}
