/*
 * test_transfers.c - transfers going out, and the threads that fill them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/err.h"
#include "daemon/xfr/transfers.h"
#include "tests/unit/history_model.h"
#include "tests/unit/secondary.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo transfers_tests[];

#define APEX_TEXT                                                              \
	"$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 86400 300\n"               \
	"@ NS ns1\nns1 A 192.0.2.1\n"
#define N_RRS_BIG 20000

/* A worker with one request. */
struct client {
	struct transfer transfer; /* first: ready() finds the client by it */
	sem_t posted;
	atomic_uint n_refusals; /* ready() that are yet to fail */
};

static bool
ready(struct transfer *t)
{
	struct client *c = (struct client *)(void *)t;

	if (atomic_load(&c->n_refusals) > 0) {
		atomic_fetch_sub(&c->n_refusals, 1);
		return false;
	}
	(void)sem_post(&c->posted);
	return true;
}

static struct transfers *
transfers_of(unsigned max, uint64_t max_time_ms, uint64_t stall_ms)
{
	struct transfers_settings settings = {2, max, max_time_ms, stall_ms};
	struct transfers *ts;

	CU_ASSERT_EQUAL_FATAL(transfers_create(&settings, &ts), 0);
	return ts;
}

static int
start(struct client *c, struct transfers *ts, struct zone *z,
    enum transfer_kind kind)
{
	const struct zone_version *v = zone_current(z);
	int ret;

	memset(c, 0, sizeof(*c));
	(void)sem_init(&c->posted, 0, 0);
	c->transfer.query =
	    query_of(z, kind == TRANSFER_AXFR ? TYPE_AXFR : TYPE_IXFR);
	c->transfer.kind = kind;
	c->transfer.version = v;
	c->transfer.ready = ready;
	zone_pin(v);
	ret = transfers_start(ts, &c->transfer);
	if (ret != 0)
		zone_unpin(v);
	return ret;
}

/* Waits for ready(), as a worker does in epoll. */
static void
wait_posted(struct client *c)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 120;
	CU_ASSERT_EQUAL_FATAL(sem_timedwait(&c->posted, &until), 0);
	transfer_posted(&c->transfer);
}

/* The next message, or NULL when the transfer has ended. */
static struct transfer_message *
next_message(struct client *c)
{
	struct transfer_message *m = NULL;
	enum transfer_taken taken;

	while ((taken = transfer_take(&c->transfer, &m)) == TRANSFER_WAIT)
		wait_posted(c);
	return taken == TRANSFER_MESSAGE ? m : NULL;
}

/* Takes everything there is and gives it back. */
static void
drain(struct client *c, struct received *r)
{
	struct transfer_message *m;

	while ((m = next_message(c)) != NULL) {
		CU_ASSERT(m->len <= TRANSFER_MESSAGE_LEN);
		CU_ASSERT(m->size >= m->len + TRANSFER_SIGN_ROOM);
		if (r != NULL)
			received_add(r, &c->transfer.query, m->octets, m->len);
		transfer_give(&c->transfer, m);
	}
}

static struct zone *
big_zone(void)
{
	static char text[N_RRS_BIG * 40];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "%s", APEX_TEXT);
	for (unsigned i = 0; i < N_RRS_BIG; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "h%u A 10.0.%u.%u\n", i, i / 256, i % 256);
	return zone_from_text("example.", text);
}

