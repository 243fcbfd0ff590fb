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

#include <stdbool.h>

#include "daemon/base/addr.h"

struct net_clients; /* opaque: defined in clients.c */

/* No clients; at most max (tcp-clients), and max_per_address; NULL: no memory.
 */
struct net_clients *net_clients_create(unsigned max, unsigned max_per_address);
void net_clients_destroy(struct net_clients *c);

/* Holds for clients that come from now on. */
void net_clients_set_limits(struct net_clients *c, unsigned max,
    unsigned max_per_address);

/*
 * Counts in a client that is about to be accepted: who it is shows only then.
 * False: the total is reached.
 */
bool net_clients_reserve(struct net_clients *c);

/* Counts it out again. */
void net_clients_release(struct net_clients *c);

/* Counts a reserved one for its address; false: that has its share. */
bool net_clients_enter(struct net_clients *c, const struct addr *address);

/* Counts out one that has entered. */
void net_clients_leave(struct net_clients *c, const struct addr *address);

/* How many there are. */
unsigned net_clients_count(const struct net_clients *c);

#endif
