/*
 * match.c - does a rule match
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/dns/types.h"
#include "daemon/policy/match.h"

bool
match_same_principal(const struct principal *a, const struct principal *b)
{
	if (a->n_components != b->n_components ||
	    strcasecmp(a->realm, b->realm) != 0)
		return false;
	for (unsigned i = 0; i < a->n_components; i++)
		if (strcasecmp(a->components[i], b->components[i]) != 0)
			return false;
	return true;
}

static bool
is_strictly_below(const uint8_t *a, const uint8_t *b)
{
	return name_is_below(a, b) && !name_equal(a, b);
}

/* Keys below X, and principals whose realm, as a name, is below X. */
static bool
signer_is_below(const struct signer *signer, const uint8_t *x)
{
	struct name realm;

	if (signer->kind == SIGNER_KEY)
		return is_strictly_below(signer->key_name.octets, x);
	return name_from_text(signer->principal->realm, NULL, &realm) == 0 &&
	    is_strictly_below(realm.octets, x);
}

static enum match
match_if(bool condition)
{
	return condition ? MATCH_YES : MATCH_NO;
}

enum match
match_by_directory(const struct policy_question *q)
{
	return q->by.facts_state == SIGNER_FACTS_COMING ? MATCH_COMING
							: MATCH_UNKNOWN;
}

/*
 * As the directory has it, which knows groups by SID or by DN.  One complete
 * list without it is enough to say no.
 */
static enum match
is_member(const struct policy_rule *r, const struct policy_question *q)
{
	bool is_not = false;

	if (q->by.facts_state != SIGNER_FACTS_KNOWN)
		return match_by_directory(q);
	if (r->has_group_sid) {
		if (signer_facts_has_group(q->by.facts, &r->group_sid))
			return MATCH_YES;
		is_not = signer_facts_has_all_groups(q->by.facts);
	}
	if (r->group_dn != NULL) {
		if (signer_facts_has_group_dn(q->by.facts, r->group_dn))
			return MATCH_YES;
		is_not = is_not || signer_facts_has_all_group_dns(q->by.facts);
	}
	return is_not ? MATCH_NO : MATCH_UNKNOWN;
}

/* The SIDs of its ticket say so; without them the directory. */
static enum match
is_in_group(const struct policy_rule *r, const struct policy_question *q)
{
	const struct principal *p = q->by.signer->principal;

	if (q->by.signer->kind != SIGNER_PRINCIPAL)
		return MATCH_NO;
	if (r->has_group_sid && p->pac == PRINCIPAL_PAC_READ)
		return match_if(principal_has_sid(p, &r->group_sid));
	return is_member(r, q);
}

static enum match
identity_matches(const struct policy_rule *r, const struct policy_question *q)
{
	const struct signer *signer = q->by.signer;

	switch (r->identity) {
	case RULE_ANYBODY:
		return MATCH_YES;
	case RULE_KEY:
		return match_if(signer->kind == SIGNER_KEY &&
		    name_equal(signer->key_name.octets,
			r->identity_name.octets));
	case RULE_SIGNERS_BELOW:
		return match_if(
		    signer_is_below(signer, r->identity_name.octets));
	case RULE_PRINCIPAL:
		return match_if(signer->kind == SIGNER_PRINCIPAL &&
		    match_same_principal(signer->principal, r->principal));
	case RULE_GROUP:
		return is_in_group(r, q);
	case RULE_REALM:
		return match_if(signer->kind == SIGNER_PRINCIPAL &&
		    strcmp(signer->principal->realm, r->realm) == 0);
	case RULE_SOCKET:
		break;
	}
	return MATCH_NO;
}

bool
match_is_forgeable(const struct policy_question *q)
{
	return q->by.signer->kind == SIGNER_NONE && !q->by.tcp;
}

static enum policy_word
ask_helper(const struct policy_rule *r, const struct policy_question *q,
    const char **why_out)
{
	*why_out = "there is nobody to ask its helper";
	return q->by.helpers == NULL
	    ? POLICY_WORD_NONE
	    : q->by.helpers->ask(q->by.helpers->arg, r->socket, q->owner,
		  q->type, why_out);
}

