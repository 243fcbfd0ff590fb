/*
 * tcp.c - connections: pipelined requests, answers in any order (RFC 7766)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/net/clients.h"
#include "daemon/net/private.h"
#include "daemon/net/tcp.h"

#define ACCEPTS 16 /* connections taken before others have their turn */
#define LENGTH 2   /* octets in front of each message */
#define IN_FIRST 512
#define IN_MAX (LENGTH + NET_MESSAGE_MAX)

int
tcp_init(struct tcp *t)
{
	TAILQ_INIT(&t->idle);
	TAILQ_INIT(&t->writing);
	TAILQ_INIT(&t->unsettled);
	LIST_INIT(&t->listeners);
	t->in = malloc(IN_MAX);
	return t->in == NULL ? ERR_NOMEM : 0;
}

void
tcp_clear(struct tcp *t)
{
	free(t->in);
	t->in = NULL;
}

int
tcp_listen(struct net_worker *w, int fd)
{
	struct tcp_listener *l = calloc(1, sizeof(*l));
	int ret;

	if (l == NULL)
		return ERR_NOMEM;
	l->source.kind = SOURCE_LISTENER;
	l->source.fd = fd;
	ret = source_add(w, &l->source, EPOLLIN);
	if (ret != 0) {
		free(l);
		return ret;
	}
	LIST_INSERT_HEAD(&w->tcp.listeners, l, entry);
	return 0;
}

void
tcp_listener_remove(struct net_worker *w, struct tcp_listener *l)
{
	source_remove(w, &l->source);
	LIST_REMOVE(l, entry);
	free(l);
}

/* The connection's lists. */

static void
enlist(struct net_worker *w, struct tcp_connection *c, enum tcp_list list)
{
	switch (c->list) {
	case TCP_LIST_NONE:
		break;
	case TCP_LIST_IDLE:
		TAILQ_REMOVE(&w->tcp.idle, c, by_time);
		break;
	case TCP_LIST_WRITING:
		TAILQ_REMOVE(&w->tcp.writing, c, by_time);
		break;
	}
	c->list = list;
	c->since_ms = w->now_ms;
	switch (list) {
	case TCP_LIST_NONE:
		break;
	case TCP_LIST_IDLE:
		TAILQ_INSERT_TAIL(&w->tcp.idle, c, by_time);
		break;
	case TCP_LIST_WRITING:
		TAILQ_INSERT_TAIL(&w->tcp.writing, c, by_time);
		break;
	}
}

static void
unsettle(struct net_worker *w, struct tcp_connection *c)
{
	if (c->is_unsettled)
		return;
	c->is_unsettled = true;
	w->tcp.n_unsettled++;
	TAILQ_INSERT_TAIL(&w->tcp.unsettled, c, unsettled);
}

static void
resettle(struct net_worker *w, struct tcp_connection *c)
{
	if (!c->is_unsettled)
		return;
	c->is_unsettled = false;
	w->tcp.n_unsettled--;
	TAILQ_REMOVE(&w->tcp.unsettled, c, unsettled);
}

/* Making and closing. */

static void
read_addresses(struct tcp_connection *c)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getsockname(c->source.fd, (struct sockaddr *)&sa, &len) == 0)
		(void)addr_from_sockaddr((struct sockaddr *)&sa,
		    &c->origin.local);
}

/* Takes an admitted fd, unless it returns an error. */
static int
connection_add(struct net_worker *w, int fd, const struct addr *remote)
{
	struct tcp_connection *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL)
		return ERR_NOMEM;
	c->source.kind = SOURCE_CONNECTION;
	c->source.fd = fd;
	outbuf_init(&c->out);
	ret = source_add(w, &c->source, EPOLLIN);
	if (ret != 0) {
		free(c);
		return ret;
	}
	c->origin.remote = *remote;
	c->origin.slot = c->source.slot;
	c->origin.generation = c->source.generation;
	c->origin.worker = (uint16_t)w->index;
	c->origin.transport = NET_TCP;
	read_addresses(c);
	enlist(w, c, TCP_LIST_IDLE);
	w->tcp.n_connections++;
	count(&w->counters.tcp_accepted);
	count(&w->counters.tcp_connections);
	return 0;
}

/* Newcomers wait in the kernel's queue; else epoll would say so for ever. */
static void
pause_accepting(struct net_worker *w, struct tcp_listener *l)
{
	w->tcp.is_accept_paused = true;
	source_watch(w, &l->source, 0);
}

