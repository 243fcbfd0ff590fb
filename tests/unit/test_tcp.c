/*
 * test_tcp.c - connections, through a worker on loopback
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "tests/unit/net_fixture.h"
#include "tests/unit/suites.h"

#define SMALL 4096 /* a receive buffer */

static uint8_t octets[NET_MESSAGE_MAX];

static int
client(const struct net_fixture *f)
{
	return fixture_connect(&f->address, SOCK_STREAM, 0);
}

static void
test_pipelined_requests_are_all_answered(void)
{
	struct net_fixture f = {0};
	uint8_t all[1024];
	size_t len = 0;
	char text[32];
	int fd;

	fixture_start(&f);
	fd = client(&f);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(text, sizeof(text), "echo %d", i);
		put_u16(all + len, (uint16_t)strlen(text));
		memcpy(all + len + 2, text, strlen(text));
		len += 2 + strlen(text);
	}
	CU_ASSERT_EQUAL(send(fd, all, len, 0), (ssize_t)len);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(text, sizeof(text), "echo %d", i);
		CU_ASSERT(fixture_reads(fd, text));
	}
	(void)close(fd);
	fixture_stop(&f);
}

/* RFC 7766 section 6.2.1.1: a slow answer holds up no other. */
static void
test_answers_may_overtake_each_other(void)
{
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = client(&f);
	fixture_send_message(fd, "hold one");
	fixture_send_message(fd, "hold two");
	fixture_send_message(fd, "drop");
	fixture_send_message(fd, "echo");
	CU_ASSERT(fixture_reads(fd, "echo"));
	fixture_release(&f);
	CU_ASSERT(fixture_reads(fd, "hold two"));
	CU_ASSERT(fixture_reads(fd, "hold one"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_message_may_come_octet_by_octet(void)
{
	static const char wire[] = "\0\4echo\0\14echo again 2\0\4echo";
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = client(&f);
	for (size_t i = 0; i < sizeof(wire) - 1; i++)
		CU_ASSERT_EQUAL(send(fd, wire + i, 1, 0), 1);
	CU_ASSERT(fixture_reads(fd, "echo"));
	CU_ASSERT(fixture_reads(fd, "echo again 2"));
	CU_ASSERT(fixture_reads(fd, "echo"));
	(void)close(fd);
	fixture_stop(&f);
}

static void
send_whole(int fd, const uint8_t *what, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, what, len, MSG_NOSIGNAL);

		CU_ASSERT_FATAL(n > 0);
		what += n;
		len -= (size_t)n;
	}
}

static void
test_the_largest_message_and_the_empty_one_pass(void)
{
	static uint8_t wire[2 + NET_MESSAGE_MAX];
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = client(&f);
	put_u16(wire, 0);
	send_whole(fd, wire, 2);
	put_u16(wire, NET_MESSAGE_MAX);
	for (size_t i = 2; i < sizeof(wire); i++)
		wire[i] = (uint8_t)(i * 7);
	memcpy(wire + 2, "echo", 4);
	for (int i = 0; i < 3; i++)
		send_whole(fd, wire, sizeof(wire));
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(fixture_read_message(fd, octets),
		    NET_MESSAGE_MAX);
		CU_ASSERT_EQUAL(memcmp(octets, wire + 2, NET_MESSAGE_MAX), 0);
	}
	CU_ASSERT_EQUAL(atomic_load(&f.n_messages), 4);
	(void)close(fd);
	fixture_stop(&f);
}

/* Half a message does not count as life. */
static void
test_idle_connections_are_closed_but_not_with_a_request_in_hand(void)
{
	struct net_fixture f = {.options.tcp_idle_ms = 50};
	int busy, idle, half;

	fixture_start(&f);
	busy = client(&f);
	fixture_send_message(busy, "hold");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	idle = client(&f);
	half = client(&f);
	CU_ASSERT_EQUAL(send(half, "\0\4ec", 4, 0), 4);
	CU_ASSERT(fixture_at_end(idle));
	CU_ASSERT(fixture_at_end(half));
	fixture_release(&f);
	CU_ASSERT(fixture_reads(busy, "hold"));
	CU_ASSERT(fixture_at_end(busy));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->tcp_closed_idle, 3);
	(void)close(busy);
	(void)close(idle);
	(void)close(half);
	fixture_stop(&f);
}

static void
test_an_address_beyond_its_share_is_refused(void)
{
	struct net_fixture f = {.max_per_address = 2};
	int one, two, three;

	fixture_start(&f);
	one = client(&f);
	two = client(&f);
	three = client(&f);
	CU_ASSERT(fixture_at_end(three));
	fixture_send_message(one, "echo");
	fixture_send_message(two, "echo");
	CU_ASSERT(fixture_reads(one, "echo"));
	CU_ASSERT(fixture_reads(two, "echo"));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->tcp_refused_address, 1);
	(void)close(one);
	(void)close(two);
	(void)close(three);
	fixture_stop(&f);
}

