/*
 * request.c - the life of one request on its worker
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

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
	const uint8_t *octets;

	if (r->worker->n_kept >= REQUESTS_KEPT_MAX)
		return ERR_BUSY;
	octets = arena_copy(&r->arena, r->message.octets, r->message.len);
	if (octets == NULL)
		return ERR_NOMEM;
	if (message_read(octets, r->message.len, &r->arena, &r->message) !=
	    RCODE_NOERROR)
		return ERR_NOMEM; /* it was read before: nothing else fails */
	r->settings = settings_ref(r->settings);
	r->is_kept = true;
	r->worker->n_kept++;
	return 0;
}

void
request_put(struct request *r)
{
	tsig_state_clear(&r->tsig);
	arena_reset(&r->arena);
	if (r->is_kept) {
		settings_unref(r->settings);
		r->worker->n_kept--;
	}
	r->settings = NULL;
	LIST_INSERT_HEAD(&r->worker->spares, r, link);
}

void
request_answer_start(struct request *r, struct message_writer *w,
    const struct zone_version *v)
{
	const struct edns_settings *edns = settings_edns(r->settings);
	size_t size = answer_size(&r->message,
	    request_is_tcp(r) ? ANSWER_TCP : ANSWER_UDP, edns->max_udp_size);

	edns_reply_init(&r->edns, &r->message, edns, v);
	answer_start(w, r->worker->out, size, &r->message);
	message_write_reserve(w,
	    edns_reply_room(&r->edns) + tsig_room(&r->tsig));
}

/* Signs and sends what is in the worker's buffer; false: it cannot be. */
static bool
sign_and_send(struct request *r, size_t len, size_t size)
{
	struct worker *w = r->worker;

	if (tsig_sign(&r->tsig, w->out, &len, size) != 0)
		return false;
	(void)net_answer(w->net, &r->from, w->out, len);
	if (r->is_noted)
		repeats_finish(w->server->repeats, &r->repeat, w->out, len);
	return true;
}

void
request_answer_send(struct request *r, struct message_writer *w,
    enum rcode rcode)
{
	struct worker *worker = r->worker;

	/* A SERVFAIL may go away: the same octets are tried again. */
	if (rcode == RCODE_SERVFAIL && r->is_noted) {
		repeats_forget(worker->server->repeats, &r->repeat);
		r->is_noted = false;
	}
	message_write_reserve(w, tsig_room(&r->tsig));
	edns_reply_write(&r->edns, w, rcode);
	message_write_reserve(w, 0);
	COUNT(worker->counters.rcodes[rcode < 16 ? (unsigned)rcode : 16]);
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
	if (r->is_noted)
		repeats_forget(r->worker->server->repeats, &r->repeat);
	r->is_noted = false;
	net_drop(r->worker->net, &r->from);
}
