/*
 * axfr.c - a whole zone version as a stream of messages (RFC 5936)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>

#include "daemon/base/err.h"
#include "daemon/xfr/axfr.h"

void
axfr_start(struct axfr *x, const struct transfer_query *query,
    const struct zone_version *version)
{
	x->query = query;
	x->version = version;
	x->step = AXFR_FIRST_SOA;
	x->n_messages = 0;
	x->n_rrs = 0;
	x->name = NULL;
	x->rrset = 0;
	x->at = 0;
	x->n_sent = 0;
}

static void
next_rrset(struct axfr *x)
{
	x->at = 0;
	x->n_sent = 0;
	x->rrset++;
	if (x->rrset < zone_name_n_rrsets(x->name))
		return;
	x->rrset = 0;
	x->name = zone_next(&x->iter);
}

/* As many of the RRset's remaining RRs as fit, one by one. */
static int
put_some_rrs(struct axfr *x, struct message_writer *w, const struct rrset *s)
{
	struct rdata_ref rdata;
	size_t at = x->at;
	int ret;

	while (rrset_next(s, &at, &rdata)) {
		ret = message_write_rendered(w, SECTION_ANSWER,
		    zone_name_owner(x->name), rrset_rendered(s) + x->at,
		    at - x->at, 1);
		if (ret != 0)
			return ret;
		x->at = at;
		x->n_sent++;
		x->n_rrs++;
	}
	next_rrset(x);
	return 0;
}

static int
put_rrset(struct axfr *x, struct message_writer *w)
{
	const struct rrset *s = zone_name_rrset_at(x->name, x->rrset);
	uint16_t n_left = (uint16_t)(s->n_rrs - x->n_sent);
	int ret;

	if (s->type == TYPE_SOA) {
		next_rrset(x);
		return 0;
	}
	ret =
	    message_write_rendered(w, SECTION_ANSWER, zone_name_owner(x->name),
		rrset_rendered(s) + x->at, s->rendered_len - x->at, n_left);
	if (ret != 0)
		return put_some_rrs(x, w, s);
	x->n_rrs += n_left;
	next_rrset(x);
	return 0;
}

static int
put_soa(struct axfr *x, struct message_writer *w)
{
	int ret = transfer_write_soa(w, x->version);

	if (ret == 0)
		x->n_rrs++;
	return ret;
}

/* One step of the stream. ERR_NOSPACE: the message is full. */
static int
put_next(struct axfr *x, struct message_writer *w)
{
	int ret;

	switch (x->step) {
	case AXFR_FIRST_SOA:
		ret = put_soa(x, w);
		if (ret != 0)
			return ret;
		x->name = zone_first(&x->iter, x->version);
		x->step = AXFR_RRSETS;
		return 0;
	case AXFR_RRSETS:
		if (x->name != NULL)
			return put_rrset(x, w);
		x->step = AXFR_LAST_SOA;
		return 0;
	case AXFR_LAST_SOA:
		ret = put_soa(x, w);
		if (ret == 0)
			x->step = AXFR_DONE;
		return ret;
	case AXFR_DONE:
		break;
	}
	return 0;
}

int
axfr_next(struct axfr *x, uint8_t *octets, size_t size, size_t *len_out,
    bool *last_out)
{
	bool is_first = x->n_messages == 0;
	uint64_t n_before = x->n_rrs;
	struct message_writer w;
	int ret = 0;

	*len_out = 0;
	*last_out = false;
	assert(x->step != AXFR_DONE);

	transfer_write_start(&w, octets, size, x->query, is_first);
	while (ret == 0 && x->step != AXFR_DONE)
		ret = put_next(x, &w);
	if (ret != 0 && (ret != ERR_NOSPACE || x->n_rrs == n_before))
		return ret;

	x->n_messages++;
	*len_out = transfer_write_end(&w, x->query, is_first);
	*last_out = x->step == AXFR_DONE;
	return 0;
}