static void
accept_again(struct net_worker *w)
{
	struct tcp_listener *l;

	if (!w->tcp.is_accept_paused)
		return;
	w->tcp.is_accept_paused = false;
	LIST_FOREACH (l, &w->tcp.listeners, entry)
		source_watch(w, &l->source, EPOLLIN);
}

/*
 * Octets that nobody read would turn the close into a reset, and a reset may
 * overtake the answers on their way.
 */
static void
drain(int fd)
{
	char unread[4096];

	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < 16; i++)
		if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0)
			break;
}

void
tcp_close(struct net_worker *w, struct tcp_connection *c)
{
	const struct net_handler *h = &w->handler;
	struct net_origin origin = c->origin;
	unsigned in_hand = c->in_hand;

	enlist(w, c, TCP_LIST_NONE);
	resettle(w, c);
	slots_remove(&w->sources, c->source.slot);
	if (!c->is_at_end)
		drain(c->source.fd);
	(void)close(c->source.fd); /* the only one: epoll forgets it, too */
	net_clients_leave(w->tcp.clients, &c->origin.remote);
	outbuf_clear(&c->out);
	free(c->in);
	free(c);
	w->tcp.n_connections--;
	count_more(&w->counters.tcp_connections, (uint64_t)-1);
	accept_again(w);
	w->in_hand -= in_hand;
	if (in_hand > 0 && h->closed != NULL) {
		batch_enter(w);
		h->closed(h->arg, w, &origin);
		batch_leave(w);
	}
}

/* Closes the connection that has been idle longest; false: none has. */
static bool
evict_idlest(struct net_worker *w)
{
	struct tcp_connection *c = TAILQ_FIRST(&w->tcp.idle);

	if (c == NULL || c->since_ms + TCP_GRACE_MS > w->now_ms)
		return false;
	count(&w->counters.tcp_closed_evicted);
	tcp_close(w, c);
	return true;
}

/* Counts in the next one to come; false: there is no room. */
static bool
make_room(struct net_worker *w)
{
	return net_clients_reserve(w->tcp.clients) ||
	    (evict_idlest(w) && net_clients_reserve(w->tcp.clients));
}

/* Takes the accepted fd, which has a place reserved. */
static void
admit(struct net_worker *w, int fd, const struct addr *remote)
{
	if (!net_clients_enter(w->tcp.clients, remote)) {
		count(&w->counters.tcp_refused_address);
		net_clients_release(w->tcp.clients);
		(void)close(fd);
	} else if (connection_add(w, fd, remote) != 0) {
		count(&w->counters.tcp_accept_error);
		net_clients_leave(w->tcp.clients, remote);
		(void)close(fd);
	}
}

/* errno of accept4(); true: there may be another to take. */
static bool
accept_failed(struct net_worker *w, struct tcp_listener *l, int error)
{
	net_clients_release(w->tcp.clients);
	if (error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM) {
		count(&w->counters.tcp_accept_error);
		pause_accepting(w, l);
		(void)evict_idlest(w);
	}
	return error == ECONNABORTED || error == EINTR;
}

/* Takes one, which has a place reserved; false: there are no more now. */
static bool
accept_one(struct net_worker *w, struct tcp_listener *l)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = sizeof(sa);
	struct addr remote;
	int fd;

	fd = accept4(l->source.fd, (struct sockaddr *)&sa, &sa_len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return accept_failed(w, l, errno);
	if (addr_from_sockaddr((struct sockaddr *)&sa, &remote) == 0) {
		admit(w, fd, &remote);
	} else {
		net_clients_release(w->tcp.clients);
		(void)close(fd);
	}
	return true;
}

/* One has come: for it room is made; for more there may be room. */
void
tcp_accept(struct net_worker *w, struct tcp_listener *l)
{
	if (!make_room(w)) {
		count(&w->counters.tcp_waited);
		pause_accepting(w, l);
		return;
	}
	for (int i = 1; accept_one(w, l) && i < ACCEPTS; i++)
		if (!net_clients_reserve(w->tcp.clients))
			return;
}

/* Reading. */

/* Whether the connection may have another request in hand. */
static bool
may_take(const struct net_worker *w, const struct tcp_connection *c)
{
	return !c->is_broken && !w->has_stopped &&
	    c->in_hand < NET_IN_HAND_MAX &&
	    outbuf_len(&c->out) < NET_HIGH_WATER;
}

/* Whether a whole message stands at the start. */
static bool
has_message(const uint8_t *octets, size_t len)
{
	return len >= LENGTH && len - LENGTH >= get_u16(octets);
}

