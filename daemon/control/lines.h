/*
 * lines.h - lines over a stream socket, with deadlines
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Used by both ends of the control socket.  Lines out are gathered until
 * there are many, or lines_flush().
 *
 * Owns:    its buffers; the descriptor stays the caller's.
 * Threads: one at a time.
 * Errors:  negative enum err; after one the stream is of no use.
 */
#ifndef CONTROL_LINES_H
#define CONTROL_LINES_H

#include <jansson.h>
#include <stddef.h>

struct lines {
	int fd;
	unsigned wait_ms; /* for the peer, each time; 0: for ever */
	char *in;
	size_t in_start; /* first octet not handed out */
	size_t in_end;
	size_t in_size;
	char *out;
	size_t out_len;
	int out_error; /* the first; later writes repeat it */
};

void lines_init(struct lines *l, int fd, unsigned wait_ms);
void lines_clear(struct lines *l);

/*
 * The next line without its end, good until the next call; what stands before
 * the end of the stream is a line too.
 *
 * ERR_CLOSED   there is no more
 * ERR_NOSPACE  longer than max
 * ERR_TIMEOUT  the line was not whole in wait_ms
 */
int lines_read(struct lines *l, size_t max, const char **line_out,
    size_t *len_out);

/* Adds one document as a line.  ERR_CLOSED, ERR_TIMEOUT, ERR_NOMEM. */
int lines_write(struct lines *l, const json_t *document);

int lines_flush(struct lines *l);

#endif
