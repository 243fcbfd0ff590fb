/*
 * test_worker.c - a worker's life
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/listen.h"
#include "tests/unit/net_fixture.h"
#include "tests/unit/suites.h"

static void
test_timers_come_by_themselves_and_when_asked_for(void)
{
	struct net_fixture f = {0};
	uint64_t due = clock_mono_ms() + 10;

	atomic_store(&f.timer_due_ms, due);
	fixture_start(&f);
	CU_ASSERT(fixture_reached(&f.n_timers, 3));
	CU_ASSERT_EQUAL(atomic_load(&f.timer_due_ms), 0);
	fixture_stop(&f);
}

static void
test_a_stop_finishes_what_is_in_hand(void)
{
	struct net_fixture f = {.options.stop_ms = FIXTURE_PATIENCE_MS};
	int udp, tcp, idle;

	fixture_start(&f);
	udp = fixture_connect(&f.address, SOCK_DGRAM, 0);
	tcp = fixture_connect(&f.address, SOCK_STREAM, 0);
	idle = fixture_connect(&f.address, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(send(udp, "hold udp", 8, 0), 8);
	fixture_send_message(tcp, "hold tcp");
	fixture_send_message(idle, "echo");
	CU_ASSERT(fixture_reads(idle, "echo"));
	CU_ASSERT(fixture_reached(&f.n_held_now, 2));

	net_worker_stop(f.worker);
	CU_ASSERT(fixture_at_end(idle)); /* so it is stopping */
	fixture_release(&f);
	CU_ASSERT(fixture_receives(udp, "hold udp"));
	CU_ASSERT(fixture_reads(tcp, "hold tcp"));
	CU_ASSERT(fixture_at_end(tcp));
	fixture_join(&f);
	CU_ASSERT_EQUAL(net_in_hand(f.worker), 0);
	(void)close(udp);
	(void)close(tcp);
	(void)close(idle);
	fixture_stop(&f);
}

static void
test_a_stop_does_not_wait_for_ever(void)
{
	struct net_fixture f = {.options.stop_ms = 1};
	int tcp;

	fixture_start(&f);
	tcp = fixture_connect(&f.address, SOCK_STREAM, 0);
	fixture_send_message(tcp, "hold");
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));
	fixture_join(&f);
	CU_ASSERT_EQUAL(atomic_load(&f.n_closed), 1);
	CU_ASSERT(fixture_at_end(tcp));
	(void)close(tcp);
	fixture_stop(&f);
}

static void
test_what_is_posted_too_late_can_be_taken_back(void)
{
	struct net_fixture f = {.options.n_posts = 2};
	int items[3];

	fixture_start(&f);
	fixture_join(&f);
	CU_ASSERT(net_post(f.worker, &items[0]));
	CU_ASSERT(net_post(f.worker, &items[1]));
	CU_ASSERT(!net_post(f.worker, &items[2]));
	CU_ASSERT_EQUAL(net_worker_counters(f.worker)->posts_refused, 1);
	CU_ASSERT_PTR_EQUAL(net_worker_leftover(f.worker), &items[0]);
	CU_ASSERT_PTR_EQUAL(net_worker_leftover(f.worker), &items[1]);
	CU_ASSERT_PTR_NULL(net_worker_leftover(f.worker));
	fixture_stop(&f);
}

/* A reload from {.1, .2} to {.1, .3}, with a request to .2 in hand. */
static void
test_a_reload_changes_the_addresses(void)
{
	struct net_fixture f = {.addresses = {"127.0.0.1", "127.0.0.2"}};
	struct net_listeners *next;
	struct addr list[2], gone;
	int stays, comes, goes;

	fixture_start(&f);
	gone = *net_listeners_address(f.listeners, 1);
	stays = fixture_connect(&f.address, SOCK_DGRAM, 0);
	goes = fixture_connect(&gone, SOCK_DGRAM, 0);
	CU_ASSERT_EQUAL(send(goes, "hold", 4, 0), 4);
	CU_ASSERT(fixture_reached(&f.n_held_now, 1));

	list[0] = f.address;
	CU_ASSERT_EQUAL(addr_from_text("127.0.0.3", &list[1]), 0);
	CU_ASSERT_EQUAL_FATAL(net_listeners_reopen(f.listeners, list, 2, &next,
				  NULL),
	    0);
	net_worker_listen(f.worker, next);
	net_listeners_unref(f.listeners);
	f.listeners = next;

	comes = fixture_connect(net_listeners_address(next, 1), SOCK_STREAM, 0);
	fixture_send_message(comes, "echo");
	CU_ASSERT(fixture_reads(comes, "echo"));
	fixture_release(&f); /* nowhere to go */
	CU_ASSERT_EQUAL(send(stays, "echo", 4, 0), 4);
	CU_ASSERT(fixture_receives(stays, "echo"));
	(void)close(stays);
	(void)close(comes);
	(void)close(goes);
	fixture_join(&f);
	CU_ASSERT_EQUAL(net_in_hand(f.worker), 0);
	fixture_stop(&f);
}

CU_TestInfo worker_tests[] = {
    {"timers", test_timers_come_by_themselves_and_when_asked_for},
    {"stop", test_a_stop_finishes_what_is_in_hand},
    {"late stop", test_a_stop_does_not_wait_for_ever},
    {"leftover", test_what_is_posted_too_late_can_be_taken_back},
    {"reload", test_a_reload_changes_the_addresses},
    CU_TEST_INFO_NULL,
};
