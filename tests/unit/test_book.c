/*
 * test_book.c - policy books: which rule decides, and what the refused are told
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/types.h"
#include "daemon/policy/match.h"
#include "daemon/policy/policy.h"
#include "daemon/policy/rule_index.h"
#include "tests/unit/suites.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define RULES_MAX 8

static struct name
name(const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return n;
}

static void
count_complaint(void *arg, const char *source, const char *what)
{
	unsigned *n = arg;

	(*n)++;
	CU_ASSERT_STRING_EQUAL(source, "f:1");
	CU_ASSERT(*what != '\0');
}

/* "admins" is a group of the directory, with a SID and a DN. */
static bool
find_group(void *arg, const char *text, struct policy_group *group_out)
{
	(void)arg;
	*group_out = (struct policy_group){.dn = "cn=admins,dc=ad,dc=test"};
	group_out->has_sid =
	    sid_from_text("S-1-5-21-1-2-3-1200", &group_out->sid) == 0;
	return strcmp(text, "admins") == 0;
}

static int
create(const struct policy_rule_text *rules, size_t n, unsigned *complaints,
    struct policy_book **book_out)
{
	struct name apex = name("ad.test");
	struct policy_book_source source = {.apex = &apex,
	    .rules = rules,
	    .n = n,
	    .has_directory = true,
	    .find_group = find_group,
	    .complain = count_complaint,
	    .arg = complaints};

	return policy_book_create(&source, book_out);
}

static struct policy_book *
book(const char *const *texts, size_t n)
{
	struct policy_rule_text rules[RULES_MAX];
	struct policy_book *b;
	unsigned complaints = 0;

	for (size_t i = 0; i < n; i++)
		rules[i] = (struct policy_rule_text){texts[i], "f:1",
		    POLICY_FROM_FILE};
	CU_ASSERT_EQUAL_FATAL(create(rules, n, &complaints, &b), 0);
	CU_ASSERT_EQUAL(complaints, 0);
	CU_ASSERT_EQUAL(policy_book_n_rules(b), n);
	return b;
}

/* Asks; a reason comes along when it is wanted. */
static struct policy_decision
ask_rdata(const struct policy_book *b, const char *signed_by, const char *owner,
    uint16_t type, const struct name *target, struct reason *reason_out)
{
	struct signer signer = {.kind = SIGNER_NONE};
	struct addr address = {0};
	struct name n = name(owner);
	struct policy_question q = {.by.signer = &signer,
	    .by.address = &address,
	    .owner = n.octets,
	    .type = type};
	struct policy_decision d;
	struct reason reason;

	if (strchr(signed_by, '@') != NULL) {
		signer.kind = SIGNER_PRINCIPAL;
		CU_ASSERT_EQUAL_FATAL(principal_from_text(signed_by,
					  &signer.principal, &reason),
		    0);
	} else if (*signed_by != '\0') {
		signer.kind = SIGNER_KEY;
		signer.key_name = name(signed_by);
	}
	if (target != NULL) {
		q.rdata = target->octets;
		q.rdata_len = target->len;
	}
	policy_decide(b, &q, &d);
	if (reason_out != NULL)
		policy_explain(&q, &d, reason_out);
	principal_unref(signer.principal);
	return d;
}

static struct policy_decision
ask(const struct policy_book *b, const char *signed_by, const char *owner,
    uint16_t type)
{
	return ask_rdata(b, signed_by, owner, type, NULL, NULL);
}

static void
test_the_first_rule_that_matches_decides(void)
{
	static const char *const texts[] = {
	    "deny * name www.ad.test. A",
	    "grant AD.TEST ms-self . A",
	    "grant k zonesub A(2)",
	    "deny k zonesub ANY",
	    "grant k zonesub ANY",
	};
	struct policy_book *b = book(texts, N(texts));
	struct policy_decision d;

	d = ask(b, "WWW$@AD.TEST", "www.ad.test", TYPE_A);
	CU_ASSERT_EQUAL(d.verdict, POLICY_DENY);
	CU_ASSERT_PTR_EQUAL(d.rule, policy_book_rule_at(b, 0));
	CU_ASSERT_PTR_EQUAL(d.nearest, policy_book_rule_at(b, 1));
	d = ask(b, "PC1$@AD.TEST", "pc1.ad.test", TYPE_A);
	CU_ASSERT_EQUAL(d.verdict, POLICY_GRANT);
	CU_ASSERT_PTR_EQUAL(d.rule, policy_book_rule_at(b, 1));
	CU_ASSERT_EQUAL(d.max_rrs, 0);
	d = ask(b, "k", "pc1.ad.test", TYPE_A);
	CU_ASSERT_EQUAL(d.verdict, POLICY_GRANT);
	CU_ASSERT_EQUAL(d.max_rrs, 2);
	d = ask(b, "k", "pc1.ad.test", TYPE_TXT);
	CU_ASSERT_EQUAL(d.verdict, POLICY_DENY);
	CU_ASSERT_PTR_EQUAL(d.rule, policy_book_rule_at(b, 3));
	d = ask(b, "k2", "pc1.ad.test", TYPE_TXT);
	CU_ASSERT_EQUAL(d.verdict, POLICY_NO_MATCH);
	CU_ASSERT_PTR_NULL(d.rule);
	policy_book_unref(b);
}