static enum match
match_by_helper(const struct policy_rule *r, const struct policy_question *q)
{
	const char *why;

	if (match_is_forgeable(q))
		return MATCH_UNKNOWN;
	if (q->type == TYPE_ANY)
		return MATCH_YES;
	switch (ask_helper(r, q, &why)) {
	case POLICY_WORD_NO:
		break;
	case POLICY_WORD_YES:
		return MATCH_YES;
	case POLICY_WORD_COMING:
		return MATCH_COMING;
	case POLICY_WORD_NONE:
		return MATCH_UNKNOWN;
	}
	return MATCH_NO;
}

const char *
match_why_silent(const struct policy_rule *r, const struct policy_question *q)
{
	const char *why;

	if (r->who != RULE_HELPER)
		return NULL;
	if (match_is_forgeable(q))
		return "the request is neither signed nor came over TCP";
	if (q->type == TYPE_ANY || ask_helper(r, q, &why) != POLICY_WORD_NONE)
		return NULL;
	return why;
}

/* host/NAME@REALM, spelled just so; the realm with its case. */
static bool
is_host(const char *realm, const struct signer *signer)
{
	const struct principal *p = signer->principal;

	return signer->kind == SIGNER_PRINCIPAL && p->n_components == 2 &&
	    strcmp(p->components[0], "host") == 0 &&
	    strcmp(p->realm, realm) == 0;
}

/* NAME$@REALM with no further '$'. */
static bool
is_machine(const char *realm, const struct signer *signer)
{
	const struct principal *p = signer->principal;
	const char *dollar;

	if (signer->kind != SIGNER_PRINCIPAL || p->n_components != 1 ||
	    strcmp(p->realm, realm) != 0)
		return false;
	dollar = strchr(p->components[0], '$');
	return dollar != NULL && dollar > p->components[0] && dollar[1] == '\0';
}

/* Labels of one hexadecimal digit each, those of the last octet first. */
static size_t
put_nibbles(const uint8_t *octets, size_t n, uint8_t *labels)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	while (n-- > 0) {
		labels[len++] = 1;
		labels[len++] = (uint8_t)digits[octets[n] & 15];
		labels[len++] = 1;
		labels[len++] = (uint8_t)digits[octets[n] >> 4];
	}
	return len;
}

#define NIBBLE_LABELS_MAX (4 * 16) /* octets of all of an IPv6 address */

static bool
nibble_name(const uint8_t *octets, size_t n, struct name *name_out)
{
	static const uint8_t ip6_arpa[] = "\3ip6\4arpa";
	uint8_t labels[NIBBLE_LABELS_MAX];
	size_t len = put_nibbles(octets, n, labels);

	return name_join(labels, len, ip6_arpa, name_out) == 0;
}

/* The address as reverse zones have it (RFC 1035 section 3.5, RFC 3596). */
static bool
reverse_name(const struct addr *a, struct name *name_out)
{
	char text[sizeof("255.255.255.255.in-addr.arpa")];

	if (a->family == AF_INET6)
		return nibble_name(a->octets, 16, name_out);
	(void)snprintf(text, sizeof(text), "%u.%u.%u.%u.in-addr.arpa",
	    a->octets[3], a->octets[2], a->octets[1], a->octets[0]);
	return a->family == AF_INET &&
	    name_from_text(text, NULL, name_out) == 0;
}

/* 2002:a.b.c.d::/48 of an IPv4 address (RFC 3056), the /48 of an IPv6 one. */
static bool
prefix_name(const struct addr *a, struct name *name_out)
{
	uint8_t prefix[6] = {0x20, 0x02};

	if (a->family != AF_INET && a->family != AF_INET6)
		return false;
	if (a->family == AF_INET)
		memcpy(prefix + 2, a->octets, 4);
	else
		memcpy(prefix, a->octets, sizeof(prefix));
	return nibble_name(prefix, sizeof(prefix), name_out);
}

/* The name of who asks by TCP; over UDP an address says nothing. */
static bool
address_name(const struct policy_rule *r, const struct policy_question *q,
    struct name *name_out)
{
	if (!q->by.tcp || q->by.address == NULL)
		return false;
	return r->who == RULE_6TO4 ? prefix_name(q->by.address, name_out)
				   : reverse_name(q->by.address, name_out);
}

