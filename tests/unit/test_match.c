/*
 * test_match.c - what each type of rule matches
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/dns/types.h"
#include "daemon/identity/pac.h"
#include "daemon/policy/match.h"
#include "tests/unit/logon_info.h"
#include "tests/unit/suites.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct name
name(const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return n;
}

static int
parse(const char *text, struct policy_rule **rule_out, struct reason *reason)
{
	struct policy_rule_text t = {text, "kddnsd.conf:41", POLICY_FROM_FILE};
	struct name apex = name("ad.test");
	struct policy_book_source book = {.apex = &apex, .has_directory = true};

	reason->text[0] = '\0';
	return rule_parse(&t, &book, rule_out, reason);
}

/* An A of owner is asked for; "@" in signed_by makes a principal. */
static bool
matches(const char *text, const char *signed_by, const char *owner)
{
	struct signer signer = {.kind = SIGNER_KEY};
	struct policy_question q = {.by.signer = &signer};
	struct policy_rule *r;
	struct reason reason;
	struct name n = name(owner);
	bool is_match;

	CU_ASSERT_EQUAL_FATAL(parse(text, &r, &reason), 0);
	if (strchr(signed_by, '@') != NULL) {
		signer.kind = SIGNER_PRINCIPAL;
		/* What the client chose: it must never count. */
		signer.key_name = name("pc1.ad.test");
		CU_ASSERT_EQUAL_FATAL(principal_from_text(signed_by,
					  &signer.principal, &reason),
		    0);
	} else {
		signer.key_name = name(signed_by);
	}
	q.owner = n.octets;
	is_match = match_requester(r, &q) == MATCH_YES &&
	    match_owner(r, &q) == MATCH_YES;
	principal_unref(signer.principal);
	rule_destroy(r);
	return is_match;
}

