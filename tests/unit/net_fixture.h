/*
 * net_fixture.h - a worker on loopback, for the unit tests of daemon/net
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handler does what a message begins with:
 *
 *	echo...    answers with the same octets
 *	drop       does not answer
 *	hold...    keeps it until fixture_release(); then the last comes first
 *	stream N   answers with N messages of FIXTURE_PART octets
 *	notify     sends "notify" to fixture.notify_to from notify_from; drops
 *	cut        closes the connection
 *
 * and checks that it is called inside batches only, and never inside itself.
 *
 * Threads: the worker's is made here; counters are read from the test's.
 */
#ifndef TESTS_UNIT_NET_FIXTURE_H
#define TESTS_UNIT_NET_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/net/worker.h"

#define FIXTURE_HELD_MAX 256
#define FIXTURE_PART 60000
#define FIXTURE_PATIENCE_MS 60000 /* before a test gives up */

struct fixture_held {
	struct net_origin from;
	char octets[32];
	size_t len;
};

struct net_fixture {
	/* Set before fixture_start(); 0: the default. */
	const char *addresses[4]; /* "127.0.0.1" if none is given */
	unsigned max_clients;
	unsigned max_per_address;
	struct net_worker_options options;
	struct addr notify_to;
	struct addr notify_from; /* family 0: none */

	struct net_listeners *listeners;
	struct net_clients *clients;
	struct net_worker *worker;
	struct net_handler handler;
	pthread_t thread;
	struct addr address; /* the first, with its port */
	bool is_running;

	/* The worker's. */
	struct fixture_held held[FIXTURE_HELD_MAX];
	size_t n_held;
	struct net_origin stream;
	unsigned stream_left;
	bool in_batch;
	unsigned n_rounds; /* that have ended */
	bool in_handler;

	atomic_uint n_messages;
	atomic_uint n_held_now;
	atomic_uint n_closed;
	atomic_uint n_drained;
	atomic_uint n_timers;
	atomic_uint n_replies;
	atomic_uint n_wrong;           /* rules of the house broken */
	_Atomic uint64_t timer_due_ms; /* asked for; 0: seen */
};

void fixture_start(struct net_fixture *f);

/* Has the worker end, and waits for that. */
void fixture_join(struct net_fixture *f);

/* As fixture_join(), and frees everything. */
void fixture_stop(struct net_fixture *f);

/* Has the worker answer what is held. */
void fixture_release(struct net_fixture *f);

/* Waits until *counter has reached n; false: it did not. */
bool fixture_reached(const atomic_uint *counter, unsigned n);
bool fixture_counted(const _Atomic uint64_t *counter, uint64_t n);

/* A connected client; its receive buffer is small if rcvbuf is not 0. */
int fixture_connect(const struct addr *to, int type, int rcvbuf);

/* Sends text behind its length. */
void fixture_send_message(int fd, const char *text);

/* The length of the next message; -1: the end, or out of patience. */
int fixture_read_message(int fd, uint8_t octets[NET_MESSAGE_MAX]);

/* Whether the next message is this text. */
bool fixture_reads(int fd, const char *text);

/* Whether the next datagram is this text. */
bool fixture_receives(int fd, const char *text);

/* Whether the other side has closed. */
bool fixture_at_end(int fd);

#endif
