/*
 * errand.h - a call that nobody can bound, made where nobody waits
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking up a host name, or asking a KDC, can take half a minute and cannot
 * be ended.  An errand is such a call in a thread of its own: whoever waits
 * for it may go away, and what is left is freed when the call returns.
 *
 * Owns:    counted references: the thread's and the starter's.
 * Threads: any; one at a time has the starter's reference.
 * Errors:  NULL: no thread, descriptor or memory.
 * Units:   none.
 */
#ifndef LDAP_ERRAND_H
#define LDAP_ERRAND_H

#include <stdbool.h>

struct errand;

struct errand_work {
	void (*run)(void *arg);  /* in the thread */
	void (*drop)(void *arg); /* frees arg; wherever the last one lets go */
	void *arg;
};

/* Takes work.arg, also if it fails. */
struct errand *errand_start(const struct errand_work *work);

int errand_fd(const struct errand *e); /* readable when it is done */
bool errand_is_done(const struct errand *e);

/* What it was given; it must be done. */
void *errand_arg(const struct errand *e);

/* Lets go, done or not; NULL is fine. */
void errand_release(struct errand *e);

#endif
