/*
 * dial.c - a TCP connection to the first address of a host that answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ldap/dial.h"

struct call {
	char *host;
	char port[8];
	int timeout_ms;
	int fd; /* -1: line says why */
	char line[LINE_SIZE];
};

/* 0, or an errno. */
static int
finish_connect(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, timeout_ms) != 1)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}

/* Sees to it that a peer that is gone is noticed. */
static void
set_options(int fd, int timeout_ms)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
	    sizeof(timeout_ms));
}

static int
connect_to(const struct addrinfo *a, int timeout_ms, int *fd_out)
{
	int fd, error = 0;

	*fd_out = -1;
	fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    a->ai_protocol);
	if (fd == -1)
		return errno;
	set_options(fd, timeout_ms);
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
		error = errno == EINPROGRESS ? finish_connect(fd, timeout_ms)
					     : errno;
	}
	if (error != 0)
		(void)close(fd);
	else
		*fd_out = fd;
	return error;
}

static void
dial(void *arg)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	struct call *c = arg;
	int error;

	error = getaddrinfo(c->host, c->port, &hints, &found);
	if (error != 0) {
		line_set(c->line, "%s: %s", c->host,
		    error == EAI_SYSTEM ? strerror(errno)
					: gai_strerror(error));
		return;
	}
	error = ENOENT;
	for (struct addrinfo *a = found; a != NULL && c->fd == -1;
	     a = a->ai_next)
		error = connect_to(a, c->timeout_ms, &c->fd);
	if (c->fd == -1)
		line_set(c->line, "connect: %s", strerror(error));
	freeaddrinfo(found);
}

static void
drop(void *arg)
{
	struct call *c = arg;

	if (c->fd != -1)
		(void)close(c->fd);
	free(c->host);
	free(c);
}

struct errand *
dial_start(const char *host, int port, int timeout_ms)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = -1;
	c->timeout_ms = timeout_ms;
	(void)snprintf(c->port, sizeof(c->port), "%d", port);
	c->host = strdup(host);
	if (c->host == NULL) {
		drop(c);
		return NULL;
	}
	return errand_start(
	    &(struct errand_work){.run = dial, .drop = drop, .arg = c});
}

int
dial_take(struct errand *e, char line[LINE_SIZE])
{
	struct call *c = errand_arg(e);
	int fd = c->fd;

	if (fd == -1)
		line_set(line, "%s", c->line);
	c->fd = -1;
	return fd;
}
