/*
 * prerequisite.c - do the prerequisites of an update hold (RFC 2136
 * section 3.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A name is in use if it has RRsets itself: an empty non-terminal does not,
 * and neither wildcards, CNAMEs nor zone cuts are followed (section 2.4).
 */
#include "daemon/update/prerequisite.h"
#include "daemon/base/err.h"
#include "daemon/update/describe.h"
#include "daemon/update/overlay.h"

static bool
is_no_rrset_type(uint16_t type)
{
	return type == 0 || type_is_meta(type);
}

enum rcode
prerequisite_read(const struct rr *rr, const uint8_t *zone,
    struct prerequisite *p_out)
{
	bool any = rr->type == TYPE_ANY;

	if (rr->ttl != 0)
		return RCODE_FORMERR;
	if (!name_is_below(rr->owner, zone))
		return RCODE_NOTZONE;
	if (is_no_rrset_type(rr->type) && !any)
		return RCODE_FORMERR;
	p_out->rr = rr;
	switch (rr->class) {
	case CLASS_ANY:
		p_out->kind =
		    any ? PREREQUISITE_NAME_IN_USE : PREREQUISITE_RRSET_EXISTS;
		return rr->rdata_len == 0 ? RCODE_NOERROR : RCODE_FORMERR;
	case CLASS_NONE:
		p_out->kind =
		    any ? PREREQUISITE_NAME_UNUSED : PREREQUISITE_RRSET_ABSENT;
		return rr->rdata_len == 0 ? RCODE_NOERROR : RCODE_FORMERR;
	case CLASS_IN:
		p_out->kind = PREREQUISITE_RRSET_EQUALS;
		return any ? RCODE_FORMERR : RCODE_NOERROR;
	default:
		return RCODE_FORMERR;
	}
}

static const struct rrset *
find_rrset(const struct zone_version *view, const uint8_t *owner, uint16_t type)
{
	const struct zone_name *name = zone_get(view, owner);

	return name == NULL ? NULL : zone_name_rrset(name, type);
}

static enum rcode
fail(enum rcode rcode, const uint8_t *owner, uint16_t type, const char *what,
    struct update_record *record)
{
	char text[DESCRIBE_SIZE];

	record->rcode = rcode;
	reason_set(&record->reason, "prerequisite: %s %s",
	    describe_owner(owner, type, text), what);
	return rcode;
}

/* All but the value-dependent ones, which are checked together. */
static enum rcode
check_one(const struct prerequisite *p, const struct zone_version *view,
    struct update_record *record)
{
	const uint8_t *owner = p->rr->owner;
	uint16_t type = p->rr->type;

	switch (p->kind) {
	case PREREQUISITE_RRSET_EXISTS:
		if (find_rrset(view, owner, type) == NULL)
			return fail(RCODE_NXRRSET, owner, type, "should exist",
			    record);
		break;
	case PREREQUISITE_RRSET_ABSENT:
		if (find_rrset(view, owner, type) != NULL)
			return fail(RCODE_YXRRSET, owner, type,
			    "should not exist", record);
		break;
	case PREREQUISITE_NAME_IN_USE:
		if (zone_get(view, owner) == NULL)
			return fail(RCODE_NXDOMAIN, owner, type, "should exist",
			    record);
		break;
	case PREREQUISITE_NAME_UNUSED:
		if (zone_get(view, owner) != NULL)
			return fail(RCODE_YXDOMAIN, owner, type,
			    "should not exist", record);
		break;
	case PREREQUISITE_RRSET_EQUALS:
		break;
	}
	return RCODE_NOERROR;
}

static enum rcode
no_memory(struct update_record *record)
{
	record->rcode = RCODE_SERVFAIL;
	reason_set(&record->reason, "no memory");
	return RCODE_SERVFAIL;
}

static int
collect(struct overlay *o, const struct rr *rr)
{
	struct rdata_ref rdata = {rr->rdata, rr->rdata_len};
	struct overlay_name *name = overlay_name(o, rr->owner);
	struct overlay_set *set =
	    name == NULL ? NULL : overlay_set(o, name, rr->type);

	return set == NULL ? ERR_NOMEM : overlay_collect(o, set, &rdata);
}

/* Section 3.2.3: the RRsets that the prerequisites list are those there. */
static enum rcode
check_values(const struct update *u, const struct zone_version *view,
    struct arena *a, struct update_record *record)
{
	struct overlay o;

	if (overlay_init(&o, NULL, u->n_prerequisites, a) != 0)
		return no_memory(record);
	for (size_t i = 0; i < u->n_prerequisites; i++) {
		const struct prerequisite *p = &u->prerequisites[i];

		if (p->kind == PREREQUISITE_RRSET_EQUALS &&
		    collect(&o, p->rr) != 0)
			return no_memory(record);
	}
	for (const struct overlay_set *s = o.first; s != NULL; s = s->next) {
		const uint8_t *owner = s->name->owner;

		if (!overlay_equals(&o, s, find_rrset(view, owner, s->type)))
			return fail(RCODE_NXRRSET, owner, s->type,
			    "should be just as given", record);
	}
	return RCODE_NOERROR;
}

enum rcode
update_check_prerequisites(const struct update *u,
    const struct zone_version *view, struct arena *a,
    struct update_record *record)
{
	enum rcode rcode;

	record->stage = UPDATE_STAGE_PREREQUISITE;
	if (u->n_prerequisites == 0)
		return RCODE_NOERROR;
	for (size_t i = 0; i < u->n_prerequisites; i++) {
		rcode = check_one(&u->prerequisites[i], view, record);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	return check_values(u, view, a, record);
}
