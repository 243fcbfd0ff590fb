/*
 * update.h - UPDATE messages (RFC 2136): read, permitted, judged
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Nothing here changes a zone: the result is a list of RRsets for zone_put().
 *
 *	worker:  update_read()      form and prescan (sections 3.1, 3.4.1)
 *	         update_permit()    all that needs no zone content (3.3)
 *	writer:  update_judge()     prerequisites (3.2), the rest of permission,
 *	                            changes (3.4.2)
 *
 * An update without changes is a question: the worker answers it by
 * update_check_prerequisites() against the published version.
 *
 * Form and permission stand before prerequisites, unlike in RFC 2136: who may
 * not write learns nothing of the zone (ARCHITECTURE.md section 3).
 *
 * Owns:    an update lies in the arena it was read into, and points into the
 *          message and its octets, and from update_permit() on to the
 *          requester's book, acl, signer and address: all must stay until it
 *          is judged.
 * Threads: one at a time; it may move from worker to writer.
 * Errors:  an RCODE, which is an answer; SERVFAIL means no memory.
 */
#ifndef UPDATE_UPDATE_H
#define UPDATE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/reason.h"
#include "daemon/dns/message_read.h"
#include "daemon/policy/policy.h"
#include "daemon/zone/txn.h"

struct acl;
struct arena;

enum prerequisite_kind {
	PREREQUISITE_RRSET_EXISTS, /* section 2.4.1: value independent */
	PREREQUISITE_RRSET_EQUALS, /* section 2.4.2: value dependent */
	PREREQUISITE_RRSET_ABSENT, /* section 2.4.3 */
	PREREQUISITE_NAME_IN_USE,  /* section 2.4.4 */
	PREREQUISITE_NAME_UNUSED,  /* section 2.4.5 */
};

struct prerequisite {
	enum prerequisite_kind kind;
	const struct rr *rr;
};

enum update_kind {
	UPDATE_ADD,          /* section 2.5.1 */
	UPDATE_DELETE_RRSET, /* section 2.5.2 */
	UPDATE_DELETE_NAME,  /* section 2.5.3 */
	UPDATE_DELETE_RR,    /* section 2.5.4 */
};

/* One RR of the update section. */
struct update_rr {
	enum update_kind kind;
	const struct rr *rr;
	uint32_t max_rrs;  /* ADD: what the granting rule allows; 0: any */
	bool permit_later; /* what is in the zone decides the permission */
};

/* Who asks, and what says whether they may. */
struct update_requester {
	const struct policy_book *book; /* NULL: none */
	const struct acl *allow_update; /* NULL: nobody */
	struct policy_requester who;    /* zones and helpers: on both threads */
};

struct update {
	const uint8_t *zone; /* name of the zone section */
	struct prerequisite *prerequisites;
	size_t n_prerequisites;
	struct update_rr *rrs; /* in message order */
	size_t n_rrs;
	struct update_requester requester; /* set by update_permit() */
	bool acl_allows;                   /* the same */
	/*
	 * Facts that are coming, or a helper's word, will decide: permit it
	 * again then.  Set by update_permit() and update_judge().
	 */
	bool waits;
};

/* Where an update's way ended, or the last stage that it passed. */
enum update_stage {
	UPDATE_STAGE_FORM,       /* zone section, prescan */
	UPDATE_STAGE_PERMISSION, /* on the worker */
	UPDATE_STAGE_PREREQUISITE,
	UPDATE_STAGE_CONTENT, /* permission that depends on the zone */
	UPDATE_STAGE_APPLIED,
};

/* "form", "permission", "prerequisite", "content", "applied". */
const char *update_stage_to_text(enum update_stage stage);

/*
 * The decision record of a request: the audit line, the refusal's explanation,
 * the panel's row.  update_read() begins it, the later steps carry it on.
 * Rules point into the book.
 */
struct update_record {
	enum update_stage stage;
	enum rcode rcode;
	/*
	 * The rule that refused or, in a permitted update, that granted the
	 * first change; NULL: allow-update did, or nothing matched.
	 */
	const struct policy_rule *rule;
	const struct policy_rule *nearest; /* of a refusal, or NULL */
	/* One sentence: who, what, why, what to do next; "" for NOERROR. */
	struct reason reason;
};

/*
 * Reads an UPDATE message.
 *
 * FORMERR  a zone section of other than one SOA, a meta type, a TTL or RDATA
 *          where none may be, RDATA that its type does not allow
 * NOTAUTH  a class that is not IN (whether we have the zone, the caller knows)
 * NOTZONE  a name outside the zone
 */
enum rcode update_read(const struct message *m, struct arena *a,
    struct update **update_out, struct update_record *record);

/* False for an update that only asks whether its prerequisites hold. */
bool update_has_changes(const struct update *u);

/*
 * Every permission that needs no zone content: book first; where no rule
 * matched, allow-update; else REFUSED.  Types that belong to DNSSEC are
 * refused to everybody.  An update without changes is permitted: whether its
 * question may be answered is allow-query's to say.  NOERROR with u->waits: it
 * is too early to say.
 */
enum rcode update_permit(struct update *u, const struct update_requester *by,
    struct update_record *record);

/*
 * Section 3.2: the RCODE of the first prerequisite that does not hold:
 * NXDOMAIN, YXDOMAIN, NXRRSET, YXRRSET.  Any thread that holds the version.
 */
enum rcode update_check_prerequisites(const struct update *u,
    const struct zone_version *view, struct arena *a,
    struct update_record *record);

/*
 * Prerequisites, permission that depends on the zone, and what changes: the
 * fewest RRsets that really differ from the view; none for an update that
 * changes nothing.  They lie in the arena, and point into the view and the
 * message.  A SOA among them has the serial that the requester gave.  NOERROR
 * with u->waits: it is too early to say, and nothing changes.
 */
enum rcode update_judge(struct update *u, const struct zone_version *view,
    struct arena *a, struct rrset_change **changes_out, size_t *n_out,
    struct update_record *record);

/*
 * "add pc1.ad.example.test A; delete pc1.ad.example.test ANY; and 3 more",
 * escaped; in the arena, or a static text without memory.
 */
const char *update_describe(const struct update *u, struct arena *a);

#endif
