/*
 * parked.c - updates that wait for the directory or for helpers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/parked.h"

#include <stddef.h>

#include "daemon/base/clock.h"
#include "daemon/conf/conf.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/grants.h"
#include "daemon/server/helpers.h"
#include "daemon/server/settings.h"

/* Never full: it has room for all requests that may be kept. */
static void
post(struct request *r)
{
	(void)net_post(r->worker->net, r);
}

/* The directory's thread, or whoever forgets all facts. */
static void
facts_came(struct facts_waiter *w)
{
	post((struct request *)((char *)w -
	    offsetof(struct request, u.update.waiter)));
}

/* The helpers' thread. */
static void
helpers_answered(struct inquiry *q)
{
	post(q->done_arg);
}

/* The same time for all its waits. */
static uint64_t
wait_until_ms(struct request *r)
{
	uint64_t timeout_ms =
	    1000ull * settings_conf(r->settings)->ldap.timeout_s;

	if (r->u.update.wait_until_ms == 0)
		r->u.update.wait_until_ms = clock_mono_ms() + timeout_ms;
	return r->u.update.wait_until_ms;
}

static void
add_to_list(struct request *r)
{
	COUNT(r->worker->counters.updates_parked);
	LIST_INSERT_HEAD(&r->worker->parked, r, link);
}

/* From helpers_ask() on another thread may post it, but we are here. */
static void
park_for_helpers(struct request *r)
{
	struct inquiry *q = r->requester.inquiry;

	r->kind = REQUEST_PARKED;
	r->u.update.waits_for_helpers = true;
	add_to_list(r);
	q->done = helpers_answered;
	q->done_arg = r;
	helpers_ask(r->worker->server->helpers, q);
}

static enum park
park_for_facts(struct request *r)
{
	struct worker *w = r->worker;
	struct facts_view view = {.state = SIGNER_FACTS_UNKNOWN};
	struct facts_waiter *waiter = &r->u.update.waiter;

	if (clock_mono_ms() >= wait_until_ms(r)) {
		COUNT(w->counters.updates_waited_in_vain);
		requester_set_facts(&r->requester, &view);
		return PARK_OVER;
	}
	if (w->n_parked >= PARKED_MAX)
		return PARK_FULL;
	r->kind = REQUEST_PARKED;
	r->u.update.waits_for_helpers = false;
	*waiter = (struct facts_waiter){.notify = facts_came};
	grants_find_facts(w->server->grants, r->settings,
	    r->tsig.signer.principal, waiter, &view);
	requester_set_facts(&r->requester, &view);
	if (view.state != SIGNER_FACTS_COMING)
		return PARK_OVER;
	add_to_list(r);
	w->n_parked++;
	return PARK_WAITS;
}

enum park
park(struct request *r)
{
	if (!inquiry_is_open(r->requester.inquiry))
		return park_for_facts(r);
	park_for_helpers(r);
	return PARK_WAITS;
}

void
park_end(struct request *r)
{
	LIST_REMOVE(r, link);
	if (!r->u.update.waits_for_helpers)
		r->worker->n_parked--;
}

/* False: it is being posted, or will be: helpers have their own time. */
static bool
leave(struct request *r)
{
	return !r->u.update.waits_for_helpers &&
	    grants_leave(r->worker->server->grants, r->tsig.signer.principal,
		&r->u.update.waiter);
}

void
parked_tick(struct worker *w, uint64_t now_ms)
{
	for (struct request *r = LIST_FIRST(&w->parked), *next; r != NULL;
	     r = next) {
		next = LIST_NEXT(r, link);
		if (now_ms >= r->u.update.wait_until_ms && leave(r)) {
			park_end(r);
			finish_parked(r);
		}
	}
}

void
parked_clear(struct worker *w)
{
	struct request *r;

	while ((r = LIST_FIRST(&w->parked)) != NULL) {
		(void)leave(r);
		park_end(r);
		request_put(r);
	}
}
