/*
 * follow.c - a copy of the grants, kept as the directory has them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "ldap/follow.h"

#define TOGETHER_MS 100 /* changes that follow each other */
#define AGAIN_MS 2000   /* after a failure */

void
follow_init(struct follow *f, const struct directory_config *config)
{
	*f = (struct follow){.config = config};
}

void
follow_clear(struct follow *f)
{
	grants_set_clear(&f->set);
	grants_set_clear(&f->fresh);
}

static enum directory_follow
way_of(const struct follow *f, const struct connection *c)
{
	if (f->config->policy_base == NULL)
		return DIRECTORY_FOLLOW_NONE;
	if (f->config->refresh_s != 0)
		return DIRECTORY_FOLLOW_POLL;
	if (c->is_active_directory)
		return DIRECTORY_FOLLOW_USN;
	return c->has_sync ? DIRECTORY_FOLLOW_SYNC : DIRECTORY_FOLLOW_POLL;
}

void
follow_begin(struct follow *f, const struct connection *c,
    struct searches *searches, int64_t now_ms)
{
	f->searches = searches;
	f->is_active_directory = c->is_active_directory;
	f->has_paging = c->has_paging;
	f->how = way_of(f, c);
	f->next_ms = f->all_at_ms = f->list_at_ms = now_ms;
	f->has_usn = false;
}

void
follow_end(struct follow *f)
{
	f->searches = NULL;
	f->how = DIRECTORY_FOLLOW_NONE;
	f->work = FOLLOW_IDLE;
	f->has_search = f->is_refreshing = false;
	f->is_live = false;
	f->deliver_at_ms = 0; /* what came last is not kept for the next one */
	grants_set_clear(&f->fresh);
}

void
follow_has_all(struct follow *f)
{
	if (!f->is_loaded || f->is_torn ||
	    !grants_set_equal(&f->set, &f->fresh))
		f->is_dirty = true;
	grants_set_clear(&f->set);
	f->set = f->fresh;
	f->fresh = (struct grants_set){0};
	f->is_loaded = f->is_live = true;
	f->is_torn = false;
	f->confirmed_at = time(NULL);
	f->error[0] = '\0';
}

void
follow_failed(struct follow *f, const char *why)
{
	if (why != f->error)
		line_set(f->error, "%s", why);
	grants_set_clear(&f->fresh);
	f->work = FOLLOW_IDLE;
	f->has_failed = f->has_search = f->is_refreshing = false;
	f->is_live = false;
	f->all_at_ms = 0; /* what is missing is not known */
	f->next_ms = connection_clock_ms() + AGAIN_MS;
}

void
follow_put(struct follow *f, struct grants_set *set, const struct berval *key,
    LDAP *ld, LDAPMessage *entry)
{
	struct grants_entry *e;
	int put;

	if (f->has_failed)
		return;
	e = grants_entry_read(ld, entry, f->error);
	if (e == NULL) {
		f->has_failed = true;
		return;
	}
	put = grants_set_put(set, key, e);
	if (put < 0) {
		line_set(f->error, "more grants than %u entries or %u octets",
		    GRANTS_ENTRIES_MAX, GRANTS_OCTETS_MAX);
		f->has_failed = true;
	}
	if (put > 0 && set == &f->set)
		f->is_dirty = true;
}

void
follow_is_alive(struct follow *f)
{
	if (f->is_live && f->how != DIRECTORY_FOLLOW_POLL)
		f->confirmed_at = time(NULL);
}

void
follow_usn(struct follow *f, uint64_t usn)
{
	f->has_usn = true;
	f->usn = usn;
	if (usn < f->usn_read)
		f->all_at_ms = 0; /* the server has been restored */
	if (usn != f->usn_read)
		f->owes_list = true;
}

