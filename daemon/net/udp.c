/*
 * udp.c - datagrams in and out, many with one system call
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/net/private.h"
#include "daemon/net/udp.h"

#define BATCH 32              /* datagrams of one system call */
#define ROUNDS 4              /* full batches before others have their turn */
#define OWN_SOURCES 16        /* sockets of our own */
#define IN_SIZE (65536 + 192) /* odd, so that buffers share no cache sets */
#define OUT_SIZE (256 * 1024)

/* Room for either family's pktinfo, aligned as CMSG_ macros want it. */
union control {
	struct cmsghdr align;
	uint8_t octets[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct datagrams {
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage names[BATCH];
	union control controls[BATCH];
};

struct udp_queue {
	struct datagrams in;
	struct datagrams out;
	unsigned n_out;
	int out_fd; /* all that is queued goes out by this one */
	size_t out_len;
	struct udp_socket *own[OWN_SOURCES];
	uint8_t *in_octets; /* BATCH times IN_SIZE */
	uint8_t *out_octets;
};

static void
datagrams_init(struct datagrams *d)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *h = &d->messages[i].msg_hdr;

		h->msg_name = &d->names[i];
		h->msg_iov = &d->iov[i];
		h->msg_iovlen = 1;
		h->msg_control = &d->controls[i];
	}
}

struct udp_queue *
udp_queue_create(void)
{
	struct udp_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->in_octets = malloc(BATCH * (size_t)IN_SIZE);
	q->out_octets = malloc(OUT_SIZE);
	if (q->in_octets == NULL || q->out_octets == NULL) {
		udp_queue_destroy(q);
		return NULL;
	}
	datagrams_init(&q->in);
	datagrams_init(&q->out);
	for (size_t i = 0; i < BATCH; i++) {
		q->in.iov[i].iov_base = q->in_octets + i * IN_SIZE;
		q->in.iov[i].iov_len = NET_MESSAGE_MAX;
	}
	return q;
}

void
udp_queue_destroy(struct udp_queue *q)
{
	if (q == NULL)
		return;
	free(q->in_octets);
	free(q->out_octets);
	free(q);
}

static int
socket_add(struct net_worker *w, enum source_kind kind, int fd,
    const struct addr *local, struct udp_socket **socket_out)
{
	struct udp_socket *s = calloc(1, sizeof(*s));
	int ret;

	*socket_out = NULL;
	if (s == NULL)
		return ERR_NOMEM;
	s->source.kind = kind;
	s->source.fd = fd;
	s->local = *local;
	ret = source_add(w, &s->source, EPOLLIN);
	if (ret != 0) {
		free(s);
		return ret;
	}
	*socket_out = s;
	return 0;
}

int
udp_listen(struct net_worker *w, int fd, const struct addr *local,
    bool is_wildcard)
{
	struct udp_socket *s;
	int ret = socket_add(w, SOURCE_UDP, fd, local, &s);

	if (ret == 0)
		s->is_wildcard = is_wildcard;
	return ret;
}

void
udp_remove(struct net_worker *w, struct udp_socket *s)
{
	struct udp_queue *q = w->udp;

	udp_flush(w);
	source_remove(w, &s->source);
	for (size_t i = 0; i < OWN_SOURCES; i++)
		if (q->own[i] == s)
			q->own[i] = NULL;
	if (s->source.kind == SOURCE_UDP_OWN)
		(void)close(s->source.fd);
	free(s);
}

/* Receives at most BATCH datagrams; returns how many came. */
static unsigned
receive_batch(struct udp_queue *q, int fd, bool with_control)
{
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *h = &q->in.messages[i].msg_hdr;

		h->msg_namelen = sizeof(q->in.names[i]);
		h->msg_controllen =
		    with_control ? sizeof(q->in.controls[i]) : 0;
	}
	n = recvmmsg(fd, q->in.messages, BATCH, MSG_DONTWAIT, NULL);
	return n > 0 ? (unsigned)n : 0;
}