static void
test_each_rule_type_matches_what_bind_matches(void)
{
	static const struct {
		const char *rule, *signer, *owner;
		bool matches;
	} cases[] = {
	    /* identity: a key */
	    {"grant k.test name a.ad.test", "K.Test", "A.ad.TEST", true},
	    {"grant k.test name a.ad.test", "k2.test", "a.ad.test", false},
	    {"grant k.test name a.ad.test", "k.test", "b.a.ad.test", false},
	    {"grant * name a.ad.test", "k.test", "a.ad.test", true},
	    {"grant * name a.ad.test", "PC1$@X", "a.ad.test", true},
	    {"grant *.test name a.ad.test", "k.test", "a.ad.test", true},
	    {"grant *.test name a.ad.test", "b.k.test", "a.ad.test", true},
	    {"grant *.k.test name a.ad.test", "k.test", "a.ad.test", false},
	    {"grant *.test name a.ad.test", "ktest", "a.ad.test", false},
	    /* a name without '@' is never a principal's TKEY name */
	    {"grant pc1.ad.test name a.ad.test", "PC1$@AD.TEST", "a.ad.test",
		false},
	    {"grant pc1.ad.test self .", "PC1$@AD.TEST", "pc1.ad.test", false},
	    /* realms below X, not names that end like X */
	    {"grant *.TEST name a.ad.test", "x@AD.TEST", "a.ad.test", true},
	    {"grant *.AD.TEST name a.ad.test", "x@AD.TEST", "a.ad.test", false},
	    {"grant *.AD.TEST name a.ad.test", "x@EVILAD.TEST", "a.ad.test",
		false},
	    {"grant *.AD.TEST name a.ad.test", "x.ad.test@EVIL", "a.ad.test",
		false},
	    /* identity: a principal */
	    {"grant PC1$@AD.TEST name a.ad.test", "pc1$@ad.test", "a.ad.test",
		true},
	    {"grant PC1$@AD.TEST name a.ad.test", "PC1$@OTHER", "a.ad.test",
		false},
	    {"grant PC1$@AD.TEST name a.ad.test", "PC1$@X.AD.TEST", "a.ad.test",
		false},
	    {"grant host/a.x@R name a.ad.test", "host/a.x@R", "a.ad.test",
		true},
	    {"grant host/a.x@R name a.ad.test", "host/a.x/b@R", "a.ad.test",
		false},
	    {"grant a@R name a.ad.test", "a\\@R@R", "a.ad.test", false},
	    {"grant a@R name a.ad.test", "a.r", "a.ad.test", false},
	    {"grant \"a@R\" name a.ad.test", "a\\@R@EVIL", "a.ad.test", false},
	    /* owner names */
	    {"grant k subdomain a.ad.test", "k", "a.ad.test", true},
	    {"grant k subdomain a.ad.test", "k", "b.a.ad.test", true},
	    {"grant k subdomain a.ad.test", "k", "xa.ad.test", false},
	    {"grant k subdomain .", "k", "xa.ad.test", true},
	    {"grant k zonesub", "k", "ad.test", true},
	    {"grant k zonesub", "k", "c.b.ad.test", true},
	    {"grant k zonesub", "k", "other.test", false},
	    {"grant k wildcard *.a.ad.test", "k", "a.ad.test", false},
	    {"grant k wildcard *.a.ad.test", "k", "b.a.ad.test", true},
	    {"grant k wildcard *.a.ad.test", "k", "c.b.a.ad.test", true},
	    {"grant k wildcard *.a.ad.test", "k", "*.a.ad.test", true},
	    {"grant k wildcard *", "k", "c.b.a.ad.test", true},
	    {"grant * self .", "a.ad.test", "A.ad.test", true},
	    {"grant * self .", "a.ad.test", "b.a.ad.test", false},
	    {"grant * selfsub .", "a.ad.test", "a.ad.test", true},
	    {"grant * selfsub .", "a.ad.test", "b.a.ad.test", true},
	    {"grant * selfsub .", "a.ad.test", "ad.test", false},
	    {"grant * selfsub .", "xa.ad.test", "a.ad.test", false},
	    {"grant * selfwild .", "a.ad.test", "a.ad.test", false},
	    {"grant * selfwild .", "a.ad.test", "c.b.a.ad.test", true},
	    {"grant * selfwild .", "a.ad.test", "b.ad.test", false},
	    {"grant k selfwild .", "a.ad.test", "b.a.ad.test", false},
	    {"grant * self .", "*.ad.test", "*.ad.test", false},
	    {"grant * selfsub .", "*.ad.test", "a.*.ad.test", false},
	    /* krb5 */
	    {"grant AD.TEST krb5-self .", "host/pc1.ad.test@AD.TEST",
		"PC1.ad.test", true},
	    {"grant AD.TEST. krb5-self *", "host/pc1.ad.test@AD.TEST",
		"pc1.ad.test", true},
	    {"grant AD.TEST krb5-self .", "host/pc1.ad.test@AD.TEST",
		"x.pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host/pc1.ad.test@OTHER",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host/pc1.ad.test@ad.test",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host/pc1.ad.test@X.AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "HOST/pc1.ad.test@AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "nfs/pc1.ad.test@AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host/a/pc1.ad.test@AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host@AD.TEST", "host", false},
	    {"grant AD.TEST krb5-self .", "host/*.ad.test@AD.TEST", "*.ad.test",
		false},
	    {"grant AD.TEST krb5-self .", "host/www.ad.test\\@AD.TEST@EVIL",
		"www.ad.test", false},
	    {"grant AD.TEST krb5-self .", "PC1$@AD.TEST", "pc1.ad.test", false},
	    {"grant AD.TEST krb5-self .", "host.pc1", "host.pc1", false},
	    {"grant AD.TEST krb5-selfsub .", "host/pc1.ad.test@AD.TEST",
		"pc1.ad.test", true},
	    {"grant AD.TEST krb5-selfsub .", "host/pc1.ad.test@AD.TEST",
		"x.pc1.ad.test", true},
	    {"grant AD.TEST krb5-selfsub .", "host/pc1.ad.test@AD.TEST",
		"xpc1.ad.test", false},
	    {"grant AD.TEST krb5-selfsub .", "host/pc1.ad.test@OTHER",
		"x.pc1.ad.test", false},
	    {"grant AD.TEST krb5-subdomain ad.test", "host/x@AD.TEST",
		"a.ad.test", true},
	    {"grant AD.TEST krb5-subdomain ad.test", "host/x@AD.TEST",
		"ad.test", true},
	    {"grant AD.TEST krb5-subdomain ad.test", "host/x@AD.TEST", "a.b",
		false},
	    {"grant AD.TEST krb5-subdomain ad.test", "alice@AD.TEST",
		"a.ad.test", false},
	    /* ms */
	    {"grant AD.TEST ms-self .", "PC1$@AD.TEST", "pc1.ad.test", true},
	    {"grant AD.TEST ms-self .", "PC1$@AD.TEST", "pc1.AD.test", true},
	    {"grant AD.TEST ms-self .", "PC1$@AD.TEST", "pc2.ad.test", false},
	    {"grant AD.TEST ms-self .", "PC1$@AD.TEST", "x.pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "PC1$@OTHER", "pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "PC1$@ad.test", "pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "PC1$@SUB.AD.TEST", "pc1.ad.test",
		false},
	    {"grant AD.TEST ms-self .", "PC1@AD.TEST", "pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "$@AD.TEST", "ad.test", false},
	    {"grant AD.TEST ms-self .", "P$C1$@AD.TEST", "p$c1.ad.test", false},
	    {"grant AD.TEST ms-self .", "a/PC1$@AD.TEST", "pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "www.ad.test.$@AD.TEST", "www.ad.test",
		false},
	    {"grant AD.TEST ms-self .", "a.b$@AD.TEST", "a.b.ad.test", false},
	    {"grant AD.TEST ms-self .", "*$@AD.TEST", "*.ad.test", false},
	    {"grant AD.TEST ms-self .", "PC1$\\@AD.TEST@EVIL", "pc1.ad.test",
		false},
	    {"grant AD.TEST ms-self .", "host/pc1.ad.test@AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST ms-self .", "pc1.ad.test", "pc1.ad.test", false},
	    {"grant AD.TEST ms-selfsub .", "PC1$@AD.TEST", "pc1.ad.test", true},
	    {"grant AD.TEST ms-selfsub .", "PC1$@AD.TEST", "a.b.pc1.ad.test",
		true},
	    {"grant AD.TEST ms-selfsub .", "PC1$@AD.TEST", "ad.test", false},
	    {"grant AD.TEST ms-selfsub .", "$@AD.TEST", "x.ad.test", false},
	    {"grant AD.TEST ms-selfsub .", "PC1$@OTHER", "x.pc1.ad.test",
		false},
	    {"grant AD.TEST ms-subdomain dyn.ad.test", "PC1$@AD.TEST",
		"x.dyn.ad.test", true},
	    {"grant AD.TEST ms-subdomain dyn.ad.test", "PC1$@AD.TEST",
		"pc1.ad.test", false},
	    {"grant AD.TEST ms-subdomain dyn.ad.test", "alice@AD.TEST",
		"x.dyn.ad.test", false},
	};

	for (size_t i = 0; i < N(cases); i++)
		if (matches(cases[i].rule, cases[i].signer, cases[i].owner) !=
		    cases[i].matches) {
			(void)fprintf(stderr, "%s: %s for %s\n", cases[i].rule,
			    cases[i].signer, cases[i].owner);
			CU_FAIL("decided wrongly");
		}
}

static void
test_an_address_is_a_name_to_who_asks_by_tcp(void)
{
	static const struct {
		const char *rule, *address, *owner;
		bool tcp, matches;
	} cases[] = {
	    {"grant * tcp-self . PTR", "192.0.2.7", "7.2.0.192.In-Addr.arpa",
		true, true},
	    {"grant * tcp-self . PTR", "192.0.2.7", "7.2.0.192.in-addr.arpa",
		false, false},
	    {"grant * tcp-self . PTR", "192.0.2.7", "8.2.0.192.in-addr.arpa",
		true, false},
	    {"grant * tcp-self . PTR", "192.0.2.7", "x.7.2.0.192.in-addr.arpa",
		true, false},
	    {"grant 7.2.0.192.in-addr.arpa tcp-self . PTR", "192.0.2.7",
		"7.2.0.192.in-addr.arpa", true, true},
	    {"grant 8.2.0.192.in-addr.arpa tcp-self . PTR", "192.0.2.7",
		"7.2.0.192.in-addr.arpa", true, false},
	    {"grant *.2.0.192.in-addr.arpa tcp-self * PTR", "192.0.2.7",
		"7.2.0.192.in-addr.arpa", true, true},
	    {"grant *.3.0.192.in-addr.arpa tcp-self . PTR", "192.0.2.7",
		"7.2.0.192.in-addr.arpa", true, false},
	    {"grant * tcp-self . PTR", "2001:db8::a7",
		"7.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
		"2.ip6.arpa",
		true, true},
	    {"grant * tcp-self . PTR", "::ffff:192.0.2.7",
		"7.2.0.192.in-addr.arpa", true, true},
	    {"grant * 6to4-self . NS", "192.0.2.7",
		"7.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa", true, true},
	    {"grant * 6to4-self . NS", "192.0.2.7",
		"7.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa", false, false},
	    {"grant * 6to4-self . NS", "2002:c000:207:1::5",
		"7.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa", true, true},
	    {"grant * 6to4-self . NS", "2001:db8:3::5",
		"3.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", true, true},
	    {"grant *.2.0.0.2.ip6.arpa 6to4-self . NS", "2001:db8:3::5",
		"3.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", true, false},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct signer nobody = {.kind = SIGNER_NONE};
		struct name owner = name(cases[i].owner);
		struct addr address;
		struct policy_question q = {.by.signer = &nobody,
		    .by.address = &address,
		    .by.tcp = cases[i].tcp,
		    .owner = owner.octets};
		struct policy_rule *r;
		struct reason reason;

		CU_ASSERT_EQUAL_FATAL(addr_from_text(cases[i].address,
					  &address),
		    0);
		CU_ASSERT_EQUAL_FATAL(parse(cases[i].rule, &r, &reason), 0);
		if ((match_requester(r, &q) == MATCH_YES &&
			match_owner(r, &q) == MATCH_YES) != cases[i].matches) {
			(void)fprintf(stderr, "%s: %s for %s\n", cases[i].rule,
			    cases[i].address, cases[i].owner);
			CU_FAIL("decided wrongly");
		}
		rule_destroy(r);
	}
}

static void
test_a_local_key_counts_from_here_only(void)
{
	struct signer signer = {.kind = SIGNER_KEY,
	    .key_name = name("local-ddns")};
	struct name owner = name("a.ad.test");
	struct addr address;
	struct policy_question q = {.by.signer = &signer,
	    .by.address = &address,
	    .owner = owner.octets};
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(parse("grant local-ddns local ANY", &r, &reason),
	    0);
	CU_ASSERT_EQUAL_FATAL(addr_from_text("127.0.0.1", &address), 0);
	CU_ASSERT(match_requester(r, &q) == MATCH_YES &&
	    match_owner(r, &q) == MATCH_YES);
	CU_ASSERT_EQUAL_FATAL(addr_from_text("::1", &address), 0);
	CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_YES);
	CU_ASSERT_EQUAL_FATAL(addr_from_text("192.0.2.1", &address), 0);
	CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_NO);
	CU_ASSERT_EQUAL_FATAL(addr_from_text("127.0.0.1", &address), 0);
	signer.key_name = name("other");
	CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_NO);
	signer.kind = SIGNER_NONE;
	CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_NO);
	rule_destroy(r);
}

