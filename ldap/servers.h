/*
 * servers.h - which server to try, and when
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Servers are tried in order; when all have failed there is a pause.  From a
 * later one the way back to an earlier one is tried now and then, ever more
 * rarely while that does not succeed.
 *
 * Owns:    nothing; a struct servers is a value.
 * Threads: one.
 * Errors:  none.
 * Units:   _ms of a clock that never jumps.
 */
#ifndef LDAP_SERVERS_H
#define LDAP_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVERS_PAUSE_MAX_MS 5000
#define SERVERS_BACK_MIN_MS 60000
#define SERVERS_BACK_MAX_MS 900000
#define SERVERS_STEADY_MS 10000 /* up for so long: it was no false start */

struct servers {
	size_t n;
	size_t next;       /* to be tried at try_at_ms */
	int64_t try_at_ms; /* not before */
	int64_t pause_ms;  /* after the next round that fails */
	bool is_away;      /* the last round failed, all of it */

	bool is_up;
	size_t current; /* is_up: the one in use */
	int64_t up_at_ms;

	int64_t back_at_ms; /* when to look at earlier ones */
	int64_t back_ms;    /* how long until then, next time */
};

void servers_init(struct servers *s, size_t n, int64_t now_ms);

/* The one at next could not be had: the following one, or a pause. */
void servers_failed(struct servers *s, int64_t now_ms);

/* The one at next is in use now. */
void servers_came_up(struct servers *s, int64_t now_ms);

/*
 * The one in use is lost: from the first again, at once, unless it has only
 * just come up.
 */
void servers_lost(struct servers *s, int64_t now_ms);

/* An earlier one does not answer yet. */
void servers_no_way_back(struct servers *s, int64_t now_ms);

/* An earlier one answers: leaves the one in use for it. */
void servers_go_back(struct servers *s, size_t to, int64_t now_ms);

/* Somebody knows better: whatever is waited for is tried now. */
void servers_hurry(struct servers *s, int64_t now_ms);

#endif
