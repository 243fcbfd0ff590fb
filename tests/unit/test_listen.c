/*
 * test_listen.c - listening sockets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/net/listen.h"
#include "tests/unit/suites.h"

static struct addr
address(const char *text, uint16_t port)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(text, &a), 0);
	a.port = port;
	return a;
}

/* Listeners of two workers at one address and a free port. */
static struct net_listeners *
open_any(const char *text, struct addr *address_out)
{
	struct net_listeners *l;
	struct addr a = address(text, 0);

	CU_ASSERT_EQUAL_FATAL(net_listeners_open(&a, 1, 2, &l, NULL), 0);
	CU_ASSERT_EQUAL(net_listeners_count(l), 1);
	*address_out = *net_listeners_address(l, 0);
	CU_ASSERT_NOT_EQUAL(address_out->port, 0);
	return l;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	CU_ASSERT_EQUAL_FATAL(addr_from_sockaddr((struct sockaddr *)&sa, &a),
	    0);
	return a.port;
}

static void
test_all_workers_share_one_port_for_both_transports(void)
{
	struct addr a;
	struct net_listeners *l = open_any("127.0.0.1", &a);

	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(port_of(net_listeners_udp(l, 0, i)), a.port);
		CU_ASSERT_EQUAL(port_of(net_listeners_tcp(l, 0, i)), a.port);
	}
	net_listeners_unref(l);
}

/* Even though both would share the port with SO_REUSEPORT. */
static void
test_an_address_in_use_is_named(void)
{
	struct addr a;
	struct net_listeners *l = open_any("127.0.0.1", &a), *second;
	struct reason reason;
	char expected[128];

	CU_ASSERT_EQUAL(net_listeners_open(&a, 1, 1, &second, &reason),
	    ERR_BUSY);
	CU_ASSERT_PTR_NULL(second);
	(void)snprintf(expected, sizeof(expected),
	    "listen 127.0.0.1#%u: address in use", a.port);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, expected));
	net_listeners_unref(l);
	CU_ASSERT_EQUAL(net_listeners_open(&a, 1, 1, &second, &reason), 0);
	net_listeners_unref(second);
}

static void
test_an_address_of_another_machine_is_named(void)
{
	struct addr a = address("192.0.2.77", 5353);
	struct net_listeners *l;
	struct reason reason;

	CU_ASSERT_EQUAL(net_listeners_open(&a, 1, 1, &l, &reason),
	    ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "listen 192.0.2.77#5353: "));
}

static void
test_what_a_wildcard_covers_is_bound_once(void)
{
	struct addr free_one;
	struct net_listeners *l = open_any("127.0.0.1", &free_one);
	struct addr all[4] = {
	    address("127.0.0.1", free_one.port),
	    address("0.0.0.0", free_one.port),
	    address("0.0.0.0", free_one.port),
	    address("::", free_one.port), /* another family: its own */
	};

	net_listeners_unref(l);
	CU_ASSERT_EQUAL_FATAL(net_listeners_open(all, 4, 1, &l, NULL), 0);
	CU_ASSERT_EQUAL(net_listeners_count(l), 2);
	CU_ASSERT(net_listeners_is_wildcard(l, 0));
	CU_ASSERT(addr_equal(net_listeners_address(l, 0), &all[1]));
	CU_ASSERT(addr_equal(net_listeners_address(l, 1), &all[3]));
	net_listeners_unref(l);
}

static void
test_addresses_that_stay_keep_their_sockets(void)
{
	struct addr a, new_list[2];
	struct net_listeners *l = open_any("127.0.0.1", &a), *next;
	int udp = net_listeners_udp(l, 0, 1);

	new_list[0] = address("127.0.0.2", 0);
	new_list[1] = a;
	CU_ASSERT_EQUAL_FATAL(net_listeners_reopen(l, new_list, 2, &next, NULL),
	    0);
	CU_ASSERT_EQUAL(net_listeners_udp(next, 1, 1), udp);
	net_listeners_unref(l);
	CU_ASSERT_EQUAL(port_of(udp), a.port);
	net_listeners_unref(next);
}

CU_TestInfo listen_tests[] = {
    {"port", test_all_workers_share_one_port_for_both_transports},
    {"in use", test_an_address_in_use_is_named},
    {"not ours", test_an_address_of_another_machine_is_named},
    {"covered", test_what_a_wildcard_covers_is_bound_once},
    {"reopen", test_addresses_that_stay_keep_their_sockets},
    CU_TEST_INFO_NULL,
};