/* Does it match PC1$ with the PAC of that seed, or (NULL) with none? */
static enum match
group_matches(const char *text, const char *seed)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct policy_question q = {.by.signer = &signer};
	struct policy_rule *r;
	struct reason reason;
	struct pac_logon pac;
	enum match is_match;

	CU_ASSERT_EQUAL_FATAL(parse(text, &r, &reason), 0);
	if (seed == NULL) {
		CU_ASSERT_EQUAL_FATAL(principal_from_text("PC1$@AD.TEST",
					  &signer.principal, &reason),
		    0);
	} else {
		struct logon_info info = logon_info_load(seed);

		CU_ASSERT_EQUAL_FATAL(pac_read(info.octets, info.len, &pac,
					  &reason),
		    0);
		CU_ASSERT_EQUAL_FATAL(principal_from_pac("PC1$@AD.TEST", &pac,
					  &signer.principal, &reason),
		    0);
		free(info.octets);
	}
	is_match = match_requester(r, &q);
	principal_unref(signer.principal);
	rule_destroy(r);
	return is_match;
}

static void
test_a_group_is_what_the_ticket_says(void)
{
	static const struct {
		const char *rule, *seed;
		enum match match;
	} cases[] = {
	    {"grant group " LOGON_DOMAIN "-515 zonesub", "full", MATCH_YES},
	    {"grant group " LOGON_DOMAIN "-1200 zonesub", "full", MATCH_YES},
	    {"grant group S-1-5-32-544 zonesub", "full", MATCH_YES},
	    {"grant group " LOGON_DOMAIN "-512 zonesub", "full", MATCH_NO},
	    {"grant group S-1-5-21-9-9-9-515 zonesub", "full", MATCH_NO},
	    {"deny group " LOGON_DOMAIN "-512 zonesub", "full", MATCH_NO},
	    {"grant group " LOGON_DOMAIN "-515 zonesub", NULL, MATCH_UNKNOWN},
	    {"grant group name-of-one zonesub", "full", MATCH_UNKNOWN},
	};

	for (size_t i = 0; i < N(cases); i++)
		CU_ASSERT_EQUAL(group_matches(cases[i].rule, cases[i].seed),
		    cases[i].match);
}