static void
test_no_book_and_an_empty_one_match_nothing(void)
{
	struct policy_book *b = book(NULL, 0);
	struct reason reason;

	CU_ASSERT_EQUAL(ask(b, "k", "a.ad.test", TYPE_A).verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask_rdata(NULL, "k", "a.ad.test", TYPE_A, NULL, &reason)
			    .verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_STRING_EQUAL(reason.text,
	    "no rule matches; add an update-policy rule that grants it");
	policy_book_unref(b);
}

static void
test_all_mistakes_are_told_at_once(void)
{
	struct policy_rule_text rules[] = {{"grant", "f:1", POLICY_FROM_FILE},
	    {"grant k zonesub", "f:1", POLICY_FROM_FILE},
	    {"x", "f:1", POLICY_FROM_FILE}};
	struct policy_book *b;
	unsigned complaints = 0;

	CU_ASSERT_EQUAL(create(rules, N(rules), &complaints, &b),
	    ERR_MALFORMED);
	CU_ASSERT_PTR_NULL(b);
	CU_ASSERT_EQUAL(complaints, 2);
}

/* --- Helpers --- */

/* Whom is asked what, and what is said: by the owner's first letter. */
struct asked {
	unsigned n;
	char socket[32];
	uint16_t type;
};

static enum policy_word
say(void *arg, const char *socket, const uint8_t *owner, uint16_t type,
    const char **why_out)
{
	struct asked *asked = arg;

	asked->n++;
	asked->type = type;
	(void)snprintf(asked->socket, sizeof(asked->socket), "%s", socket);
	*why_out = "it sleeps";
	switch (owner[1]) {
	case 'y':
		return POLICY_WORD_YES;
	case 'n':
		return POLICY_WORD_NO;
	case 'c':
		return POLICY_WORD_COMING;
	default:
		return POLICY_WORD_NONE;
	}
}

static struct policy_decision
ask_by(const struct policy_book *b, enum signer_kind kind, bool tcp,
    const char *owner, uint16_t type, struct asked *asked,
    struct reason *reason_out)
{
	struct signer signer = {.kind = kind, .key_name = name("k")};
	struct addr address = {0};
	struct name n = name(owner);
	struct policy_helpers helpers = {say, asked};
	struct policy_question q = {.by.signer = &signer,
	    .by.address = &address,
	    .by.tcp = tcp,
	    .owner = n.octets,
	    .type = type,
	    .by.helpers = &helpers};
	struct policy_decision d;

	*asked = (struct asked){0};
	policy_decide(b, &q, &d);
	policy_explain(&q, &d, reason_out);
	return d;
}

static enum policy_verdict
verdict(const struct policy_book *b, const char *owner, uint16_t type,
    struct asked *asked)
{
	struct reason reason;

	return ask_by(b, SIGNER_KEY, false, owner, type, asked, &reason)
	    .verdict;
}

static void
test_a_helper_says_whether_its_rule_matches(void)
{
	static const char *const texts[] = {
	    "deny * name yes.www.ad.test ANY",
	    "grant local:/a external . A TXT(3)",
	    "grant k name no.ad.test A",
	    "deny local:/b external . ANY",
	    "grant k zonesub AAAA",
	};
	struct policy_book *b = book(texts, N(texts));
	struct reason reason;
	struct asked asked;
	struct policy_decision d;

	CU_ASSERT(policy_book_asks_helpers(b));
	CU_ASSERT(!policy_book_needs_facts(b));
	CU_ASSERT_EQUAL(verdict(b, "yes.www.ad.test", TYPE_A, &asked),
	    POLICY_DENY);
	CU_ASSERT_EQUAL(asked.n, 0);
	d = ask_by(b, SIGNER_KEY, false, "yes.ad.test", TYPE_TXT, &asked,
	    &reason);
	CU_ASSERT_EQUAL(d.verdict, POLICY_GRANT);
	CU_ASSERT_EQUAL(d.max_rrs, 3);
	CU_ASSERT_EQUAL(asked.n, 1);
	CU_ASSERT_EQUAL(asked.type, TYPE_TXT);
	CU_ASSERT_STRING_EQUAL(asked.socket, "/a");
	/* What it says no to comes to the next rule. */
	CU_ASSERT_EQUAL(verdict(b, "no.ad.test", TYPE_A, &asked), POLICY_GRANT);
	CU_ASSERT_EQUAL(verdict(b, "no2.ad.test", TYPE_AAAA, &asked),
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(verdict(b, "yes.ad.test", TYPE_AAAA, &asked),
	    POLICY_DENY);
	CU_ASSERT_STRING_EQUAL(asked.socket, "/b");
	CU_ASSERT_EQUAL(verdict(b, "coming.ad.test", TYPE_A, &asked),
	    POLICY_WAIT);
	/* Each type there is asked for. */
	CU_ASSERT_EQUAL(verdict(b, "no.ad.test", TYPE_ANY, &asked),
	    POLICY_LATER);
	CU_ASSERT_EQUAL(asked.n, 0);
	policy_book_unref(b);
}

static void
test_a_silent_helper_grants_nothing_and_denies_all(void)
{
	static const char *const grants[] = {"grant local:/a external . A",
	    "grant k name x.ad.test TXT"};
	static const char *const denies[] = {"deny local:/a external . A",
	    "grant k zonesub"};
	struct policy_book *b = book(grants, N(grants));
	struct reason reason;
	struct asked asked;
	struct policy_decision d;

	d = ask_by(b, SIGNER_KEY, false, "x.ad.test", TYPE_A, &asked, &reason);
	CU_ASSERT_EQUAL(d.verdict, POLICY_NO_MATCH);
	CU_ASSERT_STRING_EQUAL(reason.text,
	    "no rule matches; nearest is \"grant local:/a external . A "
	    "(f:1)\", but it sleeps: see to the helper");
	d = ask_rdata(b, "k", "x.ad.test", TYPE_A, NULL, &reason);
	CU_ASSERT_EQUAL(d.verdict, POLICY_NO_MATCH);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "nobody to ask its helper"));
	policy_book_unref(b);

	b = book(denies, N(denies));
	d = ask_by(b, SIGNER_KEY, false, "x.ad.test", TYPE_A, &asked, &reason);
	CU_ASSERT_EQUAL(d.verdict, POLICY_DENY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text,
	    "denied by \"deny local:/a external . A (f:1)\", for it sleeps"));
	policy_book_unref(b);
}

