/*
 * groups.h - the groups that rules name, as the directory knows them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A rule names a group by its name or DN; a ticket, or an object, tells of
 * groups by SID or DN.  What stands for what is asked ahead of time, and again
 * now and then: books are compiled anew when it has changed.
 *
 * Owns:    names and what is known of them.
 * Threads: groups_answer() any; the rest one at a time.
 * Errors:  none: what is not known is said to be unknown.
 */
#ifndef SERVER_GROUPS_H
#define SERVER_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/policy/policy.h"

struct group_ticket;
struct groups;

struct groups_config {
	/* True: groups_answer() will be called, by another thread, once. */
	bool (*ask)(void *arg, const char *name, struct group_ticket *t);
	void *arg;
};

struct groups_times {
	uint32_t cache_time_s;
	uint32_t negative_cache_time_s;
	uint32_t stale_time_s;
};

/* NULL: no memory. */
struct groups *groups_create(const struct groups_config *config);
void groups_destroy(struct groups *g); /* no answer may come; NULL is fine */

/* Nothing is known any more, and answers that are under way do not count. */
void groups_restart(struct groups *g, const struct groups_times *times);

/*
 * What that name stands for; group_out->dn stays until the next
 * groups_refresh().  False: nobody knows, and *why_out says why in static
 * text, or is NULL if there has been no answer yet.
 */
bool groups_find(struct groups *g, const char *name,
    struct policy_group *group_out, const char **why_out);

/* Between these two, those that nobody looks for are forgotten. */
void groups_sweep_begin(struct groups *g);
void groups_sweep_end(struct groups *g);

/*
 * Takes answers, asks for what is missing or old.  True: groups_find() has
 * something else to tell than before.
 */
bool groups_refresh(struct groups *g);

enum groups_result {
	GROUPS_FOUND,
	GROUPS_NONE,
	GROUPS_SEVERAL,
	GROUPS_FAILED,
};

/* Ends the question; group only if FOUND, its DN normalized; it is copied. */
void groups_answer(struct group_ticket *t, enum groups_result result,
    const struct policy_group *group);

#endif