static void
test_a_key_is_in_no_group(void)
{
	struct signer key = {.kind = SIGNER_KEY, .key_name = name("k")};
	struct policy_question q = {.by.signer = &key};
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(parse("deny group S-1-5-32-544 zonesub", &r,
				  &reason),
	    0);
	CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_NO);
	rule_destroy(r);
}

/* What the directory tells of PC1$@AD.TEST. */
static struct signer_facts *
facts_of_pc1(void)
{
	static const char *const dns[] = {"cn=admins,dc=ad,dc=test"};
	struct name hosts[] = {name("pc1.ad.test"), name("alias.ad.test"),
	    name("ns1.ad.test"), name("ad.test")};
	struct sid groups[1];
	struct signer_facts_source source = {hosts, N(hosts), groups, 1, dns, 1,
	    .has_all_groups = true, .has_all_group_dns = true,
	    .has_all_hosts = true};
	struct signer_facts *f;

	CU_ASSERT_EQUAL_FATAL(sid_from_text("S-1-5-21-1-2-3-1200", groups), 0);
	f = signer_facts_create(&source);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

/* Our zones: pc1.ad.test has 192.0.2.7 and 2001:db8::a7. */
static bool
has_address(void *arg, const uint8_t *n, const struct addr *address)
{
	struct name pc1 = name("pc1.ad.test");
	struct addr v4, v6;

	(void)arg;
	CU_ASSERT_EQUAL_FATAL(addr_from_text("192.0.2.7", &v4), 0);
	CU_ASSERT_EQUAL_FATAL(addr_from_text("2001:db8::a7", &v6), 0);
	return name_equal(n, pc1.octets) &&
	    (addr_equal(address, &v4) || addr_equal(address, &v6));
}

/* ns1.ad.test is a server of theirs. */
static bool
is_reserved(void *arg, const uint8_t *n)
{
	struct name ns1 = name("ns1.ad.test");

	(void)arg;
	return name_equal(n, ns1.octets);
}

static const struct policy_zones zones = {has_address, is_reserved, NULL};

static void
test_names_of_the_directory_are_own_names(void)
{
	static const struct {
		const char *rule, *owner;
		enum match requester, owner_match;
	} cases[] = {
	    {"grant * ldap-self . A", "PC1.ad.test", MATCH_YES, MATCH_YES},
	    {"grant AD.TEST ldap-self .", "alias.ad.test", MATCH_YES,
		MATCH_YES},
	    {"grant AD.TEST ldap-self .", "x.pc1.ad.test", MATCH_YES, MATCH_NO},
	    {"grant AD.TEST ldap-selfsub .", "x.pc1.ad.test", MATCH_YES,
		MATCH_YES},
	    {"grant AD.TEST ldap-self .", "pc2.ad.test", MATCH_YES, MATCH_NO},
	    {"grant PC1$@AD.TEST ldap-self .", "pc1.ad.test", MATCH_YES,
		MATCH_YES},
	    {"grant PC2$@AD.TEST ldap-self .", "pc1.ad.test", MATCH_NO,
		MATCH_YES},
	    {"grant OTHER ldap-self .", "pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant group S-1-5-21-1-2-3-1200 ldap-self .", "pc1.ad.test",
		MATCH_YES, MATCH_YES},
	    {"grant group S-1-5-21-1-2-3-1201 ldap-self .", "pc1.ad.test",
		MATCH_NO, MATCH_YES},
	    /* the zone's servers and the zone itself, whatever is said */
	    {"grant * ldap-self .", "ns1.ad.test", MATCH_YES, MATCH_NO},
	    {"grant * ldap-self .", "ad.test", MATCH_YES, MATCH_NO},
	    {"grant * ldap-selfsub .", "ns1.ad.test", MATCH_YES, MATCH_NO},
	    {"grant * ldap-selfsub .", "other.ad.test", MATCH_YES, MATCH_NO},
	};
	struct signer_facts *f = facts_of_pc1();
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text("PC1$@AD.TEST",
				  &signer.principal, &reason),
	    0);
	for (size_t i = 0; i < N(cases); i++) {
		struct name owner = name(cases[i].owner);
		struct policy_question q = {.by.signer = &signer,
		    .owner = owner.octets,
		    .by.facts_state = SIGNER_FACTS_KNOWN,
		    .by.facts = f,
		    .by.zones = &zones};

		CU_ASSERT_EQUAL_FATAL(parse(cases[i].rule, &r, &reason), 0);
		if (match_requester(r, &q) != cases[i].requester ||
		    match_owner(r, &q) != cases[i].owner_match) {
			(void)fprintf(stderr, "%s: %s\n", cases[i].rule,
			    cases[i].owner);
			CU_FAIL("decided wrongly");
		}
		q.by.facts_state = SIGNER_FACTS_UNKNOWN;
		q.by.facts = NULL;
		CU_ASSERT_EQUAL(match_owner(r, &q), MATCH_UNKNOWN);
		rule_destroy(r);
	}
	principal_unref(signer.principal);
	signer_facts_unref(f);
}

