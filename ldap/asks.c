/*
 * asks.c - questions, from asked to answered
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/about.h"
#include "ldap/ask.h"

struct ask *
ask_create(void)
{
	return calloc(1, sizeof(struct ask));
}

static void
forget_progress(struct ask *a)
{
	facts_destroy(a->facts);
	a->facts = NULL;
	a->place = NULL;
	a->n_open = a->n_objects = 0;
	a->n_walked = 0;
	a->is_out_of_memory = a->disagrees = a->is_answered = false;
	memset(&a->group_sid, 0, sizeof(a->group_sid));
}

void
ask_destroy(struct ask *a)
{
	if (a == NULL)
		return;
	forget_progress(a);
	free(a->name);
	free(a->first);
	free(a->host);
	free(a->account);
	free(a);
}

void
asks_init(struct asks *s)
{
	*s = (struct asks){0};
	s->end = &s->first;
}

void
asks_add(struct asks *s, struct ask *a)
{
	a->next = NULL;
	*s->end = a;
	s->end = &a->next;
	s->n++;
}

void
ask_answer(struct ask *a, enum facts_answer answer, const char *format, ...)
{
	va_list arguments;
	char text[LINE_SIZE];

	if (a->is_answered)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	line_set(a->line, "%s", text);
	a->is_answered = true;
	a->answer = answer;
}

void
ask_search(struct ask *a, const struct search_request *request)
{
	struct search_request r = *request;

	r.arg = a;
	if (searches_add(a->place->searches, &r))
		a->n_open++;
	else
		ask_answer(a, FACTS_FAILED, "out of memory");
}

static void
call_back(struct ask *a)
{
	struct directory_group group = {.sid = a->group_sid};
	bool is_found = a->answer == FACTS_FOUND;
	struct facts *facts = a->facts;

	if (a->facts_done != NULL) {
		a->facts = is_found ? NULL : facts; /* given away */
		a->facts_done(a->arg, a->answer, is_found ? facts : NULL,
		    a->line);
		return;
	}
	if (is_found)
		group.dn = facts->dn;
	a->group_done(a->arg, a->answer, is_found ? &group : NULL, a->line);
}

/* Takes it out of the list first: who is called may ask again. */
static void
finish(struct asks *s, struct ask **p)
{
	struct ask *a = *p;

	*p = a->next;
	if (a->next == NULL)
		s->end = p;
	s->n--;
	if (a->place != NULL && a->place->searches->ld != NULL)
		searches_cancel(a->place->searches, a);
	if (a->answer == FACTS_FAILED)
		s->n_failures++;
	call_back(a);
	ask_destroy(a);
}

static void
begin(struct ask *a, const struct ask_place *place)
{
	a->place = place;
	if (a->facts_done != NULL)
		about_principal_begin(a);
	else
		about_group_begin(a);
}

void
asks_go_on(struct asks *s, const struct ask_place *place, int64_t now_ms)
{
	for (struct ask **p = &s->first; *p != NULL;) {
		struct ask *a = *p;

		if (a->place == NULL && a->deadline_ms > now_ms)
			begin(a, place);
		if (a->is_answered)
			finish(s, p);
		else
			p = &a->next;
	}
}

void
asks_expire(struct asks *s, int64_t now_ms, const char *why)
{
	for (struct ask **p = &s->first; *p != NULL;) {
		struct ask *a = *p;

		if (!a->is_answered && a->deadline_ms <= now_ms)
			ask_answer(a, FACTS_FAILED, "no answer in time%s%s",
			    why[0] == '\0' ? "" : ": ", why);
		if (a->is_answered)
			finish(s, p);
		else
			p = &a->next;
	}
}

void
asks_begin_again(struct asks *s)
{
	for (struct ask *a = s->first; a != NULL; a = a->next) {
		if (!a->is_answered)
			forget_progress(a);
		a->place = NULL;
	}
}

void
asks_fail_all(struct asks *s, const char *why)
{
	for (struct ask *a = s->first; a != NULL; a = a->next)
		ask_answer(a, FACTS_FAILED, "%s", why);
	asks_expire(s, INT64_MIN, "");
}

int64_t
asks_wake_ms(const struct asks *s)
{
	int64_t wake_ms = INT64_MAX;

	for (const struct ask *a = s->first; a != NULL; a = a->next) {
		if (a->deadline_ms < wake_ms)
			wake_ms = a->deadline_ms;
		if (a->is_answered)
			wake_ms = 0;
	}
	return wake_ms;
}
