/*
 * keytabs.h - the keytab files: loaded, tried out, and followed as they change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A thread waits for changes of the files (inotify, and a look each minute),
 * loads them and swaps the acceptor's keys.  When they cannot be used the old
 * keys stay, the log says why once for each reason, and it tries again, soon
 * at first.  It also ends retired keys whose time is over.
 *
 * Owns:    its thread and its watch; refers to the acceptor.
 * Threads: keytabs_use() by whoever starts or reloads; keytabs_look() by any
 *          thread that may wait for a disk; keytabs_status() by any.
 * Errors:  negative enum err; keytabs that cannot be used are no error here.
 */
#ifndef SERVER_KEYTABS_H
#define SERVER_KEYTABS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/reason.h"

struct acceptor;
struct keytabs;
struct settings;

/* ERR_NOMEM; ERR_BUSY: no thread can be had. */
int keytabs_create(struct acceptor *acceptor, struct keytabs **keytabs_out);
void keytabs_destroy(struct keytabs *k); /* NULL is fine */

/* Ends the thread; keytabs are not followed any more. */
void keytabs_stop(struct keytabs *k);

/*
 * Loads the keytabs of these settings (a reference is taken) and follows them
 * from now on.  If they cannot be used, what the settings still allow of the
 * old keys stays.
 */
void keytabs_use(struct keytabs *k, struct settings *settings);

/* A ticket has a key that we lack: loads the files if they have changed. */
void keytabs_look(struct keytabs *k);

struct keytabs_status {
	struct reason reason; /* why the files cannot be used; "": they can */
	uint64_t failed_s;    /* wall clock: since when; 0: they can */
};

void keytabs_status(struct keytabs *k, struct keytabs_status *status_out);

#endif
