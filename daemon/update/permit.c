/*
 * permit.c - may the requester make these changes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>

#include "daemon/dns/mnemonic.h"
#include "daemon/policy/acl.h"
#include "daemon/update/describe.h"
#include "daemon/update/overlay.h"
#include "daemon/update/permit.h"

#define SIGNER_SHOWN 120
#define WHAT_SHOWN (SIGNER_SHOWN + ADDR_TEXT_SIZE + 2 * DESCRIBE_SIZE)

/* One RR of an update, while it is being permitted. */
struct asking {
	const struct update *u;
	const struct update_rr *rr;
	enum update_stage stage;
	struct overlay *overlay; /* UPDATE_STAGE_CONTENT only */
	struct update_record *record;
	bool waits; /* for facts that are coming, or a helper's word */
};

/*
 * "PC1$@AD.TEST (192.0.2.7) may not delete pc2.ad.test ANY, which has TXT";
 * type is what was not permitted.
 */
static void
say_who_and_what(const struct asking *a, uint16_t type, char text[WHAT_SHOWN])
{
	const struct update_requester *by = &a->u->requester;
	char signer[SIGNER_SHOWN], address[ADDR_TEXT_SIZE];
	char what[DESCRIBE_SIZE], mnemonic[MNEMONIC_SIZE];
	bool is_other = type != a->rr->rr->type;

	(void)snprintf(text, WHAT_SHOWN, "%s (%s) may not %s%s%s",
	    by->who.signer->kind == SIGNER_NONE
		? "an unsigned requester"
		: signer_to_text(by->who.signer, signer, sizeof(signer)),
	    addr_to_text(by->who.address, address), describe_rr(a->rr, what),
	    is_other ? ", which has " : "",
	    is_other ? type_to_text(type, mnemonic) : "");
}

static enum rcode
refuse(const struct asking *a, uint16_t type, const char *why)
{
	char who_and_what[WHAT_SHOWN];

	say_who_and_what(a, type, who_and_what);
	a->record->stage = a->stage;
	a->record->rcode = RCODE_REFUSED;
	a->record->rule = NULL;
	reason_set(&a->record->reason, "%s: %s", who_and_what, why);
	return RCODE_REFUSED;
}

static enum rcode
refuse_decided(const struct asking *a, const struct policy_question *q,
    const struct policy_decision *d)
{
	struct reason why;

	policy_explain(q, d, &why);
	(void)refuse(a, q->type, why.text);
	a->record->rule = d->rule;
	a->record->nearest = d->nearest;
	return RCODE_REFUSED;
}

/* What only a signer of zones may make (RFC 4035, RFC 3007 section 3.1.1). */
static bool
belongs_to_dnssec(uint16_t type)
{
	switch (type) {
	case TYPE_SIG:
	case TYPE_NXT:
	case TYPE_RRSIG:
	case TYPE_NSEC:
	case TYPE_NSEC3:
	case TYPE_NSEC3PARAM:
		return true;
	default:
		return false;
	}
}

static struct policy_question
question_of(const struct update *u, const struct rr *rr)
{
	return (struct policy_question){.by = u->requester.who,
	    .owner = rr->owner,
	    .type = rr->type};
}

static bool
is_granted(const struct update *u, const struct policy_decision *d)
{
	return d->verdict == POLICY_GRANT ||
	    (d->verdict == POLICY_NO_MATCH && u->acl_allows);
}

/*
 * A rule that looks at targets may leave the deletion of one RR to what is
 * there: an RR that is not there needs no permission.
 */
static void
decide_deletion(const struct update *u, struct policy_question *q,
    struct policy_decision *d)
{
	struct policy_decision without_rdata;

	policy_decide(u->requester.book, q, d);
	if (is_granted(u, d) || d->verdict == POLICY_WAIT)
		return;
	q->rdata = NULL;
	policy_decide(u->requester.book, q, &without_rdata);
	if (without_rdata.verdict == POLICY_LATER)
		*d = without_rdata;
}

static void
decide_rr(const struct update *u, const struct update_rr *rr,
    struct policy_question *q, struct policy_decision *d)
{
	switch (rr->kind) {
	case UPDATE_ADD:
	case UPDATE_DELETE_RR:
		q->is_addition = rr->kind == UPDATE_ADD;
		q->rdata = rr->rr->rdata;
		q->rdata_len = rr->rr->rdata_len;
		break;
	case UPDATE_DELETE_RRSET:
	case UPDATE_DELETE_NAME:
		break;
	}
	if (rr->kind == UPDATE_DELETE_RR)
		decide_deletion(u, q, d);
	else
		policy_decide(u->requester.book, q, d);
}

/*
 * Also where the zone decides: what that comes to may rest on facts, and the
 * writer waits for nobody.
 */
static bool
must_wait(const struct update *u, const struct policy_decision *d)
{
	return d->verdict == POLICY_WAIT ||
	    (d->verdict == POLICY_LATER &&
		u->requester.who.facts_state == SIGNER_FACTS_COMING &&
		policy_book_needs_facts(u->requester.book));
}

