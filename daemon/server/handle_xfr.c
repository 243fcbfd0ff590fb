/*
 * handle_xfr.c - AXFR and IXFR: a transfer thread fills, the worker signs and
 * sends
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/policy/acl.h"
#include "daemon/query/answer.h"
#include "daemon/server/audit.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/sign.h"

/* On a transfer thread: there is something to take. */
static bool
transfer_is_ready(struct transfer *t)
{
	struct request *r = (struct request *)((char *)t -
	    offsetof(struct request, u.transfer));

	return net_post(r->worker->net, r);
}

/* Whether this transfer may be: NOERROR, or the refusal. */
static enum rcode
check(struct request *r)
{
	struct store_zone *z = store_find_apex(r->worker->server->store,
	    r->message.question.name.octets);

	r->zone = settings_zone(r->settings, z);
	if (r->zone == NULL)
		return RCODE_NOTAUTH; /* RFC 5936 section 2.2.1 */
	if (!acl_allows(r->zone->allow_transfer, &r->from.remote,
		&r->tsig.signer)) {
		audit_transfer_refused(r,
		    "allow-transfer does not match; add the key or "
		    "the address there");
		return RCODE_REFUSED;
	}
	if (r->message.question.type == TYPE_AXFR && !request_is_tcp(r))
		return RCODE_FORMERR; /* RFC 5936 section 4.2 */
	return RCODE_NOERROR;
}

/* Fills in the transfer; NOERROR: it can be started. */
static enum rcode
prepare(struct request *r)
{
	struct transfer *t = &r->u.transfer;
	const struct message *m = &r->message;

	*t = (struct transfer){.kind = TRANSFER_AXFR,
	    .zone = r->zone->zone,
	    .ready = transfer_is_ready};
	t->query.id = m->id;
	t->query.flags = m->flags;
	t->query.question = m->question;
	if (m->question.type == TYPE_IXFR) {
		t->kind = TRANSFER_IXFR;
		if (!ixfr_client_serial(m, &t->client_serial))
			return RCODE_FORMERR;
	}
	t->version = store_zone_pin(r->zone->zone);
	if (t->version == NULL)
		return RCODE_SERVFAIL;
	edns_reply_init(&r->edns, m, settings_edns(r->settings), t->version);
	t->query.edns = edns_reply_view(&r->edns);
	if (!request_is_tcp(r))
		t->udp_size = answer_size(m, ANSWER_UDP,
				  settings_edns(r->settings)->max_udp_size) -
		    tsig_room(&r->tsig);
	return RCODE_NOERROR;
}

enum outcome
handle_transfer(struct request *r, struct message_writer *w,
    enum rcode *rcode_out)
{
	int ret;

	*rcode_out = check(r);
	if (*rcode_out == RCODE_NOERROR && request_keep(r) != 0)
		*rcode_out = RCODE_SERVFAIL;
	if (*rcode_out == RCODE_NOERROR)
		*rcode_out = prepare(r);
	if (*rcode_out == RCODE_NOERROR) {
		r->kind = REQUEST_TRANSFER;
		LIST_INSERT_HEAD(&r->worker->transfers, r, link);
		ret = transfers_start(r->worker->server->transfers,
		    &r->u.transfer);
		if (ret == 0)
			return PARKED;
		LIST_REMOVE(r, link);
		zone_unpin(r->u.transfer.version);
		audit_transfer_refused(r,
		    ret == ERR_BUSY ? "transfers-out is reached"
				    : err_text(ret));
		*rcode_out = RCODE_SERVFAIL;
	}
	request_answer_start(r, w, NULL);
	return REPLY;
}

static void
log_end(const struct request *r)
{
	const struct transfer *t = &r->u.transfer;
	char addr[ADDR_TEXT_SIZE], name[NAME_TEXT_SIZE], who[SIGNER_TEXT_SIZE];
	const char *type = t->form == IXFR_ZONE ? "AXFR" : "IXFR";

	(void)name_to_log(t->query.question.name.octets, name);
	(void)addr_to_text_port(&r->from.remote, addr);
	(void)signer_to_text(&r->tsig.signer, who, sizeof(who));
	if (t->error == 0)
		log_info("transfer done zone=%s type=%s serial=%u to=%s "
			 "signer=\"%s\" messages=%u records=%llu octets=%llu",
		    name, type, t->serial, addr, who, t->n_messages,
		    (unsigned long long)t->n_rrs,
		    (unsigned long long)t->n_octets);
	else
		log_info("transfer failed zone=%s type=%s to=%s signer=\"%s\" "
			 "reason=\"%s\"",
		    name, type, addr, who, err_text(t->error));
}

static void
end_transfer(struct request *r)
{
	const struct transfer *t = &r->u.transfer;
	struct zone_link *link = server_zone_link(t->zone);

	if (t->error != 0) {
		COUNT(link->transfers_failed);
		if (r->message.question.type == TYPE_IXFR)
			COUNT(link->ixfrs_failed);
		if (request_is_tcp(r))
			net_close(r->worker->net, &r->from);
		else if (!r->is_answered)
			net_drop(r->worker->net, &r->from);
	} else if (t->form == IXFR_ZONE) {
		COUNT(link->axfrs);
	} else if (t->form == IXFR_DELTAS) {
		COUNT(link->ixfrs);
	}
	log_end(r);
	LIST_REMOVE(r, link);
	request_put(r);
}

/* False: the transfer was cancelled, because it cannot go on. */
static bool
send_message(struct request *r, struct transfer_message *m)
{
	struct net_worker *net = r->worker->net;
	int ret;

	if (tsig_sign(&r->tsig, m->octets, &m->len, m->size) != 0) {
		ret = ERR_CRYPTO;
	} else if (m->is_last) {
		r->is_answered = true; /* whatever is returned */
		request_count_response(r, RCODE_NOERROR);
		ret = net_answer(net, &r->from, m->octets, m->len);
	} else {
		ret = net_send_part(net, &r->from, m->octets, m->len);
	}
	transfer_give(&r->u.transfer, m);
	if (ret != 0)
		transfer_cancel(&r->u.transfer);
	return ret == 0;
}

void
pump_transfer(struct request *r)
{
	struct transfer_message *m;

	while (net_pending(r->worker->net, &r->from) < NET_LOW_WATER) {
		switch (transfer_take(&r->u.transfer, &m)) {
		case TRANSFER_MESSAGE:
			(void)send_message(r, m);
			break;
		case TRANSFER_WAIT:
			return;
		case TRANSFER_ENDED:
			end_transfer(r);
			return;
		}
	}
}

static bool
is_on(const struct request *r, const struct net_origin *connection)
{
	return r->from.transport == NET_TCP &&
	    r->from.slot == connection->slot &&
	    r->from.generation == connection->generation;
}

void
transfers_closed(struct worker *w, const struct net_origin *connection)
{
	struct request *r, *next;

	for (r = LIST_FIRST(&w->transfers); r != NULL; r = next) {
		next = LIST_NEXT(r, link);
		if (is_on(r, connection)) {
			transfer_cancel(&r->u.transfer);
			pump_transfer(r);
		}
	}
}

void
transfers_drained(struct worker *w, const struct net_origin *connection)
{
	struct request *r, *next;

	for (r = LIST_FIRST(&w->transfers); r != NULL; r = next) {
		next = LIST_NEXT(r, link);
		if (is_on(r, connection))
			pump_transfer(r);
	}
}