/* The address that was asked, and where it came in. */
static void
read_pktinfo(struct msghdr *h, struct net_origin *from)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL;
	     c = CMSG_NXTHDR(h, c)) {
		struct in_pktinfo in;
		struct in6_pktinfo in6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&in, CMSG_DATA(c), sizeof(in));
			memcpy(from->local.octets, &in.ipi_spec_dst, 4);
			from->ifindex = (uint32_t)in.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&in6, CMSG_DATA(c), sizeof(in6));
			memcpy(from->local.octets, &in6.ipi6_addr, 16);
			from->ifindex = (uint32_t)in6.ipi6_ifindex;
		}
	}
}

/* False: a datagram that cannot be answered. */
static bool
read_origin(struct net_worker *w, const struct udp_socket *s, struct mmsghdr *m,
    struct net_origin *from)
{
	memset(from, 0, sizeof(*from));
	if (addr_from_sockaddr(m->msg_hdr.msg_name, &from->remote) != 0 ||
	    from->remote.port == 0)
		return false;
	from->local = s->local;
	from->slot = s->source.slot;
	from->generation = s->source.generation;
	from->worker = (uint16_t)w->index;
	from->transport = NET_UDP;
	if (s->is_wildcard)
		read_pktinfo(&m->msg_hdr, from);
	return true;
}

static void
hand_over(struct net_worker *w, struct udp_socket *s, size_t i)
{
	struct mmsghdr *m = &w->udp->in.messages[i];
	const uint8_t *octets = w->udp->in.iov[i].iov_base;
	const struct net_handler *h = &w->handler;
	struct net_origin from;

	if ((m->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		count(&w->counters.udp_truncated);
		return;
	}
	if (!read_origin(w, s, m, &from))
		return;
	if (s->source.kind == SOURCE_UDP_OWN) {
		if (h->reply != NULL)
			h->reply(h->arg, w, &from.remote, octets, m->msg_len);
		return;
	}
	count(&w->counters.udp_received);
	w->in_hand++;
	h->message(h->arg, w, &from, octets, m->msg_len);
}

void
udp_receive(struct net_worker *w, struct udp_socket *s)
{
	unsigned n = BATCH;

	for (int round = 0; round < ROUNDS && n == BATCH; round++) {
		n = receive_batch(w->udp, s->source.fd, s->is_wildcard);
		if (n == 0)
			return;
		batch_enter(w);
		for (size_t i = 0; i < n; i++)
			hand_over(w, s, i);
		batch_leave(w);
		udp_flush(w);
	}
}

/* Where the datagrams at index at stopped: true if the next may go. */
static bool
is_worth_going_on(struct net_worker *w, unsigned left)
{
	switch (errno) {
	case EINTR:
		return true;
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		count_more(&w->counters.udp_send_full, left);
		return false;
	default:
		return true;
	}
}

void
udp_flush(struct net_worker *w)
{
	struct udp_queue *q = w->udp;
	unsigned at = 0;

	while (at < q->n_out) {
		int n = sendmmsg(q->out_fd, q->out.messages + at, q->n_out - at,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			count_more(&w->counters.udp_sent, (uint64_t)n);
			at += (unsigned)n;
			continue;
		}
		if (!is_worth_going_on(w, q->n_out - at))
			break;
		if (errno != EINTR) { /* this one cannot be sent at all */
			count(&w->counters.udp_send_error);
			at++;
		}
	}
	q->n_out = 0;
	q->out_len = 0;
}

static bool
is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->octets[0] == 0xfe &&
	    (a->octets[1] & 0xc0) == 0x80;
}

/*
 * Has the answer leave from the address that was asked.  The interface is left
 * to the routing table, which the way back may well follow elsewhere; only a
 * link-local address means nothing without it.
 */
