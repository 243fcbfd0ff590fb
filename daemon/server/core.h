/*
 * core.h - what the files of this room share: server, workers, requests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request lives on one worker.  Most are answered at once, in the worker's
 * spare request; one that another thread must see (writer, negotiator,
 * transfer thread) is kept: its octets are copied, it holds a reference on the
 * settings, and it comes back to the same worker by net_post().  An update that
 * waits for facts or helpers (parked.h) does, too.
 *
 * Owns:    the server owns all; a kept request owns its arena, TSIG state and
 *          settings reference.
 * Threads: a worker and its requests: that worker's, except while a request
 *          is lent to another thread.
 */
#ifndef SERVER_CORE_H
#define SERVER_CORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "daemon/base/arena.h"
#include "daemon/base/histogram.h"
#include "daemon/gss/negotiators.h"
#include "daemon/net/worker.h"
#include "daemon/query/edns.h"
#include "daemon/server/facts_cache.h"
#include "daemon/server/repeats.h"
#include "daemon/server/requester.h"
#include "daemon/server/server.h"
#include "daemon/store/store.h"
#include "daemon/tsig/state.h"
#include "daemon/update/update.h"
#include "daemon/xfr/transfers.h"

struct acceptor;
struct contexts;
struct control;
struct decisions;
struct epoch;
struct health;
struct helpers;
struct log_limit;
struct keytabs;
struct negotiations;
struct replays;
struct server_grants;
struct notifier;
struct panel;
struct settings;
struct tally;
struct zone_settings;

#define REQUESTS_KEPT_MAX 32768 /* per worker, in the hands of others */
#define KEPT_OCTETS_MAX ((size_t)256 << 20) /* per worker, about */
#define SPARES_MAX 4096                     /* requests for reuse */
#define REQUEST_ARENA_MAX ((size_t)8 << 20)
#define SIGNER_TEXT_SIZE 512

/* What posted() goes on with. */
enum request_kind {
	REQUEST_UPDATE,
	REQUEST_PARKED, /* an update that waits no more (parked.h) */
	REQUEST_TKEY,
	REQUEST_TRANSFER,
};

struct request {
	struct worker *worker;
	struct settings *settings; /* a reference once kept */
	struct net_origin from;
	struct message message; /* octets lent, or the arena's once kept */
	struct arena arena;
	struct tsig_state tsig;
	struct edns_reply edns;
	struct repeat_key repeat;
	bool is_noted; /* in repeats */
	bool is_kept;
	size_t kept_octets; /* counted against KEPT_OCTETS_MAX */
	uint64_t came_ns;   /* once kept */
	bool is_answered; /* a transfer's last message: net/ is owed no more */
	enum request_kind kind;
	const struct zone_settings *zone; /* of settings */
	struct requester requester;       /* of an update */
	union {
		struct {
			struct store_job job;
			struct update *update; /* in the arena */
			struct update_record record;
			bool waits_for_helpers; /* parked: not for facts */
			struct facts_waiter waiter;
			uint64_t wait_until_ms; /* for facts; 0: not yet */
			bool was_made;  /* by a shared key, with this MAC */
			bool is_replay; /* and would change something again */
			char signer[SIGNER_TEXT_SIZE];
		} update;
		struct {
			struct negotiation_job job;
		} tkey;
		struct transfer transfer;
	} u;
	/* Of the worker's: spare ones, transfers, or parked ones. */
	LIST_ENTRY(request) link;
};

/* How updates ended. */
enum update_result {
	UPDATE_APPLIED,
	UPDATE_UNCHANGED,
	UPDATE_REFUSED, /* by policy */
	UPDATE_FAILED,  /* any other RCODE */
	UPDATE_RESULTS,
};

#define OPCODES 16 /* of the header's field */
#define RCODES 24  /* that we send, BADVERS and BADCOOKIE among them */

/* What an answer was to. */
enum duration {
	DURATION_QUERY, /* from the receipt of its batch to the batch's end */
	DURATION_UPDATE,
	DURATION_NEGOTIATION,
	DURATIONS,
};
extern const struct histogram_bounds duration_us;