static bool
address_matches(const struct policy_rule *r, const struct policy_question *q)
{
	const uint8_t *identity = r->identity_name.octets;
	struct name name;

	if (!address_name(r, q, &name))
		return false;
	if (r->identity == RULE_KEY)
		return name_equal(name.octets, identity);
	return is_strictly_below(name.octets, identity);
}

enum match
match_requester(const struct policy_rule *r, const struct policy_question *q)
{
	const struct signer *signer = q->by.signer;

	switch (r->who) {
	case RULE_IDENTITY:
		return signer->kind == SIGNER_NONE ? MATCH_NO
						   : identity_matches(r, q);
	case RULE_LOCAL:
		if (signer->kind == SIGNER_NONE || q->by.address == NULL ||
		    !addr_is_loopback(q->by.address))
			return MATCH_NO;
		return identity_matches(r, q);
	case RULE_HOST:
		return match_if(is_host(r->realm, signer));
	case RULE_MACHINE:
		return match_if(is_machine(r->realm, signer));
	case RULE_ACCOUNT:
		return signer->kind == SIGNER_PRINCIPAL ? identity_matches(r, q)
							: MATCH_NO;
	case RULE_EVERYBODY:
		return MATCH_YES;
	case RULE_HELPER:
		return match_by_helper(r, q);
	case RULE_ADDRESS:
	case RULE_6TO4:
		return match_if(address_matches(r, q));
	}
	return MATCH_NO;
}

/* The key's name; a principal as BIND makes it a name: its text. */
static bool
signer_name(const struct signer *signer, struct name *name_out)
{
	if (signer->kind == SIGNER_KEY) {
		*name_out = signer->key_name;
		return true;
	}
	return name_from_text(signer->principal->text, NULL, name_out) == 0;
}

static bool
host_name(const struct signer *signer, struct name *name_out)
{
	const char *host = signer->principal->components[1];

	return strchr(host, '\\') == NULL &&
	    name_from_text(host, NULL, name_out) == 0;
}

/*
 * The machine's one label below the realm.  BIND would take "www.other.$" for
 * the absolute name www.other; machine accounts are made by users.
 */
static bool
machine_name(const uint8_t *realm, const struct signer *signer,
    struct name *name_out)
{
	const char *machine = signer->principal->components[0];
	size_t len = strlen(machine) - 1;
	uint8_t label[1 + LABEL_LEN_MAX];

	if (len > LABEL_LEN_MAX || strchr(machine, '.') != NULL)
		return false;
	label[0] = (uint8_t)len;
	memcpy(label + 1, machine, len);
	return name_join(label, len + 1, realm, name_out) == 0;
}

static bool
names_realm(const struct policy_rule *r)
{
	return r->identity == RULE_REALM || r->identity == RULE_PRINCIPAL;
}

bool
match_is_own_name(const struct policy_rule *r, const struct signer *signer,
    const uint8_t *name)
{
	struct name realm, own;
	const char *text;
	bool is_below;

	if (signer->kind != SIGNER_PRINCIPAL)
		return false;
	text = signer->principal->realm;
	is_below = name_from_text(text, NULL, &realm) == 0 &&
	    is_strictly_below(name, realm.octets);
	if (is_host(text, signer))
		return (is_below || names_realm(r)) &&
		    host_name(signer, &own) && name_equal(name, own.octets);
	return is_below && is_machine(text, signer) &&
	    machine_name(realm.octets, signer, &own) &&
	    name_equal(name, own.octets);
}

bool
match_is_reserved(const struct policy_rule *r, const struct policy_question *q,
    const uint8_t *name)
{
	return name_equal(name, r->apex.octets) ||
	    (q->by.zones != NULL &&
		q->by.zones->is_reserved(q->by.zones->arg, name));
}

static const struct name *
first_account_name(const struct policy_rule *r, const struct policy_question *q)
{
	if (q->by.facts_state != SIGNER_FACTS_KNOWN)
		return NULL;
	for (size_t i = 0; i < signer_facts_n_hosts(q->by.facts); i++)
		if (!match_is_reserved(r, q,
			signer_facts_host(q->by.facts, i)->octets))
			return signer_facts_host(q->by.facts, i);
	return NULL;
}