static enum rcode
permit_rr(struct asking *a, struct update_rr *rr)
{
	struct policy_question q = question_of(a->u, rr->rr);
	struct policy_decision d;

	a->rr = rr;
	if (belongs_to_dnssec(rr->rr->type))
		return refuse(a, rr->rr->type,
		    "this type is made by whoever signs the zone");
	decide_rr(a->u, rr, &q, &d);
	rr->max_rrs = d.max_rrs;
	rr->permit_later = d.verdict == POLICY_LATER;
	if (must_wait(a->u, &d)) {
		a->waits = true;
		return RCODE_NOERROR;
	}
	if (!rr->permit_later && !is_granted(a->u, &d))
		return refuse_decided(a, &q, &d);
	if (a->record->rule == NULL)
		a->record->rule = d.rule;
	return RCODE_NOERROR;
}

enum rcode
update_permit(struct update *u, const struct update_requester *by,
    struct update_record *record)
{
	struct asking a = {.u = u,
	    .stage = UPDATE_STAGE_PERMISSION,
	    .record = record};
	enum rcode rcode;

	u->requester = *by;
	u->waits = false;
	record->rule = NULL; /* it may have been permitted before, and waited */
	u->acl_allows =
	    acl_allows(by->allow_update, by->who.address, by->who.signer);
	record->stage = UPDATE_STAGE_PERMISSION;
	for (size_t i = 0; i < u->n_rrs; i++) {
		rcode = permit_rr(&a, &u->rrs[i]);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	u->waits = a.waits;
	return RCODE_NOERROR;
}

/* --- What is there --- */

/* One type, or one RR of it (rdata), that would be deleted. */
static enum rcode
permit_deletion(struct asking *a, uint16_t type, const struct rdata_ref *rdata)
{
	struct policy_question q = question_of(a->u, a->rr->rr);
	struct policy_decision d;

	q.type = type;
	if (rdata != NULL) {
		q.rdata = rdata->octets;
		q.rdata_len = rdata->len;
	}
	policy_decide(a->u->requester.book, &q, &d);
	if (d.verdict == POLICY_WAIT) {
		a->waits = true;
		return RCODE_NOERROR;
	}
	if (!is_granted(a->u, &d))
		return refuse_decided(a, &q, &d);
	if (a->record->rule == NULL)
		a->record->rule = d.rule;
	return RCODE_NOERROR;
}

/* Only these have a target that a rule could look at. */
static bool
has_target(uint16_t type)
{
	return type == TYPE_PTR || type == TYPE_SRV;
}

static enum rcode
permit_targets(struct asking *a, struct overlay_set *set)
{
	enum rcode rcode;

	if (overlay_load(a->overlay, set) != 0)
		return RCODE_SERVFAIL;
	for (struct overlay_rr *rr = set->rrs; rr != NULL; rr = rr->next) {
		rcode = permit_deletion(a, set->type, &rr->rdata);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	return RCODE_NOERROR;
}

static enum rcode
permit_set(struct asking *a, struct overlay_set *set)
{
	enum rcode rcode;

	if (set->n == 0 || set->is_permitted)
		return RCODE_NOERROR;
	rcode = has_target(set->type) ? permit_targets(a, set)
				      : permit_deletion(a, set->type, NULL);
	set->is_permitted = rcode == RCODE_NOERROR;
	return rcode;
}

/* RRSIG and NSEC go with what they are about. */
static enum rcode
permit_name(struct asking *a, struct overlay_name *name)
{
	enum rcode rcode;

	if (name->is_permitted)
		return RCODE_NOERROR;
	if (overlay_whole_name(a->overlay, name) != 0)
		return RCODE_SERVFAIL;
	for (struct overlay_set *s = name->sets; s != NULL;
	     s = s->next_of_name) {
		if (s->type == TYPE_RRSIG || s->type == TYPE_NSEC)
			continue;
		rcode = permit_set(a, s);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	name->is_permitted = true;
	return RCODE_NOERROR;
}

static enum rcode
permit_one(struct asking *a, struct overlay_set *set)
{
	const struct rr *rr = a->rr->rr;
	struct rdata_ref rdata = {rr->rdata, rr->rdata_len};
	const struct overlay_rr *there;

	if (overlay_load(a->overlay, set) != 0)
		return RCODE_SERVFAIL;
	there = overlay_find(a->overlay, set, &rdata);
	return there == NULL ? RCODE_NOERROR
			     : permit_deletion(a, set->type, &there->rdata);
}

static enum rcode
permit_there(struct asking *a)
{
	const struct rr *rr = a->rr->rr;
	struct overlay_name *name = overlay_name(a->overlay, rr->owner);
	struct overlay_set *set;

	if (name == NULL)
		return RCODE_SERVFAIL;
	if (a->rr->kind == UPDATE_DELETE_NAME)
		return permit_name(a, name);
	set = overlay_set(a->overlay, name, rr->type);
	if (set == NULL)
		return RCODE_SERVFAIL;
	return a->rr->kind == UPDATE_DELETE_RR ? permit_one(a, set)
					       : permit_set(a, set);
}

enum rcode
permit_content(struct update *u, struct overlay *o,
    struct update_record *record)
{
	struct asking a = {.u = u,
	    .stage = UPDATE_STAGE_CONTENT,
	    .overlay = o,
	    .record = record};
	enum rcode rcode;

	for (size_t i = 0; i < u->n_rrs; i++) {
		a.rr = &u->rrs[i];
		if (!a.rr->permit_later)
			continue;
		rcode = permit_there(&a);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	u->waits = a.waits;
	return RCODE_NOERROR;
}
