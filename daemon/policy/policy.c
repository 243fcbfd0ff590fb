/*
 * policy.c - who may change what: update-policy rules and their verdict
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/dns/types.h"
#include "daemon/policy/match.h"
#include "daemon/policy/policy.h"
#include "daemon/policy/rule_index.h"

struct policy_book {
	atomic_uint n_refs;
	bool needs_facts;
	bool asks_helpers;
	size_t n;
	struct policy_rule **rules;
	struct rule_index *index;
};

static void
book_free(struct policy_book *b)
{
	for (size_t i = 0; i < b->n; i++)
		rule_destroy(b->rules[i]);
	rule_index_destroy(b->index);
	free(b->rules);
	free(b);
}

static void
add_rule(struct policy_book *b, struct policy_rule *r)
{
	b->rules[b->n++] = r;
	b->needs_facts = b->needs_facts || r->who == RULE_ACCOUNT ||
	    r->identity == RULE_GROUP;
	b->asks_helpers = b->asks_helpers || r->who == RULE_HELPER;
}

/* A rule that is wrong: none, or one that refuses all from its place on. */
static int
add_in_place_of(struct policy_book *b, const struct policy_book_source *source,
    const struct policy_rule_text *text)
{
	struct policy_rule *r;

	if (text->origin == POLICY_FROM_DIRECTORY &&
	    rule_is_surely_grant(text->text))
		return 0;
	r = rule_block(text, source);
	if (r == NULL)
		return ERR_NOMEM;
	add_rule(b, r);
	return 0;
}

static int
add_text(struct policy_book *b, const struct policy_book_source *source,
    const struct policy_rule_text *text)
{
	struct policy_rule *r;
	struct reason reason;
	int ret;

	if (text->origin == POLICY_BLOCK)
		return add_in_place_of(b, source, text);
	ret = rule_parse(text, source, &r, &reason);
	if (ret == 0) {
		add_rule(b, r);
		return 0;
	}
	if (ret == ERR_NOMEM)
		return ret;
	source->complain(source->arg, text->source, reason.text);
	return text->origin == POLICY_FROM_FILE
	    ? ERR_MALFORMED
	    : add_in_place_of(b, source, text);
}

int
policy_book_create(const struct policy_book_source *source,
    struct policy_book **book_out)
{
	struct policy_book *b = NULL; /* owned until handed out */
	int ret = 0, one;

