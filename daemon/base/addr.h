/*
 * addr.h - IP addresses, ports and prefixes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * IPv4 addresses mapped into IPv6 (::ffff:0:0/96) count as IPv4 everywhere.
 *
 * Threads: any.
 * Errors:  negative enum err.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
	uint8_t family;     /* AF_INET, AF_INET6, or 0: none */
	uint16_t port;      /* host order; 0: none */
	uint32_t scope;     /* IPv6 link-local: interface index */
	uint8_t octets[16]; /* network order; the first 4 for AF_INET */
};

struct addr_prefix {
	struct addr addr; /* port unused; bits after the length are 0 */
	uint8_t length;   /* bits: 0 to 32 or 128 */
};

#define ADDR_TEXT_SIZE 64 /* "[address%scope]:port", ended */

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0" or "fe80::1%2"; no port. */
int addr_from_text(const char *text, struct addr *addr_out);

/* "10/8", "10.0.0.0/8", "2001:db8::/32", or one address; bits beyond the length are ERR_RANGE. */
int addr_prefix_from_text(const char *text, struct addr_prefix *prefix_out);

/* ERR_UNSUPPORTED for other families. */
int addr_from_sockaddr(const struct sockaddr *sa, struct addr *addr_out);

/* Fills in sa_out; returns its length. */
socklen_t addr_to_sockaddr(const struct addr *a,
    struct sockaddr_storage *sa_out);

/* The address alone; returns text. */
char *addr_to_text(const struct addr *a, char text[ADDR_TEXT_SIZE]);

/* As BIND logs it: "192.0.2.1#53"; returns text. */
char *addr_to_text_port(const struct addr *a, char text[ADDR_TEXT_SIZE]);

/* Same address; ports are not compared. */
bool addr_equal(const struct addr *a, const struct addr *b);

bool addr_in_prefix(const struct addr *a, const struct addr_prefix *p);

/*
 * What bounds and budgets "per address" count by: an IPv4 address, but of IPv6
 * the /64, for whoever has one address of it has them all.  Link-local ones
 * stay whole: those of a link share one.  No port.
 */
struct addr addr_budget(const struct addr *a);

/* A hash of family and address; with a random seed it cannot be foreseen. */
uint64_t addr_hash(const struct addr *a, uint64_t seed);
uint64_t addr_hash_seed(void);

/* 127/8 or ::1. */
bool addr_is_loopback(const struct addr *a);

#endif
