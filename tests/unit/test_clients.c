/*
 * test_clients.c - limits of TCP clients
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/net/clients.h"
#include "tests/unit/suites.h"

static struct addr
address(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(text, &a), 0);
	return a;
}

static bool
enter(struct net_clients *c, const struct addr *a)
{
	if (!net_clients_reserve(c))
		return false;
	if (net_clients_enter(c, a))
		return true;
	net_clients_release(c);
	return false;
}

static void
test_an_address_has_its_share(void)
{
	struct net_clients *c = net_clients_create(100, 2);
	struct addr a = address("192.0.2.1");

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(enter(c, &a));
	CU_ASSERT(enter(c, &a));
	CU_ASSERT(!enter(c, &a));
	CU_ASSERT_EQUAL(net_clients_count(c), 2);
	net_clients_leave(c, &a);
	CU_ASSERT(enter(c, &a));
	net_clients_set_limits(c, 100, 3);
	CU_ASSERT(enter(c, &a));
	net_clients_destroy(c);
}

/* Whoever has one address of a /64 has them all. */
static void
test_an_ipv6_network_has_one_share(void)
{
	struct net_clients *c = net_clients_create(100, 2);
	struct addr a = address("2001:db8::1"), b = address("2001:db8::f:2");
	struct addr other = address("2001:db8:0:1::1");

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(enter(c, &a));
	CU_ASSERT(enter(c, &b));
	CU_ASSERT(!enter(c, &b));
	CU_ASSERT(enter(c, &other));
	net_clients_leave(c, &a);
	CU_ASSERT(enter(c, &b));
	net_clients_destroy(c);
}

static void
test_the_total_holds_for_all_addresses(void)
{
	struct net_clients *c = net_clients_create(2, 100);
	struct addr a = address("192.0.2.1"), b = address("2001:db8::1");

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(enter(c, &a));
	CU_ASSERT(enter(c, &b));
	CU_ASSERT(!enter(c, &b));
	CU_ASSERT_EQUAL(net_clients_count(c), 2);
	net_clients_leave(c, &a);
	CU_ASSERT(enter(c, &b));
	net_clients_leave(c, &b);
	net_clients_leave(c, &b);
	CU_ASSERT_EQUAL(net_clients_count(c), 0);
	net_clients_destroy(c);
}

CU_TestInfo clients_tests[] = {
    {"address", test_an_address_has_its_share},
    {"network", test_an_ipv6_network_has_one_share},
    {"total", test_the_total_holds_for_all_addresses},
    CU_TEST_INFO_NULL,
};
