/*
 * explain.c - what would be decided, and why, if somebody asked
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/mnemonic.h"
#include "daemon/dns/zone_scan.h"
#include "daemon/gss/contexts.h"
#include "daemon/server/core.h"
#include "daemon/server/explain.h"
#include "daemon/server/grants.h"
#include "daemon/server/helpers.h"
#include "daemon/server/requester.h"
#include "daemon/server/settings.h"
#include "daemon/tsig/keyring.h"
#include "daemon/update/update.h"

#define ADDED_TTL 3600

/* The question, on its way. */
struct explaining {
	struct server *server;
	const struct explain_question *question;
	struct settings *settings; /* reference */
	struct arena arena;
	struct signer signer; /* its principal is a reference */
	const struct shared_key *key;
	struct context *context; /* reference, or NULL */
	struct explanation *out;
	struct reason *reason;

	struct name owner, apex;
	struct rr rr;
	bool has_rr; /* zone_scan_text() gave it */
	const struct zone_settings *zone;
};

/* --- Who --- */

struct search {
	const struct principal *named;
	struct context *found; /* reference */
};

static int
take_if_same(void *arg, struct context *c)
{
	struct search *search = arg;

	if (strcmp(context_principal(c)->text, search->named->text) != 0)
		return 0;
	search->found = context_ref(c);
	return 1;
}

/* By its name alone, or with what a context of it knows. */
static int
read_principal(struct explaining *e)
{
	struct search search = {.found = NULL};
	struct principal *named;
	int ret;

	ret = principal_from_text(e->question->who, &named, e->reason);
	if (ret == ERR_MALFORMED)
		reason_set(e->reason,
		    "\"%s\" is no principal with its realm (PC1$@REALM, "
		    "user@REALM), nor 'key NAME' or none",
		    e->question->who);
	if (ret != 0)
		return ret;
	search.named = named;
	ret = contexts_walk(e->server->contexts, take_if_same, &search);
	e->signer.kind = SIGNER_PRINCIPAL;
	e->signer.principal = named;
	if (search.found != NULL) {
		e->context = search.found;
		e->signer.principal =
		    principal_ref(context_principal(e->context));
		e->out->has_context = true;
		principal_unref(named);
	}
	return ret < 0 ? ret : 0;
}

static int
read_who(struct explaining *e)
{
	const char *who = e->question->who;

	if (strcmp(who, "none") == 0)
		return 0;
	if (strncmp(who, "key ", 4) != 0)
		return read_principal(e);
	e->signer.kind = SIGNER_KEY;
	if (name_from_text(who + 4, NULL, &e->signer.key_name) != 0) {
		reason_set(e->reason, "\"%s\" is no name of a key", who + 4);
		return ERR_MALFORMED;
	}
	e->key = keyring_find(settings_keyring(e->settings),
	    e->signer.key_name.octets);
	if (e->key != NULL)
		return 0;
	reason_set(e->reason,
	    "there is no key {} of the name %s: its updates get BADKEY",
	    who + 4);
	return ERR_NOTFOUND;
}

/* --- What --- */

static int
take_rr(void *arg, const struct rr *rr, struct reason *reason)
{
	struct explaining *e = arg;

	if (e->has_rr) {
		reason_set(reason, "one RR at a time");
		return ERR_MALFORMED;
	}
	e->rr.rdata_len = rr->rdata_len;
	e->rr.rdata = arena_copy(&e->arena, rr->rdata, rr->rdata_len);
	e->has_rr = true;
	return e->rr.rdata == NULL ? ERR_NOMEM : 0;
}

static int
read_rdata(struct explaining *e)
{
	char owner[NAME_TEXT_SIZE], type[MNEMONIC_SIZE];
	const char *line = arena_printf(&e->arena, "%s %u IN %s %s\n",
	    name_to_text(e->owner.octets, owner), ADDED_TTL,
	    type_to_text(e->rr.type, type), e->question->rdata);
	int ret;

	if (line == NULL)
		return ERR_NOMEM;
	ret = zone_scan_text(line, strlen(line), "RDATA", &name_root, take_rr,
	    e, e->reason);
	if (ret == 0 && !e->has_rr) {
		reason_set(e->reason, "RDATA is missing");
		ret = ERR_MALFORMED;
	}
	return ret;
}

