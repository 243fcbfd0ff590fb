/*
 * workers.c - the network's threads: what net/ calls, their start and their end
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/epoch.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/conf/conf.h"
#include "daemon/net/listen.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/notifier.h"
#include "daemon/server/parked.h"
#include "daemon/server/settings.h"
#include "daemon/server/workers.h"

/* --- What net/ calls --- */

static void
on_message(void *arg, struct net_worker *net, const struct net_origin *from,
    const uint8_t *octets, size_t len)
{
	(void)net;
	dispatch_message(arg, from, octets, len);
}

static void
on_posted(void *arg, struct net_worker *net, void *item)
{
	(void)net;
	dispatch_posted(arg, item);
}

static void
on_batch_begin(void *arg, struct net_worker *net)
{
	struct worker *w = arg;
	struct server *s = w->server;
	uint64_t generation =
	    atomic_load_explicit(&s->settings_generation, memory_order_acquire);

	if (generation != w->settings_generation) {
		settings_unref(w->settings);
		w->settings = server_settings(s);
		w->settings_generation = generation;
		net_worker_set_timeouts(net,
		    1000ull *
			settings_conf(w->settings)->options.tcp_idle_timeout_s,
		    0);
	}
	epoch_enter(s->epoch, w->index);
	w->batch_ns = clock_mono_ns();
}

static void
on_batch_end(void *arg, struct net_worker *net)
{
	struct worker *w = arg;

	(void)net;
	if (w->n_batch_queries > 0)
		histogram_add(&w->counters.durations[DURATION_QUERY],
		    &duration_us, (clock_mono_ns() - w->batch_ns) / 1000,
		    w->n_batch_queries);
	w->n_batch_queries = 0;
	epoch_leave(w->server->epoch, w->index);
}

static void
on_round_end(void *arg, struct net_worker *net)
{
	struct worker *w = arg;

	(void)net;
	if (w->has_submitted)
		store_wake(w->server->store);
	w->has_submitted = false;
}

static void
on_timer(void *arg, struct net_worker *net, uint64_t now_ms)
{
	struct worker *w = arg;

	(void)net;
	parked_tick(w, now_ms);
	if (w->index == NOTIFIER_WORKER)
		notifier_tick(w->server->notifier, w, now_ms);
}

static void
on_closed(void *arg, struct net_worker *net,
    const struct net_origin *connection)
{
	(void)net;
	transfers_closed(arg, connection);
}

static void
on_drained(void *arg, struct net_worker *net,
    const struct net_origin *connection)
{
	(void)net;
	transfers_drained(arg, connection);
}

static void
on_reply(void *arg, struct net_worker *net, const struct addr *from,
    const uint8_t *octets, size_t len)
{
	struct worker *w = arg;

	(void)net;
	notifier_reply(w->server->notifier, w, from, octets, len);
}

static void *
run_worker(void *arg)
{
	struct worker *w = arg;
	int ret = net_worker_run(w->net);

	if (ret != 0) { /* its sockets would swallow what comes */
		log_error("worker ended index=%u reason=\"%s\"", w->index,
		    err_text(ret));
		server_ask_to_stop(w->server);
	}
	return NULL;
}

static int
create_worker(struct server *s, unsigned index)
{
	const struct conf *conf = settings_conf(s->settings);
	struct worker *w = &s->workers[index];
	struct net_handler handler = {.arg = w,
	    .message = on_message,
	    .posted = on_posted,
	    .batch_begin = on_batch_begin,
	    .batch_end = on_batch_end,
	    .round_end = on_round_end,
	    .timer = on_timer,
	    .closed = on_closed,
	    .drained = on_drained,
	    .reply = on_reply};
	struct net_worker_options options = {.index = index,
	    .listeners = s->listeners,
	    .clients = s->clients,
	    .handler = &handler,
	    .tcp_idle_ms = conf->options.tcp_idle_timeout_s * 1000u,
	    .n_posts = (size_t)2 * REQUESTS_KEPT_MAX};

	w->server = s;
	w->index = index;
	w->settings = settings_ref(s->settings);
	w->settings_generation = atomic_load(&s->settings_generation);
	LIST_INIT(&w->spares);
	LIST_INIT(&w->transfers);
	LIST_INIT(&w->parked);
	w->digest = repeat_digest_create();
	if (w->digest == NULL)
		return ERR_NOMEM;
	return net_worker_create(&options, &w->net);
}

int
workers_create(struct server *s)
{
	int ret = 0;

	s->workers = calloc(s->n_workers, sizeof(s->workers[0]));
	if (s->workers == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; ret == 0 && i < s->n_workers; i++)
		ret = create_worker(s, i);
	return ret;
}

int
workers_start(struct server *s)
{
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];
		int error = pthread_create(&w->thread, NULL, run_worker, w);

		if (error != 0)
			return err_from_errno(error);
		(void)pthread_setname_np(w->thread, "worker");
		w->is_started = true;
	}
	return 0;
}

/* --- The end --- */

void
workers_stop(struct server *s)
{
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		if (s->workers[i].is_started)
			net_worker_stop(s->workers[i].net);
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		if (s->workers[i].is_started)
			(void)pthread_join(s->workers[i].thread, NULL);
}

/* After all threads have ended: what came back too late. */
static void
abandon_requests(struct worker *w)
{
	struct request *r;

	while ((r = net_worker_leftover(w->net)) != NULL) {
		if (r->kind == REQUEST_TRANSFER)
			transfer_posted(&r->u.transfer); /* in the list, too */
		else
			dispatch_abandon(r);
	}
	parked_clear(w);
	while ((r = LIST_FIRST(&w->transfers)) != NULL) {
		transfer_cancel(&r->u.transfer);
		pump_transfer(r);
	}
}

static void
destroy_worker(struct worker *w)
{
	struct request *r;

	if (w->net != NULL)
		abandon_requests(w);
	while ((r = LIST_FIRST(&w->spares)) != NULL) {
		LIST_REMOVE(r, link);
		arena_clear(&r->arena);
		free(r);
	}
	net_worker_destroy(w->net);
	repeat_digest_destroy(w->digest);
	settings_unref(w->settings);
}

/* After the store is closed: nobody looks for them any more. */

void
workers_destroy(struct server *s)
{
	for (unsigned i = 0; s->workers != NULL && i < s->n_workers; i++)
		destroy_worker(&s->workers[i]);
	free(s->workers);
	s->workers = NULL;
}
