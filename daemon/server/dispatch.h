/*
 * dispatch.h - a message becomes a request, a request finds its handler
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: the worker's.
 */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include "daemon/server/request.h"

/* net/'s message(): octets from a peer. */
void dispatch_message(struct worker *w, const struct net_origin *from,
    const uint8_t *octets, size_t len);

/* net/'s posted(): a kept request comes back. */
void dispatch_posted(struct worker *w, struct request *r);

/* After the workers have ended: a kept request that came back too late. */
void dispatch_abandon(struct request *r);

/* --- The handlers, each a file of its own. --- */

enum outcome handle_query(struct request *r, struct message_writer *w,
    enum rcode *rcode_out);
enum outcome handle_tkey(struct request *r, struct message_writer *w,
    enum rcode *rcode_out);
enum outcome handle_transfer(struct request *r, struct message_writer *w,
    enum rcode *rcode_out);
enum outcome handle_update(struct request *r, struct message_writer *w,
    enum rcode *rcode_out);

/* The second halves, when the request is back. */
void finish_tkey(struct request *r);
void finish_update(struct request *r);
void finish_parked(struct request *r);

/* Sends what the transfer has ready; puts the request when it has ended. */
void pump_transfer(struct request *r);

/* net/'s closed() and drained(). */
void transfers_closed(struct worker *w, const struct net_origin *connection);
void transfers_drained(struct worker *w, const struct net_origin *connection);

#endif