static void
hand_over(struct net_worker *w, struct tcp_connection *c, const uint8_t *octets,
    size_t len)
{
	const struct net_handler *h = &w->handler;

	count(&w->counters.tcp_received);
	if (c->list == TCP_LIST_IDLE) /* where it could be evicted */
		enlist(w, c, TCP_LIST_NONE);
	c->in_hand++;
	w->in_hand++;
	h->message(h->arg, w, &c->origin, octets, len);
}

/* Keeps what is not handed over yet; rest may lie inside c->in. */
static void
keep_rest(struct tcp_connection *c, const uint8_t *rest, size_t len)
{
	if (len == 0) {
		free(c->in);
		c->in = NULL;
		c->in_size = 0;
	} else if (c->in != NULL) {
		memmove(c->in, rest, len);
	} else {
		c->in_size = len < IN_FIRST ? IN_FIRST : len;
		c->in = malloc(c->in_size);
		if (c->in == NULL) {
			c->is_broken = true;
			len = 0;
		} else {
			memcpy(c->in, rest, len);
		}
	}
	c->in_len = len;
}

/* Hands over the whole messages that stand in octets, while it may. */
static void
take_messages(struct net_worker *w, struct tcp_connection *c,
    const uint8_t *octets, size_t len)
{
	size_t at = 0;

	while (may_take(w, c) && has_message(octets + at, len - at)) {
		size_t message_len = get_u16(octets + at);

		batch_enter(w);
		hand_over(w, c, octets + at + LENGTH, message_len);
		at += LENGTH + message_len;
	}
	batch_leave(w);
	keep_rest(c, octets + at, len - at);
}

/* Where to receive: the shared buffer, unless half a message waits. */
static uint8_t *
receive_room(struct net_worker *w, struct tcp_connection *c, size_t *size_out)
{
	size_t size = 2 * c->in_size < IN_MAX ? 2 * c->in_size : IN_MAX;
	uint8_t *in;

	*size_out = IN_MAX;
	if (c->in == NULL)
		return w->tcp.in;
	if (c->in_len == c->in_size) {
		in = realloc(c->in, size);
		if (in == NULL)
			return NULL;
		c->in = in;
		c->in_size = size;
	}
	*size_out = c->in_size;
	return c->in;
}

static void
receive(struct net_worker *w, struct tcp_connection *c)
{
	size_t size;
	uint8_t *octets;
	ssize_t n;

	/* settle() takes what is there first; until then epoll may say so. */
	if (has_message(c->in, c->in_len))
		return;
	octets = receive_room(w, c, &size);
	if (octets == NULL) {
		c->is_broken = true;
		return;
	}
	assert(size > c->in_len);
	n = recv(c->source.fd, octets + c->in_len, size - c->in_len,
	    MSG_DONTWAIT);
	if (n > 0)
		take_messages(w, c, octets, c->in_len + (size_t)n);
	else if (n == 0)
		c->is_at_end = true;
	else if (errno != EAGAIN && errno != EINTR)
		c->is_broken = true;
}

void
tcp_event(struct net_worker *w, struct tcp_connection *c, uint32_t events)
{
	if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		c->is_broken = true;
	else if ((events & EPOLLIN) != 0)
		receive(w, c);
	unsettle(w, c);
}

/* Settling. */

static void
write_out(struct net_worker *w, struct tcp_connection *c)
{
	size_t sent;

	if (outbuf_len(&c->out) == 0)
		return;
	if (outbuf_write(&c->out, c->source.fd, &sent) != 0)
		c->is_broken = true;
	else if (outbuf_len(&c->out) > 0 &&
	    (sent > 0 || c->list != TCP_LIST_WRITING))
		enlist(w, c, TCP_LIST_WRITING);
}

static void
say_drained(struct net_worker *w, struct tcp_connection *c)
{
	const struct net_handler *h = &w->handler;

	if (!c->wants_drained || outbuf_len(&c->out) >= NET_LOW_WATER)
		return;
	c->wants_drained = false;
	if (c->in_hand == 0 || h->drained == NULL)
		return;
	batch_enter(w);
	h->drained(h->arg, w, &c->origin);
	batch_leave(w);
}

/* Nothing in hand, nothing to send, nothing more to come. */
static bool
is_finished(const struct net_worker *w, const struct tcp_connection *c)
{
	return c->in_hand == 0 && outbuf_len(&c->out) == 0 &&
	    (c->is_at_end || w->has_stopped);
}