static void
test_the_idlest_connection_makes_room(void)
{
	struct net_fixture f = {.max_clients = 2};
	int busy, idle, new_one;

	fixture_start(&f);
	busy = client(&f);
	fixture_send_message(busy, "hold busy");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	idle = client(&f);
	new_one = client(&f);
	CU_ASSERT(fixture_at_end(idle));
	fixture_send_message(new_one, "hold new");
	CU_ASSERT(fixture_reached(&f.n_held_now, 2));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->tcp_closed_evicted, 1);
	(void)close(busy);
	(void)close(idle);
	(void)close(new_one);
	fixture_stop(&f);
}

/* None is idle: the third is served when one of the others has gone. */
static void
test_newcomers_wait_for_a_place(void)
{
	struct net_fixture f = {.max_clients = 2};
	int busy, brief, third;

	fixture_start(&f);
	busy = client(&f);
	fixture_send_message(busy, "hold busy");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	brief = client(&f);
	fixture_send_message(brief, "echo");
	CU_ASSERT(fixture_reads(brief, "echo"));
	third = client(&f);
	fixture_send_message(third, "echo third");
	CU_ASSERT(
	    fixture_counted(&net_worker_counters(f.worker)->tcp_waited, 1));
	fixture_send_message(brief, "echo again");
	CU_ASSERT(fixture_reads(brief, "echo again"));
	(void)close(brief);
	CU_ASSERT(fixture_reads(third, "echo third"));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->tcp_closed_evicted, 0);
	fixture_release(&f);
	CU_ASSERT(fixture_reads(busy, "hold busy"));
	(void)close(busy);
	(void)close(third);
	fixture_stop(&f);
}

static void
test_requests_in_hand_are_bounded(void)
{
	struct net_fixture f = {0};
	int fd, other;

	fixture_start(&f);
	fd = client(&f);
	other = client(&f);
	for (int i = 0; i < NET_IN_HAND_MAX + 20; i++)
		fixture_send_message(fd, "hold");
	CU_ASSERT(fixture_reached(&f.n_held_now, NET_IN_HAND_MAX));
	fixture_send_message(other, "echo");
	CU_ASSERT(fixture_reads(other, "echo"));
	CU_ASSERT_EQUAL(atomic_load(&f.n_held_now), NET_IN_HAND_MAX);
	fixture_release(&f);
	for (int i = 0; i < NET_IN_HAND_MAX; i++)
		CU_ASSERT(fixture_reads(fd, "hold"));
	CU_ASSERT(fixture_reached(&f.n_held_now, 20));
	fixture_release(&f);
	for (int i = 0; i < 20; i++)
		CU_ASSERT(fixture_reads(fd, "hold"));
	(void)close(fd);
	(void)close(other);
	fixture_stop(&f);
}

