/*
 * servers.c - which server to try, and when
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>

#include "ldap/servers.h"

#define PAUSE_MIN_MS 500

static int64_t
doubled(int64_t ms, int64_t max_ms)
{
	return ms * 2 < max_ms ? ms * 2 : max_ms;
}

void
servers_init(struct servers *s, size_t n, int64_t now_ms)
{
	*s = (struct servers){.n = n,
	    .try_at_ms = now_ms,
	    .pause_ms = PAUSE_MIN_MS,
	    .back_ms = SERVERS_BACK_MIN_MS};
}

static void
pause_now(struct servers *s, int64_t now_ms)
{
	s->try_at_ms = now_ms + s->pause_ms;
	s->pause_ms = doubled(s->pause_ms, SERVERS_PAUSE_MAX_MS);
}

void
servers_failed(struct servers *s, int64_t now_ms)
{
	assert(!s->is_up);
	s->next++;
	s->try_at_ms = now_ms;
	if (s->next < s->n)
		return;
	s->next = 0;
	s->is_away = true;
	pause_now(s, now_ms);
}

void
servers_came_up(struct servers *s, int64_t now_ms)
{
	assert(!s->is_up);
	s->is_up = true;
	s->is_away = false;
	s->current = s->next;
	s->up_at_ms = now_ms;
	s->back_at_ms = now_ms + s->back_ms;
	if (s->current == 0)
		s->back_ms = SERVERS_BACK_MIN_MS;
}

void
servers_lost(struct servers *s, int64_t now_ms)
{
	assert(s->is_up);
	s->is_up = false;
	s->next = 0;
	s->try_at_ms = now_ms;
	if (now_ms - s->up_at_ms >= SERVERS_STEADY_MS)
		s->pause_ms = PAUSE_MIN_MS;
	else
		pause_now(s, now_ms);
}

void
servers_no_way_back(struct servers *s, int64_t now_ms)
{
	s->back_ms = doubled(s->back_ms, SERVERS_BACK_MAX_MS);
	s->back_at_ms = now_ms + s->back_ms;
}

void
servers_go_back(struct servers *s, size_t to, int64_t now_ms)
{
	assert(s->is_up && to < s->current);
	/* If it answers and still cannot be used we are soon here again. */
	s->back_ms = doubled(s->back_ms, SERVERS_BACK_MAX_MS);
	s->is_up = false;
	s->next = to;
	s->try_at_ms = now_ms;
}

void
servers_hurry(struct servers *s, int64_t now_ms)
{
	if (s->is_up)
		s->back_at_ms = now_ms;
	else
		s->try_at_ms = now_ms;
}
