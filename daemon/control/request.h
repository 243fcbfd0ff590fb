/*
 * request.h - the line that a client of the control socket sends
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *	{"command": "zonestatus", "args": ["ad.example.test"]}
 *
 * "args" may be left out; anything else is refused, so that a client newer
 * than the daemon is not half understood.
 *
 * Owns:    what it read.
 * Threads: one at a time.
 * Errors:  negative enum err and a reason.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/reason.h"

#define REQUEST_ARGS_MAX 64

struct request {
	json_t *document;
	const char *command; /* these point into the document */
	size_t n_args;
	const char *args[REQUEST_ARGS_MAX];
};

/* ERR_MALFORMED: the reason says what is wrong with it. */
int request_read(const char *line, size_t len, struct request *request_out,
    struct reason *reason);

void request_clear(struct request *r);

#endif
