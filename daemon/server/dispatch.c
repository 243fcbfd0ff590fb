/*
 * dispatch.c - a message becomes a request, a request finds its handler
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/dispatch.h"
#include "daemon/server/audit.h"
#include "daemon/server/parked.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/verify.h"

/* True for messages that must be carried out once only. */
static bool
is_once_only(const struct message *m)
{
	return message_opcode(m) == OPCODE_UPDATE ||
	    (message_opcode(m) == OPCODE_QUERY && m->n_questions == 1 &&
		m->question.type == TYPE_TKEY);
}

/* An unsigned update: its octets say too little to be known by them alone. */
static bool
needs_port(const struct message *m)
{
	return message_opcode(m) == OPCODE_UPDATE && !m->has_tsig;
}

/* The same octets again?  Then they are answered or dropped here: true. */
static bool
is_repeat(struct request *r)
{
	struct worker *w = r->worker;
	struct addr from = r->from.remote;
	size_t len;

	if (!needs_port(&r->message))
		from.port = 0;
	if (repeats_key(w->digest, &from, r->message.octets, r->message.len,
		&r->repeat) != 0)
		return false;
	switch (repeats_begin(w->server->repeats, &r->repeat, w->out,
	    sizeof(w->out), &len)) {
	case REPEAT_NEW:
		r->is_noted = true;
		return false;
	case REPEAT_IN_HAND:
		net_drop(w->net, &r->from);
		break;
	case REPEAT_FINISHED:
		request_count_response(r, w->out[3] & FLAG_RCODE_MASK);
		request_send(r, len);
		break;
	}
	COUNT(w->counters.repeats);
	return true;
}

static void
count_signature(struct worker_counters *c, const struct tsig_state *s)
{
	if (s->is_replay)
		COUNT(c->tsigs_replayed);
	else if (s->error == TSIG_ERROR_BADKEY)
		COUNT(c->tsigs_badkey);
	else if (s->error == TSIG_ERROR_BADSIG)
		COUNT(c->tsigs_badsig);
	else if (s->error == TSIG_ERROR_BADTIME)
		COUNT(c->tsigs_badtime);
	else if (s->error == TSIG_ERROR_BADTRUNC)
		COUNT(c->tsigs_badtrunc);
	else
		COUNT(c->tsigs_formerr);
}

/* TSIG verified: true to go on, else it was answered or dropped. */
static bool
is_authentic(struct request *r)
{
	struct reason reason = {""};

	if (!r->message.has_tsig)
		return true;
	tsig_verify(settings_keyring(r->settings), r->worker->server->contexts,
	    &r->message, &r->tsig, &reason);
	if (r->tsig.rcode == RCODE_NOERROR)
		return true;
	count_signature(&r->worker->counters, &r->tsig);
	audit_signature(r, &reason);
	if (r->tsig.is_replay && !request_is_tcp(r))
		request_drop(r); /* RFC 3645 has no answer to a replay */
	else
		request_answer_rcode(r, r->tsig.rcode);
	return false;
}

static enum outcome
handle_question(struct request *r, struct message_writer *w,
    enum rcode *rcode_out)
{
	const struct message *m = &r->message;

	if (m->n_questions == 1 && m->question.type == TYPE_TKEY)
		return handle_tkey(r, w, rcode_out);
	if (m->n_questions == 1 && m->question.class == CLASS_IN &&
	    (m->question.type == TYPE_AXFR || m->question.type == TYPE_IXFR))
		return handle_transfer(r, w, rcode_out);
	return handle_query(r, w, rcode_out);
}

static void
handle(struct request *r)
{
	enum outcome outcome = REPLY;
	enum rcode rcode = RCODE_NOTIMP;
	struct message_writer w;

	switch (message_opcode(&r->message)) {
	case OPCODE_QUERY:
		outcome = handle_question(r, &w, &rcode);
		break;
	case OPCODE_UPDATE:
		outcome = handle_update(r, &w, &rcode);
		break;
	case OPCODE_NOTIFY: /* we are nobody's secondary (RFC 1996) */
		request_answer_start(r, &w, NULL);
		rcode = RCODE_NOTAUTH;
		break;
	}
	switch (outcome) {
	case REPLY:
		request_answer_send(r, &w, rcode);
		break;
	case DROP:
		request_drop(r);
		break;
	case PARKED:
		return;
	}
	request_put(r);
}

static void
count_request(struct worker *w, const struct net_origin *from,
    const uint8_t *octets)
{
	unsigned opcode = octets[2] >> 3 & 15; /* RFC 1035 section 4.1.1 */

	counter_add(&w->counters.requests[opcode][from->transport == NET_TCP]
					 [from->remote.family == AF_INET6],
	    1);
}

void
dispatch_message(struct worker *w, const struct net_origin *from,
    const uint8_t *octets, size_t len)
{
	struct request *r;
	enum rcode rcode;

	if (!message_is_request(octets, len) || (r = request_get(w)) == NULL) {
		COUNT(w->counters.dropped);
		net_drop(w->net, from);
		return;
	}
	count_request(w, from, octets);
	r->from = *from;
	rcode = message_read(octets, len, &r->arena, &r->message);
	if (rcode != RCODE_NOERROR) {
		COUNT(w->counters.malformed);
		audit_junk(r, rcode);
		request_answer_rcode(r, rcode);
		request_put(r);
		return;
	}
	if ((is_once_only(&r->message) && is_repeat(r)) || !is_authentic(r)) {
		request_put(r);
		return;
	}
	if (r->message.edns.present && r->message.edns.version > 0) {
		request_answer_rcode(r, RCODE_BADVERS);
		request_put(r);
		return;
	}
	handle(r);
}

void
dispatch_posted(struct worker *w, struct request *r)
{
	(void)w;
	switch (r->kind) {
	case REQUEST_UPDATE:
		finish_update(r);
		break;
	case REQUEST_PARKED:
		park_end(r);
		finish_parked(r);
		break;
	case REQUEST_TKEY:
		finish_tkey(r);
		break;
	case REQUEST_TRANSFER:
		transfer_posted(&r->u.transfer);
		pump_transfer(r);
		break;
	}
}

void
dispatch_abandon(struct request *r)
{
	if (r->kind == REQUEST_TKEY)
		negotiation_result_clear(&r->u.tkey.job.result);
	else if (r->kind == REQUEST_PARKED)
		park_end(r);
	request_put(r);
}
