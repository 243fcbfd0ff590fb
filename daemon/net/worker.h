/*
 * worker.h - one thread's network: octets and a peer in, octets out
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A worker receives on its own sockets, hands each message to the handler, and
 * sends what the handler answers.  It never waits for anything but epoll.
 *
 * Every message() is an obligation that ends exactly once: by net_answer()
 * (the only message of the answer, or the last) or by net_drop() (nothing, or
 * nothing more).  Before that, a TCP answer of many messages goes out by
 * net_send_part().  It may end inside message() or much later; a request that
 * another thread works on comes back by net_post().  A connection with an
 * obligation open is never idle; one with NET_IN_HAND_MAX of them, or with
 * NET_HIGH_WATER octets unsent, is not read from until that has changed.
 *
 * When a connection breaks, its obligations end with it: closed() says so,
 * once, if there were any; answers that still come are ERR_CLOSED.
 *
 * Every callback but round_end() runs between batch_begin() and batch_end(), and
 * is never called from inside another one.  Octets are received before
 * batch_begin(), so that a version read there is not older than the question.
 *
 * Owns:    connections, buffers, sockets of its own; refers to listeners.
 * Threads: net_post(), net_worker_stop(), net_worker_listen() and the counters
 *          from any; all else from the worker's, or before it runs.
 * Errors:  negative enum err.
 * Units:   octets; milliseconds of clock_mono_ms().
 */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"
#include "daemon/net/origin.h"

#define NET_MESSAGE_MAX 65535        /* RFC 1035 section 4.2.2 */
#define NET_IN_HAND_MAX 64           /* requests, per connection */
#define NET_LOW_WATER (256 * 1024)   /* unsent: drained() below this */
#define NET_HIGH_WATER (1024 * 1024) /* unsent: no new requests above */
#define NET_UNSENT_MAX (8192 * 1024) /* unsent: the connection is cut */
#define NET_TICK_MS 100

struct net_clients;
struct net_listeners;
struct net_worker; /* opaque: defined in private.h */

struct net_handler {
	void *arg; /* of every callback */

	/* A datagram or TCP message (at most NET_MESSAGE_MAX), lent. */
	void (*message)(void *arg, struct net_worker *w,
	    const struct net_origin *from, const uint8_t *octets, size_t len);

	/* What net_post() was given. */
	void (*posted)(void *arg, struct net_worker *w, void *item);

	/* All below may be NULL. */
	void (*batch_begin)(void *arg, struct net_worker *w);
	void (*batch_end)(void *arg, struct net_worker *w);

	/* All that has come is handed over: the worker will wait for more. */
	void (*round_end)(void *arg, struct net_worker *w);

	/* About every NET_TICK_MS, and when net_worker_set_timer() said. */
	void (*timer)(void *arg, struct net_worker *w, uint64_t now_ms);

	/* A connection with requests in hand is gone, and they with it. */
	void (*closed)(void *arg, struct net_worker *w,
	    const struct net_origin *connection);

	/*
	 * Unsent octets were NET_LOW_WATER or more after net_send_part() and
	 * are less now: the stream may go on.
	 */
	void (*drained)(void *arg, struct net_worker *w,
	    const struct net_origin *connection);

	/* A datagram to a socket of net_udp_send_from(), lent. */
	void (*reply)(void *arg, struct net_worker *w, const struct addr *from,
	    const uint8_t *octets, size_t len);
};

struct net_worker_options {
	unsigned index; /* of this worker, below listeners' n_workers */
	struct net_listeners *listeners;   /* the worker takes a reference */
	struct net_clients *clients;       /* shared by all; outlives them */
	const struct net_handler *handler; /* copied */
	uint64_t tcp_idle_ms;  /* without a whole request; 0: 10 s */
	uint64_t tcp_stuck_ms; /* without progress of a write; 0: 10 s */
	uint64_t stop_ms;      /* for what is in hand at stop; 0: 2 s */
	size_t n_posts;        /* slots for net_post(); 0: 4096 */
};

/*
 * Counters since start, written by the worker alone (posts_refused: by whoever
 * posts); read them at any time.
 */
