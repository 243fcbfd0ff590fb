/*
 * tcp.h - connections: pipelined requests, answers in any order (RFC 7766)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A connection is idle, and closed after idle_ms, while it has neither a
 * request in hand nor octets unsent; half a message does not count as life.
 * One that takes no octets for stuck_ms is closed too.  At tcp-clients the
 * idlest connection of this worker makes room for a new one, if it has been
 * idle for TCP_GRACE_MS: a client may need that long between its TKEY and its
 * update.  Where none has, newcomers wait in the kernel's queue until one
 * does, or a connection ends.  At tcp-clients-per-address the new one is
 * closed at once.
 *
 * Owns:    connections and their descriptors.
 * Threads: the worker's.
 * Errors:  negative enum err.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stddef.h>
#include <stdint.h>

struct net_origin;
struct net_worker;
struct tcp;
struct tcp_connection;
struct tcp_listener;

#define TCP_GRACE_MS 1000

int tcp_init(struct tcp *t);
void tcp_clear(struct tcp *t); /* after all connections are closed */

/* Starts accepting on a descriptor of the listeners.  ERR_NOMEM, ERR_IO. */
int tcp_listen(struct net_worker *w, int fd);

void tcp_listener_remove(struct net_worker *w, struct tcp_listener *l);

/* Takes new connections. */
void tcp_accept(struct net_worker *w, struct tcp_listener *l);

/* epoll found these events on a connection. */
void tcp_event(struct net_worker *w, struct tcp_connection *c, uint32_t events);

/*
 * Does what handlers left to do on connections: writes, reads on, closes.
 * What comes up meanwhile waits for the next round (tcp.n_unsettled).
 */
void tcp_settle(struct net_worker *w);

/* Time-outs; and accepts again if newcomers wait. */
void tcp_tick(struct net_worker *w);

/* Reads no more; idle connections close now, the others when they are done. */
void tcp_stop(struct net_worker *w);

/* Closes a connection now, and frees it; says so if requests were in hand. */
void tcp_close(struct net_worker *w, struct tcp_connection *c);

/* As net_answer(), net_send_part(), net_drop(), net_close(), net_pending(). */
int tcp_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len);
int tcp_send_part(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len);
void tcp_drop(struct net_worker *w, const struct net_origin *to);
void tcp_cut(struct net_worker *w, const struct net_origin *to);
size_t tcp_pending(const struct net_worker *w, const struct net_origin *to);

#endif
