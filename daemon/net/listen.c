/*
 * listen.c - the sockets that requests come in by
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/net/listen.h"

#define UDP_BUFFER (4 * 1024 * 1024) /* octets asked of the kernel */
#define TCP_BACKLOG 4096             /* the kernel cuts it to somaxconn */
#define ANY_PORT_TRIES 16

/* One address; shared by the sets that have it. */
struct listener {
	atomic_uint refs;
	struct addr address; /* with its real port */
	unsigned n_workers;
	int *udp; /* n_workers descriptors, -1: none */
	int *tcp;
};

struct net_listeners {
	atomic_uint refs;
	unsigned n_workers;
	size_t n;
	struct listener *items[];
};

static void
close_all(int *fds, unsigned n)
{
	for (unsigned i = 0; fds != NULL && i < n; i++)
		if (fds[i] != -1)
			(void)close(fds[i]);
	free(fds);
}

static void
listener_unref(struct listener *l)
{
	if (l == NULL || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	close_all(l->udp, l->n_workers);
	close_all(l->tcp, l->n_workers);
	free(l);
}

static bool
is_wildcard(const struct addr *a)
{
	static const uint8_t zeros[16];

	return memcmp(a->octets, zeros, sizeof(zeros)) == 0;
}

/* Whether a socket at a receives what is sent to b. */
static bool
covers(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->port == b->port &&
	    (addr_equal(a, b) || is_wildcard(a));
}

static void
set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Without privileges the kernel's rmem_max and wmem_max bound it. */
static void
set_buffers(int fd)
{
	int size = UDP_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) !=
	    0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, size);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) !=
	    0)
		set_option(fd, SOL_SOCKET, SO_SNDBUF, size);
}

/* Answers are small enough; believing ICMP about the path MTU is a risk. */
static void
set_udp_options(int fd, const struct addr *a)
{
	bool wild = is_wildcard(a);

	set_buffers(fd);
	if (a->family == AF_INET) {
		set_option(fd, IPPROTO_IP, IP_PKTINFO, wild);
		set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	} else {
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, wild);
		set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
		    IPV6_PMTUDISC_OMIT);
	}
}

/* A socket of type bound to a, or -1 and errno. */
static int
bound_socket(const struct addr *a, int type, int reuse_port)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(a, &sa);
	int fd, saved;

	fd = socket(a->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (type == SOCK_STREAM)
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_option(fd, SOL_SOCKET, SO_REUSEPORT, reuse_port);
	if (a->family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, (struct sockaddr *)&sa, sa_len) != 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
open_udp(const struct addr *a)
{
	int fd = bound_socket(a, SOCK_DGRAM, 1);

	if (fd != -1)
		set_udp_options(fd, a);
	return fd;
}

static int
open_tcp(const struct addr *a)
{
	int fd = bound_socket(a, SOCK_STREAM, 1);
	int saved;

	if (fd == -1)
		return -1;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* accepted ones inherit */
	if (listen(fd, TCP_BACKLOG) != 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/*
 * Sharing a port would let a second daemon in unnoticed; so first bind once
 * without sharing.  0 or errno.
 */
static int
probe(const struct addr *a)
{
	int types[] = {SOCK_DGRAM, SOCK_STREAM};

	for (size_t i = 0; i < 2; i++) {
		int fd = bound_socket(a, types[i], 0);

		if (fd == -1)
			return errno;
		if (types[i] == SOCK_STREAM && listen(fd, 1) != 0) {
			int saved = errno;

			(void)close(fd);
			return saved;
		}
		(void)close(fd);
	}
	return 0;
}

/* Opens every worker's pair at l->address; settles a port of 0.  0 or errno. */
static int
open_sockets(struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = sizeof(sa);
	struct addr bound;

	for (unsigned i = 0; i < l->n_workers; i++) {
		l->udp[i] = open_udp(&l->address);
		if (l->udp[i] == -1)
			return errno;
		if (l->address.port == 0) {
			if (getsockname(l->udp[i], (struct sockaddr *)&sa,
				&sa_len) != 0 ||
			    addr_from_sockaddr((struct sockaddr *)&sa,
				&bound) != 0)
				return EIO;
			l->address.port = bound.port;
		}
		l->tcp[i] = open_tcp(&l->address);
		if (l->tcp[i] == -1)
			return errno;
	}
	return 0;
}

static struct listener *
listener_create(const struct addr *a, unsigned n_workers)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	atomic_init(&l->refs, 1);
	l->address = *a;
	l->n_workers = n_workers;
	l->udp = calloc(n_workers, sizeof(*l->udp));
	l->tcp = calloc(n_workers, sizeof(*l->tcp));
	if (l->udp == NULL || l->tcp == NULL) {
		free(l->udp);
		free(l->tcp);
		free(l);
		return NULL;
	}
	for (unsigned i = 0; i < n_workers; i++)
		l->udp[i] = l->tcp[i] = -1;
	return l;
}

static int
say_why(const struct addr *a, int errno_value, struct reason *reason)
{
	char text[ADDR_TEXT_SIZE];
	const char *why = strerror(errno_value);
	int err = err_from_errno(errno_value);

	if (errno_value == EADDRINUSE) {
		why = "address in use, by another DNS server perhaps (ss "
		      "-lntup)";
	} else if (errno_value == EADDRNOTAVAIL) {
		why = "no interface of this machine has that address";
		err = ERR_NOTFOUND;
	} else if (errno_value == EACCES) {
		why = "no privilege to use that port";
	} else if (errno_value == EAFNOSUPPORT) {
		why = "this machine does not speak that address family";
		err = ERR_UNSUPPORTED;
	}
	reason_set(reason, "listen %s: %s", addr_to_text_port(a, text), why);
	return err;
}

static int
listener_open(const struct addr *a, unsigned n_workers,
    struct listener **listener_out, struct reason *reason)
{
	struct listener *l = NULL;
	int why = 0;

	*listener_out = NULL;
	for (int i = 0; i < ANY_PORT_TRIES; i++) {
		l = listener_create(a, n_workers);
		if (l == NULL)
			return say_why(a, ENOMEM, reason);
		why = open_sockets(l);
		if (why == 0) {
			*listener_out = l;
			return 0;
		}
		listener_unref(l);
		if (a->port != 0 || why != EADDRINUSE)
			break;
	}
	return say_why(a, why, reason);
}

/* The listener of l for exactly this address; NULL: none. */
static struct listener *
find(const struct net_listeners *l, const struct addr *a)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		if (l->items[i]->address.port == a->port &&
		    addr_equal(&l->items[i]->address, a))
			return l->items[i];
	return NULL;
}

/* Whether a socket of l would be in the way of a probe of a. */
static bool
ours_in_the_way(const struct net_listeners *l, const struct addr *a)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		if (covers(&l->items[i]->address, a) ||
		    covers(a, &l->items[i]->address))
			return true;
	return false;
}

