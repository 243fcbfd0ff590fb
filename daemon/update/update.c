/*
 * update.c - UPDATE messages (RFC 2136): read and judged
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/update/apply.h"
#include "daemon/update/describe.h"
#include "daemon/update/overlay.h"
#include "daemon/update/permit.h"
#include "daemon/update/prerequisite.h"
#include "daemon/update/update.h"

const char *
update_stage_to_text(enum update_stage stage)
{
	switch (stage) {
	case UPDATE_STAGE_FORM:
		return "form";
	case UPDATE_STAGE_PERMISSION:
		return "permission";
	case UPDATE_STAGE_PREREQUISITE:
		return "prerequisite";
	case UPDATE_STAGE_CONTENT:
		return "content";
	case UPDATE_STAGE_APPLIED:
		return "applied";
	}
	return "unknown";
}

static enum rcode
malformed(enum rcode rcode, const char *what, struct update_record *record)
{
	record->rcode = rcode;
	reason_set(&record->reason, "%s", what);
	return rcode;
}

static enum rcode
no_memory(struct update_record *record)
{
	return malformed(RCODE_SERVFAIL, "no memory", record);
}

/* Section 3.1.1. */
static enum rcode
read_zone(const struct message *m, struct update *u,
    struct update_record *record)
{
	if (m->n_questions != 1 || m->question.type != TYPE_SOA)
		return malformed(RCODE_FORMERR,
		    "the zone section is not one SOA", record);
	if (m->question.class != CLASS_IN)
		return malformed(RCODE_NOTAUTH, "the zone is not of class IN",
		    record);
	u->zone = m->question.name.octets;
	return RCODE_NOERROR;
}

/* What section 3.4.1.3 asks of each class; and the RDATA to go by. */
static enum rcode
read_kind(const struct rr *rr, struct update_rr *u)
{
	bool any = rr->type == TYPE_ANY;

	if (rr->type == 0 || (type_is_meta(rr->type) && !any))
		return RCODE_FORMERR;
	u->rr = rr;
	switch (rr->class) {
	case CLASS_IN:
		u->kind = UPDATE_ADD;
		return any ? RCODE_FORMERR : RCODE_NOERROR;
	case CLASS_ANY:
		u->kind = any ? UPDATE_DELETE_NAME : UPDATE_DELETE_RRSET;
		return rr->ttl == 0 && rr->rdata_len == 0 ? RCODE_NOERROR
							  : RCODE_FORMERR;
	case CLASS_NONE:
		u->kind = UPDATE_DELETE_RR;
		return rr->ttl == 0 && !any &&
			rdata_is_valid(rr->type, rr->rdata, rr->rdata_len)
		    ? RCODE_NOERROR
		    : RCODE_FORMERR;
	default:
		return RCODE_FORMERR;
	}
}

static enum rcode
read_update_rr(const struct rr *rr, const uint8_t *zone, struct update_rr *u)
{
	if (!name_is_below(rr->owner, zone))
		return RCODE_NOTZONE;
	return read_kind(rr, u);
}

static enum rcode
bad_rr(enum rcode rcode, const char *section, const struct rr *rr,
    struct update_record *record)
{
	char text[DESCRIBE_SIZE];

	record->rcode = rcode;
	reason_set(&record->reason, "%s: %s %s", section,
	    describe_owner(rr->owner, rr->type, text),
	    rcode == RCODE_NOTZONE
		? "is not in the zone"
		: "has a class, type, TTL or RDATA that cannot be here");
	return rcode;
}

static enum rcode
read_sections(const struct message *m, struct update *u,
    struct update_record *record)
{
	enum rcode rcode;
	const struct rr *rr;

	for (size_t i = 0; i < u->n_prerequisites; i++) {
		rr = &m->rrs[SECTION_ANSWER][i];
		rcode = prerequisite_read(rr, u->zone, &u->prerequisites[i]);
		if (rcode != RCODE_NOERROR)
			return bad_rr(rcode, "prerequisite", rr, record);
	}
	for (size_t i = 0; i < u->n_rrs; i++) {
		rr = &m->rrs[SECTION_AUTHORITY][i];
		rcode = read_update_rr(rr, u->zone, &u->rrs[i]);
		if (rcode != RCODE_NOERROR)
			return bad_rr(rcode, "update", rr, record);
	}
	return RCODE_NOERROR;
}

enum rcode
update_read(const struct message *m, struct arena *a,
    struct update **update_out, struct update_record *record)
{
	struct update *u;
	enum rcode rcode;

	*update_out = NULL;
	memset(record, 0, sizeof(*record));

	u = arena_calloc(a, 1, sizeof(*u));
	if (u == NULL)
		return no_memory(record);
	rcode = read_zone(m, u, record);
	if (rcode != RCODE_NOERROR)
		return rcode;
	u->n_prerequisites = m->n_rrs[SECTION_ANSWER];
	u->n_rrs = m->n_rrs[SECTION_AUTHORITY];
	u->prerequisites =
	    arena_calloc(a, u->n_prerequisites, sizeof(*u->prerequisites));
	u->rrs = arena_calloc(a, u->n_rrs, sizeof(*u->rrs));
	if (u->prerequisites == NULL || u->rrs == NULL)
		return no_memory(record);
	rcode = read_sections(m, u, record);
	if (rcode != RCODE_NOERROR)
		return rcode;

	*update_out = u;
	return RCODE_NOERROR;
}

bool
update_has_changes(const struct update *u)
{
	return u->n_rrs != 0;
}

/* Changes of an update that may be made. */
static enum rcode
make_changes(const struct update *u, struct overlay *o,
    struct rrset_change **changes_out, size_t *n_out,
    struct update_record *record)
{
	int ret;

	ret = apply_update(u, o);
	if (ret == 0)
		ret = overlay_changes(o, changes_out, n_out);
	if (ret == ERR_RANGE)
		return malformed(RCODE_SERVFAIL,
		    "an RRset would have more than 65535 RRs", record);
	if (ret != 0)
		return no_memory(record);
	record->stage = UPDATE_STAGE_APPLIED;
	return RCODE_NOERROR;
}

enum rcode
update_judge(struct update *u, const struct zone_version *view, struct arena *a,
    struct rrset_change **changes_out, size_t *n_out,
    struct update_record *record)
{
	struct overlay o;
	enum rcode rcode;

	*changes_out = NULL;
	*n_out = 0;

	rcode = update_check_prerequisites(u, view, a, record);
	if (rcode != RCODE_NOERROR)
		return rcode;
	record->stage = UPDATE_STAGE_CONTENT;
	if (overlay_init(&o, view, u->n_rrs, a) != 0)
		return no_memory(record);
	rcode = permit_content(u, &o, record);
	if (rcode == RCODE_SERVFAIL)
		return no_memory(record);
	if (rcode != RCODE_NOERROR || u->waits)
		return rcode;
	return make_changes(u, &o, changes_out, n_out, record);
}
