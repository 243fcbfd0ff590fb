/*
 * documents_stats.c - every counter there is, by its name
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>

#include "daemon/base/clock.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/negotiate.h"
#include "daemon/server/core.h"
#include "daemon/server/documents.h"
#include "daemon/server/grants.h"
#include "daemon/server/helpers.h"
#include "daemon/server/log_limit.h"

/* A counter of a struct of counters. */
struct counter {
	const char *name;
	size_t at;
};

#define OF(type, member)                                                       \
	{                                                                      \
#member, offsetof(struct type, member)                         \
	}
#define AS(name, type, member)                                                 \
	{                                                                      \
		name, offsetof(struct type, member)                            \
	}
#define N(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t
counter_at(const void *counters, size_t at)
{
	const _Atomic uint64_t *counter =
	    (const void *)((const char *)counters + at);

	return atomic_load_explicit(counter, memory_order_relaxed);
}

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *
numbers(const void *counters, const struct counter *list, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		(void)json_object_set_new(object, list[i].name,
		    number(counter_at(counters, list[i].at)));
	return object;
}

/* The same of all workers together. */
static json_t *
worker_numbers(const struct server *s, const struct counter *list, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++) {
		uint64_t sum = 0;

		for (unsigned w = 0; w < s->n_workers; w++)
			sum += counter_at(&s->workers[w].counters, list[i].at);
		(void)json_object_set_new(object, list[i].name, number(sum));
	}
	return object;
}

static json_t *
network_json(const struct server *s)
{
	static const struct counter list[] = {
	    OF(net_counters, udp_received),
	    OF(net_counters, udp_sent),
	    OF(net_counters, udp_truncated),
	    OF(net_counters, udp_send_full),
	    OF(net_counters, udp_send_error),
	    OF(net_counters, tcp_accepted),
	    OF(net_counters, tcp_waited),
	    OF(net_counters, tcp_refused_address),
	    OF(net_counters, tcp_accept_error),
	    OF(net_counters, tcp_received),
	    OF(net_counters, tcp_sent),
	    OF(net_counters, tcp_closed_idle),
	    OF(net_counters, tcp_closed_evicted),
	    OF(net_counters, tcp_closed_stuck),
	    OF(net_counters, tcp_closed_error),
	    OF(net_counters, tcp_connections),
	    OF(net_counters, posts_refused),
	};
	json_t *object = json_object();

	for (size_t i = 0; i < N(list); i++) {
		uint64_t sum = 0;

		for (unsigned w = 0; w < s->n_workers; w++)
			sum +=
			    counter_at(net_worker_counters(s->workers[w].net),
				list[i].at);
		(void)json_object_set_new(object, list[i].name, number(sum));
	}
	return object;
}

static json_t *
requests_json(const struct server *s)
{
	static const struct counter list[] = {
	    OF(worker_counters, queries),
	    OF(worker_counters, repeats),
	    OF(worker_counters, malformed),
	    OF(worker_counters, dropped),
	};

	return worker_numbers(s, list, N(list));
}

static json_t *
updates_json(const struct server *s)
{
	static const struct counter list[] = {
	    AS("applied", worker_counters, updates[UPDATE_APPLIED]),
	    AS("unchanged", worker_counters, updates[UPDATE_UNCHANGED]),
	    AS("refused", worker_counters, updates[UPDATE_REFUSED]),
	    AS("failed", worker_counters, updates[UPDATE_FAILED]),
	    AS("parked", worker_counters, updates_parked),
	    AS("waited_in_vain", worker_counters, updates_waited_in_vain),
	    AS("not_parked", worker_counters, updates_not_parked),
	};

	return worker_numbers(s, list, N(list));
}

static json_t *
tsig_json(const struct server *s)
{
	static const struct counter list[] = {
	    AS("FORMERR", worker_counters, tsigs_formerr),
	    AS("BADKEY", worker_counters, tsigs_badkey),
	    AS("BADSIG", worker_counters, tsigs_badsig),
	    AS("BADTIME", worker_counters, tsigs_badtime),
	    AS("BADTRUNC", worker_counters, tsigs_badtrunc),
	    AS("replayed", worker_counters, tsigs_replayed),
	};

	return json_pack("{s:o}", "refused", worker_numbers(s, list, N(list)));
}