/* Whether another of the addresses makes the i-th one superfluous. */
static bool
is_superfluous(const struct addr *addresses, size_t n, size_t i)
{
	const struct addr *a = &addresses[i];

	for (size_t j = 0; j < n; j++) {
		const struct addr *b = &addresses[j];

		if (j == i || a->port == 0 || !covers(b, a))
			continue;
		if (!addr_equal(a, b) || j < i)
			return true;
	}
	return false;
}

static int
take_or_open(struct net_listeners *old, const struct addr *a,
    unsigned n_workers, struct listener **listener_out, struct reason *reason)
{
	struct listener *same = find(old, a);
	int why;

	*listener_out = NULL;
	if (same != NULL) {
		(void)atomic_fetch_add(&same->refs, 1);
		*listener_out = same;
		return 0;
	}
	if (a->port != 0 && !ours_in_the_way(old, a)) {
		why = probe(a);
		if (why != 0)
			return say_why(a, why, reason);
	}
	return listener_open(a, n_workers, listener_out, reason);
}

static int
open_set(struct net_listeners *old, const struct addr *addresses, size_t n,
    unsigned n_workers, struct net_listeners **listeners_out,
    struct reason *reason)
{
	struct net_listeners *l;
	int ret = 0;

	l = calloc(1, sizeof(*l) + n * sizeof(l->items[0]));
	if (l == NULL) {
		reason_set(reason, "listen: %s", err_text(ERR_NOMEM));
		return ERR_NOMEM;
	}
	atomic_init(&l->refs, 1);
	l->n_workers = n_workers;
	for (size_t i = 0; i < n && ret == 0; i++) {
		if (is_superfluous(addresses, n, i))
			continue;
		ret = take_or_open(old, &addresses[i], n_workers,
		    &l->items[l->n], reason);
		if (ret == 0)
			l->n++;
	}
	if (ret != 0) {
		net_listeners_unref(l);
		return ret;
	}
	*listeners_out = l;
	return 0;
}

int
net_listeners_open(const struct addr *addresses, size_t n, unsigned n_workers,
    struct net_listeners **listeners_out, struct reason *reason)
{
	*listeners_out = NULL;
	return open_set(NULL, addresses, n, n_workers, listeners_out, reason);
}

int
net_listeners_reopen(struct net_listeners *old, const struct addr *addresses,
    size_t n, struct net_listeners **listeners_out, struct reason *reason)
{
	*listeners_out = NULL;
	return open_set(old, addresses, n, old->n_workers, listeners_out,
	    reason);
}

struct net_listeners *
net_listeners_ref(struct net_listeners *l)
{
	(void)atomic_fetch_add(&l->refs, 1);
	return l;
}

void
net_listeners_unref(struct net_listeners *l)
{
	if (l == NULL || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	for (size_t i = 0; i < l->n; i++)
		listener_unref(l->items[i]);
	free(l);
}

size_t
net_listeners_count(const struct net_listeners *l)
{
	return l->n;
}

const struct addr *
net_listeners_address(const struct net_listeners *l, size_t i)
{
	return &l->items[i]->address;
}

bool
net_listeners_is_wildcard(const struct net_listeners *l, size_t i)
{
	return is_wildcard(&l->items[i]->address);
}

int
net_listeners_udp(const struct net_listeners *l, size_t i, unsigned worker)
{
	return l->items[i]->udp[worker];
}

int
net_listeners_tcp(const struct net_listeners *l, size_t i, unsigned worker)
{
	return l->items[i]->tcp[worker];
}
