/*
 * test_addr.c - addresses and prefixes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/addr.h"
#include "daemon/base/err.h"
#include "tests/unit/suites.h"

static struct addr
addr_of(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(text, &a), 0);
	return a;
}

static bool
is_in(const char *addr, const char *prefix)
{
	struct addr a = addr_of(addr);
	struct addr_prefix p;

	CU_ASSERT_EQUAL_FATAL(addr_prefix_from_text(prefix, &p), 0);
	return addr_in_prefix(&a, &p);
}

static void
test_a_prefix_holds_its_addresses_only(void)
{
	CU_ASSERT(is_in("10.1.2.3", "10/8"));
	CU_ASSERT(is_in("10.1.2.3", "10.0.0.0/8"));
	CU_ASSERT(!is_in("11.1.2.3", "10/8"));
	CU_ASSERT(is_in("192.168.7.1", "192.168/16"));
	CU_ASSERT(is_in("192.0.2.129", "192.0.2.128/25"));
	CU_ASSERT(!is_in("192.0.2.127", "192.0.2.128/25"));
	CU_ASSERT(is_in("2001:db8::5", "2001:db8::/32"));
	CU_ASSERT(!is_in("2001:db9::5", "2001:db8::/32"));
	CU_ASSERT(is_in("1.2.3.4", "0.0.0.0/0"));
	CU_ASSERT(!is_in("::1", "0.0.0.0/0"));
	CU_ASSERT(is_in("::1", "::1"));
}

static void
test_a_mapped_address_is_ipv4(void)
{
	struct addr a = addr_of("::ffff:192.0.2.1");
	char text[ADDR_TEXT_SIZE];

	CU_ASSERT_EQUAL(a.family, AF_INET);
	CU_ASSERT_STRING_EQUAL(addr_to_text(&a, text), "192.0.2.1");
}

static void
test_a_scope_is_read_as_it_is_written(void)
{
	struct addr a = addr_of("fe80::1%4711");
	char text[ADDR_TEXT_SIZE];

	CU_ASSERT_EQUAL(a.scope, 4711);
	CU_ASSERT_STRING_EQUAL(addr_to_text(&a, text), "fe80::1%4711");
}

static void
test_malformed_text_is_refused(void)
{
	static const char *const bad[] = {"", "10.0.0", "10.0.0.256", "::g",
	    "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1",
	    "10.0.0.0/8x", "::/129", "/8", "1.2.3.4.5/8", "fe80::1%",
	    "fe80::1%0", "fe80::1%4x"};
	struct addr_prefix p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_NOT_EQUAL(addr_prefix_from_text(bad[i], &p), 0);
}

static void
test_sockaddrs_survive_the_way_there_and_back(void)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1"};

	for (size_t i = 0; i < 2; i++) {
		struct addr a = addr_of(texts[i]), b;
		struct sockaddr_storage ss;
		char text[ADDR_TEXT_SIZE];

		a.port = 5353;
		(void)addr_to_sockaddr(&a, &ss);
		CU_ASSERT_EQUAL(addr_from_sockaddr((struct sockaddr *)&ss, &b),
		    0);
		CU_ASSERT(addr_equal(&a, &b));
		CU_ASSERT_EQUAL(b.port, 5353);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(addr_to_text_port(&b, text), "#5353"));
	}
}

static void
test_an_ipv6_network_counts_as_one(void)
{
	static const struct {
		const char *text, *budget;
	} cases[] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
	    {"::1", "::"},
	    {"fe80::1:2", "fe80::1:2"},
	};
	struct addr a, b;
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(addr_from_text(cases[i].text, &a), 0);
		a.port = 53;
		b = addr_budget(&a);
		CU_ASSERT_EQUAL(b.port, 0);
		CU_ASSERT_STRING_EQUAL(addr_to_text(&b, text), cases[i].budget);
	}
}

CU_TestInfo addr_tests[] = {
    {"budget", test_an_ipv6_network_counts_as_one},
    {"prefix", test_a_prefix_holds_its_addresses_only},
    {"mapped", test_a_mapped_address_is_ipv4},
    {"scope", test_a_scope_is_read_as_it_is_written},
    {"malformed", test_malformed_text_is_refused},
    {"sockaddr", test_sockaddrs_survive_the_way_there_and_back},
    CU_TEST_INFO_NULL,
};
