/*
 * match.c - does a rule match
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>
#include <strings.h>

#include "daemon/dns/rdata.h"
#include "daemon/policy/match.h"

static bool
same_principal(const struct principal *a, const struct principal *b)
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

static bool
identity_matches(const struct policy_rule *r, const struct signer *signer)
{
	switch (r->identity) {
	case RULE_ANYBODY:
		return true;
	case RULE_KEY:
		return signer->kind == SIGNER_KEY &&
		    name_equal(signer->key_name.octets,
			r->identity_name.octets);
	case RULE_SIGNERS_BELOW:
		return signer_is_below(signer, r->identity_name.octets);
	case RULE_PRINCIPAL:
		return signer->kind == SIGNER_PRINCIPAL &&
		    same_principal(signer->principal, r->principal);
	case RULE_REALM:
		break;
	}
	return false;
}

/* host/NAME@REALM, spelled just so; the realm with its case. */
static bool
is_host(const struct policy_rule *r, const struct signer *signer)
{
	const struct principal *p = signer->principal;

	return signer->kind == SIGNER_PRINCIPAL && p->n_components == 2 &&
	    strcmp(p->components[0], "host") == 0 &&
	    strcmp(p->realm, r->realm) == 0;
}

/* NAME$@REALM with no further '$'. */
static bool
is_machine(const struct policy_rule *r, const struct signer *signer)
{
	const struct principal *p = signer->principal;
	const char *dollar;

	if (signer->kind != SIGNER_PRINCIPAL || p->n_components != 1 ||
	    strcmp(p->realm, r->realm) != 0)
		return false;
	dollar = strchr(p->components[0], '$');
	return dollar != NULL && dollar > p->components[0] && dollar[1] == '\0';
}

bool
match_signer(const struct policy_rule *r, const struct signer *signer)
{
	if (signer->kind == SIGNER_NONE)
		return false;
	switch (r->who) {
	case RULE_IDENTITY:
		return identity_matches(r, signer);
	case RULE_HOST:
		return is_host(r, signer);
	case RULE_MACHINE:
		return is_machine(r, signer);
	}
	return false;
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
machine_name(const struct policy_rule *r, const struct signer *signer,
    struct name *name_out)
{
	const char *machine = signer->principal->components[0];
	size_t len = strlen(machine) - 1;
	uint8_t label[1 + LABEL_LEN_MAX];

	if (len > LABEL_LEN_MAX || strchr(machine, '.') != NULL)
		return false;
	label[0] = (uint8_t)len;
	memcpy(label + 1, machine, len);
	return name_join(label, len + 1, r->identity_name.octets, name_out) ==
	    0;
}

bool
match_self_name(const struct policy_rule *r, const struct signer *signer,
    struct name *name_out)
{
	bool has_name = false;

	if (!match_signer(r, signer))
		return false;
	switch (r->who) {
	case RULE_IDENTITY:
		has_name = signer_name(signer, name_out);
		break;
	case RULE_HOST:
		has_name = host_name(signer, name_out);
		break;
	case RULE_MACHINE:
		has_name = machine_name(r, signer, name_out);
		break;
	}
	/* A wildcard would stand for others. */
	return has_name && !name_is_wildcard(name_out->octets);
}

bool
match_owner(const struct policy_rule *r, const struct signer *signer,
    const uint8_t *owner)
{
	struct name self;

	switch (r->where) {
	case RULE_NAME:
		return name_equal(owner, r->name.octets);
	case RULE_BELOW:
	case RULE_ZONE:
		return name_is_below(owner, r->name.octets);
	case RULE_WILDCARD:
		return is_strictly_below(owner, r->name.octets);
	case RULE_SELF:
		return match_self_name(r, signer, &self) &&
		    name_equal(owner, self.octets);
	case RULE_SELFSUB:
		return match_self_name(r, signer, &self) &&
		    name_is_below(owner, self.octets);
	}
	return false;
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

/* Only these have a target that *-self-rhs rules look at. */
static bool
looks_at_target(const struct policy_rule *r, uint16_t type)
{
	return r->checks_target && (type == TYPE_PTR || type == TYPE_SRV);
}

bool
match_needs_target(const struct policy_rule *r, const struct policy_question *q)
{
	return looks_at_target(r, q->type) && q->rdata == NULL;
}

bool
match_target(const struct policy_rule *r, const struct policy_question *q)
{
	const uint8_t *target;
	struct name self;

	if (!looks_at_target(r, q->type))
		return true;
	if (q->rdata == NULL)
		return false;
	target = rdata_target(q->type, q->rdata, q->rdata_len);
	return target != NULL && match_self_name(r, q->signer, &self) &&
	    name_equal(target, self.octets);
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