static void
test_no_helper_is_asked_for_whom_nobody_knows(void)
{
	static const char *const texts[] = {"grant local:/a external . A",
	    "grant k name y.ad.test", "deny local:/a external . ANY"};
	struct policy_book *b = book(texts, 1);
	struct reason reason;
	struct asked asked;

	CU_ASSERT_EQUAL(ask_by(b, SIGNER_NONE, true, "y.ad.test", TYPE_A,
			    &asked, &reason)
			    .verdict,
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(ask_by(b, SIGNER_NONE, false, "y.ad.test", TYPE_A,
			    &asked, &reason)
			    .verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(asked.n, 0);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(reason.text, "neither signed nor came over TCP"));
	policy_book_unref(b);
	/* What would deny does; allow-update has no say. */
	b = book(texts, N(texts));
	CU_ASSERT_EQUAL(ask_by(b, SIGNER_NONE, false, "x.ad.test", TYPE_TXT,
			    &asked, &reason)
			    .verdict,
	    POLICY_DENY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text,
	    "(f:1)\", for the request is neither signed nor came over TCP"));
	CU_ASSERT_EQUAL(ask_by(b, SIGNER_NONE, false, "x.ad.test", TYPE_ANY,
			    &asked, &reason)
			    .verdict,
	    POLICY_DENY);
	CU_ASSERT_EQUAL(asked.n, 0);
	policy_book_unref(b);
}

static void
test_no_helper_is_asked_what_is_decided(void)
{
	static const char *const texts[] = {"deny k zonesub A",
	    "grant local:/a external . A"};
	struct policy_book *b = book(texts, N(texts));
	struct asked asked;

	CU_ASSERT_EQUAL(verdict(b, "y.ad.test", TYPE_A, &asked), POLICY_DENY);
	CU_ASSERT_EQUAL(asked.n, 0);
	CU_ASSERT_EQUAL(verdict(b, "y.ad.test", TYPE_TXT, &asked),
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(asked.n, 0);
	policy_book_unref(b);
}

/* PC1$@AD.TEST, of whom the directory knows state, asks for an A of owner. */
static struct policy_decision
ask_with_facts(const struct policy_book *b, enum signer_facts_state state,
    const struct signer_facts *facts, const char *owner)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct name n = name(owner);
	struct policy_question q = {.by.signer = &signer,
	    .owner = n.octets,
	    .type = TYPE_A,
	    .by.facts_state = state,
	    .by.facts = facts};
	struct policy_decision d;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text("PC1$@AD.TEST",
				  &signer.principal, &reason),
	    0);
	policy_decide(b, &q, &d);
	policy_explain(&q, &d, &reason);
	CU_ASSERT(reason.text[0] != '\0');
	principal_unref(signer.principal);
	return d;
}

