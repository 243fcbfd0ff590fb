/*
 * net_fixture.c - a worker on loopback, for the unit tests of daemon/net
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/net/clients.h"
#include "daemon/net/listen.h"
#include "tests/unit/net_fixture.h"

static int release_item;

static bool
starts(const uint8_t *octets, size_t len, const char *text)
{
	return len >= strlen(text) && memcmp(octets, text, strlen(text)) == 0;
}

static void
enter(struct net_fixture *f)
{
	if (!f->in_batch || f->in_handler)
		atomic_fetch_add(&f->n_wrong, 1);
	f->in_handler = true;
}

static void
leave(struct net_fixture *f)
{
	f->in_handler = false;
}

static void
on_batch_begin(void *arg, struct net_worker *w)
{
	struct net_fixture *f = arg;

	(void)w;
	if (f->in_batch)
		atomic_fetch_add(&f->n_wrong, 1);
	f->in_batch = true;
}

static void
on_batch_end(void *arg, struct net_worker *w)
{
	struct net_fixture *f = arg;

	(void)w;
	if (!f->in_batch || f->in_handler)
		atomic_fetch_add(&f->n_wrong, 1);
	f->in_batch = false;
}

/* Whatever was handed over, a round ends before the worker waits again. */
static void
on_round_end(void *arg, struct net_worker *w)
{
	struct net_fixture *f = arg;

	(void)w;
	if (f->in_batch)
		atomic_fetch_add(&f->n_wrong, 1);
	f->n_rounds++;
}

static void
stream_on(struct net_fixture *f, struct net_worker *w)
{
	static const uint8_t part[FIXTURE_PART];

	while (
	    f->stream_left > 0 && net_pending(w, &f->stream) < NET_LOW_WATER) {
		f->stream_left--;
		if (f->stream_left == 0)
			(void)net_answer(w, &f->stream, part, sizeof(part));
		else
			(void)net_send_part(w, &f->stream, part, sizeof(part));
	}
}

static void
hold(struct net_fixture *f, const struct net_origin *from,
    const uint8_t *octets, size_t len)
{
	struct fixture_held *h = &f->held[f->n_held];

	if (f->n_held == FIXTURE_HELD_MAX || len > sizeof(h->octets)) {
		atomic_fetch_add(&f->n_wrong, 1);
		return;
	}
	h->from = *from;
	h->len = len;
	memcpy(h->octets, octets, len);
	f->n_held++;
	atomic_fetch_add(&f->n_held_now, 1);
}

static void
do_message(struct net_fixture *f, struct net_worker *w,
    const struct net_origin *from, const uint8_t *octets, size_t len)
{
	const struct addr *source =
	    f->notify_from.family == 0 ? NULL : &f->notify_from;

	if (starts(octets, len, "echo")) {
		(void)net_answer(w, from, octets, len);
	} else if (starts(octets, len, "hold")) {
		hold(f, from, octets, len);
	} else if (starts(octets, len, "stream ")) {
		f->stream = *from;
		f->stream_left =
		    (unsigned)strtoul((const char *)octets + strlen("stream "),
			NULL, 10);
		stream_on(f, w);
	} else if (starts(octets, len, "notify")) {
		if (net_udp_send_from(w, source, &f->notify_to, octets, len) !=
		    0)
			atomic_fetch_add(&f->n_wrong, 1);
		net_drop(w, from);
	} else if (starts(octets, len, "cut")) {
		net_close(w, from);
	} else {
		net_drop(w, from);
	}
}

static void
on_message(void *arg, struct net_worker *w, const struct net_origin *from,
    const uint8_t *octets, size_t len)
{
	struct net_fixture *f = arg;

	enter(f);
	do_message(f, w, from, octets, len);
	atomic_fetch_add(&f->n_messages, 1);
	leave(f);
}

/* The only item is "release". */
static void
on_posted(void *arg, struct net_worker *w, void *item)
{
	struct net_fixture *f = arg;

	enter(f);
	if (item != &release_item)
		atomic_fetch_add(&f->n_wrong, 1);
	while (f->n_held > 0) {
		struct fixture_held *h = &f->held[--f->n_held];

		(void)net_answer(w, &h->from, h->octets, h->len);
		atomic_fetch_sub(&f->n_held_now, 1);
	}
	leave(f);
}

static void
on_timer(void *arg, struct net_worker *w, uint64_t now_ms)
{
	struct net_fixture *f = arg;
	uint64_t due = atomic_load(&f->timer_due_ms);

	(void)w;
	enter(f);
	atomic_fetch_add(&f->n_timers, 1);
	if (due != 0 && now_ms >= due)
		atomic_store(&f->timer_due_ms, 0);
	leave(f);
}

static void
on_closed(void *arg, struct net_worker *w, const struct net_origin *connection)
{
	struct net_fixture *f = arg;

	(void)w;
	(void)connection;
	enter(f);
	atomic_fetch_add(&f->n_closed, 1);
	leave(f);
}

static void
on_drained(void *arg, struct net_worker *w, const struct net_origin *connection)
{
	struct net_fixture *f = arg;

	(void)connection;
	enter(f);
	atomic_fetch_add(&f->n_drained, 1);
	stream_on(f, w);
	leave(f);
}

static void
on_reply(void *arg, struct net_worker *w, const struct addr *from,
    const uint8_t *octets, size_t len)
{
	struct net_fixture *f = arg;

	(void)w;
	enter(f);
	if (addr_equal(from, &f->notify_to) && starts(octets, len, "noted"))
		atomic_fetch_add(&f->n_replies, 1);
	leave(f);
}