/* What the update sequence number asks for; without one nothing is begun. */
static enum follow_work
usn_work(const struct follow *f, int64_t now_ms)
{
	if (!f->has_usn)
		return FOLLOW_IDLE;
	if (!f->is_live || now_ms >= f->all_at_ms || f->is_list_odd)
		return FOLLOW_ALL;
	if (f->usn != f->usn_read)
		return FOLLOW_DELTA;
	if (f->owes_list && now_ms >= f->list_at_ms)
		return FOLLOW_LIST;
	return FOLLOW_IDLE;
}

static void
begin_read(struct follow *f, enum follow_work work, int64_t now_ms)
{
	if (work == FOLLOW_IDLE)
		return;
	f->begun_ms = now_ms;
	f->usn_begun = f->usn;
	if (work == FOLLOW_ALL)
		f->is_list_odd = false;
	follow_read_begin(f, work);
}

static void
watch_sync(struct follow *f, int64_t now_ms)
{
	bool is_late = f->is_refreshing && now_ms >= f->refresh_deadline_ms;

	if (!f->has_search && now_ms >= f->next_ms)
		follow_sync_begin(f);
	else if (f->has_search && (f->has_failed || is_late)) {
		searches_cancel(f->searches, f);
		if (!f->has_failed) {
			f->searches->has_timed_out = true;
			line_set(f->error, "grants (RFC 4533): no answer");
		}
		follow_failed(f, f->error);
	}
}

void
follow_go_on(struct follow *f, int64_t now_ms)
{
	bool is_due = f->work == FOLLOW_IDLE && now_ms >= f->next_ms;

	switch (f->how) {
	case DIRECTORY_FOLLOW_NONE:
		break;
	case DIRECTORY_FOLLOW_SYNC:
		watch_sync(f, now_ms);
		break;
	case DIRECTORY_FOLLOW_USN:
		if (is_due)
			begin_read(f, usn_work(f, now_ms), now_ms);
		break;
	case DIRECTORY_FOLLOW_POLL:
		if (is_due)
			begin_read(f, FOLLOW_ALL, now_ms);
		break;
	}
}

/* When the next search is due; INT64_MAX: it waits for something else. */
static int64_t
due_ms(const struct follow *f)
{
	bool is_idle = f->work == FOLLOW_IDLE && !f->has_search;
	int64_t at_ms = INT64_MAX;

	switch (f->how) {
	case DIRECTORY_FOLLOW_NONE:
		break;
	case DIRECTORY_FOLLOW_USN:
		if (!f->has_usn)
			break;
		at_ms = f->owes_list ? f->list_at_ms : f->all_at_ms;
		if (usn_work(f, 0) != FOLLOW_IDLE)
			at_ms = 0;
		break;
	case DIRECTORY_FOLLOW_SYNC:
	case DIRECTORY_FOLLOW_POLL:
		at_ms = 0;
		break;
	}
	if (!is_idle)
		return INT64_MAX;
	return at_ms > f->next_ms ? at_ms : f->next_ms;
}

int64_t
follow_wake_ms(const struct follow *f)
{
	int64_t wake_ms = due_ms(f);

	if (f->is_dirty && !f->is_torn && f->is_loaded &&
	    f->deliver_at_ms < wake_ms)
		wake_ms = f->deliver_at_ms;
	if (f->is_refreshing && f->refresh_deadline_ms < wake_ms)
		wake_ms = f->refresh_deadline_ms;
	return wake_ms;
}

void
follow_hurry(struct follow *f, int64_t now_ms)
{
	if (f->how != DIRECTORY_FOLLOW_SYNC)
		f->next_ms = f->all_at_ms = now_ms;
}

const struct grants *
follow_take(struct follow *f, int64_t now_ms)
{
	const struct grants *g;

	if (!f->is_dirty || f->is_torn || !f->is_loaded ||
	    now_ms < f->deliver_at_ms)
		return NULL;
	g = grants_set_snapshot(&f->set);
	f->deliver_at_ms = now_ms + TOGETHER_MS;
	f->is_dirty = g == NULL;
	return g;
}
