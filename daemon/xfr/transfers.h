/*
 * transfers.h - transfers going out, and the threads that fill them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A transfer is a request that a worker hands over.  A transfer thread walks
 * the pinned version or reads the history and fills messages, at most
 * TRANSFER_WINDOW of them ahead; the worker takes, signs and sends them and
 * gives each buffer back, which is the credit for the next.  So a client that
 * reads slowly costs a fixed amount of memory and no thread.
 *
 *	worker   transfers_start(ts, t)            t embedded in the request
 *	thread     fills; t->ready(t)              -> net_post()
 *	worker   posted: transfer_posted(t), then
 *	         while (net_pending() is low) switch (transfer_take(t, &m))
 *	           MESSAGE: sign, send, transfer_give(t, m)
 *	           WAIT:    another ready() will come
 *	           ENDED:   t->error, statistics; the request may go
 *	         net's drained: the same loop
 *	         net's closed:  transfer_cancel(t), and the same loop
 *
 * A transfer whose buffers are all out, or untaken, for TRANSFER_STALL_MS, or
 * that takes longer than max_time_ms, is cut: its pin is dropped at once and
 * it ends with ERR_TIMEOUT.
 *
 * Owns:    its threads, the buffers, and from transfers_start() on the pin.
 *          The transfer is the caller's, and must stay until TRANSFER_ENDED.
 * Threads: as said at each function; "worker": always the same one for one
 *          transfer.  The threads neither sign nor send.
 * Errors:  negative enum err.
 * Units:   octets; milliseconds of clock_mono_ms().
 */
#ifndef XFR_TRANSFERS_H
#define XFR_TRANSFERS_H

#include <sys/queue.h>

#include "daemon/xfr/ixfr.h"

struct store_history;
struct store_zone;
struct transfers; /* opaque: defined in transfers.c */

#define TRANSFER_WINDOW 8          /* messages filled ahead */
#define TRANSFER_MESSAGE_LEN 16384 /* so that compression pointers reach */
#define TRANSFER_SIGN_ROOM 1024    /* behind it, for the TSIG */
#define TRANSFER_STALL_MS 10000

struct transfers_settings {
	unsigned n_threads;
	unsigned max_transfers; /* transfers-out */
	uint64_t max_time_ms;   /* max-transfer-time-out; 0: none */
	uint64_t stall_ms;      /* 0: TRANSFER_STALL_MS */
};

/* A filled message.  The worker may change octets up to size: the TSIG. */
struct transfer_message {
	STAILQ_ENTRY(transfer_message) entry; /* not the worker's */
	size_t len;
	size_t size;
	bool is_first;
	bool is_last; /* net_answer() this one, net_send_part() the others */
	uint8_t octets[];
};

enum transfer_kind {
	TRANSFER_AXFR,
	TRANSFER_IXFR
};

struct transfer_progress; /* how far it is: defined in transfers.c */

struct transfer {
	/* Filled in by the worker before transfers_start(). */
	struct transfer_query query;
	enum transfer_kind kind;
	uint32_t client_serial; /* IXFR */
	/*
	 * TCP: 0.  UDP (IXFR only): octets the answer may have without its
	 * TSIG; deltas that do not fit become a single SOA.
	 */
	size_t udp_size;
	struct store_zone *zone;            /* for its history; AXFR: unused */
	const struct zone_version *version; /* pinned; the pin is taken over */
	/*
	 * Transfer thread: transfer_take() has something new.  Must not block
	 * nor call functions of this header.  Once, then not again before
	 * transfer_posted().  False: could not be passed on, and will be
	 * called again soon.
	 */
	bool (*ready)(struct transfer *t);

	/* Results, of use after TRANSFER_ENDED. */
	int error; /* 0: complete; the connection must be cut if not */
	enum ixfr_form form; /* AXFR: IXFR_ZONE */
	uint32_t serial;     /* sent */
	uint32_t n_messages;
	uint64_t n_rrs;
	uint64_t n_octets; /* without TSIG */
	uint64_t started_ms;

	/* The threads' own. */
	struct transfer_progress *progress;
};

/* ERR_NOMEM, ERR_RANGE. */
int transfers_create(const struct transfers_settings *settings,
    struct transfers **ts_out);

/* New limits (reload), for transfers yet to come; n_threads stays.  Any thread.
 */
void transfers_set(struct transfers *ts,
    const struct transfers_settings *settings);

/*
 * Stops the threads.  Transfers in hand end with ERR_CLOSED, their pins
 * dropped; no ready() is called any more, and transfer_take() does not wait
 * for transfer_posted().  Any thread but a worker, once.
 */
void transfers_stop(struct transfers *ts);

/* After transfers_stop(), when all have ended; NULL is fine. */
void transfers_destroy(struct transfers *ts);

/*
 * Hands a transfer over.  Worker.
 * ERR_BUSY: max_transfers are under way; ERR_NOMEM; ERR_CLOSED: stopping.
 * Then the pin stays the caller's.
 */
int transfers_start(struct transfers *ts, struct transfer *t);

/* Transfers under way now; any thread. */
unsigned transfers_count(struct transfers *ts);

enum transfer_taken {
	TRANSFER_MESSAGE, /* *m_out is the next message, in order */
	TRANSFER_WAIT,    /* nothing yet: ready() will be called */
	TRANSFER_ENDED,   /* nothing more; nobody refers to the transfer now */
};

/* Worker: what ready() announced has arrived. */
void transfer_posted(struct transfer *t);

/* Worker.  After TRANSFER_ENDED no function may be called for t. */
enum transfer_taken transfer_take(struct transfer *t,
    struct transfer_message **m_out);

/* Worker: the message is sent, its buffer free for another. */
void transfer_give(struct transfer *t, struct transfer_message *m);

/*
 * Worker: nobody wants it any more.  Messages not taken are forgotten;
 * transfer_take() gives WAIT or ENDED from now on.
 */
void transfer_cancel(struct transfer *t);

#endif
