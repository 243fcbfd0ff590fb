/*
 * resolve.c - names of KDCs and their addresses, within a deadline
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ktutils/exchange.h"
#include "ktutils/resolve.h"

#define MAX_ANSWER ((size_t)64 * 1024)
#define LATE "no name server answered in time"

struct service {
	unsigned priority;
	struct resolve_host host;
};

/* What one thread does; shared by it and by who asked. */
struct errand {
	pthread_mutex_t mutex;
	pthread_cond_t done;
	void (*run)(struct errand *e);
	char name[RESOLVE_HOST_SIZE + 32]; /* what is looked up */
	char port[RESOLVE_PORT_SIZE];

	/* Written by the thread before is_done. */
	struct addrinfo *found;
	int error; /* of getaddrinfo() */
	struct service services[RESOLVE_MAX_HOSTS];
	size_t n_services;

	/* Guarded by mutex. */
	unsigned refs;
	bool is_done;
};

/* --- Errands --- */

static void
drop(struct errand *e)
{
	bool is_last;

	(void)pthread_mutex_lock(&e->mutex);
	is_last = --e->refs == 0;
	(void)pthread_mutex_unlock(&e->mutex);
	if (!is_last)
		return;
	if (e->found != NULL)
		freeaddrinfo(e->found);
	(void)pthread_cond_destroy(&e->done);
	(void)pthread_mutex_destroy(&e->mutex);
	free(e);
}

static void *
run(void *arg)
{
	struct errand *e = arg;

	e->run(e);
	(void)pthread_mutex_lock(&e->mutex);
	e->is_done = true;
	(void)pthread_cond_signal(&e->done);
	(void)pthread_mutex_unlock(&e->mutex);
	drop(e);
	return NULL;
}

static bool
start_thread(struct errand *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int error;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&thread, &attr, run, e);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return error == 0;
}

/* Starts a thread for it; NULL: that cannot be. */
static struct errand *
send_off(void (*what)(struct errand *), const char *name, const char *port)
{
	struct errand *e = calloc(1, sizeof(*e));
	pthread_condattr_t attr;

	if (e == NULL)
		return NULL;
	e->run = what;
	e->refs = 2;
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	(void)snprintf(e->port, sizeof(e->port), "%s", port);
	(void)pthread_mutex_init(&e->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&e->done, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (start_thread(e))
		return e;
	e->refs = 1;
	drop(e);
	return NULL;
}

/* True once it is done; false: it is late. */
static bool
wait_for(struct errand *e, int64_t deadline)
{
	struct timespec end = {.tv_sec = deadline / 1000,
	    .tv_nsec = deadline % 1000 * 1000000};
	bool is_done;

	(void)pthread_mutex_lock(&e->mutex);
	while (!e->is_done &&
	    pthread_cond_timedwait(&e->done, &e->mutex, &end) != ETIMEDOUT)
		;
	is_done = e->is_done;
	(void)pthread_mutex_unlock(&e->mutex);
	return is_done;
}

/* --- Addresses --- */

static int
find_addresses(const char *name, const char *port, int flags,
    struct addrinfo **found_out)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = flags | AI_NUMERICSERV,
	};

	*found_out = NULL;
	return getaddrinfo(name, port, &hints, found_out);
}

static void
run_addresses(struct errand *e)
{
	e->error = find_addresses(e->name, e->port, 0, &e->found);
}

/* Takes what the errand has brought, if it is back. */
static void
collect(struct resolve_host *h, struct errand *e, int64_t deadline)
{
	if (e == NULL) {
		h->problem = "no thread to look it up";
		return;
	}
	if (!wait_for(e, deadline)) {
		h->problem = LATE;
	} else if (e->error != 0) {
		h->problem = gai_strerror(e->error);
	} else {
		h->found = e->found;
		e->found = NULL;
	}
	drop(e);
}

