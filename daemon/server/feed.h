/*
 * feed.h - one directory, and what it says
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A feed is a directory of one configuration.  What it says of principals is
 * judged (own_names.h) and given to the cache of facts, what it says of groups
 * to the groups that asked; rules wait until they are taken.  The log has when
 * it goes up and down.
 *
 * Owns:    the directory, and what it has not given away; the rest is lent.
 * Threads: as said at each function; news come on the directory's thread.
 * Errors:  negative enum err and a reason.
 */
#ifndef SERVER_FEED_H
#define SERVER_FEED_H

#include <stdbool.h>

#include "daemon/base/reason.h"
#include "ldap/directory.h"

struct conf;
struct facts_cache;
struct facts_ticket;
struct feed;
struct group_ticket;
struct principal;

/* ERR_MALFORMED: a mistake in ldap {} of the configuration.  Any thread. */
int feed_check(const struct conf *conf, struct reason *reason);

struct feed_config {
	struct facts_cache *cache;
	/* There are news, or another state; on the directory's thread. */
	void (*wake)(void *arg);
	void *arg;
};

/* ERR_NOMEM; ERR_BUSY: the directory cannot be started. */
int feed_create(const struct feed_config *config, const struct conf *conf,
    struct feed **feed_out, struct reason *reason);

/* From now on what it says goes nowhere, but for answers to what was asked. */
void feed_silence(struct feed *f); /* NULL is fine */

/* Ends the thread; all that was asked is answered before. */
void feed_destroy(struct feed *f); /* NULL is fine */

/* The ticket will be answered, or false.  Any thread. */
bool feed_ask_facts(struct feed *f, const struct principal *p,
    struct facts_ticket *t);
bool feed_ask_group(struct feed *f, const char *name, struct group_ticket *t);

/* All rules, a reference, if they changed since this was called last; or NULL.
 * Any thread. */
const struct grants *feed_take_grants(struct feed *f);

void feed_state(struct feed *f, struct directory_state *state_out);

#endif