static void
test_what_the_directory_must_say_is_waited_for(void)
{
	static const char *const texts[] = {"grant k zonesub",
	    "deny group admins name www.ad.test", "grant * ldap-self . A"};
	struct policy_book *b = book(texts, N(texts));
	struct name host = name("pc1.ad.test");
	struct signer_facts *f =
	    signer_facts_create(&(struct signer_facts_source){.hosts = &host,
		.n_hosts = 1,
		.has_all_groups = true,
		.has_all_group_dns = true});

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(policy_book_needs_facts(b));
	CU_ASSERT_EQUAL(ask_with_facts(b, SIGNER_FACTS_COMING, NULL,
			    "pc1.ad.test")
			    .verdict,
	    POLICY_WAIT);
	CU_ASSERT_EQUAL(ask_with_facts(b, SIGNER_FACTS_KNOWN, f, "pc1.ad.test")
			    .verdict,
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(ask_with_facts(b, SIGNER_FACTS_KNOWN, f, "pc2.ad.test")
			    .verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask_with_facts(b, SIGNER_FACTS_KNOWN, f, "www.ad.test")
			    .verdict,
	    POLICY_NO_MATCH);
	signer_facts_unref(f);
	policy_book_unref(b);
}

static void
test_what_is_not_known_grants_nothing_and_denies_all(void)
{
	static const char *const texts[] =
	    {"deny group admins name www.ad.test",
		"grant group admins zonesub ANY", "deny * ldap-self . AAAA",
		"grant * ldap-self . A"};
	struct policy_book *b = book(texts, N(texts));
	struct policy_decision d;

	d = ask_with_facts(b, SIGNER_FACTS_UNKNOWN, NULL, "www.ad.test");
	CU_ASSERT_EQUAL(d.verdict, POLICY_DENY);
	CU_ASSERT_PTR_EQUAL(d.rule, policy_book_rule_at(b, 0));
	d = ask_with_facts(b, SIGNER_FACTS_UNKNOWN, NULL, "pc1.ad.test");
	CU_ASSERT_EQUAL(d.verdict, POLICY_NO_MATCH);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.because, "director"));
	policy_book_unref(b);
}

/* Of somebody who is no object of the directory, or whose names do not count. */
static void
test_a_denial_holds_where_names_may_be_missing(void)
{
	static const char *const texts[] = {"deny * ldap-self . A",
	    "grant * zonesub"};
	struct policy_book *b = book(texts, N(texts));

	for (int has_all = 0; has_all < 2; has_all++) {
		struct signer_facts *f = signer_facts_create(
		    &(struct signer_facts_source){.has_all_hosts = has_all});
		enum policy_verdict expected =
		    has_all ? POLICY_GRANT : POLICY_DENY;

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL(ask_with_facts(b, SIGNER_FACTS_KNOWN, f,
				    "pc1.ad.test")
				    .verdict,
		    expected);
		signer_facts_unref(f);
	}
	policy_book_unref(b);
}

/* No grant after a hole in the rules, to nobody. */
static void
test_a_mistake_of_the_directory_never_widens_access(void)
{
	struct policy_rule_text rules[] = {
	    {"grant k name a.ad.test", "f:1", POLICY_FROM_FILE},
	    {"grant k no-such-rule x", "f:1", POLICY_FROM_DIRECTORY},
	    {"grant k name b.ad.test", "f:1", POLICY_FROM_DIRECTORY},
	    {"deny k no-such-rule x", "f:1", POLICY_FROM_DIRECTORY},
	    {"grant k name c.ad.test", "f:1", POLICY_FROM_DIRECTORY},
	};
	struct policy_decision d;
	struct policy_book *b;
	unsigned complaints = 0;

	CU_ASSERT_EQUAL_FATAL(create(rules, N(rules), &complaints, &b), 0);
	CU_ASSERT_EQUAL(complaints, 2);
	CU_ASSERT_EQUAL(ask(b, "k", "a.ad.test", TYPE_A).verdict, POLICY_GRANT);
	CU_ASSERT_EQUAL(ask(b, "k", "b.ad.test", TYPE_A).verdict, POLICY_GRANT);
	d = ask(b, "k", "c.ad.test", TYPE_A);
	CU_ASSERT_EQUAL(d.verdict, POLICY_DENY);
	CU_ASSERT_STRING_EQUAL(policy_rule_to_text(d.rule),
	    "deny k no-such-rule x (f:1)");
	policy_book_unref(b);
}

static void
test_a_block_refuses_everybody_from_its_place_on(void)
{
	struct policy_rule_text rules[] = {
	    {"grant k zonesub A", "f:1", POLICY_FROM_FILE},
	    {"the directory was not loaded yet", "ldap", POLICY_BLOCK},
	    {"grant k zonesub ANY", "f:1", POLICY_FROM_FILE},
	};
	struct policy_book *b;
	unsigned complaints = 0;

	CU_ASSERT_EQUAL_FATAL(create(rules, N(rules), &complaints, &b), 0);
	CU_ASSERT_EQUAL(ask(b, "k", "a.ad.test", TYPE_A).verdict, POLICY_GRANT);
	CU_ASSERT_EQUAL(ask(b, "k", "a.ad.test", TYPE_TXT).verdict,
	    POLICY_DENY);
	CU_ASSERT_EQUAL(ask(b, "k", "ad.test", TYPE_NS).verdict, POLICY_DENY);
	/* not even allow-update is asked then */
	CU_ASSERT_EQUAL(ask(b, "", "a.ad.test", TYPE_A).verdict, POLICY_DENY);
	policy_book_unref(b);
}