/* One complete list is enough to say that it is not there. */
static void
test_a_list_that_may_lack_groups_says_no_to_none(void)
{
	static const struct {
		bool has_sid, has_dn;     /* of the group */
		bool all_groups, all_dns; /* of the signer */
		enum match requester;
	} cases[] = {
	    {true, false, true, false, MATCH_NO},
	    {true, false, false, true, MATCH_UNKNOWN},
	    {false, true, true, false, MATCH_UNKNOWN},
	    {false, true, false, true, MATCH_NO},
	    {true, true, false, true, MATCH_NO},
	    {true, true, true, false, MATCH_NO},
	    {true, true, false, false, MATCH_UNKNOWN},
	    {false, false, true, true, MATCH_UNKNOWN},
	};
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	char dn[] = "cn=others";
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text("PC1$@AD.TEST",
				  &signer.principal, &reason),
	    0);
	CU_ASSERT_EQUAL_FATAL(parse("deny group S-1-5-32-544 zonesub", &r,
				  &reason),
	    0);
	for (size_t i = 0; i < N(cases); i++) {
		struct signer_facts *f = signer_facts_create(
		    &(struct signer_facts_source){.has_all_groups =
						      cases[i].all_groups,
			.has_all_group_dns = cases[i].all_dns});
		struct policy_question q = {.by.signer = &signer,
		    .by.facts_state = SIGNER_FACTS_KNOWN,
		    .by.facts = f};

		r->has_group_sid = cases[i].has_sid;
		r->group_dn = cases[i].has_dn ? dn : NULL;
		CU_ASSERT_EQUAL(match_requester(r, &q), cases[i].requester);
		signer_facts_unref(f);
	}
	r->group_dn = NULL;
	rule_destroy(r);
	principal_unref(signer.principal);
}