struct net_counters {
	_Alignas(64) _Atomic uint64_t udp_received;
	_Atomic uint64_t udp_sent;
	_Atomic uint64_t udp_truncated;  /* larger than the buffer: dropped */
	_Atomic uint64_t udp_send_full;  /* dropped, the socket was full */
	_Atomic uint64_t udp_send_error; /* dropped, no route and the like */
	_Atomic uint64_t tcp_accepted;
	_Atomic uint64_t tcp_waited;          /* pauses: newcomers queue */
	_Atomic uint64_t tcp_refused_address; /* tcp-clients-per-address */
	_Atomic uint64_t tcp_accept_error;    /* no descriptor or memory */
	_Atomic uint64_t tcp_received;        /* messages */
	_Atomic uint64_t tcp_sent;            /* messages */
	_Atomic uint64_t tcp_closed_idle;
	_Atomic uint64_t tcp_closed_evicted; /* idlest, made room */
	_Atomic uint64_t tcp_closed_stuck;   /* did not read its answers */
	_Atomic uint64_t tcp_closed_error;   /* reset, or no memory */
	_Atomic uint64_t tcp_connections;    /* now */
	_Alignas(64) _Atomic uint64_t posts_refused; /* net_post(): full */
};

/* ERR_NOMEM, ERR_IO. */
int net_worker_create(const struct net_worker_options *options,
    struct net_worker **worker_out);

/* After net_worker_run(), or without; NULL is fine. */
void net_worker_destroy(struct net_worker *w);

/* The worker's life, on its thread: returns 0 after net_worker_stop(). */
int net_worker_run(struct net_worker *w);

/*
 * Ends net_worker_run(): no more is accepted or read; what is in hand is
 * finished and sent, for at most stop_ms; then what connections are left are
 * closed().  Also from a signal handler.
 */
void net_worker_stop(struct net_worker *w);

/* From now on the worker listens on these (it takes a reference). */
void net_worker_listen(struct net_worker *w, struct net_listeners *listeners);

/*
 * Has posted(item) called on the worker's thread.  False: the ring is full
 * (counted), the item stays the caller's.
 */
bool net_post(struct net_worker *w, void *item);

/* After net_worker_run(): the next item that was posted too late, or NULL. */
void *net_worker_leftover(struct net_worker *w);

const struct net_counters *net_worker_counters(const struct net_worker *w);

/* Time-outs of connections, from now on; 0: the default. */
void net_worker_set_timeouts(struct net_worker *w, uint64_t tcp_idle_ms,
    uint64_t tcp_stuck_ms);

/* Calls timer() at this time too; an earlier one already set stays. */
void net_worker_set_timer(struct net_worker *w, uint64_t at_ms);

/*
 * Sends the last message of an answer; the obligation ends whatever is
 * returned.
 *
 * ERR_CLOSED  the connection (or the socket) is gone
 * ERR_RANGE   longer than NET_MESSAGE_MAX
 */
int net_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len);

/* The same for a message before the last; TCP only.  Also: ERR_NOMEM, then the
 * connection is cut. */
int net_send_part(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len);

/* Ends the obligation without a (further) message. */
void net_drop(struct net_worker *w, const struct net_origin *to);

/*
 * Cuts a TCP connection, soon, instead of an answer: ends the obligation as
 * net_drop() does.  If there are others, closed() tells of their end.
 */
void net_close(struct net_worker *w, const struct net_origin *connection);

/* Octets unsent on a connection; 0 also when it is gone. */
size_t net_pending(const struct net_worker *w, const struct net_origin *to);

/* Requests in hand, of all kinds. */
size_t net_in_hand(const struct net_worker *w);

/*
 * Sends a datagram of our own (NOTIFY) from a socket that is not a listener;
 * what comes back goes to reply().  source: NULL, or the address to send from
 * (its port does not matter).
 *
 * ERR_NOTFOUND  no interface has the source address
 * ERR_BUSY      too many different sources
 * ERR_RANGE     too long, or the families differ
 */
int net_udp_send_from(struct net_worker *w, const struct addr *source,
    const struct addr *destination, const void *octets, size_t len);

#endif