static void
test_a_transfer_brings_the_version_and_ends(void)
{
	struct transfers *ts = transfers_of(10, 0, 0);
	struct zone *z = big_zone(), *copy;
	struct client c[2];
	struct received r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(start(&c[i], ts, z, TRANSFER_AXFR), 0);
	CU_ASSERT_EQUAL(transfers_count(ts), 2);
	for (unsigned i = 0; i < 2; i++) {
		received_init(&r);
		drain(&c[i], &r);
		CU_ASSERT_EQUAL(c[i].transfer.error, 0);
		CU_ASSERT_EQUAL(c[i].transfer.n_rrs, r.n);
		CU_ASSERT_EQUAL(c[i].transfer.n_messages, r.n_messages);
		copy = zone_of_axfr(&r, zone_apex(z));
		CU_ASSERT(versions_equal(zone_current(z), zone_current(copy)));
		zone_destroy(copy);
		received_clear(&r);
	}
	CU_ASSERT_EQUAL(transfers_count(ts), 0);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_no_more_than_the_window_is_filled_ahead(void)
{
	struct transfers *ts = transfers_of(10, 0, 0);
	struct transfer_message *held[TRANSFER_WINDOW], *m;
	struct zone *z = big_zone();
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
	for (unsigned i = 0; i < TRANSFER_WINDOW; i++) {
		held[i] = next_message(&c);
		CU_ASSERT_PTR_NOT_NULL_FATAL(held[i]);
	}
	/* A slow client: one buffer comes back, and one message goes out. */
	for (unsigned i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(transfer_take(&c.transfer, &m), TRANSFER_WAIT);
		transfer_give(&c.transfer, held[i]);
		m = next_message(&c);
		CU_ASSERT_PTR_EQUAL(m, held[i]); /* the same buffer */
		held[i] = m;
	}
	for (unsigned i = 0; i < TRANSFER_WINDOW; i++)
		transfer_give(&c.transfer, held[i]);
	drain(&c, NULL);
	CU_ASSERT_EQUAL(c.transfer.error, 0);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

/* What the zone keeps for pinned versions and readers. */
static size_t
octets_retired(struct zone *z)
{
	struct zone_memory memory;

	zone_reclaim(z);
	zone_memory(z, &memory);
	return memory.octets_retired;
}

static void
change_zone(struct zone *z)
{
	struct zone_txn *txn;

	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	put_a(txn, "new.example.", 1);
	CU_ASSERT_EQUAL_FATAL(zone_put_serial(txn, 8), 0);
	zone_publish(z, zone_seal(txn));
}

static void
test_a_transfer_that_stands_still_is_cut_and_its_pin_dropped(void)
{
	struct transfers *ts = transfers_of(10, 0, 50);
	struct transfer_message *m;
	struct zone *z = big_zone();
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
	wait_posted(&c); /* and nothing is taken */
	change_zone(z);
	CU_ASSERT(octets_retired(z) > 0);
	wait_posted(&c); /* the cut */
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	CU_ASSERT_EQUAL(transfer_take(&c.transfer, &m), TRANSFER_ENDED);
	CU_ASSERT_EQUAL(c.transfer.error, ERR_TIMEOUT);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_a_transfer_that_takes_too_long_is_cut(void)
{
	struct transfers *ts = transfers_of(10, 30, 0);
	struct transfer_message *m;
	struct zone *z = big_zone();
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
	wait_posted(&c);
	wait_posted(&c);
	CU_ASSERT_EQUAL(transfer_take(&c.transfer, &m), TRANSFER_ENDED);
	CU_ASSERT_EQUAL(c.transfer.error, ERR_TIMEOUT);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_a_cancelled_transfer_ends(void)
{
	struct transfers *ts = transfers_of(10, 0, 0);
	struct transfer_message *m;
	struct zone *z = big_zone();
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	for (unsigned n_taken = 0; n_taken < 4; n_taken++) {
		CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
		for (unsigned i = 0; i < n_taken; i++) {
			m = next_message(&c);
			CU_ASSERT_PTR_NOT_NULL_FATAL(m);
			transfer_give(&c.transfer, m);
		}
		transfer_cancel(&c.transfer);
		CU_ASSERT_PTR_NULL(next_message(&c));
		CU_ASSERT_EQUAL(c.transfer.error, ERR_CLOSED);
	}
	CU_ASSERT_EQUAL(transfers_count(ts), 0);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_there_is_a_limit_to_transfers(void)
{
	struct transfers *ts = transfers_of(2, 0, 0);
	struct zone *z = big_zone();
	struct client c[3];

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL(start(&c[0], ts, z, TRANSFER_AXFR), 0);
	CU_ASSERT_EQUAL(start(&c[1], ts, z, TRANSFER_AXFR), 0);
	CU_ASSERT_EQUAL(start(&c[2], ts, z, TRANSFER_AXFR), ERR_BUSY);
	drain(&c[0], NULL);
	CU_ASSERT_EQUAL(start(&c[2], ts, z, TRANSFER_AXFR), 0);
	drain(&c[1], NULL);
	drain(&c[2], NULL);
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_a_worker_that_cannot_be_told_is_told_later(void)
{
	struct transfers *ts = transfers_of(2, 0, 0);
	struct zone *z = zone_from_text("example.", APEX_TEXT);
	struct client c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
	drain(&c, NULL);
	for (unsigned i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL_FATAL(start(&c, ts, z, TRANSFER_AXFR), 0);
		atomic_store(&c.n_refusals, 3);
		drain(&c, NULL);
		CU_ASSERT_EQUAL(c.transfer.error, 0);
	}
	transfers_stop(ts);
	transfers_destroy(ts);
	zone_destroy(z);
}

static void
test_stopping_ends_all(void)
{
	struct transfers *ts = transfers_of(4, 0, 0);
	struct transfer_message *m;
	struct zone *z = big_zone();
	struct client c[4];

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(start(&c[i], ts, z, TRANSFER_AXFR), 0);
	wait_posted(&c[1]);
	transfers_stop(ts);
	change_zone(z);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(transfer_take(&c[i].transfer, &m),
		    TRANSFER_ENDED);
		CU_ASSERT_EQUAL(c[i].transfer.error, ERR_CLOSED);
	}
	CU_ASSERT_EQUAL(start(&c[0], ts, z, TRANSFER_AXFR), ERR_CLOSED);
	transfers_destroy(ts);
	zone_destroy(z);
}

static struct model *
model_of(unsigned n_steps)
{
	struct model *m = malloc(sizeof(*m));

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	model_init(m, "example.", APEX_TEXT);
	for (unsigned i = 0; i < n_steps; i++)
		model_step(m);
	return m;
}

/* IXFR from serial 7 over TCP (udp_size 0) or UDP. */
static enum ixfr_form
transfer_ixfr(struct model *m, size_t udp_size, struct received *r)
{
	struct transfers *ts = transfers_of(4, 0, 0);
	const struct zone_version *v = zone_current(m->zone);
	struct client c;

	memset(&c, 0, sizeof(c));
	(void)sem_init(&c.posted, 0, 0);
	c.transfer.query = query_of(m->zone, TYPE_IXFR);
	c.transfer.kind = TRANSFER_IXFR;
	c.transfer.client_serial = 7;
	c.transfer.udp_size = udp_size;
	c.transfer.zone = (struct store_zone *)(void *)m;
	c.transfer.version = v;
	c.transfer.ready = ready;
	zone_pin(v);
	received_init(r);
	CU_ASSERT_EQUAL_FATAL(transfers_start(ts, &c.transfer), 0);
	drain(&c, r);
	CU_ASSERT_EQUAL(c.transfer.error, 0);
	CU_ASSERT_EQUAL(c.transfer.n_rrs, r->n);
	transfers_stop(ts);
	transfers_destroy(ts);
	return c.transfer.form;
}

static void
test_ixfr_reads_the_history(void)
{
	struct model *m = model_of(300);
	struct zone *replica = zone_from_text("example.", APEX_TEXT);
	struct received r;

	CU_ASSERT_EQUAL(transfer_ixfr(m, 0, &r), IXFR_DELTAS);
	CU_ASSERT(r.n_messages > 1);
	apply_ixfr(replica, &r);
	CU_ASSERT(versions_equal(zone_current(m->zone), zone_current(replica)));
	received_clear(&r);
	zone_destroy(replica);
	model_clear(m);
	free(m);
}

static void
test_ixfr_over_udp_is_the_deltas_or_the_soa(void)
{
	struct model *m = model_of(3);
	struct received r;

	CU_ASSERT_EQUAL(transfer_ixfr(m, 1232, &r), IXFR_DELTAS);
	CU_ASSERT_EQUAL(r.n_messages, 1);
	CU_ASSERT(r.n > 2);
	received_clear(&r);
	CU_ASSERT_EQUAL(transfer_ixfr(m, 200, &r), IXFR_CURRENT);
	CU_ASSERT_EQUAL(r.n, 1);
	received_clear(&r);
	m->n_kept = 1; /* no history: not the zone, either */
	CU_ASSERT_EQUAL(transfer_ixfr(m, 1232, &r), IXFR_CURRENT);
	CU_ASSERT_EQUAL(r.n, 1);
	received_clear(&r);
	model_clear(m);
	free(m);
}

CU_TestInfo transfers_tests[] = {
    {"a transfer brings the version and ends",
	test_a_transfer_brings_the_version_and_ends},
    {"no more than the window is filled ahead",
	test_no_more_than_the_window_is_filled_ahead},
    {"a transfer that stands still is cut and its pin dropped",
	test_a_transfer_that_stands_still_is_cut_and_its_pin_dropped},
    {"a transfer that takes too long is cut",
	test_a_transfer_that_takes_too_long_is_cut},
    {"a cancelled transfer ends", test_a_cancelled_transfer_ends},
    {"there is a limit to transfers", test_there_is_a_limit_to_transfers},
    {"a worker that cannot be told is told later",
	test_a_worker_that_cannot_be_told_is_told_later},
    {"stopping ends all", test_stopping_ends_all},
    {"IXFR reads the history", test_ixfr_reads_the_history},
    {"IXFR over UDP is the deltas or the SOA",
	test_ixfr_over_udp_is_the_deltas_or_the_soa},
    CU_TEST_INFO_NULL,
};
