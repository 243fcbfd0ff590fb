/*
 * searches.c - the searches that are under way on one connection
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "ldap/searches.h"

#define MESSAGES_MAX 500 /* at once */

struct search {
	struct search *next;
	struct search_request request;
	int msgid;
	int64_t sent_ms;
	int64_t deadline_ms; /* INT64_MAX: none */
};

void
searches_init(struct searches *s, LDAP *ld)
{
	struct searches old = *s;

	*s = (struct searches){.ld = ld,
	    .durations_sum_ms = old.durations_sum_ms};
	memcpy(s->durations, old.durations, sizeof(s->durations));
	s->waiting_end = &s->waiting;
}

static void
free_request(const struct search_request *r)
{
	free(r->base);
	free(r->filter);
	ldap_control_free(r->control);
}

static void
free_search(struct search *search)
{
	free_request(&search->request);
	free(search);
}

static void
clear_list(struct search *list)
{
	struct search *next;

	for (; list != NULL; list = next) {
		next = list->next;
		free_search(list);
	}
}

void
searches_clear(struct searches *s)
{
	clear_list(s->waiting);
	clear_list(s->sent);
	searches_init(s, NULL);
}

bool
searches_add(struct searches *s, const struct search_request *request)
{
	struct search *new = calloc(1, sizeof(*new));

	if (new == NULL || request->base == NULL || request->filter == NULL) {
		free_request(request);
		free(new);
		return false;
	}
	new->request = *request;
	new->deadline_ms = INT64_MAX;
	*s->waiting_end = new;
	s->waiting_end = &new->next;
	return true;
}

static struct search *
take_first(struct searches *s)
{
	struct search *first = s->waiting;

	s->waiting = first->next;
	if (s->waiting == NULL)
		s->waiting_end = &s->waiting;
	return first;
}

/* Takes one out of the list of those sent. */
static void
unlink_sent(struct searches *s, struct search *search)
{
	struct search **p = &s->sent;

	while (*p != search)
		p = &(*p)->next;
	*p = search->next;
	s->n_sent--;
}

static void
finish(struct search *search, int code, LDAP *ld, LDAPMessage *result)
{
	search->request.done(search->request.arg, code, ld, result);
	free_search(search);
}

void
searches_cancel(struct searches *s, const void *arg)
{
	struct search **p = &s->sent, *search;

	while ((search = *p) != NULL) {
		if (search->request.arg != arg) {
			p = &search->next;
			continue;
		}
		(void)ldap_abandon_ext(s->ld, search->msgid, NULL, NULL);
		*p = search->next;
		s->n_sent--;
		free_search(search);
	}
	for (p = &s->waiting; (search = *p) != NULL;) {
		if (search->request.arg != arg) {
			p = &search->next;
			continue;
		}
		*p = search->next;
		free_search(search);
	}
	s->waiting_end = p;
}

static int
send_request(struct searches *s, struct search *search)
{
	const struct search_request *r = &search->request;
	LDAPControl *controls[] = {r->control, NULL};

	/* libldap declares what it does not change without const. */
	return ldap_search_ext(s->ld, r->base, r->scope, r->filter,
	    (char **)(uintptr_t)r->attributes, 0,
	    r->control == NULL ? NULL : controls, NULL, NULL, r->size_limit,
	    &search->msgid);
}

/* False: the connection is broken.  Other failures are the search's own. */
static bool
send_waiting(struct searches *s, int64_t now_ms, char line[LINE_SIZE])
{
	while (s->waiting != NULL && s->n_sent < SEARCHES_SENT_MAX) {
		struct search *search = take_first(s);
		int code = send_request(s, search);

		if (code != LDAP_SUCCESS && code != LDAP_FILTER_ERROR) {
			line_set_ldap(line, "search", s->ld, code);
			free_search(search);
			return false;
		}
		if (code != LDAP_SUCCESS) {
			finish(search, code, s->ld, NULL);
			continue;
		}
		search->sent_ms = now_ms;
		if (search->request.patience_ms != 0)
			search->deadline_ms =
			    now_ms + search->request.patience_ms;
		search->next = s->sent;
		s->sent = search;
		s->n_sent++;
	}
	return true;
}