static int
read_what(struct explaining *e)
{
	const struct explain_question *q = e->question;

	if (name_from_text(q->owner, NULL, &e->owner) != 0) {
		reason_set(e->reason, "\"%s\" is no domain name", q->owner);
		return ERR_MALFORMED;
	}
	e->rr.owner = e->owner.octets;
	if (!type_from_text(q->type, &e->rr.type)) {
		reason_set(e->reason, "\"%s\" is no type", q->type);
		return ERR_MALFORMED;
	}
	if (q->is_deletion)
		e->rr.class = q->rdata == NULL ? CLASS_ANY : CLASS_NONE;
	else
		e->rr.class = CLASS_IN;
	e->rr.ttl = q->is_deletion ? 0 : ADDED_TTL;
	if (q->rdata != NULL)
		return read_rdata(e);
	if (q->is_deletion)
		return 0;
	reason_set(e->reason, "to add an RR its RDATA is needed");
	return ERR_MALFORMED;
}

/* --- Where --- */

static int
find_zone(struct explaining *e)
{
	const struct explain_question *q = e->question;
	struct store_zone *z = NULL;
	struct name name;

	if (q->zone == NULL)
		z = store_find(e->server->store, e->owner.octets);
	else if (name_from_text(q->zone, NULL, &name) == 0)
		z = store_find_apex(e->server->store, name.octets);
	e->zone = settings_zone(e->settings, z);
	if (e->zone == NULL) {
		reason_set(e->reason,
		    q->zone == NULL ? "%s is in no zone that is served"
				    : "%s: no such zone is served",
		    q->zone == NULL ? q->owner : q->zone);
		return ERR_NOTFOUND;
	}
	e->apex = e->zone->apex;
	(void)snprintf(e->out->zone, sizeof(e->out->zone), "%.*s",
	    (int)sizeof(e->out->zone) - 1, store_zone_text(z));
	return 0;
}

/* --- The way of an update --- */

static int
make_message(struct explaining *e, struct message *m)
{
	uint8_t *octets = arena_alloc(&e->arena, MESSAGE_LEN_MAX);
	struct message_writer w;

	if (octets == NULL)
		return ERR_NOMEM;
	message_write_start(&w, octets, MESSAGE_LEN_MAX, 0,
	    OPCODE_UPDATE << FLAG_OPCODE_SHIFT);
	if (message_write_question(&w, e->apex.octets, TYPE_SOA, CLASS_IN) !=
		0 ||
	    message_write_rr(&w, SECTION_AUTHORITY, &e->rr) != 0) {
		reason_set(e->reason, "RDATA does not fit into a message");
		return ERR_MALFORMED;
	}
	/* What is wrong with it is for update_read() to say. */
	(void)message_read(octets, message_write_end(&w), &e->arena, m);
	return 0;
}

/* Here there is time to wait for the directory. */
static void
find_facts(struct explaining *e, struct requester *q)
{
	struct server_grants *g = e->server->grants;
	struct facts_view view;

	if (!requester_needs_facts(q))
		return;
	if (!e->question->is_impatient)
		grants_wait_facts(g, e->settings, e->signer.principal, &view);
	else
		grants_find_facts(g, e->settings, e->signer.principal, NULL,
		    &view);
	if (view.state == SIGNER_FACTS_COMING) {
		e->out->facts_are_coming = true;
		view.state = SIGNER_FACTS_UNKNOWN;
	}
	requester_set_facts(q, &view);
	requester_note(q, g, e->out->facts, sizeof(e->out->facts));
}

/* On the worker, and then on the writer. */
static enum rcode
judge_once(struct explaining *e, struct update *u, const struct zone_version *v,
    const struct requester *q, struct update_record *record)
{
	struct rrset_change *changes;
	enum rcode rcode;
	size_t n = 0;

	rcode = update_permit(u, &q->by, record);
	if (rcode == RCODE_NOERROR && !u->waits)
		rcode = update_judge(u, v, &e->arena, &changes, &n, record);
	e->out->changes = rcode == RCODE_NOERROR && !u->waits && n > 0;
	return rcode;
}