static void
write_pktinfo(struct msghdr *h, union control *control,
    const struct net_origin *to)
{
	struct cmsghdr *c = &control->align;

	memset(control, 0, sizeof(*control));
	if (to->local.family == AF_INET) {
		struct in_pktinfo in = {0};

		memcpy(&in.ipi_spec_dst, to->local.octets, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(in));
		memcpy(CMSG_DATA(c), &in, sizeof(in));
		h->msg_controllen = CMSG_SPACE(sizeof(in));
	} else {
		struct in6_pktinfo in6 = {0};

		memcpy(&in6.ipi6_addr, to->local.octets, 16);
		if (is_link_local(&to->local))
			in6.ipi6_ifindex = to->ifindex;
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(in6));
		memcpy(CMSG_DATA(c), &in6, sizeof(in6));
		h->msg_controllen = CMSG_SPACE(sizeof(in6));
	}
}

int
udp_answer(struct net_worker *w, const struct net_origin *to,
    const void *octets, size_t len)
{
	struct udp_queue *q = w->udp;
	struct udp_socket *s = slots_get(&w->sources, to->slot, to->generation);
	struct msghdr *h;

	if (s == NULL)
		return ERR_CLOSED;
	if (q->n_out == BATCH || q->out_len + len > OUT_SIZE ||
	    (q->n_out > 0 && q->out_fd != s->source.fd))
		udp_flush(w);

	h = &q->out.messages[q->n_out].msg_hdr;
	h->msg_namelen = addr_to_sockaddr(&to->remote, &q->out.names[q->n_out]);
	h->msg_iov->iov_base = q->out_octets + q->out_len;
	h->msg_iov->iov_len = len;
	if (len > 0)
		memcpy(h->msg_iov->iov_base, octets, len);
	h->msg_control = &q->out.controls[q->n_out];
	h->msg_controllen = 0;
	if (s->is_wildcard)
		write_pktinfo(h, &q->out.controls[q->n_out], to);
	else
		h->msg_control = NULL;
	q->out_fd = s->source.fd;
	q->out_len += len;
	q->n_out++;
	return 0;
}

/* Binds a socket to the source address and a free port. */
static int
open_own(const struct addr *source, int *fd_out)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(source, &sa);
	int fd, one = 1, ret = 0;

	*fd_out = -1;
	fd = socket(source->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return errno == EAFNOSUPPORT ? ERR_UNSUPPORTED
					     : err_from_errno(errno);
	if (source->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
		    sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, sa_len) != 0) {
		ret = errno == EADDRNOTAVAIL ? ERR_NOTFOUND
					     : err_from_errno(errno);
		(void)close(fd);
		return ret;
	}
	*fd_out = fd;
	return 0;
}

/* The socket of our own that sends from source; opened when first needed. */
static int
own_socket(struct net_worker *w, const struct addr *source,
    struct udp_socket **socket_out)
{
	struct udp_socket **place = NULL;
	int fd, ret;

	*socket_out = NULL;
	for (size_t i = 0; i < OWN_SOURCES; i++) {
		struct udp_socket **s = &w->udp->own[i];

		if (*s == NULL) {
			place = place == NULL ? s : place;
		} else if (addr_equal(&(*s)->local, source)) {
			*socket_out = *s;
			return 0;
		}
	}
	if (place == NULL)
		return ERR_BUSY;
	ret = open_own(source, &fd);
	if (ret != 0)
		return ret;
	ret = socket_add(w, SOURCE_UDP_OWN, fd, source, place);
	if (ret != 0) {
		(void)close(fd);
		return ret;
	}
	*socket_out = *place;
	return 0;
}

int
udp_send_own(struct net_worker *w, const struct addr *source,
    const struct addr *destination, const void *octets, size_t len)
{
	struct addr from = {.family = destination->family};
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(destination, &sa);
	struct udp_socket *s;
	int ret;

	if (source != NULL) {
		from = *source;
		from.port = 0;
	}
	if (from.family != destination->family || len > NET_MESSAGE_MAX)
		return ERR_RANGE;
	ret = own_socket(w, &from, &s);
	if (ret != 0)
		return ret;
	if (sendto(s->source.fd, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		(struct sockaddr *)&sa, sa_len) < 0)
		return err_from_errno(errno);
	return 0;
}