void
resolve_hosts(struct resolve_host *hosts, size_t n, int64_t deadline)
{
	struct errand *errands[RESOLVE_MAX_HOSTS];

	if (n > RESOLVE_MAX_HOSTS)
		n = RESOLVE_MAX_HOSTS;
	for (size_t i = 0; i < n; i++) {
		struct resolve_host *h = &hosts[i];

		h->problem = NULL;
		errands[i] = NULL;
		/* An address needs no thread. */
		if (find_addresses(h->host, h->port, AI_NUMERICHOST,
			&h->found) != 0)
			errands[i] = send_off(run_addresses, h->host, h->port);
	}
	for (size_t i = 0; i < n; i++)
		if (hosts[i].found == NULL)
			collect(&hosts[i], errands[i], deadline);
}

/* --- Names --- */

/* Priority, weight, port, target (RFC 2782). */
static void
add_service(struct errand *e, const ns_msg *answer, const ns_rr *rr)
{
	struct service s = {.priority = 0};
	const unsigned char *rdata = ns_rr_rdata(*rr);

	if (ns_rr_type(*rr) != ns_t_srv || ns_rr_rdlen(*rr) < 7 ||
	    e->n_services == RESOLVE_MAX_HOSTS)
		return;
	s.priority = ns_get16(rdata);
	(void)snprintf(s.host.port, sizeof(s.host.port), "%u",
	    ns_get16(rdata + 4));
	if (dn_expand(ns_msg_base(*answer), ns_msg_end(*answer), rdata + 6,
		s.host.host, sizeof(s.host.host)) == -1 ||
	    s.host.host[0] == '\0' || strcmp(s.host.host, ".") == 0)
		return;
	e->services[e->n_services++] = s;
}

static void
read_answer(struct errand *e, const unsigned char *octets, int len)
{
	ns_msg answer;
	ns_rr rr;

	if (ns_initparse(octets, len, &answer) != 0)
		return;
	for (int i = 0; i < ns_msg_count(answer, ns_s_an); i++)
		if (ns_parserr(&answer, ns_s_an, i, &rr) == 0)
			add_service(e, &answer, &rr);
}

static void
run_services(struct errand *e)
{
	struct __res_state state;
	unsigned char *answer = malloc(MAX_ANSWER);
	int len;

	memset(&state, 0, sizeof(state));
	if (answer == NULL || res_ninit(&state) != 0) {
		free(answer);
		return;
	}
	len = res_nquery(&state, e->name, ns_c_in, ns_t_srv, answer,
	    (int)MAX_ANSWER);
	if (len > 0)
		read_answer(e, answer,
		    len < (int)MAX_ANSWER ? len : (int)MAX_ANSWER);
	res_nclose(&state);
	free(answer);
}

static int
by_priority(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	return (x->priority > y->priority) - (x->priority < y->priority);
}

static size_t
find_services(const char *name, int64_t deadline, struct resolve_host *hosts)
{
	struct errand *e = send_off(run_services, name, "");
	size_t n = 0;

	if (e != NULL && wait_for(e, deadline)) {
		qsort(e->services, e->n_services, sizeof(e->services[0]),
		    by_priority);
		for (; n < e->n_services; n++)
			hosts[n] = e->services[n].host;
	}
	if (e != NULL)
		drop(e);
	return n;
}

size_t
resolve_realm(const char *realm, int64_t deadline,
    struct resolve_host hosts[RESOLVE_MAX_HOSTS])
{
	static const char *const transports[] = {"_tcp", "_udp"};
	char name[RESOLVE_HOST_SIZE + 32];
	size_t n = 0;

	if (strlen(realm) >= RESOLVE_HOST_SIZE)
		return 0;
	for (int i = 0; i < 2 && n == 0; i++) {
		(void)snprintf(name, sizeof(name), "_kerberos.%s.%s.",
		    transports[i], realm);
		n = find_services(name, deadline, hosts);
	}
	return n;
}
