/*
 * server/grants.h - the directory, brought into decisions
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeps the zones' policy books as the directory has them, and the facts of
 * principals for whoever decides.  Nothing on the way of a packet waits for
 * the directory, or touches a socket to it.
 *
 * Owns:    the directory, what is known of it, and a reference on settings.
 * Threads: as said at each function.
 * Errors:  negative enum err and a reason; a directory that does not answer is
 *          no error.
 */
#ifndef SERVER_GRANTS_H
#define SERVER_GRANTS_H

#include <jansson.h>
#include <stdbool.h>

#include "daemon/base/reason.h"
#include "daemon/server/facts_cache.h"

struct conf;
struct directory_state;
struct principal;
struct server_grants;
struct settings;

/* ERR_MALFORMED: a mistake in ldap {} of the configuration.  Any thread. */
int grants_check(const struct conf *conf, struct reason *reason);

/* NULL: no memory. */
struct server_grants *grants_create(void);

/* Ends the directory's thread; who waits for facts is notified. */
void grants_stop(struct server_grants *g);

/* After grants_stop(), when nobody waits any more.  NULL is fine. */
void grants_destroy(struct server_grants *g);

/*
 * Uses these settings from now on, before they are published: their books are
 * as the directory says.  A directory whose statements have changed is started
 * anew; what it said of rules stays meanwhile, if its policy-base does.
 * Whoever starts or reloads.
 *
 * ERR_NOMEM; ERR_BUSY: the directory cannot be started, and is not there.
 */
int grants_use(struct server_grants *g, struct settings *settings,
    struct reason *reason);

/* Readable when grants_tick() has something to do. */
int grants_fd(const struct server_grants *g);

/* Carries out what the directory said; about each second.  The main thread. */
void grants_tick(struct server_grants *g);

/*
 * What is known of p, as facts_cache_find() says, by these settings: only who
 * is of one of the directory's realms can have facts.  A worker.
 */
void grants_find_facts(struct server_grants *g, const struct settings *settings,
    struct principal *p, struct facts_waiter *w, struct facts_view *view_out);
bool grants_leave(struct server_grants *g, struct principal *p,
    struct facts_waiter *w);

/* It will need its facts soon: they are asked for.  A worker. */
void grants_expect(struct server_grants *g, const struct settings *settings,
    struct principal *p);

/* The same, and waits for them.  Any thread that may. */
void grants_wait_facts(struct server_grants *g, const struct settings *settings,
    struct principal *p, struct facts_view *view_out);

/* In words, as facts_cache_note().  Any thread. */
void grants_note(struct server_grants *g, struct principal *p, char *text,
    size_t size);

/* How the directory is; false: there is none.  Any thread but a worker. */
bool grants_directory(struct server_grants *g,
    struct directory_state *state_out);

/* As kddnsctl(1) documents them; NULL: no memory.  Any thread but a worker. */
json_t *grants_status_json(struct server_grants *g);
json_t *grants_stats_json(struct server_grants *g);

#endif
