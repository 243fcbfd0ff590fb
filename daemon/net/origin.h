/*
 * origin.h - where a message came from, and so where its answer goes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plain value: copied into a request, kept for as long as one likes, good
 * on any thread.  It never dangles: slot and generation tell the worker that
 * a connection has gone, or a socket was closed by a reload.
 *
 * Threads: any.
 */
#ifndef NET_ORIGIN_H
#define NET_ORIGIN_H

#include <stdint.h>

#include "daemon/base/addr.h"

enum net_transport {
	NET_UDP,
	NET_TCP,
};

struct net_origin {
	struct addr remote;
	struct addr local;   /* the address that was asked */
	uint32_t ifindex;    /* where it came in; 0: not known (needed) */
	uint32_t slot;       /* of the worker's socket or connection */
	uint32_t generation; /* of that slot */
	uint16_t worker;     /* index of the worker that answers */
	uint8_t transport;   /* enum net_transport */
};

#endif
