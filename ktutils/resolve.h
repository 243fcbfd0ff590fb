/*
 * resolve.h - names of KDCs and their addresses, within a deadline
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system's resolver cannot be given a time.  So each name is looked up on
 * a thread of its own, which is left alone when it is late: it ends by itself,
 * and frees what it has.
 *
 * Owns:    the late threads own themselves.
 * Threads: any.
 * Errors:  a line for each host.
 * Units:   deadlines on the clock of exchange_now_ms().
 */
#ifndef KTUTILS_RESOLVE_H
#define KTUTILS_RESOLVE_H

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVE_HOST_SIZE 256
#define RESOLVE_PORT_SIZE 8
#define RESOLVE_MAX_HOSTS 32

struct resolve_host {
	char host[RESOLVE_HOST_SIZE]; /* a name or an address */
	char port[RESOLVE_PORT_SIZE];

	struct addrinfo *found; /* to be freed with freeaddrinfo() */
	const char *problem;    /* NULL if found */
};

/* Fills in found or problem of all of them; at the same time. */
void resolve_hosts(struct resolve_host *hosts, size_t n, int64_t deadline);

/*
 * What the DNS calls the KDCs of the realm (SRV RRs, RFC 4120 section
 * 7.2.3.2), by priority; returns how many, up to RESOLVE_MAX_HOSTS.
 */
size_t resolve_realm(const char *realm, int64_t deadline,
    struct resolve_host hosts[RESOLVE_MAX_HOSTS]);

#endif
