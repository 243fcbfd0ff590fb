/*
 * control.h - the control socket, which kddnsctl talks to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A UNIX stream socket.  A client sends one line of JSON,
 *
 *	{"command": "zonestatus", "args": ["ad.example.test"]}
 *
 * and gets lines of JSON: those of a stream, if the command has one, each an
 * object without "ok"; then one last line, after which the server closes:
 *
 *	{"ok": true, "result": {...}}   or   {"ok": false, "error": "why"}
 *
 * An error has "usage": true where it is the command's arguments that are wrong.
 *
 * A line {"into": "contexts", "row": {...}} is an element of that array of the
 * result, which kddnsctl puts together: who answers holds no long list.
 *
 * Clients are served side by side, each by a short-lived thread, at most
 * CONTROL_CLIENTS_MAX at once; reading and writing have deadlines, so one that
 * is stuck is in nobody's way.  Only root, the daemon's own user and members
 * of the group are served (SO_PEERCRED, SO_PEERGROUPS).
 *
 * Owns:    the socket, its file, its threads.
 * Threads: open and close from one; commands run on threads of this module,
 *          several at a time, and so may wait.
 * Errors:  negative enum err and a reason.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/reason.h"

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_LINE_MAX (1024 * 1024) /* of a client's request */

struct control;         /* opaque: defined in control.c */
struct control_request; /* opaque: one command being carried out */

struct control_command {
	const char *name;  /* "zonestatus" */
	const char *usage; /* arguments as help prints them: "ZONE", "" */
	unsigned min_args;
	unsigned max_args;

	/*
	 * Carries it out.  0: *result_out (ours from then on; NULL: {}) is
	 * the result.  Negative: reason is the one line that the client gets;
	 * ERR_USAGE: the arguments are wrong.
	 */
	int (*run)(void *arg, struct control_request *request,
	    json_t **result_out, struct reason *reason);
};

struct control_options {
	const char *path;
	const char *group; /* name; NULL: the file keeps the daemon's group */
	mode_t mode;       /* of the file; 0: 0660 */
	const struct control_command *commands; /* ended by a NULL name */
	void *arg;                              /* of their run() */
	unsigned client_ms; /* without progress of a client; 0: 10 s */
};

/*
 * Makes the socket; who connects waits for control_serve().  A file left by a
 * daemon that is gone is replaced.
 *
 * ERR_BUSY      a live daemon answers there
 * ERR_EXISTS    the path is there and is no socket
 * ERR_NOTFOUND  no such group, or no such folder
 */
int control_open(const struct control_options *options,
    struct control **control_out, struct reason *reason);

/* Commands are carried out from now on. */
int control_serve(struct control *c, struct reason *reason);

/* Takes no more commands; waits for those in hand.  NULL is fine. */
void control_stop(struct control *c);

/* The same, then removes the file; NULL is fine. */
void control_close(struct control *c);

/* The i-th argument; NULL beyond the last. */
const char *control_arg(const struct control_request *r, size_t i);
size_t control_n_args(const struct control_request *r);

/*
 * Sends a line before the last; takes the object.
 *
 * ERR_CLOSED, ERR_TIMEOUT  the client went away: end the command
 */
int control_stream(struct control_request *r, json_t *line);

/* The same for an element of the result's array of that name; takes row. */
int control_stream_row(struct control_request *r, const char *into,
    json_t *row);

/* The same for a line of text, of len octets: {"text": "..."}. */
int control_stream_line(struct control_request *r, const char *text,
    size_t len);

/*
 * Sends what was streamed so far, for a command that then waits.
 *
 * ERR_CLOSED, ERR_TIMEOUT  the client went away, or we stop: end the command
 */
int control_flush(struct control_request *r);

#endif
