/*
 * exchange.c - messages to KDCs and their replies, several at a time
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "ktutils/exchange.h"

#define LENGTH_LEN 4
#define MAX_REPLY ((size_t)256 * 1024)
#define MAX_DATAGRAM ((size_t)64 * 1024)
#define SEND_AGAIN_MS 1000
#define POLL_MAX 128 /* exchanges at a time; more wait for the next round */

int64_t
exchange_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

static void
end(struct exchange *x, int error)
{
	if (x->fd != -1)
		(void)close(x->fd);
	x->fd = -1;
	x->error = error;
	x->state = EXCHANGE_DONE;
}

/* AS-REP, TGS-REP and KRB-ERROR begin so (RFC 4120 section 5.10). */
static bool
is_kerberos(const struct exchange *x)
{
	return x->reply_len > 0 &&
	    (x->reply[0] == 0x6b || x->reply[0] == 0x6d || x->reply[0] == 0x7e);
}

static void
end_with_reply(struct exchange *x)
{
	end(x, is_kerberos(x) ? 0 : EPROTO);
}

/* --- Steps --- */

static void
start(struct exchange *x)
{
	for (int i = 0; i < LENGTH_LEN; i++)
		x->length[i] = (uint8_t)(x->message_len >> (24 - 8 * i));
	x->reply = NULL;
	x->reply_len = 0;
	x->moved = 0;
	x->send_again = 0;
	x->fd = socket(x->address->sa_family,
	    (x->is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK |
		SOCK_CLOEXEC,
	    0);
	if (x->fd == -1) {
		end(x, errno);
		return;
	}
	x->state = x->is_tcp ? EXCHANGE_CONNECT : EXCHANGE_SEND;
	if (connect(x->fd, x->address, x->address_len) != 0 &&
	    errno != EINPROGRESS)
		end(x, errno);
}

static void
step_connect(struct exchange *x)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(x->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0)
		end(x, error);
	else
		x->state = EXCHANGE_SEND;
}

static bool
is_for_later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void
step_send_udp(struct exchange *x, int64_t now)
{
	ssize_t put = send(x->fd, x->message, x->message_len, MSG_NOSIGNAL);

	if (put == -1 && !is_for_later(errno)) {
		end(x, errno);
		return;
	}
	x->send_again = now + SEND_AGAIN_MS;
	x->state = EXCHANGE_RECEIVE;
}

/* The length and the message, from where it stopped. */
static ssize_t
send_rest(const struct exchange *x)
{
	size_t done = x->moved;
	struct iovec parts[2] = {
	    {(void *)(uintptr_t)x->length, LENGTH_LEN},
	    {(void *)(uintptr_t)x->message, x->message_len},
	};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

	for (int i = 0; i < 2; i++) {
		size_t skip = done < parts[i].iov_len ? done : parts[i].iov_len;

		parts[i].iov_base = (uint8_t *)parts[i].iov_base + skip;
		parts[i].iov_len -= skip;
		done -= skip;
	}
	return sendmsg(x->fd, &m, MSG_NOSIGNAL);
}

static void
step_send_tcp(struct exchange *x)
{
	ssize_t put = send_rest(x);

	if (put == -1) {
		if (!is_for_later(errno))
			end(x, errno);
		return;
	}
	x->moved += (size_t)put;
	if (x->moved == LENGTH_LEN + x->message_len) {
		x->moved = 0;
		x->state = EXCHANGE_RECEIVE;
	}
}

static void
step_receive_udp(struct exchange *x)
{
	ssize_t got;

	x->reply = malloc(MAX_DATAGRAM);
	if (x->reply == NULL) {
		end(x, ENOMEM);
		return;
	}
	got = recv(x->fd, x->reply, MAX_DATAGRAM, 0);
	if (got > 0) {
		x->reply_len = (size_t)got;
		end_with_reply(x);
		return;
	}
	free(x->reply);
	x->reply = NULL;
	if (got == 0 || !is_for_later(errno))
		end(x, got == 0 ? EPROTO : errno);
}

/* The reply's length is known: makes room for it. */
static void
begin_reply(struct exchange *x)
{
	size_t len = 0;

	for (int i = 0; i < LENGTH_LEN; i++)
		len = len << 8 | x->length[i];
	if (len == 0 || len > MAX_REPLY) {
		end(x, EPROTO);
		return;
	}
	x->reply = malloc(len);
	if (x->reply == NULL)
		end(x, ENOMEM);
	x->reply_len = len;
}

