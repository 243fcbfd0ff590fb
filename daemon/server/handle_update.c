/*
 * handle_update.c - UPDATE: a changeset, or an RCODE that explains itself
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stddef.h>

#include "daemon/gss/replays.h"
#include "daemon/policy/acl.h"
#include "daemon/policy/policy.h"
#include "daemon/server/audit.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/grants.h"
#include "daemon/server/parked.h"
#include "daemon/server/settings.h"
#include "daemon/server/tally.h"

static void
count_update(struct request *r, enum update_result result)
{
	struct worker *w = r->worker;

	COUNT(w->counters.updates[result]);
	if (r->zone == NULL)
		COUNT(w->server->updates_elsewhere[result]);
	else
		COUNT(server_zone_link(r->zone->zone)->updates[result]);
}

/* By which rule the signer may, or may not. */
static void
count_decision(struct request *r, bool is_grant)
{
	const struct policy_rule *rule = r->u.update.record.rule;
	const char *text = is_grant ? "allow-update" : "none";

	if (r->zone == NULL)
		return;
	if (rule != NULL)
		text = policy_rule_to_text(rule);
	tally_add(r->worker->server->tally, r->worker->index,
	    store_zone_text(r->zone->zone), is_grant, text);
}

/* Says what the record says, counts, and hands the RCODE on. */
static enum rcode
refuse(struct request *r, enum rcode rcode)
{
	const struct update_record *record = &r->u.update.record;

	count_update(r,
	    rcode == RCODE_REFUSED ? UPDATE_REFUSED : UPDATE_FAILED);
	if (rcode == RCODE_REFUSED)
		count_decision(r, false);
	audit_update_refused(r, rcode, update_stage_to_text(record->stage),
	    record->reason.text);
	return rcode;
}

/*
 * A question in the form of an update: do these prerequisites hold?  Over
 * UDP only to who has signed, because addresses can be forged.
 */
static enum rcode
answer_prerequisites(struct request *r)
{
	const struct zone_version *v = store_zone_version(r->zone->zone);

	if (v == NULL)
		return RCODE_SERVFAIL;
	if ((!request_is_tcp(r) && !r->tsig.is_verified) ||
	    !acl_allows(r->zone->allow_query, &r->from.remote, &r->tsig.signer))
		return RCODE_REFUSED;
	return update_check_prerequisites(r->u.update.update, v, &r->arena,
	    &r->u.update.record);
}

/* What is known of the signer now, if it can matter. */
static void
look_for_facts(struct request *r)
{
	struct facts_view view;

	if (!requester_needs_facts(&r->requester))
		return;
	grants_find_facts(r->worker->server->grants, r->settings,
	    r->tsig.signer.principal, NULL, &view);
	requester_set_facts(&r->requester, &view);
}

/* Form, zone, and who asks. */
static enum rcode
gather(struct request *r)
{
	struct server *s = r->worker->server;
	struct update_record *record = &r->u.update.record;
	struct helper_asker asker = {.signer = &r->tsig.signer,
	    .address = &r->from.remote,
	    .key = r->tsig.key,
	    .context = r->tsig.context};
	enum rcode rcode;

	rcode =
	    update_read(&r->message, &r->arena, &r->u.update.update, record);
	if (rcode != RCODE_NOERROR)
		return rcode;
	r->zone = settings_zone(r->settings,
	    store_find_apex(s->store, r->u.update.update->zone));
	if (r->zone == NULL) {
		reason_set(&record->reason,
		    "no such zone here; add it to the configuration or send "
		    "the update to its primary");
		return RCODE_NOTAUTH;
	}
	r->requester.by.who.signer = &r->tsig.signer;
	r->requester.by.who.address = &r->from.remote;
	r->requester.by.who.tcp = request_is_tcp(r);
	if (requester_begin(&r->requester, s, r->zone, &asker, &r->arena) != 0)
		return RCODE_SERVFAIL;
	look_for_facts(r);
	return RCODE_NOERROR;
}

