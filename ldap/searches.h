/*
 * searches.h - the searches that are under way on one connection
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Many at a time; those beyond SEARCHES_SENT_MAX wait for their turn.  A
 * search is added at any time and begins when the loop comes round, so what
 * adds one is never called back from within.
 *
 * Owns:    what a request hands over.
 * Threads: one.
 * Errors:  false: no memory, or the connection is broken.
 * Units:   _ms milliseconds of connection_clock_ms().
 */
#ifndef LDAP_SEARCHES_H
#define LDAP_SEARCHES_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ldap/directory.h"
#include "ldap/line.h"

#define SEARCHES_SENT_MAX 64

struct search; /* private */

struct search_request {
	char *base;   /* taken; NULL is no memory, and fails */
	char *filter; /* the same */
	int scope;
	const char *const *attributes; /* ended by NULL; lent until the end */
	int size_limit;                /* 0: none */
	LDAPControl *control;          /* taken; may be NULL */

	/* How long the server may be silent before it is LDAP_TIMEOUT; 0. */
	int64_t patience_ms;

	/* An entry or an intermediate response; may be NULL. */
	void (*message)(void *arg, LDAP *ld, LDAPMessage *message);
	/* The end, once: a result code; result is NULL if none was sent. */
	void (*done)(void *arg, int code, LDAP *ld, LDAPMessage *result);
	void *arg; /* also whose it is, for searches_cancel() */
};

struct searches {
	LDAP *ld;
	struct search *waiting; /* in order */
	struct search **waiting_end;
	struct search *sent;
	size_t n_sent;
	unsigned latency_ms; /* from sending to the end, last time */
	/* How long they took, over all connections: as directory_state. */
	uint64_t durations[DIRECTORY_DURATIONS + 1];
	uint64_t durations_sum_ms;
	bool has_timed_out; /* set here, cleared by who looks at it */
	/*
	 * A reference to another server, which is not asked, ends a search with
	 * LDAP_REFERRAL: what was found is not all.  But an Active Directory
	 * has them for the domains below it, whatever is looked for.
	 */
	bool ignores_references;
};

/* For a new connection; durations stay, and so have to be zero before. */
void searches_init(struct searches *s, LDAP *ld);

/* Ends all, and calls nobody. */
void searches_clear(struct searches *s);

/* Takes what the request hands over, also if it fails. */
bool searches_add(struct searches *s, const struct search_request *request);

/* Ends all of that arg, and calls nobody; not from within message(). */
void searches_cancel(struct searches *s, const void *arg);

/* Sends what waits, and hands out what has come: a bounded amount of it. */
bool searches_go_on(struct searches *s, int64_t now_ms, bool *is_more_out,
    char line[LINE_SIZE]);

/* When go_on() has something to do even if no octet comes. */
int64_t searches_wake_ms(const struct searches *s);

#endif
