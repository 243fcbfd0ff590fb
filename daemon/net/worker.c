/*
 * worker.c - one thread's network: octets and a peer in, octets out
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/ring.h"
#include "daemon/net/listen.h"
#include "daemon/net/private.h"
#include "daemon/net/tcp.h"
#include "daemon/net/udp.h"

#define EVENTS 64      /* of one wait */
#define POSTS_ROUND 256 /* items before others have their turn */
#define POSTS_SIZE 4096
#define IDLE_MS 10000
#define STUCK_MS 10000
#define STOP_MS 2000

/* Sources and batches: what udp.c and tcp.c need of us. */

static struct epoll_event
event_for(const struct source *s)
{
	struct epoll_event e = {.events = s->events};

	e.data.u64 = (uint64_t)s->generation << 32 | s->slot;
	return e;
}

int
source_add(struct net_worker *w, struct source *s, uint32_t events)
{
	struct epoll_event e;
	int ret = slots_put(&w->sources, s, &s->slot, &s->generation);

	if (ret != 0)
		return ret;
	s->events = events;
	e = event_for(s);
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, s->fd, &e) != 0) {
		ret = err_from_errno(errno);
		slots_remove(&w->sources, s->slot);
	}
	return ret;
}

void
source_watch(struct net_worker *w, struct source *s, uint32_t events)
{
	struct epoll_event e;

	if (s->events == events)
		return;
	s->events = events;
	e = event_for(s);
	(void)epoll_ctl(w->epoll, EPOLL_CTL_MOD, s->fd, &e);
}

void
source_remove(struct net_worker *w, struct source *s)
{
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	slots_remove(&w->sources, s->slot);
}

void
batch_enter(struct net_worker *w)
{
	if (w->in_batch)
		return;
	w->in_batch = true;
	if (w->handler.batch_begin != NULL)
		w->handler.batch_begin(w->handler.arg, w);
}

void
batch_leave(struct net_worker *w)
{
	if (!w->in_batch)
		return;
	if (w->handler.batch_end != NULL)
		w->handler.batch_end(w->handler.arg, w);
	w->in_batch = false;
}

/* Listeners. */

static bool
set_has(const struct net_listeners *l, unsigned worker, int fd)
{
	for (size_t i = 0; i < net_listeners_count(l); i++)
		if (net_listeners_udp(l, i, worker) == fd ||
		    net_listeners_tcp(l, i, worker) == fd)
			return true;
	return false;
}

static bool
is_listening(const struct net_worker *w, int fd)
{
	for (uint32_t i = 0; i < w->sources.n; i++) {
		const struct source *s = slots_at(&w->sources, i);

		if (s != NULL && s->fd == fd)
			return true;
	}
	return false;
}

/* Forgets the sockets that are not in l (NULL: all). */
static void
forget_sockets(struct net_worker *w, const struct net_listeners *l)
{
	for (uint32_t i = 0; i < w->sources.n; i++) {
		struct source *s = slots_at(&w->sources, i);

		if (s == NULL || (l != NULL && set_has(l, w->index, s->fd)))
			continue;
		if (s->kind == SOURCE_UDP)
			udp_remove(w, (struct udp_socket *)s);
		else if (s->kind == SOURCE_LISTENER)
			tcp_listener_remove(w, (struct tcp_listener *)s);
	}
}

static int
add_sockets(struct net_worker *w, const struct net_listeners *l)
{
	int ret = 0;

	for (size_t i = 0; i < net_listeners_count(l) && ret == 0; i++) {
		int udp = net_listeners_udp(l, i, w->index);
		int tcp = net_listeners_tcp(l, i, w->index);

		if (!is_listening(w, udp))
			ret = udp_listen(w, udp, net_listeners_address(l, i),
			    net_listeners_is_wildcard(l, i));
		if (ret == 0 && !is_listening(w, tcp))
			ret = tcp_listen(w, tcp);
	}
	return ret;
}

/* Takes l, a reference, in place of the listeners in use. */
static int
use_listeners(struct net_worker *w, struct net_listeners *l)
{
	forget_sockets(w, l);
	net_listeners_unref(w->listeners);
	w->listeners = l;
	return add_sockets(w, l);
}

static void
take_listeners(struct net_worker *w)
{
	struct net_listeners *l;
	int ret;

	if (atomic_load_explicit(&w->next_listeners, memory_order_relaxed) ==
	    NULL)
		return;
	l = atomic_exchange(&w->next_listeners, NULL);
	ret = use_listeners(w, l);
	if (ret != 0)
		log_error("listen worker=%u error=\"%s\"", w->index,
		    err_text(ret));
}

void
net_worker_listen(struct net_worker *w, struct net_listeners *listeners)
{
	struct net_listeners *before;

	before =
	    atomic_exchange(&w->next_listeners, net_listeners_ref(listeners));
	net_listeners_unref(before);
	wake_up(&w->wake);
}

/* Making and unmaking. */