	*book_out = NULL;

	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return ERR_NOMEM;
	atomic_init(&b->n_refs, 1);
	b->rules = calloc(source->n == 0 ? 1 : source->n, sizeof(*b->rules));
	if (b->rules == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	for (size_t i = 0; i < source->n; i++) {
		one = add_text(b, source, &source->rules[i]);
		if (one != 0)
			ret = one;
		if (one == ERR_NOMEM)
			goto done;
	}
	if (ret != 0)
		goto done;
	b->index = rule_index_create(b->rules, b->n);
	if (b->index == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}

	*book_out = b;
	b = NULL;
done:
	policy_book_unref(b);
	return ret;
}

struct policy_book *
policy_book_ref(struct policy_book *b)
{
	atomic_fetch_add_explicit(&b->n_refs, 1, memory_order_relaxed);
	return b;
}

void
policy_book_unref(struct policy_book *b)
{
	if (b == NULL)
		return;
	if (atomic_fetch_sub_explicit(&b->n_refs, 1, memory_order_acq_rel) == 1)
		book_free(b);
}

bool
policy_book_needs_facts(const struct policy_book *b)
{
	return b != NULL && b->needs_facts;
}

bool
policy_book_asks_helpers(const struct policy_book *b)
{
	return b != NULL && b->asks_helpers;
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

/* Everything but the target. */
static enum match
match_but_for_target(const struct policy_rule *r,
    const struct policy_question *q)
{
	enum match requester, owner;

	if (!match_type(r, q->type))
		return MATCH_NO;
	requester = match_requester(r, q);
	if (requester == MATCH_NO)
		return MATCH_NO;
	owner = match_owner(r, q);
	return owner == MATCH_YES ? requester : owner;
}

static enum policy_verdict
verdict_of(const struct policy_rule *r)
{
	return r->is_grant ? POLICY_GRANT : POLICY_DENY;
}

enum next {
	NEXT_NONE,
	NEXT_RULE,
	NEXT_WAIT, /* what says so is coming */
};

/* The next rule that matches.  What is not known grants nothing, denies all. */
static enum next
next_match(const struct policy_book *b, struct rule_walk *w,
    const struct policy_question *q, const struct policy_rule **rule_out)
{
	size_t i;

	while ((i = rule_walk_next(w)) != SIZE_MAX) {
		*rule_out = b->rules[i];
		switch (match_but_for_target(*rule_out, q)) {
		case MATCH_YES:
			return NEXT_RULE;
		case MATCH_NO:
			break;
		case MATCH_COMING:
			return NEXT_WAIT;
		case MATCH_UNKNOWN:
			if (!(*rule_out)->is_grant)
				return NEXT_RULE;
			break;
		}
	}
	return NEXT_NONE;
}

/* The first rule that matches; *rule_out stays NULL without one. */
static enum policy_verdict
decide_change(const struct policy_book *b, const struct policy_question *q,
    const struct policy_rule **rule_out)
{
	const struct policy_rule *r;
	struct rule_walk w;
	enum next next;

	rule_walk_start(&w, b->index, q);
	while ((next = next_match(b, &w, q, &r)) == NEXT_RULE) {
		enum match target;

		if (match_needs_target(r, q))
			return POLICY_LATER;
		target = match_target(r, q);
		if (target == MATCH_COMING)
			return POLICY_WAIT;
		if (target == MATCH_NO ||
		    (target == MATCH_UNKNOWN && r->is_grant))
			continue;
		*rule_out = r;
		return verdict_of(r);
	}
	return next == NEXT_WAIT ? POLICY_WAIT : POLICY_NO_MATCH;
}

/*
 * The deletion of a whole name: as soon as a rule speaks of the owner the
 * types there decide, unless it refuses every one of them.
 */
static enum policy_verdict
decide_name(const struct policy_book *b, const struct policy_question *q,
    const struct policy_rule **rule_out)
{
	const struct policy_rule *r;
	struct rule_walk w;

	rule_walk_start(&w, b->index, q);
	switch (next_match(b, &w, q, &r)) {
	case NEXT_NONE:
		return POLICY_NO_MATCH;
	case NEXT_WAIT:
		return POLICY_WAIT;
	case NEXT_RULE:
		break;
	}
	if (r->is_grant || r->target != RULE_ANY_TARGET ||
	    (r->who == RULE_HELPER && !match_is_forgeable(q)) ||
	    !match_covers_all_types(r))
		return POLICY_LATER;
	*rule_out = r;
	return POLICY_DENY;
}

/* --- The nearest rule --- */

/* The worse the higher: what is furthest from being granted. */
enum lack {
	LACK_ANSWER = 1, /* its helper is silent: it might have said yes */
	LACK_TYPE = 2,
	LACK_TARGET = 4,
	LACK_OWNER = 8,
	LACK_REQUESTER = 16,
};

/* What a rule decides that comes first, no helper is asked. */
static unsigned
helper_lacks_of(const struct policy_rule *r, const struct policy_question *q,
    bool was_reached)
{
	if (!match_type(r, q->type))
		return LACK_TYPE;
	if (!was_reached || q->type == TYPE_ANY || match_is_forgeable(q))
		return LACK_REQUESTER;
	if (match_why_silent(r, q) != NULL)
		return LACK_ANSWER;
	return match_requester(r, q) == MATCH_YES ? 0 : LACK_REQUESTER;
}

/* What is the signer's own is not asked of one that the rule is not for. */
static unsigned
lacks_of(const struct policy_rule *r, const struct policy_question *q)
{
	unsigned lacks = 0;

	if (!match_type(r, q->type))
		lacks |= LACK_TYPE;
	if (match_requester(r, q) != MATCH_YES) {
		lacks |= LACK_REQUESTER;
		if (rule_is_about_self(r))
			return lacks;
	} else if (!match_needs_target(r, q) &&
	    match_target(r, q) != MATCH_YES) {
		lacks |= LACK_TARGET;
	}
	if (match_owner(r, q) != MATCH_YES)
		lacks |= LACK_OWNER;
	return lacks;
}

/* Fewest lacks first, then the least bad. */
static unsigned
distance(unsigned lacks)
{
	return (unsigned)__builtin_popcount(lacks) * 32 + lacks;
}

static void
explain_group(const struct policy_rule *r, const struct policy_question *q,
    struct policy_decision *d)
{
	if (q->by.signer->kind == SIGNER_KEY) {
		d->because = "a key is in no group";
	} else if (!r->has_group_sid && r->group_dn == NULL) {
		d->because = "the directory does not know that group";
		d->advice = "see how the group is called, or write its SID";
	} else if (q->by.signer->principal->pac == PRINCIPAL_PAC_READ &&
	    r->has_group_sid) {
		d->because = "the signer's ticket does not have that group";
		d->advice = "put the signer into the group, and let it get a "
			    "new ticket";
	} else if (match_requester(r, q) == MATCH_NO) {
		d->because = "the directory does not have it in that group";
		d->advice = "put the signer into the group";
	} else {
		d->because = "the signer's groups are not known: no PAC in its "
			     "ticket, no word from the directory";
		d->advice = "add a rule for this signer by name, or see why "
			    "the directory does not answer";
	}
}

static void
explain_case_of_realm(const struct policy_rule *r,
    const struct policy_question *q, struct policy_decision *d)
{
	const struct principal *p = q->by.signer->principal;

	if (p == NULL || strcasecmp(p->realm, r->realm) != 0 ||
	    strcmp(p->realm, r->realm) == 0)
		return;
	d->because = "its realm is the signer's in another case";
	d->advice = "write the realm as it is; an Active Directory's has no "
		    "small letters";
}

static void
explain_requester(const struct policy_rule *r, const struct policy_question *q,
    struct policy_decision *d)
{
	bool by_address = r->who == RULE_ADDRESS || r->who == RULE_6TO4;

	d->advice = "add a rule for this signer";
	if (!by_address && r->who != RULE_HELPER &&
	    q->by.signer->kind == SIGNER_NONE) {
		d->because = "the request is not signed";
		d->advice =
		    "sign it: nsupdate -g with a ticket, or -y with a key";
		return;
	}
	switch (r->who) {
	case RULE_IDENTITY:
		d->because = "its identity is another";
		if (r->identity == RULE_GROUP)
			explain_group(r, q, d);
		break;
	case RULE_LOCAL:
		d->because = "it is for its key from a loopback address";
		d->advice = "send it from this host: nsupdate -l -k with the "
			    "session-keyfile";
		break;
	case RULE_HOST:
		d->because = "the signer is no host/NAME of its realm";
		explain_case_of_realm(r, q, d);
		break;
	case RULE_MACHINE:
		d->because = "the signer is no machine NAME$ of its realm";
		explain_case_of_realm(r, q, d);
		break;
	case RULE_ACCOUNT:
		d->because = "the signer is no principal of its identity";
		if (r->identity == RULE_GROUP)
			explain_group(r, q, d);
		break;
	case RULE_EVERYBODY: /* it grants nothing */
		break;
	case RULE_HELPER:
		d->because = match_is_forgeable(q)
		    ? "the request is neither signed nor came over TCP"
		    : "its helper has not granted it";
		d->advice = match_is_forgeable(q)
		    ? "sign it, or send it over TCP"
		    : "see what the helper says, or add a rule";
		break;
	case RULE_ADDRESS:
	case RULE_6TO4:
		d->because = q->by.tcp ? "its identity is another address"
				       : "the request came over UDP";
		d->advice = q->by.tcp ? "add a rule for this address"
				      : "send it over TCP";
		break;
	}
}

/* The directory says that it is the signer's. */
static bool
is_held(const struct signer_facts *facts, const uint8_t *owner)
{
	for (size_t i = 0; i < signer_facts_n_hosts(facts); i++)
		if (name_equal(signer_facts_host(facts, i)->octets, owner))
			return true;
	return false;
}

static void
explain_account(const struct policy_question *q, struct policy_decision *d)
{
	if (q->by.facts_state != SIGNER_FACTS_KNOWN) {
		d->because = "the directory does not say which names are the "
			     "signer's";
		d->advice = "see why the directory does not answer";
	} else if (signer_facts_n_hosts(q->by.facts) == 0) {
		d->because = "the directory holds no host name that counts for "
			     "the signer";
		d->advice = "see dNSHostName of its object, and "
			    "hostname-suffixes";
	} else if (is_held(q->by.facts, q->owner)) {
		d->because = "the zone's own name and those of its servers are "
			     "nobody's";
		d->advice = "see dNSHostName of its object";
	} else {
		d->because = "the directory holds another name for the signer";
		d->advice = "see dNSHostName of its object";
	}
}

static void
explain_owner(const struct policy_rule *r, const struct policy_question *q,
    struct policy_decision *d)
{
	d->advice = "add a rule that covers this owner name";
	if (r->who == RULE_ACCOUNT) {
		explain_account(q, d);
		return;
	}
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
explain_target(const struct policy_rule *r, struct policy_decision *d)
{
	d->because = "the target is not the signer's own name";
	d->advice = "let it point to the signer's own name";
	if (r->target == RULE_OWN_TARGET) {
		d->because = "the target is not the signer's own name, or does "
			     "not have that address in our zones";
		d->advice = "let it point to the signer's own name, and "
			    "register the address first";
	}
}

static void
explain_lacks(const struct policy_rule *r, const struct policy_question *q,
    unsigned lacks, struct policy_decision *d)
{
	if (lacks & LACK_REQUESTER) {
		explain_requester(r, q, d);
	} else if (lacks & LACK_ANSWER) {
		d->because = match_why_silent(r, q);
		d->advice = "see to the helper";
	} else if (lacks & LACK_OWNER) {
		explain_owner(r, q, d);
	} else if (lacks & LACK_TARGET) {
		explain_target(r, d);
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

/* With more rules, only those that could match are looked at. */
#define NEAREST_OF_ALL_MAX 64

struct nearest {
	const struct policy_rule *decided; /* NULL: none did */
	bool is_behind; /* of it: no rule was asked from here on */
	const struct policy_rule *rule;
	unsigned lacks;
};

static void
take_if_nearer(struct nearest *nearest, const struct policy_rule *r,
    const struct policy_question *q)
{
	unsigned lacks;

	if (r == nearest->decided)
		nearest->is_behind = true;
	if (!r->is_grant)
		return;
	lacks = r->who == RULE_HELPER
	    ? helper_lacks_of(r, q, !nearest->is_behind)
	    : lacks_of(r, q);
	if (nearest->rule != NULL &&
	    distance(lacks) >= distance(nearest->lacks))
		return;
	nearest->rule = r;
	nearest->lacks = lacks;
}

static void
find_nearest(const struct policy_book *b, const struct policy_question *q,
    struct policy_decision *d)
{
	struct nearest nearest = {.decided = d->rule};
	struct rule_walk w;
	size_t i;

	if (b->n <= NEAREST_OF_ALL_MAX) {
		for (i = 0; i < b->n; i++)
			take_if_nearer(&nearest, b->rules[i], q);
	} else {
		rule_walk_start(&w, b->index, q);
		while ((i = rule_walk_next(&w)) != SIZE_MAX)
			take_if_nearer(&nearest, b->rules[i], q);
	}
	d->nearest = nearest.rule;
	if (d->nearest != NULL)
		explain_lacks(d->nearest, q, nearest.lacks, d);
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
		return match_owner(r, q) != MATCH_YES;
	return !match_needs_target(r, q) && match_target(r, q) != MATCH_YES;
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
	const char *why;

	switch (d->verdict) {
	case POLICY_GRANT:
		reason_set(reason_out, "granted by \"%s\"", d->rule->text);
		break;
	case POLICY_LATER:
		reason_set(reason_out, "what is in the zone decides");
		break;
	case POLICY_WAIT:
		reason_set(reason_out,
		    "what the directory or a helper says decides");
		break;
	case POLICY_DENY:
		why = match_why_silent(d->rule, q);
		reason_set(&first, "denied by \"%.*s\"%s%s", RULE_SHOWN,
		    d->rule->text, why == NULL ? "" : ", for ",
		    why == NULL ? "" : why);
		explain_refusal(q, d, first.text, reason_out);
		break;
	case POLICY_NO_MATCH:
		explain_refusal(q, d, "no rule matches", reason_out);
		break;
	}
}