static enum rcode
judge(struct explaining *e, const struct message *m,
    const struct zone_version *v, struct requester *q,
    struct update_record *record)
{
	struct update *u;
	enum rcode rcode;

	rcode = update_read(m, &e->arena, &u, record);
	if (rcode != RCODE_NOERROR)
		return rcode;
	for (;;) {
		rcode = judge_once(e, u, v, q, record);
		if (rcode != RCODE_NOERROR || !inquiry_is_open(q->inquiry))
			return rcode;
		if (e->question->is_impatient)
			inquiry_give_up(q->inquiry,
			    "the panel asks no helpers (kddnsctl explain "
			    "does)");
		else
			helpers_ask_and_wait(e->server->helpers, q->inquiry);
	}
}

static void
put_rule(char *text, size_t size, const struct policy_rule *rule)
{
	if (rule != NULL)
		(void)snprintf(text, size, "%.*s", (int)size - 1,
		    policy_rule_to_text(rule));
}

static void
tell(struct explaining *e, enum rcode rcode, const struct update_record *record)
{
	struct explanation *out = e->out;

	out->rcode = rcode;
	out->stage = update_stage_to_text(record->stage);
	put_rule(out->rule, sizeof(out->rule), record->rule);
	put_rule(out->nearest, sizeof(out->nearest), record->nearest);
	out->reason = record->reason;
	if (rcode != RCODE_NOERROR)
		return;
	if (record->rule != NULL)
		reason_set(&out->reason, "granted by \"%s\"", out->rule);
	else if (out->changes)
		reason_set(&out->reason, "granted by allow-update");
	else
		reason_set(&out->reason, "nothing is there to be changed");
}

/* As handle_update.c and the writer do it.  ERR_NOMEM. */
static int
decide(struct explaining *e, const struct message *m,
    const struct zone_version *v)
{
	struct helper_asker asker = {.signer = &e->signer,
	    .address = &e->question->address,
	    .key = e->key,
	    .context = e->context};
	struct update_record record;
	struct requester q;
	int ret;

	requester_init(&q);
	q.by.who.signer = &e->signer;
	q.by.who.address = &e->question->address;
	q.by.who.tcp = e->question->tcp;
	ret = requester_begin(&q, e->server, e->zone, &asker, &e->arena);
	if (ret == 0) {
		find_facts(e, &q);
		tell(e, judge(e, m, v, &q, &record), &record);
	}
	requester_clear(&q);
	return ret;
}

/* What would be granted is refused all the same while the zone is frozen. */
static void
tell_frozen(struct explaining *e)
{
	struct explanation *out = e->out;

	if (out->rcode != RCODE_NOERROR ||
	    !store_zone_is_frozen(e->zone->zone, &out->reason))
		return;
	out->rcode = RCODE_REFUSED;
	out->stage = "store";
	out->changes = false;
}

static int
ask(struct explaining *e)
{
	const struct zone_version *v = store_zone_pin(e->zone->zone);
	struct message m;
	int ret;

	if (v == NULL) {
		reason_set(e->reason, "%s: not loaded", e->out->zone);
		return ERR_NOTFOUND;
	}
	ret = make_message(e, &m);
	if (ret == 0)
		ret = decide(e, &m, v);
	if (ret == 0)
		tell_frozen(e);
	zone_unpin(v);
	return ret;
}

int
explain(struct server *s, const struct explain_question *question,
    struct explanation *explanation_out, struct reason *reason)
{
	struct explaining e = {.server = s,
	    .question = question,
	    .signer = {.kind = SIGNER_NONE},
	    .out = explanation_out,
	    .reason = reason};
	int ret;

	memset(explanation_out, 0, sizeof(*explanation_out));
	arena_init(&e.arena, REQUEST_ARENA_MAX);
	e.settings = server_settings(s);
	ret = read_who(&e);
	if (ret == 0)
		ret = read_what(&e);
	if (ret == 0)
		ret = find_zone(&e);
	if (ret == 0)
		ret = ask(&e);
	principal_unref(e.signer.principal);
	context_unref(e.context);
	settings_unref(e.settings);
	arena_clear(&e.arena);
	return ret;
}