/* Many rules of every kind: the walk gives all that match, in their order. */
static void
test_an_index_leaves_out_no_rule_that_matches(void)
{
	static const char *const identities[] = {"*", "k", "*.test", "AD.TEST",
	    "PC1$@AD.TEST", "pc1$@ad.test", "host/a.ad.test@AD.TEST",
	    "*.in-addr.arpa"};
	static const char *const forms[] = {"name a.ad.test",
	    "name b.a.ad.test", "subdomain a.ad.test", "subdomain .",
	    "wildcard *.ad.test", "zonesub", "self .", "selfsub .",
	    "selfwild .", "ms-self .", "ms-selfsub .", "krb5-self .",
	    "ms-subdomain a.ad.test", "krb5-subdomain ad.test", "tcp-self .",
	    "6to4-self .", "local", "ldap-self .", "ldap-selfsub .",
	    "ptr-self"};
	static const char *const signers[] = {"k", "x.test", "PC1$@AD.TEST",
	    "host/a.ad.test@AD.TEST", "b@OTHER"};
	static const char *const owners[] = {"ad.test", "a.ad.test",
	    "B.a.ad.test", "pc1.ad.test", "c.b.a.ad.test"};
	struct policy_rule *rules[N(identities) * N(forms)];
	struct name apex = name("ad.test");
	struct policy_book_source source = {.apex = &apex,
	    .has_directory = true};
	struct rule_index *index;
	struct reason reason;
	size_t n = 0;

	for (size_t i = 0; i < N(identities) * N(forms); i++) {
		char text[200];
		struct policy_rule_text t = {text, "f:1", POLICY_FROM_FILE};

		(void)snprintf(text, sizeof(text), "grant %s %s",
		    identities[i % N(identities)], forms[i / N(identities)]);
		if (rule_parse(&t, &source, &rules[n], &reason) == 0)
			n++;
	}
	CU_ASSERT(n > 90);
	index = rule_index_create(rules, n);
	CU_ASSERT_PTR_NOT_NULL_FATAL(index);
	for (size_t i = 0; i < N(signers) * N(owners); i++) {
		struct signer signer = {.kind = SIGNER_KEY};
		struct name owner = name(owners[i % N(owners)]);
		struct addr address;
		struct policy_question q = {.by.signer = &signer,
		    .by.address = &address,
		    .by.tcp = true,
		    .owner = owner.octets,
		    .type = TYPE_PTR};
		const char *who = signers[i / N(owners)];
		size_t walked = 0, at;
		struct rule_walk w;

		CU_ASSERT_EQUAL_FATAL(addr_from_text("127.0.0.1", &address), 0);
		if (strchr(who, '@') != NULL) {
			signer.kind = SIGNER_PRINCIPAL;
			CU_ASSERT_EQUAL_FATAL(principal_from_text(who,
						  &signer.principal, &reason),
			    0);
		} else {
			signer.key_name = name(who);
		}
		rule_walk_start(&w, index, &q);
		while ((at = rule_walk_next(&w)) != SIZE_MAX) {
			for (; walked < at; walked++)
				CU_ASSERT(match_requester(rules[walked], &q) ==
					MATCH_NO ||
				    match_owner(rules[walked], &q) == MATCH_NO);
			CU_ASSERT_EQUAL(walked, at);
			walked++;
		}
		principal_unref(signer.principal);
	}
	rule_index_destroy(index);
	for (size_t i = 0; i < n; i++)
		rule_destroy(rules[i]);
}

