/*
 * outbuf.c - octets that a stream has not taken yet
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/net/outbuf.h"

#define FIRST_SIZE 2048

void
outbuf_init(struct outbuf *b)
{
	memset(b, 0, sizeof(*b));
}

void
outbuf_clear(struct outbuf *b)
{
	free(b->base);
	outbuf_init(b);
}

/* Makes room for n more octets at the end. */
static int
make_room(struct outbuf *b, size_t n)
{
	size_t len = outbuf_len(b), size = b->size;
	uint8_t *base;

	if (b->size - b->end >= n)
		return 0;
	if (b->start >= len && b->size - len >= n) {
		/* What was sent is at least as long as what moves. */
		memmove(b->base, b->base + b->start, len);
		b->start = 0;
		b->end = len;
		return 0;
	}
	if (size == 0)
		size = FIRST_SIZE;
	while (size < b->end + n)
		size *= 2;
	base = realloc(b->base, size);
	if (base == NULL)
		return ERR_NOMEM;
	b->base = base;
	b->size = size;
	return 0;
}

int
outbuf_message(struct outbuf *b, const void *octets, size_t len)
{
	if (make_room(b, 2 + len) != 0)
		return ERR_NOMEM;
	put_u16(b->base + b->end, (uint16_t)len);
	if (len > 0)
		memcpy(b->base + b->end + 2, octets, len);
	b->end += 2 + len;
	return 0;
}

int
outbuf_write(struct outbuf *b, int fd, size_t *sent_out)
{
	ssize_t n;

	*sent_out = 0;
	while (outbuf_len(b) > 0) {
		n = send(fd, b->base + b->start, outbuf_len(b),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : ERR_CLOSED;
		b->start += (size_t)n;
		*sent_out += (size_t)n;
	}
	outbuf_clear(b);
	return 0;
}