/* By cause: those of negotiations, and of what never became one. */
static json_t *
refused_json(const struct server *s)
{
	static const struct counter list[] = {
	    AS("malformed-tkey", worker_counters, tkeys_malformed),
	    AS("mode", worker_counters, tkeys_bad_mode),
	    AS("delete", worker_counters, tkeys_bad_delete),
	    AS("busy", worker_counters, tkeys_busy),
	};
	const struct negotiations_counters *c =
	    negotiations_counters(s->negotiations);
	json_t *object = worker_numbers(s, list, N(list));

	for (int cause = NEGOTIATION_FINE + 1; cause < NEGOTIATION_CAUSES;
	     cause++)
		(void)json_object_set_new(object,
		    negotiation_cause_text((enum negotiation_cause)cause),
		    number(atomic_load_explicit(&c->refused[cause],
			memory_order_relaxed)));
	return object;
}

static json_t *
tkey_json(const struct server *s)
{
	static const struct counter own[] = {
	    AS("deleted", worker_counters, tkeys_deleted),
	};
	static const struct counter list[] = {
	    OF(negotiations_counters, complete),
	    OF(negotiations_counters, continued),
	    OF(negotiations_counters, weak),
	    OF(negotiations_counters, pac_unreadable),
	};
	static const struct counter half_open[] = {
	    AS("now", negotiations_counters, half_open),
	    OF(negotiations_counters, timed_out),
	    OF(negotiations_counters, evicted),
	};
	const struct negotiations_counters *c =
	    negotiations_counters(s->negotiations);
	json_t *object = numbers(c, list, N(list));
	json_t *deleted = worker_numbers(s, own, N(own));

	(void)json_object_update(object, deleted);
	json_decref(deleted);
	(void)json_object_set_new(object, "half_open",
	    numbers(c, half_open, N(half_open)));
	(void)json_object_set_new(object, "refused", refused_json(s));
	return object;
}

static json_t *
contexts_json(const struct server *s)
{
	static const struct counter list[] = {
	    AS("now", contexts_counters, count),
	    OF(contexts_counters, added),
	    OF(contexts_counters, expired),
	    OF(contexts_counters, removed),
	};
	static const struct counter evicted[] = {
	    AS("full", contexts_counters, evicted_full),
	    AS("principal", contexts_counters, evicted_principal),
	};
	const struct contexts_counters *c = contexts_counters(s->contexts);
	json_t *object = numbers(c, list, N(list));

	(void)json_object_set_new(object, "evicted",
	    numbers(c, evicted, N(evicted)));
	return object;
}

/* Of the zones that are served now. */
static json_t *
transfers_json(const struct server *s)
{
	uint64_t axfr = 0, ixfr = 0, failed = 0;
	struct store_zone *z;
	struct zone_link *link;

	for (size_t i = 0; (z = store_zone_at(s->store, i)) != NULL; i++) {
		link = server_zone_link(z);
		if (link == NULL)
			continue;
		axfr += atomic_load(&link->axfrs);
		ixfr += atomic_load(&link->ixfrs);
		failed += atomic_load(&link->transfers_failed);
	}
	return json_pack("{s:I, s:I, s:I}", "axfr", (json_int_t)axfr, "ixfr",
	    (json_int_t)ixfr, "failed", (json_int_t)failed);
}

static json_t *
store_json(struct server *s)
{
	struct store_status st;

	store_status(s->store, &st);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lsn",
	    (json_int_t)st.lsn, "segments", (json_int_t)st.n_segments, "octets",
	    (json_int_t)st.log_octets, "groups", (json_int_t)st.n_groups,
	    "changes", (json_int_t)st.n_changes, "queued",
	    (json_int_t)st.queued, "ring_full", (json_int_t)st.n_ring_full,
	    "over_share", (json_int_t)st.n_over_share, "too_old",
	    (json_int_t)st.n_too_old);
}

static json_t *
helpers_json(const struct server *s)
{
	static const struct counter list[] = {
	    OF(helpers_counters, asked),
	    OF(helpers_counters, granted),
	    OF(helpers_counters, refused),
	    OF(helpers_counters, silent),
	    OF(helpers_counters, waiting),
	};

	return numbers(helpers_counters(s->helpers), list, N(list));
}

static json_t *
log_json(const struct server *s)
{
	return json_pack("{s:I}", "suppressed",
	    (json_int_t)log_limit_held_back(s->log_limit));
}

json_t *
document_stats(struct server *s)
{
	uint64_t up_ms = clock_mono_ms() - s->started_mono_ms;

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:o}",
	    "uptime_s", (json_int_t)(up_ms / 1000), "requests",
	    requests_json(s), "updates", updates_json(s), "tsig", tsig_json(s),
	    "tkey", tkey_json(s), "contexts", contexts_json(s), "transfers",
	    transfers_json(s), "directory", grants_stats_json(s->grants),
	    "helpers", helpers_json(s), "log", log_json(s), "store",
	    store_json(s), "network", network_json(s));
}