static void
test_self_rhs_rules_look_at_ptr_and_srv_only(void)
{
	static const char *const texts[] =
	    {"grant AD.TEST ms-subdomain-self-rhs ad.test PTR SRV A",
		"grant AD.TEST krb5-subdomain-self-rhs ad.test PTR A"};
	struct policy_book *b = book(texts, N(texts));
	struct name own = name("pc1.ad.test"), other = name("pc2.ad.test");
	uint8_t srv[6 + NAME_LEN_MAX] = {0};
	struct name srv_own;

	CU_ASSERT_EQUAL(ask_rdata(b, "PC1$@AD.TEST", "x.ad.test", TYPE_PTR,
			    &own, NULL)
			    .verdict,
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(ask_rdata(b, "host/PC1.ad.test@AD.TEST", "x.ad.test",
			    TYPE_PTR, &own, NULL)
			    .verdict,
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(ask_rdata(b, "PC1$@AD.TEST", "x.ad.test", TYPE_PTR,
			    &other, NULL)
			    .verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask_rdata(b, "PC1$@OTHER", "x.ad.test", TYPE_PTR, &own,
			    NULL)
			    .verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask(b, "PC1$@AD.TEST", "x.ad.test", TYPE_A).verdict,
	    POLICY_GRANT);
	CU_ASSERT_EQUAL(ask(b, "PC1$@AD.TEST", "x.ad.test", TYPE_PTR).verdict,
	    POLICY_LATER);
	CU_ASSERT_EQUAL(ask(b, "alice@AD.TEST", "x.ad.test", TYPE_PTR).verdict,
	    POLICY_NO_MATCH);

	memcpy(srv + 6, own.octets, own.len);
	memcpy(srv_own.octets, srv, 6u + own.len);
	srv_own.len = (uint8_t)(6 + own.len);
	CU_ASSERT_EQUAL(ask_rdata(b, "PC1$@AD.TEST", "_x._tcp.ad.test",
			    TYPE_SRV, &srv_own, NULL)
			    .verdict,
	    POLICY_GRANT);
	policy_book_unref(b);
}

static void
test_a_names_deletion_waits_for_its_types(void)
{
	static const char *const texts[] = {
	    "deny k name www.ad.test ANY",
	    "grant AD.TEST ms-self . A AAAA",
	    "deny k2 name a.ad.test A",
	    "grant k subdomain ad.test ANY",
	};
	struct policy_book *b = book(texts, N(texts));

	CU_ASSERT_EQUAL(ask(b, "k", "www.ad.test", TYPE_ANY).verdict,
	    POLICY_DENY);
	CU_ASSERT_EQUAL(ask(b, "k", "a.ad.test", TYPE_ANY).verdict,
	    POLICY_LATER);
	CU_ASSERT_EQUAL(ask(b, "k2", "a.ad.test", TYPE_ANY).verdict,
	    POLICY_LATER);
	CU_ASSERT_EQUAL(ask(b, "k3", "a.ad.test", TYPE_ANY).verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask(b, "PC1$@AD.TEST", "pc1.ad.test", TYPE_ANY).verdict,
	    POLICY_LATER);
	CU_ASSERT_EQUAL(ask(b, "PC1$@AD.TEST", "pc2.ad.test", TYPE_ANY).verdict,
	    POLICY_NO_MATCH);
	CU_ASSERT_EQUAL(ask(b, "", "pc2.ad.test", TYPE_ANY).verdict,
	    POLICY_NO_MATCH);
	policy_book_unref(b);
}

/* What a refusal says: the nearest rule, what it lacks, what to do. */
static void
test_the_refused_are_told_what_would_have_granted(void)
{
	static const char *const texts[] = {
	    "deny * name www.ad.test A",
	    "grant AD.TEST ms-self . A AAAA",
	    "grant AD.TEST ms-subdomain-self-rhs r.ad.test PTR",
	    "grant dhcp zonesub TXT",
	};
	static const struct {
		const char *signer, *owner;
		uint16_t type;
		const char *target, *says;
	} cases[] = {
	    {"PC1$@AD.TEST", "pc2.ad.test", TYPE_A, NULL,
		"no rule matches; nearest is \"grant AD.TEST ms-self . A AAAA "
		"(f:1)\", but the owner is not the signer's own name, "
		"pc1.ad.test: add a rule that covers this owner name"},
	    {"PC1$@AD.TEST", "pc1.ad.test", TYPE_SRV, NULL,
		"no rule matches; nearest is \"grant AD.TEST ms-self . A AAAA "
		"(f:1)\", but the type is not among its types: "
		"add the type to that rule"},
	    {"PC1$@AD.TEST", "1.r.ad.test", TYPE_PTR, "pc2.ad.test",
		"but the target is not the signer's own name, pc1.ad.test: let "
		"it point to the signer's own name"},
	    {"", "pc1.ad.test", TYPE_TXT, NULL,
		"nearest is \"grant dhcp zonesub TXT (f:1)\", but the request "
		"is not signed: sign it"},
	    {"other", "pc1.ad.test", TYPE_TXT, NULL,
		"but its identity is another: add a rule for this signer"},
	    {"WWW$@AD.TEST", "www.ad.test", TYPE_A, NULL,
		"denied by \"deny * name www.ad.test A (f:1)\"; nearest is "
		"\"grant AD.TEST ms-self . A AAAA (f:1)\", but a rule that "
		"denies comes first"},
	    {"alice@AD.TEST", "1.r.ad.test", TYPE_PTR, "alice.ad.test",
		"but the signer is no machine NAME$ of its realm"},
	    {"PC1$@ad.test", "pc1.ad.test", TYPE_A, NULL,
		"but its realm is the signer's in another case: write the "
		"realm as it is"},
	};
	struct policy_book *b = book(texts, N(texts));
	struct reason reason;
	struct name target;

	for (size_t i = 0; i < N(cases); i++) {
		if (cases[i].target != NULL)
			target = name(cases[i].target);
		(void)ask_rdata(b, cases[i].signer, cases[i].owner,
		    cases[i].type, cases[i].target == NULL ? NULL : &target,
		    &reason);
		if (strstr(reason.text, cases[i].says) == NULL) {
			CU_FAIL("told something else");
			(void)fprintf(stderr, "got:  %s\nwant: %s\n",
			    reason.text, cases[i].says);
		}
	}
	policy_book_unref(b);
}

static void
test_a_zones_own_name_is_nobodys(void)
{
	static const char *const texts[] = {"grant AD.TEST ldap-self . A"};
	struct policy_book *b = book(texts, N(texts));
	struct name apex = name("ad.test");
	struct signer_facts *f = signer_facts_create(
	    &(struct signer_facts_source){.hosts = &apex, .n_hosts = 1});
	struct policy_decision d;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	d = ask_with_facts(b, SIGNER_FACTS_KNOWN, f, "ad.test");
	CU_ASSERT_EQUAL(d.verdict, POLICY_NO_MATCH);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.because, "are nobody's"));
	signer_facts_unref(f);
	policy_book_unref(b);
}

