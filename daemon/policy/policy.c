/*
 * policy.c - who may change what: update-policy rules and their verdict
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/dns/types.h"
#include "daemon/policy/match.h"
#include "daemon/policy/policy.h"

struct policy_book {
	size_t n;
	struct policy_rule **rules;
};

int
policy_book_create(const struct name *apex,
    const struct policy_rule_text *rules, size_t n,
    void (*complain)(void *arg, const char *source, const char *what),
    void *arg, struct policy_book **book_out)
{
	struct policy_book *b = NULL; /* owned until handed out */
	struct reason reason;
	int ret = 0, one;

	*book_out = NULL;

	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return ERR_NOMEM;
	b->rules = calloc(n == 0 ? 1 : n, sizeof(*b->rules));
	if (b->rules == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	for (; b->n < n; b->n++) {
		one = rule_parse(&rules[b->n], apex, &b->rules[b->n], &reason);
		if (one == ERR_NOMEM) {
			ret = ERR_NOMEM;
			goto done;
		}
		if (one != 0) {
			complain(arg, rules[b->n].source, reason.text);
			ret = ERR_MALFORMED;
		}
	}
	if (ret != 0)
		goto done;

	*book_out = b;
	b = NULL;
done:
	policy_book_destroy(b);
	return ret;
}

void
policy_book_destroy(struct policy_book *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n; i++)
		rule_destroy(b->rules[i]);
	free(b->rules);
	free(b);
}

size_t
policy_book_n_rules(const struct policy_book *b)
{
	return b->n;
}

const struct policy_rule *
policy_book_rule_at(const struct policy_book *b, size_t i)
{
	return b->rules[i];
}

const char *
policy_rule_to_text(const struct policy_rule *r)
{
	return r->text;
}

/* Everything but the target matches. */
static bool
matches_but_for_target(const struct policy_rule *r,
    const struct policy_question *q)
{
	return match_type(r, q->type) && match_requester(r, q) &&
	    match_owner(r, q);
}

static enum policy_verdict
verdict_of(const struct policy_rule *r)
{
	return r->is_grant ? POLICY_GRANT : POLICY_DENY;
}

/* The first rule that matches; *rule_out stays NULL without one. */
static enum policy_verdict
decide_change(const struct policy_book *b, const struct policy_question *q,
    const struct policy_rule **rule_out)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct policy_rule *r = b->rules[i];

		if (!matches_but_for_target(r, q))
			continue;
		if (match_needs_target(r, q))
			return POLICY_LATER;
		if (!match_target(r, q))
			continue;
		*rule_out = r;
		return verdict_of(r);
	}
	return POLICY_NO_MATCH;
}

/*
 * The deletion of a whole name: as soon as a rule speaks of the owner the
 * types there decide, unless it refuses every one of them.
 */
static enum policy_verdict
decide_name(const struct policy_book *b, const struct policy_question *q,
    const struct policy_rule **rule_out)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct policy_rule *r = b->rules[i];

		if (!matches_but_for_target(r, q))
			continue;
		if (r->is_grant || r->checks_target ||
		    !match_covers_all_types(r))
			return POLICY_LATER;
		*rule_out = r;
		return POLICY_DENY;
	}
	return POLICY_NO_MATCH;
}

/* --- The nearest rule --- */

/* The worse the higher: what is furthest from being granted. */
enum lack {
	LACK_TYPE = 1,
	LACK_TARGET = 2,
	LACK_OWNER = 4,
	LACK_REQUESTER = 8,
};

/* What is the signer's own is not asked of one that the rule is not for. */
static unsigned
lacks_of(const struct policy_rule *r, const struct policy_question *q)
{
	unsigned lacks = 0;

	if (!match_type(r, q->type))
		lacks |= LACK_TYPE;
	if (!match_requester(r, q)) {
		lacks |= LACK_REQUESTER;
		if (rule_is_about_self(r))
			return lacks;
	} else if (!match_needs_target(r, q) && !match_target(r, q)) {
		lacks |= LACK_TARGET;
	}
	if (!match_owner(r, q))
		lacks |= LACK_OWNER;
	return lacks;
}

/* Fewest lacks first, then the least bad. */
static unsigned
distance(unsigned lacks)
{
	return (unsigned)__builtin_popcount(lacks) * 16 + lacks;
}

static void
explain_group(const struct policy_question *q, struct policy_decision *d)
{
	if (q->signer->kind == SIGNER_KEY) {
		d->because = "a key is in no group";
	} else if (q->signer->principal->pac == PRINCIPAL_PAC_READ) {
		d->because = "the signer's ticket does not have that group";
		d->advice = "put the signer into the group, and let it get a "
			    "new ticket";
	} else {
		d->because = "the signer's ticket tells no groups (no PAC)";
		d->advice = "add a rule for this signer by name";
	}
}

static void
explain_requester(const struct policy_rule *r, const struct policy_question *q,
    struct policy_decision *d)
{
	bool by_address = r->who == RULE_ADDRESS || r->who == RULE_6TO4;