/*
 * Every permission that needs no zone content; it may wait for facts, and for
 * what the writer found that helpers are to be asked.
 */
static enum rcode
check(struct request *r, bool *is_parked_out)
{
	struct update *u = r->u.update.update;
	struct update_record *record = &r->u.update.record;
	enum rcode rcode;

	*is_parked_out = false;
	for (;;) {
		rcode = update_permit(u, &r->requester.by, record);
		if (rcode != RCODE_NOERROR ||
		    (!u->waits && !inquiry_is_open(r->requester.inquiry)))
			return rcode;
		switch (park(r)) {
		case PARK_WAITS:
			*is_parked_out = true;
			return RCODE_NOERROR;
		case PARK_OVER:
			break;
		case PARK_FULL:
			COUNT(r->worker->counters.updates_not_parked);
			reason_set(&record->reason,
			    "too many updates wait for the directory; see why "
			    "it is slow");
			return RCODE_SERVFAIL;
		}
	}
}

/*
 * Clients that share a key may say the same in the same second, octet for
 * octet; after this long it is no longer they.
 */
#define SAME_SECOND_MS 2000

/*
 * A MAC with a shared key says who wrote the update, not that it comes for the
 * first time: from another address, or with another ID in the header, it is no
 * repeat (repeats.h).  Contexts see to this themselves.
 */
static bool
was_made(const struct request *r)
{
	return r->tsig.key != NULL &&
	    replays_has(r->worker->server->replays, r->tsig.replay_digest,
		SAME_SECOND_MS);
}

/*
 * On the writer.  What was made before may come again as long as it changes
 * nothing; else it would bring back what somebody has changed since.
 */
static enum rcode
judge(struct store_job *job, const struct zone_version *view,
    struct arena *arena, struct rrset_change **changes_out, size_t *n_out)
{
	struct request *r = (struct request *)((char *)job -
	    offsetof(struct request, u.update.job));

	enum rcode rcode = update_judge(r->u.update.update, view, arena,
	    changes_out, n_out, &r->u.update.record);

	if (rcode != RCODE_NOERROR || *n_out == 0 || !r->u.update.was_made)
		return rcode;
	*n_out = 0;
	r->u.update.is_replay = true;
	return RCODE_NOTAUTH;
}

/* On the writer: published, or refused; its worker shall answer. */
static void
job_done(struct store_job *job)
{
	struct request *r = (struct request *)((char *)job -
	    offsetof(struct request, u.update.job));

	/* Never full: it has room for all requests that may be kept. */
	(void)net_post(r->worker->net, r);
}

/* Hands the update to the writer; false: it has too much to do. */
static bool
submit(struct request *r)
{
	const struct update *update = r->u.update.update;
	struct store_job *job = &r->u.update.job;

	*job = (struct store_job){.zone = r->zone->zone,
	    .judge = judge,
	    .done = job_done,
	    .signer = signer_to_text(&r->tsig.signer, r->u.update.signer,
		sizeof(r->u.update.signer)),
	    .address = r->from.remote,
	    .owner = update->n_rrs == 0 ? NULL : update->rrs[0].rr->owner};
	r->kind = REQUEST_UPDATE;
	r->u.update.was_made = was_made(r);
	r->u.update.is_replay = false;
	r->worker->has_submitted = true;
	return store_submit(r->worker->server->store, job);
}

/* Begins the answer; a refusal tells a signer why. */
static void
begin_answer(struct request *r, struct message_writer *w, enum rcode rcode,
    const char *why)
{
	request_count_duration(r, DURATION_UPDATE);
	request_answer_start(r, w, NULL);
	switch (rcode) {
	case RCODE_REFUSED:
		request_answer_explain(r, w, EDE_PROHIBITED, why);
		break;
	case RCODE_NOTAUTH:
		request_answer_explain(r, w, EDE_NOT_AUTHORITATIVE, why);
		break;
	case RCODE_FORMERR:
	case RCODE_NOTZONE:
	case RCODE_SERVFAIL:
		request_answer_explain(r, w, EDE_OTHER, why);
		break;
	default: /* a prerequisite: the RCODE says it */
		break;
	}
}

