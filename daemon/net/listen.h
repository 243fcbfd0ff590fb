/*
 * listen.h - the sockets that requests come in by
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For each address and each worker one UDP socket and one TCP listener, which
 * share the port (SO_REUSEPORT).  They are bound here, with the privileges the
 * program starts with; workers use them later, without.  A set never changes:
 * a reload makes a new one that shares the sockets of the addresses that stay
 * (net_listeners_reopen), and gives it to the workers (net_worker_listen).
 *
 * Owns:    the descriptors; closed when the last set that has them goes.
 * Threads: any; open and reopen from one thread at a time.
 * Errors:  negative enum err; the reason names the address:
 *          "listen 127.0.0.1#53: address in use".
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/addr.h"
#include "daemon/base/reason.h"

struct net_listeners; /* opaque: defined in listen.c */

/*
 * Binds n addresses for n_workers.  Repeated addresses, and those that a
 * wildcard (0.0.0.0, ::) in the list covers, are bound once.  IPv6 sockets
 * never take IPv4.  Port 0 means any one free for both UDP and TCP.
 *
 * ERR_BUSY      somebody listens there already, even if with SO_REUSEPORT
 * ERR_NOTFOUND  no interface has that address
 * ERR_PERM      a privileged port, without privileges
 */
int net_listeners_open(const struct addr *addresses, size_t n,
    unsigned n_workers, struct net_listeners **listeners_out,
    struct reason *reason);

/*
 * As net_listeners_open(), for the workers of old and with old's sockets where
 * the address is the same.  The caller keeps its reference to old.
 */
int net_listeners_reopen(struct net_listeners *old,
    const struct addr *addresses, size_t n,
    struct net_listeners **listeners_out, struct reason *reason);

struct net_listeners *net_listeners_ref(struct net_listeners *l);

/* Drops a reference; NULL is fine. */
void net_listeners_unref(struct net_listeners *l);

/* How many addresses there are, and the i-th of them with its real port. */
size_t net_listeners_count(const struct net_listeners *l);
const struct addr *net_listeners_address(const struct net_listeners *l,
    size_t i);

/* Whether the i-th address is 0.0.0.0 or ::. */
bool net_listeners_is_wildcard(const struct net_listeners *l, size_t i);

/* The descriptors that are the given worker's; lent. */
int net_listeners_udp(const struct net_listeners *l, size_t i, unsigned worker);
int net_listeners_tcp(const struct net_listeners *l, size_t i, unsigned worker);

#endif