	d->advice = "add a rule for this signer";
	if (!by_address && q->signer->kind == SIGNER_NONE) {
		d->because = "the request is not signed";
		d->advice =
		    "sign it: nsupdate -g with a ticket, or -y with a key";
		return;
	}
	switch (r->who) {
	case RULE_IDENTITY:
		d->because = "its identity is another";
		if (r->identity == RULE_GROUP)
			explain_group(q, d);
		break;
	case RULE_LOCAL:
		d->because = "it is for its key from a loopback address";
		d->advice = "send it from this host: nsupdate -l -k with the "
			    "session-keyfile";
		break;
	case RULE_HOST:
		d->because = "the signer is no host/NAME of its realm";
		break;
	case RULE_MACHINE:
		d->because = "the signer is no machine NAME$ of its realm";
		break;
	case RULE_ADDRESS:
	case RULE_6TO4:
		d->because = q->tcp ? "its identity is another address"
				    : "the request came over UDP";
		d->advice =
		    q->tcp ? "add a rule for this address" : "send it over TCP";
		break;
	}
}

static void
explain_owner(const struct policy_rule *r, struct policy_decision *d)
{
	d->advice = "add a rule that covers this owner name";
	switch (r->where) {
	case RULE_NAME:
		d->because = "the owner is not its name";
		break;
	case RULE_BELOW:
	case RULE_ZONE:
		d->because = "the owner is neither its name nor below it";
		break;
	case RULE_WILDCARD:
		d->because = "the owner is not below its wildcard";
		break;
	case RULE_SELF:
		d->because = "the owner is not the signer's own name";
		break;
	case RULE_SELFSUB:
		d->because =
		    "the owner is neither the signer's own name nor below it";
		break;
	case RULE_SELFWILD:
		d->because = "the owner is not below the signer's own name";
		break;
	}
}

static void
explain_lacks(const struct policy_rule *r, const struct policy_question *q,
    unsigned lacks, struct policy_decision *d)
{
	if (lacks & LACK_REQUESTER) {
		explain_requester(r, q, d);
	} else if (lacks & LACK_OWNER) {
		explain_owner(r, d);
	} else if (lacks & LACK_TARGET) {
		d->because = "the target is not the signer's own name";
		d->advice = "let it point to the signer's own name";
	} else if (lacks & LACK_TYPE) {
		d->because = r->n_types == 0
		    ? "without types it leaves out NS, SOA and RRSIG"
		    : "the type is not among its types";
		d->advice = "add the type to that rule";
	} else {
		d->because = "a rule that denies comes first";
		d->advice = "move it before the rule that denies";
	}
}

static void
find_nearest(const struct policy_book *b, const struct policy_question *q,
    struct policy_decision *d)
{
	unsigned lacks, fewest = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (!b->rules[i]->is_grant)
			continue;
		lacks = lacks_of(b->rules[i], q);
		if (d->nearest != NULL && distance(lacks) >= distance(fewest))
			continue;
		d->nearest = b->rules[i];
		fewest = lacks;
	}
	if (d->nearest != NULL)
		explain_lacks(d->nearest, q, fewest, d);
}

void
policy_decide(const struct policy_book *b, const struct policy_question *q,
    struct policy_decision *decision_out)
{
	struct policy_decision d = {.verdict = POLICY_NO_MATCH,
	    .advice = "add an update-policy rule that grants it"};

	if (b != NULL) {
		d.verdict = q->type == TYPE_ANY ? decide_name(b, q, &d.rule)
						: decide_change(b, q, &d.rule);
		if (d.verdict == POLICY_GRANT)
			d.max_rrs = match_max_rrs(d.rule, q->type);
		if (d.verdict == POLICY_DENY || d.verdict == POLICY_NO_MATCH)
			find_nearest(b, q, &d);
	}
	*decision_out = d;
}

/* Rules may list many types, and names be long: enough to be known again. */
#define RULE_SHOWN 160
#define NAME_SHOWN 80

/* True if it is the signer's own name that the change does not have. */
static bool
asks_for_own_name(const struct policy_rule *r, const struct policy_question *q)
{
	if (rule_is_about_self(r))
		return !match_owner(r, q);
	return !match_needs_target(r, q) && !match_target(r, q);
}

/* ", pc1.ad.example.test" where the signer's own name is what matters. */
static const char *
own_name(const struct policy_question *q, const struct policy_decision *d,
    char text[NAME_SHOWN + 3])
{
	const struct policy_rule *r = d->nearest;
	char name_text[NAME_TEXT_SIZE];
	struct name self;

	text[0] = '\0';
	if (!asks_for_own_name(r, q) || !match_self_name(r, q, &self))
		return text;
	name_to_lower(self.octets);
	(void)snprintf(text, NAME_SHOWN + 3, ", %.*s", NAME_SHOWN,
	    name_to_log(self.octets, name_text));
	return text;
}

static void
explain_refusal(const struct policy_question *q,
    const struct policy_decision *d, const char *first,
    struct reason *reason_out)
{
	char own[NAME_SHOWN + 3];

	if (d->nearest == NULL)
		reason_set(reason_out, "%s; %s", first, d->advice);
	else
		reason_set(reason_out, "%s; nearest is \"%.*s\", but %s%s: %s",
		    first, RULE_SHOWN, d->nearest->text, d->because,
		    own_name(q, d, own), d->advice);
}

void
policy_explain(const struct policy_question *q, const struct policy_decision *d,
    struct reason *reason_out)
{
	struct reason first;

	switch (d->verdict) {
	case POLICY_GRANT:
		reason_set(reason_out, "granted by \"%s\"", d->rule->text);
		break;
	case POLICY_LATER:
		reason_set(reason_out, "what is in the zone decides");
		break;
	case POLICY_DENY:
		reason_set(&first, "denied by \"%.*s\"", RULE_SHOWN,
		    d->rule->text);
		explain_refusal(q, d, first.text, reason_out);
		break;
	case POLICY_NO_MATCH:
		explain_refusal(q, d, "no rule matches", reason_out);
		break;
	}
}