bool
match_self_name(const struct policy_rule *r, const struct policy_question *q,
    struct name *name_out)
{
	const struct name *of_account;
	bool has_name = false;

	if (match_requester(r, q) != MATCH_YES)
		return false;
	switch (r->who) {
	case RULE_IDENTITY:
	case RULE_LOCAL:
		has_name = signer_name(q->by.signer, name_out);
		break;
	case RULE_HOST:
		has_name = host_name(q->by.signer, name_out);
		break;
	case RULE_MACHINE:
		has_name = machine_name(r->identity_name.octets, q->by.signer,
		    name_out);
		break;
	case RULE_ACCOUNT:
		of_account = first_account_name(r, q);
		has_name = of_account != NULL;
		if (has_name)
			*name_out = *of_account;
		break;
	case RULE_EVERYBODY:
	case RULE_HELPER:
		break;
	case RULE_ADDRESS:
	case RULE_6TO4:
		has_name = address_name(r, q, name_out);
		break;
	}
	/* A wildcard would stand for others. */
	return has_name && !name_is_wildcard(name_out->octets);
}

/* One of the names that the directory holds; where it says nothing: unknown. */
static enum match
match_account_owner(const struct policy_rule *r,
    const struct policy_question *q)
{
	if (q->by.facts_state != SIGNER_FACTS_KNOWN)
		return match_by_directory(q);
	for (size_t i = 0; i < signer_facts_n_hosts(q->by.facts); i++) {
		const uint8_t *host = signer_facts_host(q->by.facts, i)->octets;
		bool is_it = r->where == RULE_SELF
		    ? name_equal(q->owner, host)
		    : name_is_below(q->owner, host);

		if (is_it && !match_is_reserved(r, q, host) &&
		    !match_is_reserved(r, q, q->owner))
			return MATCH_YES;
	}
	return signer_facts_has_all_hosts(q->by.facts) ? MATCH_NO
						       : MATCH_UNKNOWN;
}

static bool
owner_is_own(const struct policy_rule *r, const struct policy_question *q)
{
	struct name self;

	if (!match_self_name(r, q, &self))
		return false;
	switch (r->where) {
	case RULE_SELFSUB:
		return name_is_below(q->owner, self.octets);
	case RULE_SELFWILD:
		return is_strictly_below(q->owner, self.octets);
	default:
		return name_equal(q->owner, self.octets);
	}
}

enum match
match_owner(const struct policy_rule *r, const struct policy_question *q)
{
	switch (r->where) {
	case RULE_NAME:
		return match_if(name_equal(q->owner, r->name.octets));
	case RULE_BELOW:
	case RULE_ZONE:
		return match_if(name_is_below(q->owner, r->name.octets));
	case RULE_WILDCARD:
		return match_if(is_strictly_below(q->owner, r->name.octets));
	case RULE_SELF:
	case RULE_SELFSUB:
	case RULE_SELFWILD:
		return r->who == RULE_ACCOUNT ? match_account_owner(r, q)
					      : match_if(owner_is_own(r, q));
	}
	return MATCH_NO;
}

bool
match_type(const struct policy_rule *r, uint16_t type)
{
	if (type == TYPE_ANY)
		return true;
	if (r->n_types == 0)
		return type != TYPE_NS && type != TYPE_SOA &&
		    type != TYPE_RRSIG;
	for (size_t i = 0; i < r->n_types; i++)
		if (r->types[i].type == type || r->types[i].type == TYPE_ANY)
			return true;
	return false;
}

bool
match_covers_all_types(const struct policy_rule *r)
{
	for (size_t i = 0; i < r->n_types; i++)
		if (r->types[i].type == TYPE_ANY)
			return true;
	return false;
}

uint32_t
match_max_rrs(const struct policy_rule *r, uint16_t type)
{
	uint32_t max = 0;

	for (size_t i = 0; i < r->n_types; i++) {
		if (r->types[i].type == type)
			return r->types[i].max_rrs;
		if (r->types[i].type == TYPE_ANY)
			max = r->types[i].max_rrs;
	}
	return max;
}
