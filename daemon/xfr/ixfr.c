/*
 * ixfr.c - the way from a client's serial to ours (RFC 1995)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>

#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/xfr/ixfr.h"

bool
ixfr_client_serial(const struct message *q, uint32_t *serial_out)
{
	const struct rr *rr;

	*serial_out = 0;
	for (uint16_t i = 0; i < q->n_rrs[SECTION_AUTHORITY]; i++) {
		rr = &q->rrs[SECTION_AUTHORITY][i];
		if (rr->type != TYPE_SOA || rr->class != CLASS_IN ||
		    !name_equal(rr->owner, q->question.name.octets) ||
		    !rdata_is_valid(TYPE_SOA, rr->rdata, rr->rdata_len))
			continue;
		*serial_out = soa_serial(rr->rdata, rr->rdata_len);
		return true;
	}
	return false;
}

bool
ixfr_is_current(const struct zone_version *v, uint32_t serial)
{
	return !serial_after(version_serial(v), serial);
}

/* --- Looking through the history before it is sent --- */

static const struct rr *
find_soa(const struct changeset_rr *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i].rr.type == TYPE_SOA)
			return &list[i].rr;
	return NULL;
}

/* Takes the SOA as the one that the client has. */
static int
set_soa(struct ixfr *x, uint32_t ttl, const uint8_t *rdata, size_t len)
{
	if (len > sizeof(x->soa) || !rdata_is_valid(TYPE_SOA, rdata, len))
		return ERR_MISMATCH;
	memcpy(x->soa, rdata, len);
	x->soa_len = (uint16_t)len;
	x->soa_ttl = ttl;
	return 0;
}

static int
set_soa_from_list(struct ixfr *x, const struct changeset_rr *list, uint32_t n)
{
	const struct rr *rr = find_soa(list, n);

	if (rr == NULL)
		return ERR_MISMATCH;
	return set_soa(x, rr->ttl, rr->rdata, rr->rdata_len);
}

static int
set_soa_from_version(struct ixfr *x)
{
	const struct rrset *soa = version_soa(x->version);
	struct rdata_ref rdata;
	size_t at = 0;

	if (soa == NULL || !rrset_next(soa, &at, &rdata))
		return ERR_MISMATCH;
	return set_soa(x, soa->ttl, rdata.octets, rdata.len);
}

/* The client's serial is now this one. */
static void
set_serial(struct ixfr *x, uint32_t serial)
{
	x->serial = serial;
	soa_set_serial(x->soa, x->soa_len, serial);
}

/* The next changeset that gives a new serial to a zone that was there. */
static int
next_changeset(struct ixfr *x)
{
	int ret;

	do {
		arena_reset(&x->arena);
		ret = x->history.next(x->history.arg, &x->arena, &x->changeset);
		if (ret != 0)
			return ret;
	} while (x->changeset.serial_from == x->changeset.serial_to);
	if (x->changeset.serial_from != x->serial ||
	    (x->changeset.flags &
		(CHANGESET_ZONE_ADDED | CHANGESET_ZONE_REMOVED)) != 0)
		return ERR_MISMATCH;
	return 0;
}

/*
 * Follows the serials to ours and counts RRs; sets the SOA that the client
 * has.  An error: better send the zone.
 */
static int
look_through(struct ixfr *x, uint32_t client_serial)
{
	uint64_t n_most = version_n_records(x->version);
	const struct changeset *cs = &x->changeset;
	uint64_t n_rrs = 0;
	bool has_soa = false;
	int ret;

	if (n_most < IXFR_RRS_ALWAYS)
		n_most = IXFR_RRS_ALWAYS;
	x->serial = client_serial;
	ret = x->history.rewind(x->history.arg);
	if (ret != 0)
		return ret;
	while ((ret = next_changeset(x)) == 0) {
		n_rrs += 2 + (uint64_t)cs->n_deleted + cs->n_added;
		if (n_rrs > n_most)
			return ERR_MISMATCH;
		if (!has_soa && (cs->flags & CHANGESET_SOA_FULL) != 0) {
			ret = set_soa_from_list(x, cs->deleted, cs->n_deleted);
			if (ret != 0)
				return ret;
			has_soa = true;
		}
		x->serial = cs->serial_to;
	}
	if (ret != ERR_NOTFOUND)
		return ret;
	if (x->serial != version_serial(x->version))
		return ERR_MISMATCH;
	return has_soa ? 0 : set_soa_from_version(x);
}

int
ixfr_start(struct ixfr *x, const struct transfer_query *query,
    const struct zone_version *version, uint32_t client_serial,
    const struct ixfr_history *history)
{
	int ret;

	x->query = query;
	x->version = version;
	x->history = *history;
	x->step = IXFR_FIRST_SOA;
	x->n_messages = 0;
	x->n_rrs = 0;
	arena_init(&x->arena, 0);
	x->form = IXFR_CURRENT;
	if (ixfr_is_current(version, client_serial))
		return 0;

	ret = look_through(x, client_serial);
	if (ret == 0)
		ret = x->history.rewind(x->history.arg);
	if (ret == ERR_NOMEM)
		return ret;
	if (ret != 0) {
		x->form = IXFR_ZONE;
		axfr_start(&x->axfr, query, version);
		return 0;
	}
	x->form = IXFR_DELTAS;
	set_serial(x, client_serial);
	return 0;
}