static void
step_receive_tcp(struct exchange *x)
{
	bool is_length = x->moved < LENGTH_LEN;
	size_t at = is_length ? x->moved : x->moved - LENGTH_LEN;
	uint8_t *to = is_length ? x->length : x->reply;
	size_t size = is_length ? LENGTH_LEN : x->reply_len;
	ssize_t got = recv(x->fd, to + at, size - at, 0);

	if (got == 0) {
		end(x, ECONNRESET);
		return;
	}
	if (got == -1) {
		if (!is_for_later(errno))
			end(x, errno);
		return;
	}
	x->moved += (size_t)got;
	if (is_length && x->moved == LENGTH_LEN)
		begin_reply(x);
	else if (!is_length && x->moved == LENGTH_LEN + x->reply_len)
		end_with_reply(x);
}

static void
step(struct exchange *x, int64_t now)
{
	switch (x->state) {
	case EXCHANGE_CONNECT:
		step_connect(x);
		break;
	case EXCHANGE_SEND:
		if (x->is_tcp)
			step_send_tcp(x);
		else
			step_send_udp(x, now);
		break;
	case EXCHANGE_RECEIVE:
		if (x->is_tcp)
			step_receive_tcp(x);
		else
			step_receive_udp(x);
		break;
	case EXCHANGE_DONE:
		break;
	}
}

/* --- All of them --- */

static bool
is_waiting(const struct exchange *x)
{
	return x->state != EXCHANGE_DONE;
}

/* Who is waited for, behind polls[0]; until is set to when one of them has to send again. */
static nfds_t
gather(struct exchange *x, size_t n, struct pollfd *polls, size_t *which,
    int64_t *until)
{
	nfds_t n_polls = 1;

	for (size_t i = 0; i < n; i++) {
		if (!is_waiting(&x[i]))
			continue;
		which[n_polls] = i;
		polls[n_polls].fd = x[i].fd;
		polls[n_polls].revents = 0;
		polls[n_polls++].events =
		    x[i].state == EXCHANGE_RECEIVE ? POLLIN : POLLOUT;
		if (x[i].send_again != 0 && x[i].send_again < *until)
			*until = x[i].send_again;
	}
	return n_polls;
}

static void
run_some(struct exchange *x, size_t n, int64_t deadline, int stop_fd)
{
	struct pollfd polls[1 + POLL_MAX] = {{.fd = stop_fd, .events = POLLIN}};
	size_t which[1 + POLL_MAX];
	int64_t started = exchange_now_ms(), now = started;
	int error = ETIMEDOUT;

	for (size_t i = 0; i < n; i++)
		start(&x[i]);
	for (;;) {
		int64_t until = deadline;
		nfds_t n_polls = gather(x, n, polls, which, &until);

		if (n_polls == 1 || now >= deadline)
			break;
		(void)poll(polls, n_polls,
		    until > now ? (int)(until - now) : 0);
		now = exchange_now_ms();
		if (polls[0].revents != 0) {
			error = ECANCELED;
			break;
		}
		for (nfds_t i = 1; i < n_polls; i++) {
			struct exchange *one = &x[which[i]];

			if (polls[i].revents != 0)
				step(one, now);
			else if (one->send_again != 0 && now >= one->send_again)
				one->state = EXCHANGE_SEND;
			one->took_ms = (int)(now - started);
		}
	}
	for (size_t i = 0; i < n; i++)
		if (is_waiting(&x[i]))
			end(&x[i], error);
}

void
exchange_run(struct exchange *x, size_t n, int64_t deadline, int stop_fd)
{
	for (size_t at = 0; at < n; at += POLL_MAX)
		run_some(x + at, n - at < POLL_MAX ? n - at : POLL_MAX,
		    deadline, stop_fd);
	for (size_t i = 0; i < n; i++)
		if (x[i].error != 0)
			exchange_clear(&x[i]);
}

void
exchange_clear(struct exchange *x)
{
	if (x->reply != NULL)
		explicit_bzero(x->reply, x->reply_len);
	free(x->reply);
	x->reply = NULL;
	x->reply_len = 0;
}