/* Has epoll and the time-outs wait for what the connection waits for. */
static void
wait_for_more(struct net_worker *w, struct tcp_connection *c)
{
	uint32_t events = 0;

	if (may_take(w, c) && !c->is_at_end)
		events |= EPOLLIN;
	if (outbuf_len(&c->out) > 0)
		events |= EPOLLOUT;
	source_watch(w, &c->source, events);

	if (outbuf_len(&c->out) > 0)
		return; /* write_out() put it where it belongs */
	if (c->in_hand > 0)
		enlist(w, c, TCP_LIST_NONE);
	else if (c->list != TCP_LIST_IDLE)
		enlist(w, c, TCP_LIST_IDLE);
}

static void
settle(struct net_worker *w, struct tcp_connection *c)
{
	write_out(w, c);
	if (!c->is_broken)
		say_drained(w, c);
	if (c->in != NULL && may_take(w, c))
		take_messages(w, c, c->in, c->in_len);
	if (c->is_unsettled)
		return; /* a handler answered: again in the next round */
	if (c->is_broken) {
		count(&w->counters.tcp_closed_error);
		tcp_close(w, c);
	} else if (is_finished(w, c)) {
		tcp_close(w, c);
	} else {
		wait_for_more(w, c);
	}
}

void
tcp_settle(struct net_worker *w)
{
	for (size_t n = w->tcp.n_unsettled; n > 0; n--) {
		struct tcp_connection *c = TAILQ_FIRST(&w->tcp.unsettled);

		if (c == NULL)
			return;
		resettle(w, c);
		settle(w, c);
	}
}

/* Time. */

static void
close_late(struct net_worker *w, struct tcp_connections *list,
    uint64_t after_ms, _Atomic uint64_t *counter)
{
	struct tcp_connection *c = TAILQ_FIRST(list);

	while (c != NULL && c->since_ms + after_ms <= w->now_ms) {
		count(counter);
		tcp_close(w, c);
		c = TAILQ_FIRST(list);
	}
}

void
tcp_tick(struct net_worker *w)
{
	close_late(w, &w->tcp.idle, w->tcp.idle_ms,
	    &w->counters.tcp_closed_idle);
	close_late(w, &w->tcp.writing, w->tcp.stuck_ms,
	    &w->counters.tcp_closed_stuck);
	accept_again(w);
}

void
tcp_stop(struct net_worker *w)
{
	for (uint32_t i = 0; i < w->sources.n; i++) {
		struct source *s = slots_at(&w->sources, i);

		if (s != NULL && s->kind == SOURCE_CONNECTION)
			unsettle(w, (struct tcp_connection *)s);
	}
}

/* What handlers ask for. */

/* The connection; NULL: gone, or about to. */
static struct tcp_connection *
find(const struct net_worker *w, const struct net_origin *to)
{
	struct tcp_connection *c =
	    slots_get(&w->sources, to->slot, to->generation);

	return c == NULL || c->is_broken ? NULL : c;
}

static void
release(struct net_worker *w, struct tcp_connection *c)
{
	assert(c->in_hand > 0 && w->in_hand > 0);
	c->in_hand--;
	w->in_hand--;
	unsettle(w, c);
}

int
tcp_send_part(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len)
{
	struct tcp_connection *c = find(w, to);
	int ret;

	if (c == NULL)
		return ERR_CLOSED;
	if (len > NET_MESSAGE_MAX)
		return ERR_RANGE;
	unsettle(w, c);
	ret = outbuf_len(&c->out) + len > NET_UNSENT_MAX
	    ? ERR_NOMEM
	    : outbuf_message(&c->out, octets, len);
	if (ret != 0) {
		c->is_broken = true;
		return ret;
	}
	count(&w->counters.tcp_sent);
	if (outbuf_len(&c->out) >= NET_LOW_WATER)
		c->wants_drained = true;
	return 0;
}

int
tcp_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len)
{
	int ret = tcp_send_part(w, to, octets, len);

	tcp_drop(w, to);
	return ret;
}

void
tcp_drop(struct net_worker *w, const struct net_origin *to)
{
	struct tcp_connection *c = find(w, to);

	if (c != NULL)
		release(w, c);
}

void
tcp_cut(struct net_worker *w, const struct net_origin *to)
{
	struct tcp_connection *c =
	    slots_get(&w->sources, to->slot, to->generation);

	if (c == NULL)
		return;
	c->is_broken = true;
	release(w, c); /* the others hear of it by closed() */
}

size_t
tcp_pending(const struct net_worker *w, const struct net_origin *to)
{
	const struct tcp_connection *c = find(w, to);

	return c == NULL ? 0 : outbuf_len(&c->out);
}
