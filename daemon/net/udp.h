/*
 * udp.h - datagrams in and out, many with one system call
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only file that knows how datagrams are received and sent: udp_receive()
 * and udp_flush() are what another way of doing it (AF_XDP) would replace.
 *
 * Owns:    the buffers of one batch each way, sockets for our own datagrams.
 * Threads: the worker's.
 * Errors:  negative enum err; what cannot be sent now is counted and dropped.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/addr.h"

struct net_origin;
struct net_worker;
struct udp_queue; /* opaque: defined in udp.c */
struct udp_socket;

struct udp_queue *udp_queue_create(void);
void udp_queue_destroy(struct udp_queue *q);

/* Starts receiving on a descriptor of the listeners.  ERR_NOMEM, ERR_IO. */
int udp_listen(struct net_worker *w, int fd, const struct addr *local,
    bool is_wildcard);

/* Forgets the socket and closes it if it is our own. */
void udp_remove(struct net_worker *w, struct udp_socket *s);

/* Receives what is there, hands it over, sends the answers. */
void udp_receive(struct net_worker *w, struct udp_socket *s);

/* Queues an answer.  ERR_CLOSED: a reload closed the socket. */
int udp_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len);

/* Sends what is queued. */
void udp_flush(struct net_worker *w);

/* Sends a datagram of our own: net_udp_send_from(). */
int udp_send_own(struct net_worker *w, const struct addr *source,
    const struct addr *destination, const void *octets, size_t len);

#endif
