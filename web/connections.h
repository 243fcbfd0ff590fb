/*
 * connections.h - who is connected, so that nobody keeps the others out
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When there are as many as may be, overall or of one address, the one that
 * has gone longest without a whole request is shut down to make room: a client
 * that sends an octet now and then is as idle as one that sends none.
 *
 * Owns:    its entries; sockets stay the HTTP library's.
 * Threads: one, that of the HTTP library.
 * Errors:  NULL: no memory.
 * Units:   milliseconds of a clock that only goes forward.
 */
#ifndef WEB_CONNECTIONS_H
#define WEB_CONNECTIONS_H

#include <gssapi/gssapi.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct connection {
	int fd;
	unsigned char address[16]; /* IPv4 as mapped */
	uint64_t since_ms;         /* its newest request, or its beginning */
	int in_hand;               /* requests that are being answered */
	int is_ending;             /* shut down to make room */
	gss_ctx_id_t gss;          /* an unfinished sign-in */
	TAILQ_ENTRY(connection) entry; /* longest without a request first */
};

struct connections {
	TAILQ_HEAD(, connection) list;
	size_t n; /* that are not ending */
	size_t max, per_address;
};

void connections_init(struct connections *c, size_t max, size_t per_address);

/* A new one from there; makes room for it first. */
struct connection *connections_add(struct connections *c, int fd,
    const struct sockaddr *from, uint64_t now_ms);

/* It is closed: frees it. */
void connections_remove(struct connections *c, struct connection *x);

/* A whole request came; it was answered. */
void connections_request(struct connection *x);
void connections_answered(struct connections *c, struct connection *x,
    uint64_t now_ms);

#endif
