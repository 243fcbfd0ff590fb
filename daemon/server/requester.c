/*
 * requester.c - who asks for an update, and all that decides about it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/server/requester.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/identity/principal.h"
#include "daemon/server/facts_cache.h"
#include "daemon/server/forward.h"
#include "daemon/server/grants.h"
#include "daemon/server/settings.h"
#include "daemon/server/zone_book.h"
#include "daemon/zone/zone.h"

void
requester_init(struct requester *q)
{
	memset(q, 0, sizeof(*q));
}

/* The zone's own servers: MNAME and the targets of NS at the apex. */
static int
add_servers(struct requester *q, const struct zone_version *v, struct arena *a)
{
	const struct zone_name *apex = version_apex(v);
	const struct rrset *soa = version_soa(v);
	const struct rrset *ns =
	    apex == NULL ? NULL : zone_name_rrset(apex, TYPE_NS);
	struct name *servers = arena_calloc(a,
	    1 + (ns == NULL ? (size_t)0 : ns->n_rrs), sizeof(*servers));
	struct rdata_ref rdata;
	size_t n = 0, at = 0;

	if (servers == NULL)
		return ERR_NOMEM;
	/* MNAME is the first field of a SOA. */
	if (soa != NULL && rrset_next(soa, &at, &rdata) != 0)
		name_set(&servers[n++], rdata.octets);
	for (at = 0; ns != NULL && rrset_next(ns, &at, &rdata) != 0;)
		name_set(&servers[n++], rdata.octets);
	q->by.servers = servers;
	q->by.n_servers = n;
	return 0;
}

int
requester_begin(struct requester *q, struct server *s,
    const struct zone_settings *z, const struct zone_version *v,
    struct arena *a)
{
	q->book = zone_book_ref(z->book);
	q->by.book = q->book;
	q->by.allow_update = z->allow_update;
	q->by.has_address = forward_has_address;
	q->by.has_address_arg = s;
	if (v == NULL || !policy_book_needs_facts(q->book))
		return 0;
	return add_servers(q, v, a);
}

bool
requester_needs_facts(const struct requester *q)
{
	return policy_book_needs_facts(q->book) &&
	    q->by.signer->kind == SIGNER_PRINCIPAL;
}

void
requester_set_facts(struct requester *q, const struct facts_view *view)
{
	signer_facts_unref(q->facts);
	q->facts = view->facts;
	q->by.facts = q->facts;
	q->by.facts_state = view->state;
}

void
requester_note(const struct requester *q, struct server_grants *g, char *text,
    size_t size)
{
	text[0] = '\0';
	if (!requester_needs_facts(q))
		return;
	if (q->by.facts_state == SIGNER_FACTS_KNOWN)
		grants_note(g, q->by.signer->principal, text, size);
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
