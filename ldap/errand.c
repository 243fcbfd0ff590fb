/*
 * errand.c - a call that nobody can bound, made where nobody waits
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ldap/errand.h"

struct errand {
	struct errand_work work;
	int fd;
	atomic_bool is_done;
	atomic_int n_references;
};

void
errand_release(struct errand *e)
{
	if (e == NULL || atomic_fetch_sub(&e->n_references, 1) > 1)
		return;
	e->work.drop(e->work.arg);
	if (e->fd != -1)
		(void)close(e->fd);
	free(e);
}

static void *
run(void *arg)
{
	struct errand *e = arg;

	e->work.run(e->work.arg);
	atomic_store(&e->is_done, true);
	(void)eventfd_write(e->fd, 1);
	errand_release(e);
	return NULL;
}

/* Signals are for the threads of the program. */
static int
start_detached(struct errand *e)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int error;

	(void)sigfillset(&all);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, run, e);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return error;
}

struct errand *
errand_start(const struct errand_work *work)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		work->drop(work->arg);
		return NULL;
	}
	e->work = *work;
	atomic_store(&e->n_references, 2);
	e->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->fd != -1 && start_detached(e) == 0)
		return e;
	atomic_store(&e->n_references, 1);
	errand_release(e);
	return NULL;
}

int
errand_fd(const struct errand *e)
{
	return e->fd;
}

bool
errand_is_done(const struct errand *e)
{
	return atomic_load(&e->is_done);
}

void *
errand_arg(const struct errand *e)
{
	bool is_done =
	    errand_is_done(e); /* what it wrote is seen from now on */

	assert(is_done);
	(void)is_done;
	return e->work.arg;
}
