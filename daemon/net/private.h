/*
 * private.h - the worker's inside, for the files of daemon/net
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that epoll watches begins with a struct source and sits in one
 * table of slots; epoll carries the slot's number, so that an event for
 * something that left in the same round finds nothing.
 *
 * No handler is ever called from inside another: what a handler asks for
 * (answers, closing) is noted, and done when it has returned.
 *
 * Threads: the worker's, but for the members that say otherwise.
 */
#ifndef NET_PRIVATE_H
#define NET_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/base/wake.h"
#include "daemon/net/outbuf.h"
#include "daemon/net/slots.h"
#include "daemon/net/worker.h"

struct ring;
struct udp_queue;

enum source_kind {
	SOURCE_WAKE,
	SOURCE_UDP,      /* requests; the descriptor is the listeners' */
	SOURCE_UDP_OWN,  /* our own NOTIFYs, and what is said to them */
	SOURCE_LISTENER, /* the descriptor is the listeners' */
	SOURCE_CONNECTION,
};

struct source {
	enum source_kind kind;
	int fd; /* at most one source a descriptor */
	uint32_t slot;
	uint32_t generation;
	uint32_t events; /* what epoll watches for, beside errors */
};

struct udp_socket {
	struct source source;
	struct addr local;
	bool is_wildcard; /* datagrams carry the address that was asked */
};

struct tcp_listener {
	struct source source;
	LIST_ENTRY(tcp_listener) entry;
};

enum tcp_list {
	TCP_LIST_NONE,    /* with requests in hand: nothing to wait for */
	TCP_LIST_IDLE,    /* longest idle first */
	TCP_LIST_WRITING, /* longest without progress first */
};

struct tcp_connection {
	struct source source;
	struct net_origin origin;
	uint8_t *in; /* received, not handed over; NULL: nothing */
	size_t in_len;
	size_t in_size;
	struct outbuf out;
	unsigned in_hand;
	bool is_at_end;     /* the peer has sent all it will */
	bool is_broken;     /* closed when the handler has returned */
	bool is_unsettled;  /* in tcp.unsettled */
	bool wants_drained; /* the stream waits for NET_LOW_WATER */
	enum tcp_list list;
	uint64_t since_ms; /* of the last activity or progress */
	TAILQ_ENTRY(tcp_connection) by_time;
	TAILQ_ENTRY(tcp_connection) unsettled;
};

TAILQ_HEAD(tcp_connections, tcp_connection);
LIST_HEAD(tcp_listeners, tcp_listener);

struct tcp {
	struct net_clients *clients;
	uint64_t idle_ms;
	uint64_t stuck_ms;
	struct tcp_connections idle;
	struct tcp_connections writing;
	struct tcp_connections unsettled; /* something to do after the round */
	size_t n_unsettled;
	size_t n_connections;
	struct tcp_listeners listeners;
	bool is_accept_paused; /* newcomers wait in the kernel's queue */
	uint8_t *in;           /* one whole message with its length */
};

struct net_worker {
	unsigned index;
	struct net_handler handler;
	int epoll;
	struct slots sources;
	struct source wake_source;
	struct net_listeners *listeners; /* those in use */
	struct udp_queue *udp;
	struct tcp tcp;
	bool in_batch;
	bool has_stopped; /* receives nothing any more */
	size_t in_hand;
	uint64_t now_ms; /* since the last wait */
	uint64_t tick_at_ms;
	uint64_t timer_at_ms; /* 0: not set */
	uint64_t stop_at_ms;
	uint64_t stop_ms;
	struct net_counters counters;

	/* Any thread. */
	struct ring *posts;
	struct wake wake;
	_Atomic(struct net_listeners *) next_listeners; /* NULL: no change */
	atomic_bool stop_asked;
};

/* Adds one to a counter that only the caller's thread writes. */
static inline void
count_more(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

static inline void
count(_Atomic uint64_t *counter)
{
	count_more(counter, 1);
}

/* Puts s into the table and has epoll watch it.  ERR_NOMEM, ERR_IO. */
int source_add(struct net_worker *w, struct source *s, uint32_t events);

/* Watches for other events; 0: for errors only. */
void source_watch(struct net_worker *w, struct source *s, uint32_t events);

/* Forgets s; its descriptor stays open. */
void source_remove(struct net_worker *w, struct source *s);

/* Begins a batch unless in one; ends it if in one. */
void batch_enter(struct net_worker *w);
void batch_leave(struct net_worker *w);

#endif