/* Counted by the worker alone; read by any (relaxed). */
struct worker_counters {
	_Alignas(64) _Atomic uint64_t queries;
	_Atomic uint64_t requests[OPCODES][2][2]; /* is TCP, is IPv6 */
	_Atomic uint64_t responses[RCODES];
	struct histogram durations[DURATIONS];
	_Atomic uint64_t notifies_sent;
	_Atomic uint64_t notifies_answered;
	_Atomic uint64_t notifies_refused; /* answered otherwise */
	_Atomic uint64_t updates[UPDATE_RESULTS];
	_Atomic uint64_t updates_parked; /* waited for facts or helpers */
	_Atomic uint64_t updates_waited_in_vain; /* facts did not come */
	_Atomic uint64_t updates_not_parked;     /* too many waited */
	_Atomic uint64_t tkeys_complete;
	_Atomic uint64_t tkeys_refused;
	_Atomic uint64_t tkeys_deleted;
	_Atomic uint64_t tkeys_malformed; /* refused before a negotiation */
	_Atomic uint64_t tkeys_bad_mode;
	_Atomic uint64_t tkeys_bad_delete;
	_Atomic uint64_t tkeys_busy;    /* negotiators have too much to do */
	_Atomic uint64_t tsigs_formerr; /* by what their answers said */
	_Atomic uint64_t tsigs_badkey;
	_Atomic uint64_t tsigs_badsig;
	_Atomic uint64_t tsigs_badtime;
	_Atomic uint64_t tsigs_badtrunc;
	_Atomic uint64_t tsigs_replayed; /* BADSIG over TCP, over UDP silence */
	_Atomic uint64_t malformed; /* could not be read: FORMERR, NOTIMP */
	_Atomic uint64_t repeats;
	_Atomic uint64_t dropped; /* junk, replays, and under pressure */
};

#define COUNT(counter)                                                         \
	((void)atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed))

struct worker {
	struct server *server;
	struct net_worker *net;
	pthread_t thread;
	bool is_started;
	unsigned index;
	struct settings *settings; /* a reference, renewed between batches */
	uint64_t settings_generation;
	LIST_HEAD(, request) spares;
	LIST_HEAD(, request) transfers;
	LIST_HEAD(, request) parked;
	size_t n_kept, kept_octets, n_spares;
	size_t n_parked; /* for facts */
	struct repeat_digest *digest;
	struct worker_counters counters;
	uint64_t batch_ns;        /* when it began */
	uint64_t n_batch_queries; /* answered in it */
	bool has_submitted;       /* updates: the writer is to be woken */
	uint8_t out[MESSAGE_LEN_MAX + 1024];
};

/* What the store's zones carry for us, from their first day to the last. */
struct zone_link {
	struct notify_zone *notify;
	_Atomic uint64_t axfrs; /* complete */
	_Atomic uint64_t ixfrs;
	_Atomic uint64_t transfers_failed; /* of both */
	_Atomic uint64_t ixfrs_failed;
	_Atomic uint64_t updates[UPDATE_RESULTS];
	SLIST_ENTRY(zone_link) entry; /* of the server's */
};

struct server {
	struct server_options options;
	uint64_t started_wall_s, started_mono_ms;
	int stop_fd; /* eventfd: readable once asked to stop */

	pthread_mutex_t reload_lock;   /* one reload at a time */
	pthread_mutex_t settings_lock; /* guards settings, listeners */
	struct settings *settings;     /* the current ones, a reference */
	_Atomic uint64_t settings_generation;

	struct epoch *epoch;
	struct repeats *repeats;
	struct replays *replays;     /* updates by shared keys that were made */
	struct decisions *decisions; /* one writer for each worker */
	struct log_limit *log_limit; /* of lines that anybody can cause */
	struct tally *tally;         /* one writer for each worker */
	/* Of updates to zones that are not ours. */
	_Atomic uint64_t updates_elsewhere[UPDATE_RESULTS];
	struct store *store;
	SLIST_HEAD(, zone_link) links; /* of zones out of service, too */
	struct contexts *contexts;
	struct acceptor *acceptor;
	struct keytabs *keytabs;
	struct health *health;
	struct server_grants *grants;
	struct helpers *helpers;
	struct negotiations *negotiations;
	struct negotiators *negotiators;
	struct transfers *transfers;
	struct notifier *notifier;
	struct net_clients *clients;
	struct net_listeners *listeners; /* settings_lock, but for reload */
	struct control *control;
	struct panel *panel;
	struct worker *workers;
	unsigned n_workers;
};

/* A reference on the current settings; any thread. */
struct settings *server_settings(struct server *s);

/* The same of the listeners in use. */
struct net_listeners *server_listeners(struct server *s);

/* The store's link of a zone, made with it. */
struct zone_link *server_zone_link(struct store_zone *z);

#endif