void
ixfr_stop(struct ixfr *x)
{
	arena_clear(&x->arena);
}

/* --- Sending --- */

static int
put_our_soa(struct ixfr *x, struct message_writer *w)
{
	int ret = transfer_write_soa(w, x->version);

	if (ret == 0)
		x->n_rrs++;
	return ret;
}

static int
put_client_soa(struct ixfr *x, struct message_writer *w)
{
	struct rr rr = {
	    .owner = zone_name_owner(version_apex(x->version)),
	    .type = TYPE_SOA,
	    .class = CLASS_IN,
	    .ttl = x->soa_ttl,
	    .rdata_len = x->soa_len,
	    .rdata = x->soa,
	};
	int ret = message_write_rr(w, SECTION_ANSWER, &rr);

	if (ret == 0)
		x->n_rrs++;
	return ret;
}

/* The rest of a list, but its SOA, which goes before it. */
static int
put_list(struct ixfr *x, struct message_writer *w,
    const struct changeset_rr *list, uint32_t n)
{
	int ret;

	for (; x->at < n; x->at++) {
		if (list[x->at].rr.type == TYPE_SOA)
			continue;
		ret = message_write_rr(w, SECTION_ANSWER, &list[x->at].rr);
		if (ret != 0)
			return ret;
		x->n_rrs++;
	}
	x->at = 0;
	return 0;
}

static int
begin_changeset(struct ixfr *x)
{
	int ret = next_changeset(x);

	if (ret == 0)
		x->step = IXFR_OLD_SOA;
	if (ret != ERR_NOTFOUND)
		return ret;
	if (x->serial != version_serial(x->version))
		return ERR_MISMATCH;
	x->step = IXFR_LAST_SOA;
	return 0;
}

/* The SOA becomes the one that the changeset leads to. */
static int
change_soa(struct ixfr *x)
{
	const struct changeset *cs = &x->changeset;
	int ret = 0;

	if ((cs->flags & CHANGESET_SOA_FULL) != 0)
		ret = set_soa_from_list(x, cs->added, cs->n_added);
	if (ret == 0)
		set_serial(x, cs->serial_to);
	return ret;
}

/* One step of the stream. ERR_NOSPACE: the message is full. */
static int
put_next(struct ixfr *x, struct message_writer *w)
{
	const struct changeset *cs = &x->changeset;
	enum ixfr_step next = IXFR_DONE;
	int ret = 0;

	switch (x->step) {
	case IXFR_FIRST_SOA:
		ret = put_our_soa(x, w);
		x->at = 0;
		next =
		    x->form == IXFR_CURRENT ? IXFR_DONE : IXFR_NEXT_CHANGESET;
		break;
	case IXFR_NEXT_CHANGESET:
		return begin_changeset(x);
	case IXFR_OLD_SOA:
		ret = put_client_soa(x, w);
		next = IXFR_DELETED;
		break;
	case IXFR_DELETED:
		ret = put_list(x, w, cs->deleted, cs->n_deleted);
		if (ret == 0)
			ret = change_soa(x);
		next = IXFR_NEW_SOA;
		break;
	case IXFR_NEW_SOA:
		ret = put_client_soa(x, w);
		next = IXFR_ADDED;
		break;
	case IXFR_ADDED:
		ret = put_list(x, w, cs->added, cs->n_added);
		next = IXFR_NEXT_CHANGESET;
		break;
	case IXFR_LAST_SOA:
		ret = put_our_soa(x, w);
		break;
	case IXFR_DONE:
		break;
	}
	if (ret == 0)
		x->step = next;
	return ret;
}

int
ixfr_next(struct ixfr *x, uint8_t *octets, size_t size, size_t *len_out,
    bool *last_out)
{
	bool is_first = x->n_messages == 0;
	uint64_t n_before = x->n_rrs;
	struct message_writer w;
	int ret = 0;

	*len_out = 0;
	*last_out = false;
	if (x->form == IXFR_ZONE) {
		ret = axfr_next(&x->axfr, octets, size, len_out, last_out);
		x->n_messages = x->axfr.n_messages;
		x->n_rrs = x->axfr.n_rrs;
		return ret;
	}
	assert(x->step != IXFR_DONE);

	transfer_write_start(&w, octets, size, x->query, is_first);
	while (ret == 0 && x->step != IXFR_DONE)
		ret = put_next(x, &w);
	if (ret != 0 && (ret != ERR_NOSPACE || x->n_rrs == n_before))
		return ret;

	x->n_messages++;
	*len_out = transfer_write_end(&w, x->query, is_first);
	*last_out = x->step == IXFR_DONE;
	return 0;
}

int
ixfr_single_soa(const struct transfer_query *query,
    const struct zone_version *version, uint8_t *octets, size_t size,
    size_t *len_out)
{
	struct message_writer w;
	int ret;

	*len_out = 0;
	transfer_write_start(&w, octets, size, query, true);
	ret = transfer_write_soa(&w, version);
	if (ret == 0)
		*len_out = transfer_write_end(&w, query, true);
	return ret;
}
