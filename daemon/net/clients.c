/*
 * clients.c - how many TCP clients there are, altogether and per address
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/base/clock.h"
#include "daemon/net/clients.h"

#define TABLE_BITS 14

struct net_clients {
	atomic_uint max;
	atomic_uint max_per_address;
	atomic_uint n;
	uint64_t key[3]; /* of the hash */
	atomic_uint by_address[1 << TABLE_BITS];
};

struct net_clients *
net_clients_create(unsigned max, unsigned max_per_address)
{
	struct net_clients *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	/* Without random octets the table still counts right. */
	if (getrandom(c->key, sizeof(c->key), 0) != sizeof(c->key))
		c->key[0] = clock_mono_ns();
	c->key[0] |= 1;
	c->key[1] |= 1;
	net_clients_set_limits(c, max, max_per_address);
	return c;
}

void
net_clients_destroy(struct net_clients *c)
{
	free(c);
}

void
net_clients_set_limits(struct net_clients *c, unsigned max,
    unsigned max_per_address)
{
	atomic_store_explicit(&c->max, max, memory_order_relaxed);
	atomic_store_explicit(&c->max_per_address, max_per_address,
	    memory_order_relaxed);
}

/* Multiply-shift with random odd factors. */
static atomic_uint *
counter_of(struct net_clients *c, const struct addr *address)
{
	struct addr budget = addr_budget(address);
	uint64_t half[2], h;

	memcpy(half, budget.octets, sizeof(half));
	h = half[0] * c->key[0] + half[1] * c->key[1] + c->key[2];
	h ^= h >> 32;
	h *= c->key[0];
	return &c->by_address[h >> (64 - TABLE_BITS)];
}

/* Adds one unless that would pass max. */
static bool
add_below(atomic_uint *n, const atomic_uint *max)
{
	unsigned most = atomic_load_explicit(max, memory_order_relaxed);

	if (atomic_fetch_add_explicit(n, 1, memory_order_relaxed) < most)
		return true;
	(void)atomic_fetch_sub_explicit(n, 1, memory_order_relaxed);
	return false;
}

bool
net_clients_reserve(struct net_clients *c)
{
	return add_below(&c->n, &c->max);
}

void
net_clients_release(struct net_clients *c)
{
	(void)atomic_fetch_sub_explicit(&c->n, 1, memory_order_relaxed);
}

bool
net_clients_enter(struct net_clients *c, const struct addr *address)
{
	return add_below(counter_of(c, address), &c->max_per_address);
}

void
net_clients_leave(struct net_clients *c, const struct addr *address)
{
	(void)atomic_fetch_sub_explicit(counter_of(c, address), 1,
	    memory_order_relaxed);
	net_clients_release(c);
}

unsigned
net_clients_count(const struct net_clients *c)
{
	return atomic_load_explicit(&c->n, memory_order_relaxed);
}
