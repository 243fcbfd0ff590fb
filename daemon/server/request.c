/*
 * request.c - the life of one request on its worker
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/query/answer.h"
#include "daemon/server/request.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/sign.h"

struct request *
request_get(struct worker *w)
{
	struct request *r = LIST_FIRST(&w->spares);

	if (r != NULL) {
		LIST_REMOVE(r, link);
		w->n_spares--;
	} else {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return NULL;
		r->worker = w;
		arena_init(&r->arena, REQUEST_ARENA_MAX);
	}
	r->settings = w->settings;
	r->zone = NULL;
	r->is_noted = false;
	r->is_kept = false;
	r->is_answered = false;
	tsig_state_init(&r->tsig);
	r->edns.present = false;
	return r;
}

int
request_keep(struct request *r)
{
	struct worker *w = r->worker;
	const uint8_t *octets;

	if (w->n_kept >= REQUESTS_KEPT_MAX || w->kept_octets >= KEPT_OCTETS_MAX)
		return ERR_BUSY;
	arena_reset(&r->arena); /* of what pointed into the lent octets */
	octets = arena_copy(&r->arena, r->message.octets, r->message.len);
	if (octets == NULL)
		return ERR_NOMEM;
	if (message_read(octets, r->message.len, &r->arena, &r->message) !=
	    RCODE_NOERROR)
		return ERR_NOMEM; /* it was read before: nothing else fails */
	r->settings = settings_ref(r->settings);
	r->is_kept = true;
	r->came_ns = w->batch_ns;
	r->kept_octets = r->arena.total;
	w->kept_octets += r->kept_octets;
	w->n_kept++;
	return 0;
}

void
request_put(struct request *r)
{
	struct worker *w = r->worker;

	tsig_state_clear(&r->tsig);
	if (r->requester.book != NULL)
		requester_clear(&r->requester);
	if (r->is_kept) {
		settings_unref(r->settings);
		w->n_kept--;
		w->kept_octets -= r->kept_octets;
	}
	if (w->n_spares >= SPARES_MAX) {
		arena_clear(&r->arena);
		free(r);
		return;
	}
	arena_reset(&r->arena);
	r->settings = NULL;
	LIST_INSERT_HEAD(&w->spares, r, link);
	w->n_spares++;
}

/* How long an answer may be that goes the way the request came. */
static size_t
size_limit(const struct request *r)
{
	return answer_size(&r->message,
	    request_is_tcp(r) ? ANSWER_TCP : ANSWER_UDP,
	    settings_edns(r->settings)->max_udp_size);
}

void
request_answer_start(struct request *r, struct message_writer *w,
    const struct zone_version *v)
{
	size_t size = r->is_noted ? MESSAGE_LEN_MAX : size_limit(r);

	edns_reply_init(&r->edns, &r->message, settings_edns(r->settings), v);
	answer_start(w, r->worker->out, size, &r->message);
	message_write_reserve(w,
	    edns_reply_room(&r->edns) + tsig_room(&r->tsig));
}

#define EDE_TEXT_MAX 400 /* octets; the rest is in the log */

void
request_answer_explain(struct request *r, struct message_writer *w,
    enum ede_code code, const char *text)
{
	size_t len = strnlen(text, EDE_TEXT_MAX), room;
	uint8_t ede[2 + EDE_TEXT_MAX];

	if (!r->tsig.is_verified || !r->edns.present || len == 0)
		return;
	room = edns_reply_room(&r->edns) + tsig_room(&r->tsig);
	if (w->w.len + room + EDNS_OPTION_ROOM(2 + len) > size_limit(r))
		return;
	put_u16(ede, (uint16_t)code);
	memcpy(ede + 2, text, len);
	if (edns_reply_add(&r->edns, EDNS_OPTION_EDE, ede,
		(uint16_t)(2 + len)) == 0)
		message_write_reserve(w, room + EDNS_OPTION_ROOM(2 + len));
}

/* Unsigned: it says nothing but that the answer is to be had by TCP. */
static void
send_truncated(struct request *r)
{
	struct worker *worker = r->worker;
	struct message_writer w;

	edns_reply_init(&r->edns, &r->message, settings_edns(r->settings),
	    NULL);
	answer_start(&w, worker->out, size_limit(r), &r->message);
	message_write_truncate(&w);
	edns_reply_write(&r->edns, &w, RCODE_NOERROR);
	(void)net_answer(worker->net, &r->from, worker->out,
	    message_write_end(&w));
}

void
request_send(struct request *r, size_t len)
{
	if (len > size_limit(r))
		send_truncated(r);
	else
		(void)net_answer(r->worker->net, &r->from, r->worker->out, len);
}

/* Signs and sends what is in the worker's buffer; false: it cannot be. */
static bool
sign_and_send(struct request *r, size_t len, size_t size)
{
	struct worker *w = r->worker;
	int ret = tsig_sign(&r->tsig, w->out, &len, size);

	/* Names of 255 octets fill a datagram of 512 by themselves. */
	if (ret == ERR_NOSPACE && !request_is_tcp(r)) {
		send_truncated(r);
		return true;
	}
	if (ret != 0)
		return false;
	if (r->is_noted)
		repeats_finish(w->server->repeats, &r->repeat, w->out, len);
	request_send(r, len);
	return true;
}

void
request_forget(struct request *r)
{
	if (r->is_noted)
		repeats_forget(r->worker->server->repeats, &r->repeat);
	r->is_noted = false;
}

const struct histogram_bounds duration_us = {15,
    {10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	500000, 1000000}};

void
request_count_response(struct request *r, unsigned rcode)
{
	struct worker *w = r->worker;

	counter_add(&w->counters.responses[rcode < RCODES ? rcode : RCODES - 1],
	    1);
	/* What is kept has its handler's histogram. */
	if (!r->is_kept)
		w->n_batch_queries++;
}

void
request_count_duration(struct request *r, enum duration kind)
{
	histogram_add(&r->worker->counters.durations[kind], &duration_us,
	    (clock_mono_ns() - r->came_ns) / 1000, 1);
}

void
request_answer_send(struct request *r, struct message_writer *w,
    enum rcode rcode)
{
	/* It may go away. */
	if (rcode == RCODE_SERVFAIL)
		request_forget(r);
	message_write_reserve(w, tsig_room(&r->tsig));
	edns_reply_write(&r->edns, w, rcode);
	message_write_reserve(w, 0);
	request_count_response(r, rcode);
	if (!sign_and_send(r, message_write_end(w), w->w.size)) {
		log_error("answer cannot be signed, nothing is sent");
		request_drop(r);
	}
}

void
request_answer_rcode(struct request *r, enum rcode rcode)
{
	struct message_writer w;

	request_answer_start(r, &w, NULL);
	request_answer_send(r, &w, rcode);
}

void
request_drop(struct request *r)
{
	COUNT(r->worker->counters.dropped);
	request_forget(r);
	net_drop(r->worker->net, &r->from);
}
