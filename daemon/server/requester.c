/*
 * requester.c - who asks for an update, and all that decides about it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/requester.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/principal.h"
#include "daemon/server/facts_cache.h"
#include "daemon/server/forward.h"
#include "daemon/server/grants.h"
#include "daemon/server/settings.h"
#include "daemon/server/zone_book.h"

void
requester_init(struct requester *q)
{
	memset(q, 0, sizeof(*q));
}

static int
add_inquiry(struct requester *q, const struct helper_asker *asker,
    struct arena *a)
{
	q->inquiry = inquiry_create(asker, a);
	q->helpers = (struct policy_helpers){inquiry_ask, q->inquiry};
	q->by.who.helpers = &q->helpers;
	return q->inquiry == NULL ? ERR_NOMEM : 0;
}

int
requester_begin(struct requester *q, struct server *s,
    const struct zone_settings *z, const struct helper_asker *asker,
    struct arena *a)
{
	q->zones =
	    (struct policy_zones){forward_has_address, forward_is_reserved, s};
	q->book = zone_book_ref(z->book);
	q->by.book = q->book;
	q->by.allow_update = z->allow_update;
	q->by.who.zones = &q->zones;
	return policy_book_asks_helpers(q->book) ? add_inquiry(q, asker, a) : 0;
}

bool
requester_needs_facts(const struct requester *q)
{
	return policy_book_needs_facts(q->book) &&
	    q->by.who.signer->kind == SIGNER_PRINCIPAL;
}

void
requester_set_facts(struct requester *q, const struct facts_view *view)
{
	signer_facts_unref(q->facts);
	q->facts = view->facts;
	q->by.who.facts = q->facts;
	q->by.who.facts_state = view->state;
}

void
requester_note(const struct requester *q, struct server_grants *g, char *text,
    size_t size)
{
	text[0] = '\0';
	if (!requester_needs_facts(q))
		return;
	if (q->by.who.facts_state == SIGNER_FACTS_KNOWN)
		grants_note(g, q->by.who.signer->principal, text, size);
	else
		(void)snprintf(text, size,
		    "nothing is known: there is no directory, or it does not "
		    "answer (kddnsctl status)");
}

void
requester_clear(struct requester *q)
{
	policy_book_unref(q->book);
	signer_facts_unref(q->facts);
	requester_init(q);
}
