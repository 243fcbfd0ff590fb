/*
 * connections.c - who is connected, so that nobody keeps the others out
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "web/connections.h"

void
connections_init(struct connections *c, size_t max, size_t per_address)
{
	TAILQ_INIT(&c->list);
	c->n = 0;
	c->max = max;
	c->per_address = per_address;
}

static void
read_address(const struct sockaddr *from, unsigned char address[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct sockaddr_in6 *in6 = (const void *)from;
	const struct sockaddr_in *in4 = (const void *)from;

	if (from->sa_family == AF_INET6) {
		memcpy(address, &in6->sin6_addr, 16);
		return;
	}
	memcpy(address, mapped, 12);
	memcpy(address + 12, &in4->sin_addr, 4);
}

/* The library sees the end of it and closes it. */
static void
end(struct connections *c, struct connection *x)
{
	(void)shutdown(x->fd, SHUT_RDWR);
	x->is_ending = 1;
	c->n--;
}

/* Ends the idlest of that address (NULL: of all) if there are max or more. */
static void
make_room(struct connections *c, const unsigned char *address, size_t max)
{
	struct connection *x, *idlest = NULL;
	size_t n = 0;

	TAILQ_FOREACH (x, &c->list, entry) {
		if (x->is_ending ||
		    (address != NULL && memcmp(x->address, address, 16) != 0))
			continue;
		n++;
		if (idlest == NULL && x->in_hand == 0)
			idlest = x;
	}
	if (n >= max && idlest != NULL)
		end(c, idlest);
}

struct connection *
connections_add(struct connections *c, int fd, const struct sockaddr *from,
    uint64_t now_ms)
{
	struct connection *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->fd = fd;
	x->since_ms = now_ms;
	x->gss = GSS_C_NO_CONTEXT;
	read_address(from, x->address);
	make_room(c, x->address, c->per_address);
	make_room(c, NULL, c->max);
	TAILQ_INSERT_TAIL(&c->list, x, entry);
	c->n++;
	return x;
}

void
connections_remove(struct connections *c, struct connection *x)
{
	OM_uint32 minor;

	if (!x->is_ending)
		c->n--;
	TAILQ_REMOVE(&c->list, x, entry);
	(void)gss_delete_sec_context(&minor, &x->gss, GSS_C_NO_BUFFER);
	free(x);
}

void
connections_request(struct connection *x)
{
	x->in_hand++;
}

void
connections_answered(struct connections *c, struct connection *x,
    uint64_t now_ms)
{
	x->in_hand--;
	x->since_ms = now_ms;
	TAILQ_REMOVE(&c->list, x, entry);
	TAILQ_INSERT_TAIL(&c->list, x, entry);
}
