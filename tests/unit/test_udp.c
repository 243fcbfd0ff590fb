/*
 * test_udp.c - datagrams, through a worker on loopback
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/net_fixture.h"
#include "tests/unit/suites.h"

#define MANY 100

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void
test_every_datagram_is_answered(void)
{
	struct net_fixture f = {0};
	char text[32];
	int fd;

	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_DGRAM, 0);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "echo %d", i);
		say(fd, text);
	}
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "echo %d", i);
		CU_ASSERT(fixture_receives(fd, text));
	}
	CU_ASSERT(
	    fixture_counted(&net_worker_counters(f.worker)->udp_sent, MANY));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->udp_received, MANY);
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_dropped_request_has_no_answer(void)
{
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_DGRAM, 0);
	say(fd, "drop");
	say(fd, "echo");
	CU_ASSERT(fixture_receives(fd, "echo"));
	(void)close(fd);
	fixture_join(&f);
	CU_ASSERT_EQUAL(net_in_hand(f.worker), 0);
	fixture_stop(&f);
}

/* The client is connected: another source would not reach it. */
static void
answers_from(const char *wildcard, const char *asked)
{
	struct net_fixture f = {.addresses = {wildcard}};
	struct addr to;
	int fd;

	fixture_start(&f);
	CU_ASSERT_EQUAL_FATAL(addr_from_text(asked, &to), 0);
	to.port = f.address.port;
	fd = fixture_connect(&to, SOCK_DGRAM, 0);
	say(fd, "echo");
	CU_ASSERT(fixture_receives(fd, "echo"));
	say(fd, "hold");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	CU_ASSERT(addr_equal(&f.held[0].from.local, &to));
	CU_ASSERT_EQUAL(f.held[0].from.local.port, to.port);
	CU_ASSERT_NOT_EQUAL(f.held[0].from.ifindex, 0);
	fixture_release(&f);
	CU_ASSERT(fixture_receives(fd, "hold"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_wildcard_answers_from_the_ipv4_address_that_was_asked(void)
{
	answers_from("0.0.0.0", "127.0.0.2");
}

static bool
has_ipv6(void)
{
	struct addr a;
	struct sockaddr_storage sa;
	socklen_t len;
	int fd;
	bool ok;

	(void)addr_from_text("::1", &a);
	len = addr_to_sockaddr(&a, &sa);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	ok = fd != -1 && bind(fd, (struct sockaddr *)&sa, len) == 0;
	if (fd != -1)
		(void)close(fd);
	return ok;
}

static void
test_a_wildcard_answers_from_the_ipv6_address_that_was_asked(void)
{
	if (has_ipv6())
		answers_from("::", "::1");
	else
		(void)puts("udp: no IPv6 on loopback: not tested");
}

/* A socket of the test's own, to be notified. */
static int
secondary(struct addr *address_out)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_EQUAL_FATAL(addr_from_text("127.0.0.1", address_out), 0);
	len = addr_to_sockaddr(address_out, &sa);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	CU_ASSERT_EQUAL_FATAL(addr_from_sockaddr((struct sockaddr *)&sa,
				  address_out),
	    0);
	return fd;
}

static void
notifies(const char *source)
{
	struct net_fixture f = {0};
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct addr from;
	char octets[16];
	int fd, other = secondary(&f.notify_to);

	if (source != NULL)
		CU_ASSERT_EQUAL_FATAL(addr_from_text(source, &f.notify_from),
		    0);
	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_DGRAM, 0);
	say(fd, "notify");
	CU_ASSERT_EQUAL(recvfrom(other, octets, sizeof(octets), 0,
			    (struct sockaddr *)&sa, &len),
	    (ssize_t)strlen("notify"));
	CU_ASSERT_EQUAL(addr_from_sockaddr((struct sockaddr *)&sa, &from), 0);
	CU_ASSERT_NOT_EQUAL(from.port, f.address.port);
	if (source != NULL)
		CU_ASSERT(addr_equal(&from, &f.notify_from));
	CU_ASSERT_EQUAL(sendto(other, "noted", 5, 0, (struct sockaddr *)&sa,
			    len),
	    5);
	CU_ASSERT(fixture_reached(&f.n_replies, 1));
	(void)close(fd);
	(void)close(other);
	fixture_stop(&f);
}

static void
test_what_a_notify_is_answered_comes_back(void)
{
	notifies(NULL);
}

static void
test_a_notify_leaves_from_the_source_it_is_given(void)
{
	notifies("127.0.0.3");
}

CU_TestInfo udp_tests[] = {
    {"echo", test_every_datagram_is_answered},
    {"drop", test_a_dropped_request_has_no_answer},
    {"ipv4 wildcard",
	test_a_wildcard_answers_from_the_ipv4_address_that_was_asked},
    {"ipv6 wildcard",
	test_a_wildcard_answers_from_the_ipv6_address_that_was_asked},
    {"notify", test_what_a_notify_is_answered_comes_back},
    {"notify source", test_a_notify_leaves_from_the_source_it_is_given},
    CU_TEST_INFO_NULL,
};
