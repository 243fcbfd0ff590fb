/*
 * requester.h - who asks for an update, and all that decides about it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    references on the policy book and on facts; the rest is lent.
 * Threads: one at a time.
 * Errors:  negative enum err.
 */
#ifndef SERVER_REQUESTER_H
#define SERVER_REQUESTER_H

#include "daemon/policy/policy.h"
#include "daemon/server/inquiry.h"
#include "daemon/update/update.h"

struct facts_view;
struct policy_book;
struct server;
struct server_grants;
struct signer_facts;
struct zone_settings;

struct requester {
	struct update_requester by; /* points to what follows */
	struct policy_zones zones;
	struct policy_helpers helpers;
	struct policy_book *book;
	struct signer_facts *facts;
	struct inquiry *inquiry; /* of helpers; NULL: no rule needs them */
};

/* Nobody; every requester begins so. */
void requester_init(struct requester *q);

/*
 * Who asks is in q->by: signer, address, transport; and in asker, for helpers.
 * Adds the zone's book as it is now, and what else the server knows; questions
 * lie in a.  ERR_NOMEM.
 */
int requester_begin(struct requester *q, struct server *s,
    const struct zone_settings *z, const struct helper_asker *asker,
    struct arena *a);

/* True if facts of the signer could decide. */
bool requester_needs_facts(const struct requester *q);

/* What is known of the signer now; takes the reference in view. */
void requester_set_facts(struct requester *q, const struct facts_view *view);

/*
 * What the directory says of the signer, in words, or that it does not; "" if
 * it does not matter.
 */
void requester_note(const struct requester *q, struct server_grants *g,
    char *text, size_t size);

void requester_clear(struct requester *q);

#endif
