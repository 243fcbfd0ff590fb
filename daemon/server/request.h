/*
 * request.h - the life of one request on its worker
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the request's worker.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "daemon/dns/message_write.h"
#include "daemon/server/core.h"

/* How a handler ended (STYLE section 2). */
enum outcome {
	REPLY,  /* the answer is in the writer: finish and send it */
	PARKED, /* another thread has it; or it was sent by the handler */
	DROP,   /* nothing is sent */
};

/* The worker's spare request, empty; NULL: no memory. */
struct request *request_get(struct worker *w);

/*
 * Makes it independent of the octets it came in: they are copied and read
 * again.  ERR_NOMEM; ERR_BUSY: the worker has too many already.
 */
int request_keep(struct request *r);

/* An answer with this RCODE is on its way. */
void request_count_response(struct request *r, unsigned rcode);

/* One that was kept is about to be answered. */
void request_count_duration(struct request *r, enum duration kind);

/* Gives it back to its worker, with all that it holds. */
void request_put(struct request *r);

static inline bool
request_is_tcp(const struct request *r)
{
	return r->from.transport == NET_TCP;
}

/*
 * Begins the answer in the worker's buffer: header, question, and room kept
 * for OPT and TSIG.  v: for EDNS EXPIRE, or NULL.  One that is noted for
 * repeats, and cannot be made again, may be as long as TCP allows: who gets TC
 * in its place comes for it by TCP.
 */
void request_answer_start(struct request *r, struct message_writer *w,
    const struct zone_version *v);

/*
 * Puts the reason of a refusal into the answer that was begun, as an Extended
 * DNS Error (RFC 8914), if the request had EDNS and there is room.  Only who
 * has signed is told.
 */
void request_answer_explain(struct request *r, struct message_writer *w,
    enum ede_code code, const char *text);

/*
 * Sends the answer of len octets in the worker's buffer; TC in its place if it
 * is too long for a datagram.
 */
void request_send(struct request *r, size_t len);

/* Ends the answer with this RCODE, signs, sends, and notes it for repeats. */
void request_answer_send(struct request *r, struct message_writer *w,
    enum rcode rcode);

/* The whole of an answer that is only an RCODE. */
void request_answer_rcode(struct request *r, enum rcode rcode);

/* For repeats it was never here: the same octets again are a new request. */
void request_forget(struct request *r);

/* No answer: ends the obligation to net/, and forgets the repeat. */
void request_drop(struct request *r);

#endif