/* --- Rules at random, some of them broken --- */

#define BOOKS 5000

/* A rule that is right: a grant or a deny of somebody, for something. */
static void
write_rule(char *text, size_t size, unsigned *seed)
{
	static const char *const identities[] = {"*", "k", "AD.TEST",
	    "PC1$@AD.TEST", "group admins", "group strangers"};
	static const char *const forms[] = {"name a.ad.test", "zonesub",
	    "subdomain a.ad.test", "wildcard *.ad.test", "selfsub ."};
	static const char *const realm_forms[] = {"ms-self .", "ms-selfsub .",
	    "ldap-self .", "ldap-selfsub .", "krb5-self ."};
	static const char *const types[] = {"", " A", " A(2) TXT", " ANY"};
	const char *form = forms[(unsigned)rand_r(seed) % N(forms)];
	size_t who = (unsigned)rand_r(seed) % (N(identities) + 3);

	if (who >= N(identities)) {
		who = 2;
		form = realm_forms[(unsigned)rand_r(seed) % N(realm_forms)];
	}
	(void)snprintf(text, size, "%s %s %s%s",
	    rand_r(seed) % 3 == 0 ? "deny" : "grant", identities[who], form,
	    types[(unsigned)rand_r(seed) % N(types)]);
}

/* Some octets go, or become others; or the end is missing. */
static void
spoil_rule(char *text, unsigned *seed)
{
	static const char others[] = " .;*\"\\$@(){}gdx9-\t\n\xc3";

	for (int n = rand_r(seed) % 3; n >= 0; n--) {
		size_t len = strlen(text);
		char *at = text + (unsigned)rand_r(seed) % (len + 1);

		switch (rand_r(seed) % 4) {
		case 0:
			*at = '\0';
			break;
		case 1:
			memmove(at, at + (at < text + len),
			    strlen(at) + (at == text + len));
			break;
		default:
			if (at < text + len)
				*at = others[(unsigned)rand_r(seed) %
				    (sizeof(others) - 1)];
		}
	}
}

static bool
is_wrong(const struct policy_rule_text *rule)
{
	struct policy_book *b;
	unsigned complaints = 0;

	CU_ASSERT_EQUAL_FATAL(create(rule, 1, &complaints, &b), 0);
	policy_book_unref(b);
	return complaints > 0;
}

static bool
grants(const struct policy_book *b, struct policy_question *q)
{
	struct policy_decision d;

	policy_decide(b, q, &d);
	return d.verdict == POLICY_GRANT;
}

/* How often b grants what a does not: to each signer, each owner and type. */
static unsigned
count_wider(const struct policy_book *a, const struct policy_book *b,
    const struct signer *signers, size_t n_signers,
    const struct signer_facts *facts)
{
	static const char *const owners[] = {"ad.test", "a.ad.test",
	    "b.a.ad.test", "pc1.ad.test", "x.pc1.ad.test", "www.ad.test"};
	static const uint16_t types[] = {TYPE_A, TYPE_TXT, TYPE_NS};
	struct addr address = {0};
	unsigned n = 0;

	for (size_t i = 0; i < n_signers * N(owners) * N(types) * 2; i++) {
		struct name owner = name(owners[i / 2 / n_signers % N(owners)]);
		struct policy_question q = {.by.signer =
						&signers[i / 2 % n_signers],
		    .by.address = &address,
		    .owner = owner.octets,
		    .type = types[i / 2 / n_signers / N(owners)],
		    .by.facts_state =
			i % 2 == 0 ? SIGNER_FACTS_KNOWN : SIGNER_FACTS_UNKNOWN,
		    .by.facts = i % 2 == 0 ? facts : NULL};

		if (grants(b, &q) && !grants(a, &q))
			n++;
	}
	return n;
}

/* What is meant, what is there, and what is there without what is wrong. */
struct three_books {
	struct policy_rule_text meant[RULES_MAX], there[RULES_MAX],
	    right[RULES_MAX];
	size_t n, n_right;
	char texts[2][RULES_MAX][200];
};

