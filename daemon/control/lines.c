/*
 * lines.c - lines over a stream socket, with deadlines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/control/lines.h"

#define IN_FIRST 4096
#define OUT_SIZE (64 * 1024)

void
lines_init(struct lines *l, int fd, unsigned wait_ms)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->wait_ms = wait_ms;
}

void
lines_clear(struct lines *l)
{
	free(l->in);
	free(l->out);
	lines_init(l, -1, 0);
}

/* Waits for an event until the deadline (0: for ever). */
static int
wait_for(int fd, short event, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = event};
	int left = -1, n;

	if (deadline_ms != 0) {
		uint64_t now = clock_mono_ms();

		left = deadline_ms > now ? (int)(deadline_ms - now) : 0;
	}
	n = poll(&p, 1, left);
	if (n == 0)
		return ERR_TIMEOUT;
	return n < 0 && errno != EINTR ? err_from_errno(errno) : 0;
}

static uint64_t
deadline(const struct lines *l)
{
	return l->wait_ms == 0 ? 0 : clock_mono_ms() + l->wait_ms;
}

/* Makes room behind in_end, for a line of at most max octets. */
static int
make_room(struct lines *l, size_t max)
{
	size_t size;
	char *in;

	if (l->in_start > 0) {
		memmove(l->in, l->in + l->in_start, l->in_end - l->in_start);
		l->in_end -= l->in_start;
		l->in_start = 0;
	}
	if (l->in_end > max)
		return ERR_NOSPACE;
	if (l->in_end < l->in_size)
		return 0;
	size = l->in_size == 0 ? IN_FIRST : 2 * l->in_size;
	in = realloc(l->in, size);
	if (in == NULL)
		return ERR_NOMEM;
	l->in = in;
	l->in_size = size;
	return 0;
}

/* Receives more; ERR_CLOSED at the end of the stream. */
static int
receive(struct lines *l, size_t max, uint64_t until)
{
	int ret = make_room(l, max);
	ssize_t n;

	if (ret == 0)
		ret = wait_for(l->fd, POLLIN, until);
	if (ret != 0)
		return ret;
	n = recv(l->fd, l->in + l->in_end, l->in_size - l->in_end,
	    MSG_DONTWAIT);
	if (n > 0)
		l->in_end += (size_t)n;
	else if (n == 0)
		return ERR_CLOSED;
	else if (errno != EAGAIN && errno != EINTR)
		return ERR_CLOSED;
	return 0;
}

/* Hands out len octets, and steps over them and skip more. */
static int
hand_out(struct lines *l, size_t len, size_t skip, const char **line_out,
    size_t *len_out)
{
	*line_out = l->in + l->in_start;
	*len_out = len;
	l->in_start += len + skip;
	return 0;
}

int
lines_read(struct lines *l, size_t max, const char **line_out, size_t *len_out)
{
	uint64_t until = deadline(l);
	size_t seen = 0; /* octets without a line end */

	*line_out = NULL;
	*len_out = 0;
	for (;;) {
		size_t len = l->in_end - l->in_start;
		const char *at = l->in == NULL ? NULL : l->in + l->in_start;
		const char *end =
		    len == seen ? NULL : memchr(at + seen, '\n', len - seen);
		int ret;

		if (end != NULL && (size_t)(end - at) > max)
			return ERR_NOSPACE;
		if (end != NULL)
			return hand_out(l, (size_t)(end - at), 1, line_out,
			    len_out);
		seen = len;
		ret = receive(l, max, until);
		if (ret == ERR_CLOSED && len > 0)
			return hand_out(l, len, 0, line_out, len_out);
		if (ret != 0)
			return ret;
	}
}

int
lines_flush(struct lines *l)
{
	size_t at = 0;

	while (l->out_error == 0 && at < l->out_len) {
		ssize_t n = send(l->fd, l->out + at, l->out_len - at,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			l->out_error = wait_for(l->fd, POLLOUT, deadline(l));
		else if (errno != EINTR)
			l->out_error = ERR_CLOSED;
	}
	l->out_len = 0;
	return l->out_error;
}

/* Octets of a document, as jansson makes them; -1 ends it. */
static int
add_octets(const char *octets, size_t len, void *arg)
{
	struct lines *l = arg;

	while (len > 0) {
		size_t n = OUT_SIZE - l->out_len;

		n = len < n ? len : n;
		memcpy(l->out + l->out_len, octets, n);
		l->out_len += n;
		octets += n;
		len -= n;
		if (l->out_len == OUT_SIZE && lines_flush(l) != 0)
			return -1;
	}
	return 0;
}

int
lines_write(struct lines *l, const json_t *document)
{
	if (l->out == NULL)
		l->out = malloc(OUT_SIZE);
	if (l->out == NULL)
		return ERR_NOMEM;
	if (l->out_error != 0)
		return l->out_error;
	if (json_dump_callback(document, add_octets, l, JSON_COMPACT) != 0)
		return l->out_error != 0 ? l->out_error : ERR_NOMEM;
	(void)add_octets("\n", 1, l);
	return l->out_error;
}
