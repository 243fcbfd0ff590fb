/*
 * outbuf.h - octets that a stream has not taken yet
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    its memory; an empty one holds none.
 * Threads: one at a time.
 * Errors:  negative enum err.
 * Units:   octets.
 */
#ifndef NET_OUTBUF_H
#define NET_OUTBUF_H

#include <stddef.h>
#include <stdint.h>

struct outbuf {
	uint8_t *base;
	size_t start; /* first unsent octet */
	size_t end;
	size_t size;
};

void outbuf_init(struct outbuf *b);
void outbuf_clear(struct outbuf *b);

static inline size_t
outbuf_len(const struct outbuf *b)
{
	return b->end - b->start;
}

/*
 * Adds a message (at most 65535 octets) behind its length (RFC 1035 section
 * 4.2.2).  ERR_NOMEM: nothing was added.
 */
int outbuf_message(struct outbuf *b, const void *octets, size_t len);

/*
 * Gives the stream fd what it takes now; *sent_out is how much that was.
 * ERR_CLOSED: the stream is broken.
 */
int outbuf_write(struct outbuf *b, int fd, size_t *sent_out);

#endif