static void
write_books(struct three_books *t, unsigned *seed)
{
	t->n = 1 + (unsigned)rand_r(seed) % RULES_MAX;
	t->n_right = 0;
	for (size_t i = 0; i < t->n; i++) {
		char *meant = t->texts[0][i], *there = t->texts[1][i];

		write_rule(meant, sizeof(t->texts[0][i]), seed);
		(void)strcpy(there, meant);
		if (rand_r(seed) % 3 == 0)
			spoil_rule(there, seed);
		t->there[i] = (struct policy_rule_text){there, "f:1",
		    POLICY_FROM_DIRECTORY};
		t->meant[i] = t->there[i];
		if (is_wrong(&t->there[i]))
			t->meant[i].text = meant;
		else
			t->right[t->n_right++] = t->there[i];
	}
}

static void
test_random_mistakes_never_widen_access(void)
{
	struct name host = name("www.ad.test");
	struct signer_facts *facts =
	    signer_facts_create(&(struct signer_facts_source){.hosts = &host,
		.n_hosts = 1,
		.has_all_groups = true});
	struct signer signers[4] = {{.kind = SIGNER_NONE},
	    {.kind = SIGNER_KEY, .key_name = name("k")},
	    {.kind = SIGNER_PRINCIPAL}, {.kind = SIGNER_PRINCIPAL}};
	unsigned seed = 1, wrong = 0, complaints = 0, wider = 0;
	struct policy_book *meant, *there, *right;
	struct three_books t;
	struct reason reason;

	CU_ASSERT_PTR_NOT_NULL_FATAL(facts);
	for (size_t i = 2; i < N(signers); i++)
		CU_ASSERT_EQUAL_FATAL(principal_from_text(i == 2
					      ? "PC1$@AD.TEST"
					      : "host/a.ad.test@AD.TEST",
					  &signers[i].principal, &reason),
		    0);
	for (unsigned i = 0; i < BOOKS && wider == 0; i++) {
		write_books(&t, &seed);
		wrong += (unsigned)(t.n - t.n_right);
		CU_ASSERT_EQUAL_FATAL(create(t.meant, t.n, &complaints, &meant),
		    0);
		CU_ASSERT_EQUAL_FATAL(create(t.there, t.n, &complaints, &there),
		    0);
		CU_ASSERT_EQUAL_FATAL(create(t.right, t.n_right, &complaints,
					  &right),
		    0);
		wider = count_wider(meant, there, signers, N(signers), facts) +
		    count_wider(right, there, signers, N(signers), facts);
		for (size_t j = 0; wider > 0 && j < t.n; j++)
			(void)fprintf(stderr, "wider: \"%s\", for \"%s\"\n",
			    t.there[j].text, t.meant[j].text);
		policy_book_unref(meant);
		policy_book_unref(there);
		policy_book_unref(right);
	}
	CU_ASSERT_EQUAL(wider, 0);
	CU_ASSERT_EQUAL(complaints, wrong); /* what is meant is right */
	CU_ASSERT(wrong > BOOKS / 2);
	for (size_t i = 2; i < N(signers); i++)
		principal_unref(signers[i].principal);
	signer_facts_unref(facts);
}

CU_TestInfo book_tests[] = {
    {"the first rule that matches decides",
	test_the_first_rule_that_matches_decides},
    {"no book and an empty one match nothing",
	test_no_book_and_an_empty_one_match_nothing},
    {"what the directory must say is waited for",
	test_what_the_directory_must_say_is_waited_for},
    {"what is not known grants nothing and denies all",
	test_what_is_not_known_grants_nothing_and_denies_all},
    {"a denial holds where names may be missing",
	test_a_denial_holds_where_names_may_be_missing},
    {"a mistake of the directory never widens access",
	test_a_mistake_of_the_directory_never_widens_access},
    {"a zone's own name is nobody's", test_a_zones_own_name_is_nobodys},
    {"random mistakes never widen access",
	test_random_mistakes_never_widen_access},
    {"a block refuses everybody from its place on",
	test_a_block_refuses_everybody_from_its_place_on},
    {"an index leaves out no rule that matches",
	test_an_index_leaves_out_no_rule_that_matches},
    {"all mistakes are told at once", test_all_mistakes_are_told_at_once},
    {"*-self-rhs rules look at PTR and SRV only",
	test_self_rhs_rules_look_at_ptr_and_srv_only},
    {"a name's deletion waits for its types",
	test_a_names_deletion_waits_for_its_types},
    {"the refused are told what would have granted",
	test_the_refused_are_told_what_would_have_granted},
    {"a helper says whether its rule matches",
	test_a_helper_says_whether_its_rule_matches},
    {"a silent helper grants nothing and denies all",
	test_a_silent_helper_grants_nothing_and_denies_all},
    {"no helper is asked for whom nobody knows",
	test_no_helper_is_asked_for_whom_nobody_knows},
    {"no helper is asked what is decided",
	test_no_helper_is_asked_what_is_decided},
    CU_TEST_INFO_NULL,
};
