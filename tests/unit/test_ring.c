/*
 * test_ring.c - rings
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "daemon/base/ring.h"
#include "daemon/base/wake.h"
#include "tests/unit/suites.h"

#define ITEMS 20000

static struct ring *shared;
static struct wake waker;
static _Atomic uint64_t sum;

static void
test_a_full_ring_says_so(void)
{
	struct ring *r = ring_create(3);
	int items[5];

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(ring_size(r), 4);
	CU_ASSERT_PTR_NULL(ring_take(r));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++)
			CU_ASSERT(ring_put(r, &items[i]));
		CU_ASSERT(!ring_put(r, &items[4]));
		CU_ASSERT_EQUAL(ring_count(r), 4);
		for (int i = 0; i < 4; i++)
			CU_ASSERT_PTR_EQUAL(ring_take(r), &items[i]);
		CU_ASSERT_PTR_NULL(ring_take(r));
	}
	ring_destroy(r);
}

static void *
put_many(void *arg)
{
	for (uintptr_t i = 1; i <= ITEMS; i++) {
		while (!ring_put(shared, (void *)i))
			sched_yield();
		wake_up(&waker);
	}
	return arg;
}

/* Every item arrives once, and a sleeper is always woken. */
static void
test_nothing_is_lost_between_threads(void)
{
	pthread_t putters[3];
	uint64_t got = 0, expected = 3ull * ITEMS * (ITEMS + 1) / 2;

	shared = ring_create(64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(shared);
	CU_ASSERT_EQUAL_FATAL(wake_init(&waker), 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(
		    pthread_create(&putters[i], NULL, put_many, NULL), 0);
	atomic_store(&sum, 0);
	while (got < 3 * ITEMS) {
		void *item = ring_take(shared);

		if (item != NULL) {
			atomic_fetch_add(&sum, (uintptr_t)item);
			got++;
			continue;
		}
		wake_prepare(&waker);
		if (ring_count(shared) == 0)
			wake_wait(&waker, -1);
		wake_done(&waker);
	}
	for (int i = 0; i < 3; i++)
		(void)pthread_join(putters[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&sum), expected);
	wake_clear(&waker);
	ring_destroy(shared);
}

/* A waker may be held up between clearing the flag and writing. */
static void
test_a_late_wake_ends_one_wait_only(void)
{
	struct wake w;
	struct pollfd p = {.events = POLLIN};
	uint64_t one = 1;

	CU_ASSERT_EQUAL_FATAL(wake_init(&w), 0);
	p.fd = w.fd;
	wake_prepare(&w);
	atomic_store(&w.asleep, 0);
	wake_done(&w);
	CU_ASSERT_EQUAL(write(w.fd, &one, sizeof(one)), sizeof(one));

	wake_prepare(&w);
	wake_wait(&w, -1);
	wake_done(&w);
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);

	wake_prepare(&w);
	wake_up(&w);
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 1);
	wake_done(&w);
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
	wake_clear(&w);
}

CU_TestInfo ring_tests[] = {
    {"full", test_a_full_ring_says_so},
    {"late wake", test_a_late_wake_ends_one_wait_only},
    {"threads", test_nothing_is_lost_between_threads},
    CU_TEST_INFO_NULL,
};