#define V6_OF_PC1                                                              \
	"7.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."     \
	"ip6.arpa"

static void
test_a_ptr_to_oneself_needs_the_address(void)
{
	static const struct {
		const char *rule, *signer, *owner, *target;
		enum match adding, deleting;
	} cases[] = {
	    {"grant * ptr-self", "PC1$@AD.TEST", "7.2.0.192.in-addr.arpa",
		"PC1.ad.test", MATCH_YES, MATCH_YES},
	    {"grant AD.TEST ptr-self", "host/pc1.ad.test@AD.TEST",
		"7.2.0.192.in-addr.arpa", "pc1.ad.test", MATCH_YES, MATCH_YES},
	    {"grant AD.TEST ptr-self", "PC1$@AD.TEST", V6_OF_PC1, "pc1.ad.test",
		MATCH_YES, MATCH_YES},
	    /* another's address, or none */
	    {"grant * ptr-self", "PC1$@AD.TEST", "8.2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant * ptr-self", "PC1$@AD.TEST", "2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant * ptr-self", "PC1$@AD.TEST", "07.2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant * ptr-self", "PC1$@AD.TEST", "263.2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant * ptr-self", "PC1$@AD.TEST", "x.7.2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_NO, MATCH_YES},
	    {"grant * ptr-self no-forward-check", "PC1$@AD.TEST",
		"x.in-addr.arpa", "pc1.ad.test", MATCH_YES, MATCH_YES},
	    /* another's name */
	    {"grant * ptr-self no-forward-check", "PC1$@AD.TEST",
		"7.2.0.192.in-addr.arpa", "pc2.ad.test", MATCH_NO, MATCH_NO},
	    {"grant * ptr-self no-forward-check", "PC1$@OTHER",
		"7.2.0.192.in-addr.arpa", "pc1.ad.test", MATCH_NO, MATCH_NO},
	    {"grant * ptr-self no-forward-check", "alice@AD.TEST",
		"7.2.0.192.in-addr.arpa", "alice.ad.test", MATCH_NO, MATCH_NO},
	    /* a realm says what its hosts are called: below itself, or if asked
	     */
	    {"grant * ptr-self no-forward-check", "host/pc1.ad.test@OTHER",
		"7.2.0.192.in-addr.arpa", "pc1.ad.test", MATCH_NO, MATCH_NO},
	    {"grant * ptr-self no-forward-check", "host/pc1.ad.test@TEST",
		"7.2.0.192.in-addr.arpa", "pc1.ad.test", MATCH_YES, MATCH_YES},
	    {"grant OTHER ptr-self no-forward-check", "host/pc1.ad.test@OTHER",
		"7.2.0.192.in-addr.arpa", "pc1.ad.test", MATCH_YES, MATCH_YES},
	    {"grant host/pc1.ad.test@OTHER ptr-self no-forward-check",
		"host/pc1.ad.test@OTHER", "7.2.0.192.in-addr.arpa",
		"pc1.ad.test", MATCH_YES, MATCH_YES},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct signer signer = {.kind = SIGNER_PRINCIPAL};
		struct name owner = name(cases[i].owner);
		struct name target = name(cases[i].target);
		struct policy_question q = {.by.signer = &signer,
		    .owner = owner.octets,
		    .type = TYPE_PTR,
		    .rdata = target.octets,
		    .rdata_len = target.len,
		    .is_addition = true,
		    .by.zones = &zones};
		struct policy_rule *r;
		struct reason reason;

		CU_ASSERT_EQUAL_FATAL(principal_from_text(cases[i].signer,
					  &signer.principal, &reason),
		    0);
		CU_ASSERT_EQUAL_FATAL(parse(cases[i].rule, &r, &reason), 0);
		r->has_directory = false;
		CU_ASSERT(match_type(r, TYPE_PTR) && !match_type(r, TYPE_A));
		if (match_target(r, &q) != cases[i].adding) {
			(void)fprintf(stderr, "%s: %s\n", cases[i].rule,
			    cases[i].owner);
			CU_FAIL("decided wrongly");
		}
		q.is_addition = false;
		CU_ASSERT_EQUAL(match_target(r, &q), cases[i].deleting);
		rule_destroy(r);
		principal_unref(signer.principal);
	}
}

static void
test_the_directory_tells_whose_a_target_is(void)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct name owner = name("9.2.0.192.in-addr.arpa");
	struct name target = name("alias.ad.test");
	struct signer_facts *f = facts_of_pc1();
	struct policy_question q = {.by.signer = &signer,
	    .owner = owner.octets,
	    .type = TYPE_PTR,
	    .rdata = target.octets,
	    .rdata_len = target.len,
	    .by.zones = &zones};
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(principal_from_text("svc@AD.TEST",
				  &signer.principal, &reason),
	    0);
	CU_ASSERT_EQUAL_FATAL(parse("grant * ptr-self", &r, &reason), 0);
	CU_ASSERT_EQUAL(match_target(r, &q), MATCH_UNKNOWN);
	q.by.facts_state = SIGNER_FACTS_KNOWN;
	q.by.facts = f;
	CU_ASSERT_EQUAL(match_target(r, &q), MATCH_YES);
	target = name("other.ad.test");
	CU_ASSERT_EQUAL(match_target(r, &q), MATCH_NO);
	/* It holds that name as well; it is a server's all the same. */
	target = name("ns1.ad.test");
	CU_ASSERT_EQUAL(match_target(r, &q), MATCH_NO);
	signer_facts_unref(f);
	f = signer_facts_create(&(struct signer_facts_source){.n_hosts = 0});
	q.by.facts = f;
	CU_ASSERT_EQUAL(match_target(r, &q), MATCH_UNKNOWN);
	rule_destroy(r);
	signer_facts_unref(f);
	principal_unref(signer.principal);
}

