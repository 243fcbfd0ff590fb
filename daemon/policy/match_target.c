/*
 * match_target.c - does a rule match what a PTR or SRV points to
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/dns/rdata.h"
#include "daemon/policy/match.h"

/* Only these have a target that rules look at. */
static bool
looks_at_target(const struct policy_rule *r, uint16_t type)
{
	return r->target != RULE_ANY_TARGET &&
	    (type == TYPE_PTR || type == TYPE_SRV);
}

bool
match_needs_target(const struct policy_rule *r, const struct policy_question *q)
{
	return looks_at_target(r, q->type) && q->rdata == NULL;
}

/* --- Reverse names (RFC 1035 section 3.5, RFC 3596 section 2.5) --- */

/* A label of digits below base, at most max; -1: it is none. */
static int
label_number(const uint8_t *label, unsigned base, unsigned max)
{
	static const char digits[] = "0123456789abcdef";
	unsigned n = 0;

	if (label[0] == 0 || (label[0] > 1 && label[1] == '0'))
		return -1;
	for (unsigned i = 1; i <= label[0]; i++) {
		char c = (char)(label[i] | (label[i] >= 'A' ? 0x20 : 0));
		const char *at = c == '\0' ? NULL : strchr(digits, c);

		if (at == NULL || (unsigned)(at - digits) >= base)
			return -1;
		n = n * base + (unsigned)(at - digits);
		if (n > max)
			return -1;
	}
	return (int)n;
}

/* n labels, the last octet's first, into bits of 8 or 4 each. */
static const uint8_t *
read_labels(const uint8_t *name, unsigned n, unsigned bits, uint8_t *octets)
{
	unsigned max = (1u << bits) - 1;

	for (unsigned i = n; i-- > 0;) {
		int number = label_number(name, bits == 8 ? 10 : 16, max);

		if (number < 0)
			return NULL;
		if (bits == 8)
			octets[i] = (uint8_t)number;
		else
			octets[i / 2] |=
			    (uint8_t)(number << (i % 2 == 0 ? 4 : 0));
		name += 1 + name[0];
	}
	return name;
}

/* The address whose reverse name it is; false: of none. */
static bool
address_of(const uint8_t *name, struct addr *addr_out)
{
	static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa";
	static const uint8_t ip6_arpa[] = "\3ip6\4arpa";
	const uint8_t *rest;

	*addr_out = (struct addr){.family = AF_INET};
	rest = read_labels(name, 4, 8, addr_out->octets);
	if (rest != NULL && name_equal(rest, in_addr_arpa))
		return true;
	*addr_out = (struct addr){.family = AF_INET6};
	rest = read_labels(name, 32, 4, addr_out->octets);
	return rest != NULL && name_equal(rest, ip6_arpa);
}

/* --- Targets --- */

static bool
is_account_name(const struct policy_rule *r, const struct policy_question *q,
    const uint8_t *name)
{
	for (size_t i = 0; i < signer_facts_n_hosts(q->by.facts); i++)
		if (name_equal(signer_facts_host(q->by.facts, i)->octets, name))
			return !match_is_reserved(r, q, name);
	return false;
}

static enum match
is_own_target(const struct policy_rule *r, const struct policy_question *q,
    const uint8_t *target)
{
	if (match_is_own_name(r, q->by.signer, target))
		return MATCH_YES;
	if (q->by.facts_state != SIGNER_FACTS_KNOWN)
		return r->has_directory ? match_by_directory(q) : MATCH_NO;
	if (is_account_name(r, q, target))
		return MATCH_YES;
	return signer_facts_has_all_hosts(q->by.facts) ? MATCH_NO
						       : MATCH_UNKNOWN;
}

/* What is taken away needs no address: it may be why it goes. */
static bool
has_address(const struct policy_rule *r, const struct policy_question *q,
    const uint8_t *target)
{
	struct addr address;

	if (r->target == RULE_OWN_TARGET_UNCHECKED || !q->is_addition)
		return true;
	return q->by.zones != NULL && address_of(q->owner, &address) &&
	    q->by.zones->has_address(q->by.zones->arg, target, &address);
}

enum match
match_target(const struct policy_rule *r, const struct policy_question *q)
{
	const uint8_t *target;
	struct name self;
	enum match own;

	if (!looks_at_target(r, q->type))
		return MATCH_YES;
	if (q->rdata == NULL)
		return MATCH_NO;
	target = rdata_target(q->type, q->rdata, q->rdata_len);
	if (target == NULL)
		return MATCH_NO;
	if (r->target == RULE_SELF_TARGET)
		return match_self_name(r, q, &self) &&
			name_equal(target, self.octets)
		    ? MATCH_YES
		    : MATCH_NO;
	own = is_own_target(r, q, target);
	return own != MATCH_NO && !has_address(r, q, target) ? MATCH_NO : own;
}