static uint64_t
or_default(uint64_t value, uint64_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static int
init(struct net_worker *w, const struct net_worker_options *o)
{
	int ret;

	w->wake_source.fd = w->wake.fd;
	w->udp = udp_queue_create();
	w->posts = ring_create(o->n_posts != 0 ? o->n_posts : POSTS_SIZE);
	if (w->udp == NULL || w->posts == NULL)
		return ERR_NOMEM;
	ret = tcp_init(&w->tcp);
	if (ret != 0)
		return ret;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll == -1)
		return err_from_errno(errno);
	w->wake_source.kind = SOURCE_WAKE;
	ret = source_add(w, &w->wake_source, EPOLLIN);
	if (ret != 0)
		return ret;
	return use_listeners(w, net_listeners_ref(o->listeners));
}

int
net_worker_create(const struct net_worker_options *options,
    struct net_worker **worker_out)
{
	struct net_worker *w;
	int ret;

	*worker_out = NULL;
	w = aligned_alloc(_Alignof(struct net_worker), sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	*w = (struct net_worker){
	    .index = options->index,
	    .handler = *options->handler,
	    .epoll = -1,
	    .tcp.clients = options->clients,
	    .stop_ms = or_default(options->stop_ms, STOP_MS),
	};
	slots_init(&w->sources);
	net_worker_set_timeouts(w, options->tcp_idle_ms, options->tcp_stuck_ms);
	ret = wake_init(&w->wake);
	if (ret == 0)
		ret = init(w, options);
	if (ret != 0) {
		net_worker_destroy(w);
		return ret;
	}
	*worker_out = w;
	return 0;
}

static void
close_connections(struct net_worker *w)
{
	for (uint32_t i = 0; i < w->sources.n; i++) {
		struct source *s = slots_at(&w->sources, i);

		if (s != NULL && s->kind == SOURCE_CONNECTION)
			tcp_close(w, (struct tcp_connection *)s);
	}
}

static void
close_own_sockets(struct net_worker *w)
{
	for (uint32_t i = 0; i < w->sources.n; i++) {
		struct source *s = slots_at(&w->sources, i);

		if (s != NULL && s->kind == SOURCE_UDP_OWN)
			udp_remove(w, (struct udp_socket *)s);
	}
}

void
net_worker_destroy(struct net_worker *w)
{
	if (w == NULL)
		return;
	forget_sockets(w, NULL);
	close_own_sockets(w);
	close_connections(w);
	net_listeners_unref(atomic_load(&w->next_listeners));
	net_listeners_unref(w->listeners);
	slots_clear(&w->sources);
	tcp_clear(&w->tcp);
	udp_queue_destroy(w->udp);
	ring_destroy(w->posts);
	if (w->epoll != -1)
		(void)close(w->epoll);
	wake_clear(&w->wake);
	free(w);
}

/* The worker's life. */

static void
dispatch(struct net_worker *w, const struct epoll_event *e)
{
	struct source *s = slots_get(&w->sources, (uint32_t)e->data.u64,
	    (uint32_t)(e->data.u64 >> 32));

	if (s == NULL)
		return;
	switch (s->kind) {
	case SOURCE_WAKE:
		break;
	case SOURCE_UDP:
	case SOURCE_UDP_OWN:
		if (!w->has_stopped)
			udp_receive(w, (struct udp_socket *)s);
		break;
	case SOURCE_LISTENER:
		tcp_accept(w, (struct tcp_listener *)s);
		break;
	case SOURCE_CONNECTION:
		tcp_event(w, (struct tcp_connection *)s, e->events);
		break;
	}
}

static bool
has_work(const struct net_worker *w)
{
	return w->tcp.n_unsettled > 0 || ring_count(w->posts) > 0 ||
	    (!w->has_stopped &&
		(atomic_load(&w->stop_asked) ||
		    atomic_load(&w->next_listeners) != NULL));
}

/* Milliseconds until something is due. */
static int
wait_ms(const struct net_worker *w)
{
	uint64_t now = clock_mono_ms(), until = w->tick_at_ms;

	if (w->timer_at_ms != 0 && w->timer_at_ms < until)
		until = w->timer_at_ms;
	return until > now ? (int)(until - now) : 0;
}

static int
wait_and_dispatch(struct net_worker *w)
{
	struct epoll_event events[EVENTS];
	int n;

	wake_prepare(&w->wake);
	n = epoll_wait(w->epoll, events, EVENTS, has_work(w) ? 0 : wait_ms(w));
	if (n < 0 && errno != EINTR)
		return err_from_errno(errno);
	wake_done(&w->wake);
	w->now_ms = clock_mono_ms();
	for (int i = 0; i < n; i++)
		dispatch(w, &events[i]);
	return 0;
}

static void
take_posts(struct net_worker *w)
{
	void *item = ring_take(w->posts);

	if (item == NULL)
		return;
	batch_enter(w);
	for (int i = 1; item != NULL; i++) {
		w->handler.posted(w->handler.arg, w, item);
		item = i < POSTS_ROUND ? ring_take(w->posts) : NULL;
	}
	batch_leave(w);
}

static void
run_timers(struct net_worker *w)
{
	bool is_tick = w->now_ms >= w->tick_at_ms;
	bool is_timer = w->timer_at_ms != 0 && w->now_ms >= w->timer_at_ms;

	if (is_tick) {
		w->tick_at_ms = w->now_ms + NET_TICK_MS;
		tcp_tick(w);
	}
	if (is_timer)
		w->timer_at_ms = 0;
	if ((is_tick || is_timer) && w->handler.timer != NULL) {
		batch_enter(w);
		w->handler.timer(w->handler.arg, w, w->now_ms);
		batch_leave(w);
	}
}

/* UDP sockets stay, for the answers to what is in hand. */
static void
begin_stop(struct net_worker *w)
{
	if (w->has_stopped || !atomic_load(&w->stop_asked))
		return;
	w->has_stopped = true;
	w->stop_at_ms = w->now_ms + w->stop_ms;
	for (uint32_t i = 0; i < w->sources.n; i++) {
		struct source *s = slots_at(&w->sources, i);

		if (s == NULL)
			continue;
		if (s->kind == SOURCE_UDP || s->kind == SOURCE_UDP_OWN)
			source_watch(w, s, 0);
		else if (s->kind == SOURCE_LISTENER)
			tcp_listener_remove(w, (struct tcp_listener *)s);
	}
	tcp_stop(w);
}

static bool
is_done(const struct net_worker *w)
{
	if (!w->has_stopped)
		return false;
	return w->now_ms >= w->stop_at_ms ||
	    (w->in_hand == 0 && w->tcp.n_connections == 0 &&
		ring_count(w->posts) == 0);
}

int
net_worker_run(struct net_worker *w)
{
	int ret = 0;

	w->now_ms = clock_mono_ms();
	w->tick_at_ms = w->now_ms + NET_TICK_MS;
	while (ret == 0 && !is_done(w)) {
		ret = wait_and_dispatch(w);
		take_posts(w);
		take_listeners(w);
		begin_stop(w);
		run_timers(w);
		tcp_settle(w);
		if (w->handler.round_end != NULL)
			w->handler.round_end(w->handler.arg, w);
		udp_flush(w);
	}
	close_connections(w);
	udp_flush(w);
	return ret;
}

void
net_worker_stop(struct net_worker *w)
{
	atomic_store(&w->stop_asked, true);
	wake_up(&w->wake);
}

bool
net_post(struct net_worker *w, void *item)
{
	if (!ring_put(w->posts, item)) {
		(void)atomic_fetch_add_explicit(&w->counters.posts_refused, 1,
		    memory_order_relaxed);
		return false;
	}
	wake_up(&w->wake);
	return true;
}

void *
net_worker_leftover(struct net_worker *w)
{
	return ring_take(w->posts);
}

const struct net_counters *
net_worker_counters(const struct net_worker *w)
{
	return &w->counters;
}

void
net_worker_set_timeouts(struct net_worker *w, uint64_t tcp_idle_ms,
    uint64_t tcp_stuck_ms)
{
	w->tcp.idle_ms = or_default(tcp_idle_ms, IDLE_MS);
	w->tcp.stuck_ms = or_default(tcp_stuck_ms, STUCK_MS);
}

void
net_worker_set_timer(struct net_worker *w, uint64_t at_ms)
{
	if (w->timer_at_ms == 0 || at_ms < w->timer_at_ms)
		w->timer_at_ms = at_ms;
}

/* Answers. */

static void
release_datagram(struct net_worker *w)
{
	assert(w->in_hand > 0);
	w->in_hand--;
}

int
net_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len)
{
	if (to->transport == NET_TCP)
		return tcp_answer(w, to, octets, len);
	release_datagram(w);
	if (len > NET_MESSAGE_MAX)
		return ERR_RANGE;
	return udp_answer(w, to, octets, len);
}

int
net_send_part(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len)
{
	assert(to->transport == NET_TCP);
	return tcp_send_part(w, to, octets, len);
}

void
net_drop(struct net_worker *w, const struct net_origin *to)
{
	if (to->transport == NET_TCP)
		tcp_drop(w, to);
	else
		release_datagram(w);
}

void
net_close(struct net_worker *w, const struct net_origin *connection)
{
	assert(connection->transport == NET_TCP);
	tcp_cut(w, connection);
}

size_t
net_pending(const struct net_worker *w, const struct net_origin *to)
{
	return to->transport == NET_TCP ? tcp_pending(w, to) : 0;
}

size_t
net_in_hand(const struct net_worker *w)
{
	return w->in_hand;
}

int
net_udp_send_from(struct net_worker *w, const struct addr *source,
    const struct addr *destination, const void *octets, size_t len)
{
	return udp_send_own(w, source, destination, octets, len);
}