/* Nobody is not anybody. */
static void
test_no_rule_matches_an_unsigned_request(void)
{
	static const char *const texts[] = {"grant * name a.ad.test",
	    "grant * zonesub", "grant * self .", "grant R ms-subdomain .",
	    "grant R krb5-subdomain .", "grant *.test zonesub"};
	struct signer nobody = {.kind = SIGNER_NONE};
	struct policy_question q = {.by.signer = &nobody};
	struct policy_rule *r;
	struct reason reason;

	for (size_t i = 0; i < N(texts); i++) {
		CU_ASSERT_EQUAL_FATAL(parse(texts[i], &r, &reason), 0);
		CU_ASSERT_EQUAL(match_requester(r, &q), MATCH_NO);
		rule_destroy(r);
	}
}

static void
test_types_and_their_limits(void)
{
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(parse("grant k zonesub", &r, &reason), 0);
	CU_ASSERT(match_type(r, TYPE_A));
	CU_ASSERT(match_type(r, 65281));
	CU_ASSERT(!match_type(r, TYPE_NS));
	CU_ASSERT(!match_type(r, TYPE_SOA));
	CU_ASSERT(!match_type(r, TYPE_RRSIG));
	CU_ASSERT(!match_covers_all_types(r));
	CU_ASSERT_EQUAL(match_max_rrs(r, TYPE_A), 0);
	rule_destroy(r);

	CU_ASSERT_EQUAL_FATAL(parse("grant k zonesub TYPE1 TXT(3) A(2)", &r,
				  &reason),
	    0);
	CU_ASSERT(match_type(r, TYPE_A));
	CU_ASSERT(!match_type(r, TYPE_AAAA));
	CU_ASSERT_EQUAL(match_max_rrs(r, TYPE_A), 0); /* the first one counts */
	CU_ASSERT_EQUAL(match_max_rrs(r, TYPE_TXT), 3);
	rule_destroy(r);

	CU_ASSERT_EQUAL_FATAL(parse("grant k zonesub ANY(5) A(2)", &r, &reason),
	    0);
	CU_ASSERT(match_type(r, TYPE_SOA));
	CU_ASSERT(match_covers_all_types(r));
	CU_ASSERT_EQUAL(match_max_rrs(r, TYPE_A), 2);
	CU_ASSERT_EQUAL(match_max_rrs(r, TYPE_AAAA), 5);
	rule_destroy(r);
}

CU_TestInfo match_tests[] = {
    {"each rule type matches what BIND matches",
	test_each_rule_type_matches_what_bind_matches},
    {"an address is a name to who asks by TCP",
	test_an_address_is_a_name_to_who_asks_by_tcp},
    {"a local key counts from here only",
	test_a_local_key_counts_from_here_only},
    {"a group is what the ticket says", test_a_group_is_what_the_ticket_says},
    {"a key is in no group", test_a_key_is_in_no_group},
    {"names of the directory are own names",
	test_names_of_the_directory_are_own_names},
    {"a list that may lack groups says no to none",
	test_a_list_that_may_lack_groups_says_no_to_none},
    {"a PTR to oneself needs the address",
	test_a_ptr_to_oneself_needs_the_address},
    {"the directory tells whose a target is",
	test_the_directory_tells_whose_a_target_is},
    {"no rule matches an unsigned request",
	test_no_rule_matches_an_unsigned_request},
    {"types and their limits", test_types_and_their_limits},
    CU_TEST_INFO_NULL,
};
