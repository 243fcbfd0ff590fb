/*
 * test_connections.c - nobody keeps the others out
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/suites.h"
#include "web/connections.h"

static int ends[16]; /* the clients' */
static size_t n_ends;

static struct connection *
connect_from(struct connections *c, const char *address, uint64_t now_ms)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK,
				  0, pair),
	    0);
	ends[n_ends++] = pair[1];
	(void)inet_pton(AF_INET, address, &from.sin_addr);
	return connections_add(c, pair[0], (struct sockaddr *)&from, now_ms);
}

static void
leave(struct connections *c, struct connection *x)
{
	(void)close(x->fd);
	connections_remove(c, x);
}

static void
end_all(struct connections *c)
{
	while (!TAILQ_EMPTY(&c->list))
		leave(c, TAILQ_FIRST(&c->list));
	while (n_ends > 0)
		(void)close(ends[--n_ends]);
	CU_ASSERT_EQUAL(c->n, 0);
}

static bool
is_open(size_t client)
{
	char octet;

	return recv(ends[client], &octet, 1, 0) != 0;
}

static void
test_the_one_without_a_request_makes_room(void)
{
	struct connections c;
	struct connection *first;

	connections_init(&c, 3, 3);
	first = connect_from(&c, "192.0.2.1", 1);
	(void)connect_from(&c, "192.0.2.2", 2);
	(void)connect_from(&c, "192.0.2.3", 3);
	connections_request(first);
	connections_answered(&c, first, 4);
	(void)connect_from(&c, "192.0.2.4", 5);
	CU_ASSERT(is_open(0));
	CU_ASSERT(!is_open(1));
	CU_ASSERT(is_open(2));
	CU_ASSERT(is_open(3));
	CU_ASSERT_EQUAL(c.n, 3);
	end_all(&c);
}

static void
test_an_address_makes_room_for_itself(void)
{
	struct connections c;

	connections_init(&c, 10, 2);
	(void)connect_from(&c, "192.0.2.9", 1);
	(void)connect_from(&c, "192.0.2.1", 2);
	(void)connect_from(&c, "192.0.2.1", 3);
	(void)connect_from(&c, "192.0.2.1", 4);
	CU_ASSERT(is_open(0));
	CU_ASSERT(!is_open(1));
	CU_ASSERT(is_open(2));
	end_all(&c);
}

static void
test_who_is_being_answered_stays(void)
{
	struct connections c;
	struct connection *busy;

	connections_init(&c, 2, 2);
	busy = connect_from(&c, "192.0.2.1", 1);
	connections_request(busy);
	(void)connect_from(&c, "192.0.2.1", 2);
	(void)connect_from(&c, "192.0.2.1", 3);
	CU_ASSERT(is_open(0));
	CU_ASSERT(!is_open(1));
	end_all(&c);
}

CU_TestInfo connections_tests[] = {
    {"the one without a request makes room",
	test_the_one_without_a_request_makes_room},
    {"an address makes room for itself", test_an_address_makes_room_for_itself},
    {"who is being answered stays", test_who_is_being_answered_stays},
    CU_TEST_INFO_NULL,
};