/* Sends until the worker has stopped reading; returns how many octets. */
static size_t
send_until_stuck(int fd, const uint8_t *wire, size_t len, size_t most)
{
	struct timeval patience = {.tv_usec = 200000};
	size_t sent = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	while (sent < most) {
		size_t at = sent % len;
		ssize_t n = send(fd, wire + at, len - at, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return sent;
}

/* A client that asks and does not read is not read from either. */
static void
test_unsent_answers_are_bounded(void)
{
	static uint8_t wire[2 + FIXTURE_PART];
	struct net_fixture f = {0};
	size_t sent;
	int fd;

	put_u16(wire, FIXTURE_PART);
	memcpy(wire + 2, "echo", 4);
	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_STREAM, SMALL);
	sent = send_until_stuck(fd, wire, sizeof(wire), 64 << 20);
	CU_ASSERT(sent < 64 << 20);
	CU_ASSERT_EQUAL(shutdown(fd, SHUT_WR), 0);
	for (size_t i = 0; i < sent / sizeof(wire); i++)
		CU_ASSERT_EQUAL_FATAL(fixture_read_message(fd, octets),
		    FIXTURE_PART);
	CU_ASSERT(fixture_at_end(fd));
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_stream_goes_on_whenever_it_has_drained(void)
{
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_STREAM, SMALL);
	fixture_send_message(fd, "stream 200");
	for (int i = 0; i < 200; i++)
		CU_ASSERT_EQUAL_FATAL(fixture_read_message(fd, octets),
		    FIXTURE_PART);
	fixture_send_message(fd, "echo");
	CU_ASSERT(fixture_reads(fd, "echo"));
	CU_ASSERT(atomic_load(&f.n_drained) > 1);
	(void)close(fd);
	fixture_stop(&f);
}

/* What cannot be taken yet waits in the socket, however fast the stream is. */
static void
test_a_full_hand_reads_no_more_while_a_stream_goes_on(void)
{
	enum {
		ECHOES = 200,
		ECHO_LEN = 1000,
		SNDBUF = 1 << 20
	};
	static uint8_t wire[2 + ECHO_LEN];
	struct net_fixture f = {0};
	int fd, size = SNDBUF;

	put_u16(wire, ECHO_LEN);
	memcpy(wire + 2, "echo", 4);
	fixture_start(&f);
	fd = client(&f);
	CU_ASSERT_EQUAL(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
			    sizeof(size)),
	    0);
	for (int i = 0; i < NET_IN_HAND_MAX - 1; i++)
		fixture_send_message(fd, "hold");
	fixture_send_message(fd, "stream 200");
	for (int i = 0; i < ECHOES; i++)
		send_whole(fd, wire, sizeof(wire));
	for (int i = 0; i < 200; i++)
		CU_ASSERT_EQUAL_FATAL(fixture_read_message(fd, octets),
		    FIXTURE_PART);
	for (int i = 0; i < ECHOES; i++)
		CU_ASSERT_EQUAL_FATAL(fixture_read_message(fd, octets),
		    ECHO_LEN);
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_who_does_not_read_its_answers_is_closed(void)
{
	struct net_fixture f = {.options.tcp_stuck_ms = 100};
	int fd;

	fixture_start(&f);
	fd = fixture_connect(&f.address, SOCK_STREAM, SMALL);
	fixture_send_message(fd, "stream 200");
	CU_ASSERT(fixture_reached(&f.n_closed, 1));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->tcp_closed_stuck, 1);
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_half_closed_client_gets_its_answers(void)
{
	struct net_fixture f = {0};
	int fd;

	fixture_start(&f);
	fd = client(&f);
	fixture_send_message(fd, "hold");
	fixture_send_message(fd, "echo");
	CU_ASSERT_EQUAL(shutdown(fd, SHUT_WR), 0);
	CU_ASSERT(fixture_reads(fd, "echo"));
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	fixture_release(&f);
	CU_ASSERT(fixture_reads(fd, "hold"));
	CU_ASSERT(fixture_at_end(fd));
	(void)close(fd);
	fixture_stop(&f);
}

static void
test_a_reset_ends_the_requests_in_hand(void)
{
	struct net_fixture f = {0};
	struct linger reset = {.l_onoff = 1};
	int fd;

	fixture_start(&f);
	fd = client(&f);
	fixture_send_message(fd, "hold");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(fd);
	CU_ASSERT(fixture_reached(&f.n_closed, 1));
	fixture_release(&f); /* the answer comes too late */
	fixture_join(&f);
	CU_ASSERT_EQUAL(net_in_hand(f.worker), 0);
	fixture_stop(&f);
}

static void
test_the_handler_may_cut_a_connection(void)
{
	struct net_fixture f = {0};
	int alone, shared;

	fixture_start(&f);
	alone = client(&f);
	fixture_send_message(alone, "cut");
	CU_ASSERT(fixture_at_end(alone));
	CU_ASSERT_EQUAL(atomic_load(&f.n_closed), 0);

	/* What else was in hand hears of it, and answers in vain. */
	shared = client(&f);
	fixture_send_message(shared, "hold");
	fixture_send_message(shared, "cut");
	CU_ASSERT(fixture_at_end(shared));
	CU_ASSERT(fixture_reached(&f.n_closed, 1));
	fixture_release(&f);
	(void)close(alone);
	(void)close(shared);
	fixture_join(&f);
	CU_ASSERT_EQUAL(net_in_hand(f.worker), 0);
	fixture_stop(&f);
}

CU_TestInfo tcp_tests[] = {
    {"pipeline", test_pipelined_requests_are_all_answered},
    {"out of order", test_answers_may_overtake_each_other},
    {"octets", test_a_message_may_come_octet_by_octet},
    {"sizes", test_the_largest_message_and_the_empty_one_pass},
    {"idle", test_idle_connections_are_closed_but_not_with_a_request_in_hand},
    {"per address", test_an_address_beyond_its_share_is_refused},
    {"eviction", test_the_idlest_connection_makes_room},
    {"wait", test_newcomers_wait_for_a_place},
    {"in hand", test_requests_in_hand_are_bounded},
    {"unsent", test_unsent_answers_are_bounded},
    {"stream", test_a_stream_goes_on_whenever_it_has_drained},
    {"full hand", test_a_full_hand_reads_no_more_while_a_stream_goes_on},
    {"stuck", test_who_does_not_read_its_answers_is_closed},
    {"half-closed", test_a_half_closed_client_gets_its_answers},
    {"reset", test_a_reset_ends_the_requests_in_hand},
    {"cut", test_the_handler_may_cut_a_connection},
    CU_TEST_INFO_NULL,
};