const unsigned directory_duration_bounds_ms[DIRECTORY_DURATIONS] = {1, 2, 5, 10,
    25, 50, 100, 250, 500, 1000, 3000};

static void
count_duration(struct searches *s)
{
	size_t i = 0;

	while (i < DIRECTORY_DURATIONS &&
	    s->latency_ms > directory_duration_bounds_ms[i])
		i++;
	s->durations[i]++;
	s->durations_sum_ms += s->latency_ms;
}

static void
end_with_result(struct searches *s, struct search *search, LDAPMessage *m,
    int64_t now_ms)
{
	int code = LDAP_OTHER;

	if (ldap_parse_result(s->ld, m, &code, NULL, NULL, NULL, NULL, 0) !=
	    LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	s->latency_ms = (unsigned)(now_ms - search->sent_ms);
	count_duration(s);
	unlink_sent(s, search);
	finish(search, code, s->ld, m);
}

static void
end_early(struct searches *s, struct search *search, int code)
{
	(void)ldap_abandon_ext(s->ld, search->msgid, NULL, NULL);
	unlink_sent(s, search);
	finish(search, code, s->ld, NULL);
}

static void
hand_out(struct searches *s, LDAPMessage *m, int64_t now_ms)
{
	int msgid = ldap_msgid(m), type = ldap_msgtype(m);
	struct search *search = s->sent;

	while (search != NULL && search->msgid != msgid)
		search = search->next;
	if (search == NULL)
		return; /* abandoned */
	if (type == LDAP_RES_SEARCH_RESULT) {
		end_with_result(s, search, m, now_ms);
		return;
	}
	if (type == LDAP_RES_SEARCH_REFERENCE && !s->ignores_references) {
		end_early(s, search, LDAP_REFERRAL);
		return;
	}
	if (search->request.patience_ms != 0)
		search->deadline_ms = now_ms + search->request.patience_ms;
	if ((type == LDAP_RES_SEARCH_ENTRY || type == LDAP_RES_INTERMEDIATE) &&
	    search->request.message != NULL)
		search->request.message(search->request.arg, s->ld, m);
}

static void
end_late_ones(struct searches *s, int64_t now_ms)
{
	struct search *search = s->sent;

	while (search != NULL) {
		if (search->deadline_ms > now_ms) {
			search = search->next;
			continue;
		}
		s->has_timed_out = true;
		end_early(s, search, LDAP_TIMEOUT);
		search = s->sent; /* done() may have changed the list */
	}
}

bool
searches_go_on(struct searches *s, int64_t now_ms, bool *is_more_out,
    char line[LINE_SIZE])
{
	struct timeval none = {0};
	LDAPMessage *m;
	int type = 0, code = LDAP_SUCCESS;

	*is_more_out = false;
	if (!send_waiting(s, now_ms, line))
		return false;
	for (int i = 0; i < MESSAGES_MAX; i++) {
		type =
		    ldap_result(s->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &none, &m);
		if (type <= 0)
			break;
		hand_out(s, m, now_ms);
		ldap_msgfree(m);
	}
	if (type < 0) {
		(void)ldap_get_option(s->ld, LDAP_OPT_RESULT_CODE, &code);
		line_set_ldap(line, "connection lost", s->ld,
		    code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
		return false;
	}
	end_late_ones(s, now_ms);
	*is_more_out = type > 0;
	return send_waiting(s, now_ms, line);
}

int64_t
searches_wake_ms(const struct searches *s)
{
	int64_t wake_ms = INT64_MAX;

	for (const struct search *i = s->sent; i != NULL; i = i->next) {
		if (i->deadline_ms < wake_ms)
			wake_ms = i->deadline_ms;
	}
	if (s->waiting != NULL && s->n_sent < SEARCHES_SENT_MAX)
		wake_ms = 0;
	return wake_ms;
}
