/*
 * lint.c - rules that do not do what whoever wrote them may think
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Only what is certain is said: a rule that no question can ever come to, and
 * a realm in the wrong case.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/dns/types.h"
#include "daemon/policy/match.h"

#define WHAT_SIZE 512
#define SHOWN 200

static bool
is_strictly_below(const uint8_t *a, const uint8_t *b)
{
	return name_is_below(a, b) && !name_equal(a, b);
}

/* Some name could be in both: one is at or below the other. */
static bool
overlap(const uint8_t *a, const uint8_t *b)
{
	return name_is_below(a, b) || name_is_below(b, a);
}

/* --- Outside the zone --- */

/* The names that "self" can be are at or below this one; NULL: any names. */
static const uint8_t *
self_region(const struct policy_rule *r)
{
	if (r->who == RULE_MACHINE)
		return r->identity_name.octets;
	if ((r->who == RULE_IDENTITY || r->who == RULE_LOCAL) &&
	    r->identity == RULE_KEY)
		return r->identity_name.octets;
	return NULL;
}

/* False: it covers no owner name of the zone. */
static bool
is_about_zone(const struct policy_rule *r)
{
	const uint8_t *apex = r->apex.octets, *region;

	switch (r->where) {
	case RULE_NAME:
		return name_is_below(r->name.octets, apex);
	case RULE_BELOW:
		return overlap(r->name.octets, apex);
	case RULE_WILDCARD:
		return name_is_below(r->name.octets, apex) ||
		    is_strictly_below(apex, r->name.octets);
	case RULE_SELF:
		region = self_region(r);
		if (region == NULL)
			return true;
		return r->who == RULE_MACHINE ? overlap(region, apex)
					      : name_is_below(region, apex);
	case RULE_SELFSUB:
	case RULE_SELFWILD:
		region = self_region(r);
		return region == NULL || overlap(region, apex);
	case RULE_ZONE:
		break;
	}
	return true;
}

/* --- In another's shadow --- */

/* Every type that b speaks of, a speaks of, too. */
static bool
covers_types(const struct policy_rule *a, const struct policy_rule *b)
{
	if (match_covers_all_types(a))
		return true;
	if (b->n_types == 0)
		return a->n_types == 0;
	for (size_t i = 0; i < b->n_types; i++)
		if (b->types[i].type == TYPE_ANY ||
		    !match_type(a, b->types[i].type))
			return false;
	return true;
}

static bool
same_identity(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->identity != b->identity)
		return false;
	switch (a->identity) {
	case RULE_ANYBODY:
		return true;
	case RULE_KEY:
	case RULE_SIGNERS_BELOW:
		return name_equal(a->identity_name.octets,
		    b->identity_name.octets);
	case RULE_PRINCIPAL:
		return match_same_principal(a->principal, b->principal);
	case RULE_REALM:
		return strcmp(a->realm, b->realm) == 0;
	case RULE_GROUP:
		return a->has_group_sid && b->has_group_sid &&
		    sid_equal(&a->group_sid, &b->group_sid);
	case RULE_SOCKET: /* what it says no to comes to the next */
		break;
	}
	return false;
}

/* Everybody whom b is for, a is for, too. */
static bool
covers_requesters(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->who == RULE_IDENTITY && a->identity == RULE_ANYBODY)
		return b->who != RULE_ADDRESS && b->who != RULE_6TO4 &&
		    b->who != RULE_EVERYBODY && b->who != RULE_HELPER;
	return a->who == b->who && same_identity(a, b);
}

/* Every owner name that b covers, a covers, too. */
static bool
covers_owners(const struct policy_rule *a, const struct policy_rule *b)
{
	bool b_is_named = b->where == RULE_NAME || b->where == RULE_BELOW ||
	    b->where == RULE_WILDCARD;

	switch (a->where) {
	case RULE_ZONE:
		return true;
	case RULE_BELOW:
		if (name_is_below(a->apex.octets, a->name.octets))
			return true;
		return b_is_named &&
		    name_is_below(b->name.octets, a->name.octets);
	case RULE_NAME:
		return b->where == RULE_NAME &&
		    name_equal(a->name.octets, b->name.octets);
	case RULE_WILDCARD:
		return b->where == RULE_WILDCARD &&
		    name_is_below(b->name.octets, a->name.octets);
	case RULE_SELF:
		return b->where == RULE_SELF && a->who == b->who;
	case RULE_SELFSUB:
		return a->who == b->who &&
		    (b->where == RULE_SELF || b->where == RULE_SELFSUB ||
			b->where == RULE_SELFWILD);
	case RULE_SELFWILD:
		return b->where == RULE_SELFWILD && a->who == b->who;
	}
	return false;
}

/* A block does not: it is there until the directory is read, or mended. */
static bool
shadows(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->who != RULE_EVERYBODY && a->target == RULE_ANY_TARGET &&
	    covers_requesters(a, b) && covers_owners(a, b) &&
	    covers_types(a, b);
}

/* --- What is said --- */

static bool
has_lower_case(const char *text)
{
	for (; *text != '\0'; text++)
		if (islower((unsigned char)*text) != 0)
			return true;
	return false;
}

void
policy_book_lint(const struct policy_book *b,
    void (*warn)(void *arg, const char *source, const char *what), void *arg)
{
	char what[WHAT_SIZE];

	for (size_t i = 0; i < policy_book_n_rules(b); i++) {
		const struct policy_rule *r = policy_book_rule_at(b, i);

		if (!is_about_zone(r))
			warn(arg, r->source,
			    "the rule covers no name of this zone");
		if (r->realm != NULL && has_lower_case(r->realm)) {
			(void)snprintf(what, sizeof(what),
			    "realm %.*s has small letters: realms count with "
			    "their case, and those of Active Directory have "
			    "none",
			    SHOWN, r->realm);
			warn(arg, r->source, what);
		}
		for (size_t k = 0; k < i && r->who != RULE_EVERYBODY; k++) {
			const struct policy_rule *first =
			    policy_book_rule_at(b, k);

			if (!shadows(first, r))
				continue;
			(void)snprintf(what, sizeof(what),
			    "the rule is never reached: \"%.*s\" comes first",
			    SHOWN, first->text);
			warn(arg, r->source, what);
			break;
		}
	}
}
