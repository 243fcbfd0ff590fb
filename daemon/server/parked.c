/*
 * parked.c - updates that wait for what the directory says of their signer
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
#include "daemon/server/settings.h"

/* The directory's thread, or whoever forgets all facts. */
static void
post(struct facts_waiter *w)
{
	struct request *r = (struct request *)((char *)w -
	    offsetof(struct request, u.update.waiter));

	/* Never full: it has room for all requests that may be kept. */
	(void)net_post(r->worker->net, r);
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

enum park
park(struct request *r)
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
	r->kind = REQUEST_FACTS;
	*waiter = (struct facts_waiter){.notify = post};
	grants_find_facts(w->server->grants, r->settings,
	    r->tsig.signer.principal, waiter, &view);
	requester_set_facts(&r->requester, &view);
	if (view.state != SIGNER_FACTS_COMING)
		return PARK_OVER;
	COUNT(w->counters.updates_parked);
	LIST_INSERT_HEAD(&w->parked, r, link);
	w->n_parked++;
	return PARK_WAITS;
}

void
park_end(struct request *r)
{
	LIST_REMOVE(r, link);
	r->worker->n_parked--;
}

/* False: it is being posted. */
static bool
leave(struct request *r)
{
	return grants_leave(r->worker->server->grants, r->tsig.signer.principal,
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
			finish_facts(r);
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