static void *
run(void *arg)
{
	struct net_fixture *f = arg;

	if (net_worker_run(f->worker) != 0)
		atomic_fetch_add(&f->n_wrong, 1);
	return NULL;
}

static void
open_listeners(struct net_fixture *f)
{
	struct addr addresses[4];
	size_t n = 0;

	if (f->addresses[0] == NULL)
		f->addresses[0] = "127.0.0.1";
	while (n < 4 && f->addresses[n] != NULL) {
		CU_ASSERT_EQUAL_FATAL(addr_from_text(f->addresses[n],
					  &addresses[n]),
		    0);
		n++;
	}
	CU_ASSERT_EQUAL_FATAL(net_listeners_open(addresses, n, 1, &f->listeners,
				  NULL),
	    0);
	f->address = *net_listeners_address(f->listeners, 0);
}

void
fixture_start(struct net_fixture *f)
{
	open_listeners(f);
	f->clients =
	    net_clients_create(f->max_clients == 0 ? 1000 : f->max_clients,
		f->max_per_address == 0 ? 1000 : f->max_per_address);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->clients);
	f->handler = (struct net_handler){
	    .arg = f,
	    .message = on_message,
	    .posted = on_posted,
	    .batch_begin = on_batch_begin,
	    .batch_end = on_batch_end,
	    .round_end = on_round_end,
	    .timer = on_timer,
	    .closed = on_closed,
	    .drained = on_drained,
	    .reply = on_reply,
	};
	f->options.listeners = f->listeners;
	f->options.clients = f->clients;
	f->options.handler = &f->handler;
	CU_ASSERT_EQUAL_FATAL(net_worker_create(&f->options, &f->worker), 0);
	if (atomic_load(&f->timer_due_ms) != 0)
		net_worker_set_timer(f->worker, atomic_load(&f->timer_due_ms));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, run, f), 0);
	f->is_running = true;
}

void
fixture_join(struct net_fixture *f)
{
	if (!f->is_running)
		return;
	net_worker_stop(f->worker);
	(void)pthread_join(f->thread, NULL);
	f->is_running = false;
	CU_ASSERT(f->n_rounds > 0);
}

void
fixture_stop(struct net_fixture *f)
{
	fixture_join(f);
	CU_ASSERT_EQUAL(atomic_load(&f->n_wrong), 0);
	net_worker_destroy(f->worker);
	CU_ASSERT_EQUAL(net_clients_count(f->clients), 0);
	net_clients_destroy(f->clients);
	net_listeners_unref(f->listeners);
}

void
fixture_release(struct net_fixture *f)
{
	CU_ASSERT(net_post(f->worker, &release_item));
}

bool
fixture_reached(const atomic_uint *counter, unsigned n)
{
	uint64_t until = clock_mono_ms() + FIXTURE_PATIENCE_MS;

	while (atomic_load(counter) < n) {
		if (clock_mono_ms() > until)
			return false;
		sched_yield();
	}
	return true;
}

bool
fixture_counted(const _Atomic uint64_t *counter, uint64_t n)
{
	uint64_t until = clock_mono_ms() + FIXTURE_PATIENCE_MS;

	while (atomic_load(counter) < n) {
		if (clock_mono_ms() > until)
			return false;
		sched_yield();
	}
	return true;
}

int
fixture_connect(const struct addr *to, int type, int rcvbuf)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(to, &sa);
	int fd = socket(to->family, type, 0);

	CU_ASSERT_NOT_EQUAL_FATAL(fd, -1);
	if (rcvbuf != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
		    sizeof(rcvbuf));
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&sa, sa_len), 0);
	return fd;
}

void
fixture_send_message(int fd, const char *text)
{
	uint8_t octets[256];
	size_t len = strlen(text);

	put_u16(octets, (uint16_t)len);
	memcpy(octets + 2, text, len);
	CU_ASSERT_EQUAL(send(fd, octets, 2 + len, MSG_NOSIGNAL),
	    (ssize_t)(2 + len));
}

static bool
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, FIXTURE_PATIENCE_MS) == 1;
}

static bool
read_whole(int fd, uint8_t *octets, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n;

		if (!is_readable(fd))
			return false;
		n = recv(fd, octets + at, len - at, 0);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

int
fixture_read_message(int fd, uint8_t octets[NET_MESSAGE_MAX])
{
	uint8_t length[2];

	if (!read_whole(fd, length, 2) ||
	    !read_whole(fd, octets, get_u16(length)))
		return -1;
	return get_u16(length);
}

bool
fixture_reads(int fd, const char *text)
{
	static uint8_t octets[NET_MESSAGE_MAX];
	int len = fixture_read_message(fd, octets);

	return len == (int)strlen(text) && starts(octets, (size_t)len, text);
}

bool
fixture_receives(int fd, const char *text)
{
	uint8_t octets[512];
	ssize_t len;

	if (!is_readable(fd))
		return false;
	len = recv(fd, octets, sizeof(octets), 0);
	return len == (ssize_t)strlen(text) &&
	    starts(octets, (size_t)len, text);
}

bool
fixture_at_end(int fd)
{
	uint8_t octet;
	ssize_t n;

	if (!is_readable(fd))
		return false;
	n = recv(fd, &octet, 1, 0);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}
