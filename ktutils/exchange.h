/*
 * exchange.h - messages to KDCs and their replies, several at a time
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libkrb5 makes and reads messages; carrying them is done here, since its own
 * way waits 27 s for a silent KDC, and cannot be told otherwise.  Nothing
 * blocks but one poll() with the time that is left.
 *
 * Owns:    sockets during exchange_run() only; replies, until
 *          exchange_clear().
 * Threads: any.
 * Errors:  an errno value for each exchange.
 * Units:   _ms milliseconds; deadlines on the clock of exchange_now_ms().
 */
#ifndef KTUTILS_EXCHANGE_H
#define KTUTILS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum exchange_state {
	EXCHANGE_CONNECT,
	EXCHANGE_SEND,
	EXCHANGE_RECEIVE,
	EXCHANGE_DONE, /* see error */
};

struct exchange {
	/* Set by the caller; lent. */
	const struct sockaddr *address;
	socklen_t address_len;
	bool is_tcp;
	const uint8_t *message;
	size_t message_len;

	/* Set by exchange_run(). */
	int error; /* 0: there is a reply; ETIMEDOUT: none in time */
	uint8_t *reply;
	size_t reply_len;
	int took_ms;

	/* In the meantime. */
	enum exchange_state state;
	int fd;
	size_t moved;       /* octets sent or received, the length included */
	int64_t send_again; /* UDP */
	uint8_t length[4];  /* of a TCP message, before it */
};

int64_t exchange_now_ms(void); /* a clock that never jumps */

/*
 * Does all of them at the same time, until each has its reply or error, or
 * the deadline.  A reply that is not Kerberos is EPROTO.  Once stop_fd is
 * readable what is not done is ECANCELED; -1: there is none.
 */
void exchange_run(struct exchange *x, size_t n, int64_t deadline, int stop_fd);

/* Wipes and frees the reply. */
void exchange_clear(struct exchange *x);

#endif
