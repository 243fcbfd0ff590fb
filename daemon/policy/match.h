/*
 * match.h - does a rule match
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A rule matches if its four conditions do; they are asked one by one, to tell
 * which one fails.
 *
 * Threads: any.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/policy/rule.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNKNOWN, /* directory or helper would have to say */
	MATCH_COMING,  /* they will: ask again then */
};

/*
 * Who asks: the signer, or for some rule types the address.  A helper is asked
 * for each type: for TYPE_ANY its rules match.
 */
enum match match_requester(const struct policy_rule *r,
    const struct policy_question *q);
/* Of a requester that does not match: MATCH_NO. */
enum match match_owner(const struct policy_rule *r,
    const struct policy_question *q);
/* TYPE_ANY in the question matches every rule: some type may. */
bool match_type(const struct policy_rule *r, uint16_t type);
/* Nobody knows who asks: neither a signature nor TCP.  No helper is asked. */
bool match_is_forgeable(const struct policy_question *q);
/* What a helper's silence is due to; static text, or NULL: it is not silent. */
const char *match_why_silent(const struct policy_rule *r,
    const struct policy_question *q);
/* What only the directory can say, and has not said: coming, or unknown. */
enum match match_by_directory(const struct policy_question *q);
/* Yes for what has no target; see match_needs_target(). */
enum match match_target(const struct policy_rule *r,
    const struct policy_question *q);

/* True if the rule looks at a target and the question has none to look at. */
bool match_needs_target(const struct policy_rule *r,
    const struct policy_question *q);

/*
 * The name that "self" means of this requester; false: the requester does not
 * match or has none.  A wildcard, which would stand for others, is none.
 */
bool match_self_name(const struct policy_rule *r,
    const struct policy_question *q, struct name *name_out);

/* The same but for case. */
bool match_same_principal(const struct principal *a, const struct principal *b);

/*
 * True if krb5-self or ms-self would grant it to the signer.  Those name a
 * realm that may say what its hosts are called; where the rule names none, a
 * realm says it of names below itself.
 */
bool match_is_own_name(const struct policy_rule *r, const struct signer *signer,
    const uint8_t *name);

/* A zone's servers, and the zone itself, are nobody's own name. */
bool match_is_reserved(const struct policy_rule *r,
    const struct policy_question *q, const uint8_t *name);

/* True if the rule speaks of every type there is. */
bool match_covers_all_types(const struct policy_rule *r);

/* n of TYPE(n), or 0. */
uint32_t match_max_rrs(const struct policy_rule *r, uint16_t type);

#endif
