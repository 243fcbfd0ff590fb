/*
 * test_exchange.c - messages to KDCs that answer, hang, and lie
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ktutils/exchange.h"
#include "tests/unit/suites.h"

#define SOON_MS 20000
#define LIMIT_MS 200

/* A socket of ours that plays the KDC, on a port of its own. */
struct fake {
	int fd;
	struct sockaddr_in address;
	pthread_t thread;
	const uint8_t *answer; /* TCP: with its length before it */
	size_t answer_len;
	size_t asked; /* octets that came before it answered */
};

static void
fake_open(struct fake *f, int type)
{
	socklen_t len = sizeof(f->address);

	memset(f, 0, sizeof(*f));
	f->address.sin_family = AF_INET;
	f->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->fd = socket(AF_INET, type, 0);
	CU_ASSERT_EQUAL_FATAL(bind(f->fd, (struct sockaddr *)&f->address, len),
	    0);
	CU_ASSERT_EQUAL(getsockname(f->fd, (struct sockaddr *)&f->address,
			    &len),
	    0);
	if (type == SOCK_STREAM)
		CU_ASSERT_EQUAL(listen(f->fd, 4), 0);
}

static void *
serve_tcp(void *arg)
{
	struct fake *f = arg;
	int fd = accept(f->fd, NULL, NULL);
	uint8_t octets[64];
	ssize_t got = recv(fd, octets, 4 + 3, MSG_WAITALL);

	f->asked = got > 0 ? (size_t)got : 0;
	/* Octet by octet: no reader may count on more. */
	for (size_t i = 0; i < f->answer_len; i++)
		(void)send(fd, f->answer + i, 1, MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

static void *
serve_udp(void *arg)
{
	struct fake *f = arg;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	uint8_t octets[64];

	/* Silent at first: the second one comes by itself. */
	for (int i = 0; i < 2; i++)
		f->asked += (size_t)recvfrom(f->fd, octets, sizeof(octets), 0,
		    (struct sockaddr *)&peer, &len);
	(void)sendto(f->fd, f->answer, f->answer_len, 0,
	    (struct sockaddr *)&peer, len);
	return NULL;
}

static struct exchange
question(const struct fake *f, bool is_tcp)
{
	struct exchange x = {
	    .address = (const struct sockaddr *)&f->address,
	    .address_len = sizeof(f->address),
	    .is_tcp = is_tcp,
	    .message = (const uint8_t *)"abc",
	    .message_len = 3,
	};

	return x;
}

/* What an exchange with a TCP server that answers so ends with. */
static int
ask(const uint8_t *answer, size_t len, struct exchange *x)
{
	struct fake f;

	fake_open(&f, SOCK_STREAM);
	f.answer = answer;
	f.answer_len = len;
	*x = question(&f, true);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f.thread, NULL, serve_tcp, &f),
	    0);
	exchange_run(x, 1, exchange_now_ms() + SOON_MS, -1);
	(void)pthread_join(f.thread, NULL);
	(void)close(f.fd);
	CU_ASSERT_EQUAL(f.asked, 4 + 3);
	return x->error;
}

static void
test_a_tcp_reply_comes_whole(void)
{
	static const uint8_t reply[] = {0, 0, 0, 3, 0x7e, 1, 2};
	struct exchange x;

	CU_ASSERT_EQUAL(ask(reply, sizeof(reply), &x), 0);
	CU_ASSERT_EQUAL_FATAL(x.reply_len, 3);
	CU_ASSERT_EQUAL(memcmp(x.reply, reply + 4, 3), 0);
	exchange_clear(&x);
}

static void
test_what_is_no_reply_is_none(void)
{
	static const uint8_t text[] = {0, 0, 0, 3, 'H', 'T', 'T'};
	static const uint8_t huge[] = {0x7f, 0xff, 0xff, 0xff, 0x7e};
	static const uint8_t nothing[] = {0, 0, 0, 0};
	static const uint8_t torn[] = {0, 0, 0, 3, 0x7e};
	struct exchange x;

	CU_ASSERT_EQUAL(ask(text, sizeof(text), &x), EPROTO);
	CU_ASSERT_PTR_NULL(x.reply);
	CU_ASSERT_EQUAL(ask(huge, sizeof(huge), &x), EPROTO);
	CU_ASSERT_EQUAL(ask(nothing, sizeof(nothing), &x), EPROTO);
	CU_ASSERT_EQUAL(ask(torn, sizeof(torn), &x), ECONNRESET);
	CU_ASSERT_PTR_NULL(x.reply);
}

static void
test_a_datagram_is_sent_again(void)
{
	static const uint8_t reply[] = {0x6b, 1, 2};
	struct exchange x;
	struct fake f;

	fake_open(&f, SOCK_DGRAM);
	f.answer = reply;
	f.answer_len = sizeof(reply);
	x = question(&f, false);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f.thread, NULL, serve_udp, &f),
	    0);
	exchange_run(&x, 1, exchange_now_ms() + 5 * SOON_MS, -1);
	(void)pthread_join(f.thread, NULL);
	(void)close(f.fd);
	CU_ASSERT_EQUAL(f.asked, 2 * 3);
	CU_ASSERT_EQUAL(x.error, 0);
	CU_ASSERT_EQUAL(x.reply_len, 3);
	exchange_clear(&x);
}

static void
test_the_silent_take_no_longer_than_they_may(void)
{
	struct exchange x[3];
	struct fake tcp, udp, shut;
	int64_t started, took;

	fake_open(&tcp, SOCK_STREAM); /* listens, and never accepts */
	fake_open(&udp, SOCK_DGRAM);
	fake_open(&shut, SOCK_STREAM);
	(void)close(shut.fd); /* nobody is there */
	x[0] = question(&tcp, true);
	x[1] = question(&udp, false);
	x[2] = question(&shut, true);
	started = exchange_now_ms();
	exchange_run(x, 3, started + LIMIT_MS, -1);
	took = exchange_now_ms() - started;
	CU_ASSERT_TRUE(took >= LIMIT_MS && took < LIMIT_MS + SOON_MS);
	CU_ASSERT_EQUAL(x[0].error, ETIMEDOUT);
	CU_ASSERT_EQUAL(x[1].error, ETIMEDOUT);
	CU_ASSERT_EQUAL(x[2].error, ECONNREFUSED);
	(void)close(tcp.fd);
	(void)close(udp.fd);
}

static void
test_what_is_stopped_is_over_at_once(void)
{
	int stop_fd = eventfd(1, EFD_CLOEXEC);
	struct fake f;
	struct exchange x;

	fake_open(&f, SOCK_STREAM); /* listens, and never accepts */
	x = question(&f, true);
	exchange_run(&x, 1, exchange_now_ms() + 3600 * 1000, stop_fd);
	CU_ASSERT_EQUAL(x.error, ECANCELED);
	CU_ASSERT_PTR_NULL(x.reply);
	(void)close(f.fd);
	(void)close(stop_fd);
}

CU_TestInfo exchange_tests[] = {
    {"tcp", test_a_tcp_reply_comes_whole},
    {"no reply", test_what_is_no_reply_is_none},
    {"udp", test_a_datagram_is_sent_again},
    {"silence", test_the_silent_take_no_longer_than_they_may},
    {"stopped", test_what_is_stopped_is_over_at_once},
    CU_TEST_INFO_NULL,
};