/* Permission and the writer; PARKED, or the RCODE of the answer. */
static enum outcome
go_on(struct request *r, enum rcode *rcode_out)
{
	bool is_parked;

	*rcode_out = check(r, &is_parked);
	if (is_parked)
		return PARKED;
	if (*rcode_out != RCODE_NOERROR) {
		*rcode_out = refuse(r, *rcode_out);
	} else if (!update_has_changes(r->u.update.update)) {
		*rcode_out = answer_prerequisites(r);
	} else if (submit(r)) {
		return PARKED;
	} else {
		/* Silence would cost the client its MIC. */
		count_update(r, UPDATE_FAILED);
		*rcode_out = RCODE_SERVFAIL;
	}
	return REPLY;
}

enum outcome
handle_update(struct request *r, struct message_writer *w,
    enum rcode *rcode_out)
{
	r->u.update.update = NULL;
	r->u.update.wait_until_ms = 0;
	/* What is read must stay until it is judged: in octets of our own. */
	if (request_keep(r) != 0)
		return DROP;
	*rcode_out = gather(r);
	if (*rcode_out != RCODE_NOERROR)
		*rcode_out = refuse(r, *rcode_out);
	else if (go_on(r, rcode_out) == PARKED)
		return PARKED;
	begin_answer(r, w, *rcode_out, r->u.update.record.reason.text);
	return REPLY;
}

void
finish_parked(struct request *r)
{
	struct message_writer answer;
	enum rcode rcode;

	look_for_facts(r);
	if (go_on(r, &rcode) == PARKED)
		return;
	begin_answer(r, &answer, rcode, r->u.update.record.reason.text);
	request_answer_send(r, &answer, rcode);
	request_put(r);
}

/* As the replay of a context's MIC: silence, or BADSIG. */
static void
refuse_replay(struct request *r)
{
	count_update(r, UPDATE_FAILED);
	COUNT(r->worker->counters.tsigs_replayed);
	audit_update_refused(r, RCODE_NOTAUTH, "signature",
	    "this very update was made before, and others since: it is a "
	    "replay");
	if (!request_is_tcp(r)) {
		request_drop(r);
		return;
	}
	r->tsig.rcode = RCODE_NOTAUTH;
	r->tsig.error = TSIG_ERROR_BADSIG;
	request_answer_rcode(r, RCODE_NOTAUTH);
}

void
finish_update(struct request *r)
{
	const struct store_job *job = &r->u.update.job;
	const char *why = r->u.update.record.reason.text;
	struct worker *w = r->worker;
	struct message_writer answer;

	if (job->rcode == RCODE_NOERROR && r->u.update.update->waits) {
		finish_parked(r);
		return;
	}
	if (r->u.update.is_replay && job->rcode == RCODE_NOTAUTH) {
		refuse_replay(r);
		request_put(r);
		return;
	}
	if (job->rcode == RCODE_NOERROR) {
		if (r->tsig.key != NULL)
			(void)replays_add(w->server->replays,
			    r->tsig.replay_digest);
		count_update(r,
		    job->changed ? UPDATE_APPLIED : UPDATE_UNCHANGED);
		count_decision(r, true);
		audit_update_done(r);
	} else if (job->reason.text[0] != '\0') {
		count_update(r, UPDATE_FAILED);
		why = job->reason.text;
		audit_update_refused(r, job->rcode, "store", why);
	} else {
		(void)refuse(r, job->rcode);
	}
	begin_answer(r, &answer, job->rcode, why);
	request_answer_send(r, &answer, job->rcode);
	request_put(r);
}
