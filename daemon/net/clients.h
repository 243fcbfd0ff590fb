/*
 * clients.h - how many TCP clients there are, altogether and per address
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counted for all workers together, without a lock.  Addresses (of IPv6 the
 * /64: addr_budget()) are counted in a table indexed by a hash with a random
 * key: two of them share a counter once in 16384, and nobody can choose which.
 *
 * Owns:    its counters.
 * Threads: any.
 * Errors:  none.
 */
#ifndef NET_CLIENTS_H
#define NET_CLIENTS_H

#include "daemon/base/addr.h"

struct net_clients; /* opaque: defined in clients.c */

enum net_admission {
	NET_ADMITTED,
	NET_FULL,         /* the total is reached */
	NET_ADDRESS_FULL, /* this address has its share */
};

/* No clients; at most max (tcp-clients), and max_per_address; NULL: no memory.
 */
struct net_clients *net_clients_create(unsigned max, unsigned max_per_address);
void net_clients_destroy(struct net_clients *c);

/* Holds for clients that come from now on. */
void net_clients_set_limits(struct net_clients *c, unsigned max,
    unsigned max_per_address);

/* Counts a client in, unless that would pass a limit. */
enum net_admission net_clients_enter(struct net_clients *c,
    const struct addr *address);

/* Counts an admitted client out. */
void net_clients_leave(struct net_clients *c, const struct addr *address);

/* How many there are. */
unsigned net_clients_count(const struct net_clients *c);

#endif
