/*
 * test_rule.c - update-policy rules: their grammar
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/policy/rule.h"
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
	struct policy_book_source book = {.apex = &apex,
	    .has_directory = false};

	reason->text[0] = '\0';
	return rule_parse(&t, &book, rule_out, reason);
}

static void
test_what_follows_the_grammar_is_read(void)
{
	static const char *const texts[] = {
	    "grant AD.TEST ms-self . A AAAA",
	    "grant AD.TEST ms-self * A AAAA;",
	    "  GRANT \"AD.TEST\"\tMS-SELF \".\" \"A\" ; ",
	    "deny * name www.ad.test. ANY",
	    "grant * zonesub",
	    "grant * zonesub A TXT(1) TYPE65281 ANY(2)",
	    "grant *.ad.test wildcard *.dyn.ad.test. A(0)",
	    "grant \"host/pc1.x@REALM\" name a.ad.test. A",
	    "grant DC1$@AD.TEST subdomain _msdcs.ad.test. SRV",
	    "grant dhcp self dhcp A",
	    "grant dhcp. self dhcp A",
	    "grant dhcp selfsub . TXT(65535)",
	    "grant *.x self *.x",
	    "grant AD.TEST. krb5-subdomain-self-rhs ad.test PTR SRV",
	    "grant group name a.ad.test A",
	    "grant group S-1-5-21-1-2-3-516 zonesub ANY",
	    "grant AD.TEST ptr-self",
	    "grant * ptr-self . PTR(1)",
	    "grant * ptr-self PTR",
	    "grant PC1$@AD.TEST ptr-self no-forward-check",
	    "grant group S-1-5-21-1-2-3-515 ptr-self no-forward-check PTR",
	    "deny group \"S-1-5-21-1-2-3-515\" subdomain _msdcs.ad.test",
	    "grant k name \"A\" A",
	    "grant dhcp selfwild dhcp TXT",
	    "grant R krb5-selfsub . A",
	    "grant R MS-selfsub * A",
	    "grant \"local:/run/helper.sock\" external * A",
	    "deny local:/h EXTERNAL ad.test. ANY;",
	    "grant \"local:/a b$@;x\" external . TXT(2)",
	    "grant * tcp-self . PTR(1)",
	    "grant *.2.0.0.2.ip6.arpa 6to4-self . NS DNAME",
	};
	struct policy_rule *r;
	struct reason reason;

	for (size_t i = 0; i < N(texts); i++) {
		CU_ASSERT_EQUAL(parse(texts[i], &r, &reason), 0);
		CU_ASSERT_STRING_EQUAL(reason.text, "");
		rule_destroy(r);
	}
}

#define LONG_PATH /* with the '/' before it: the longest of a socket */        \
	"1234567890123456789012345678901234567890123456789012345678901234567"  \
	"890123456789012345678901234567890123456"

static void
test_a_socket_is_named_by_the_file_only(void)
{
	static const char text[] = "grant local:/" LONG_PATH " external . A";
	struct policy_rule_text t = {text, "cn=x", POLICY_FROM_DIRECTORY};
	struct name apex = name("ad.test");
	struct policy_book_source book = {.apex = &apex, .has_directory = true};
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(parse(text, &r, &reason), 0);
	CU_ASSERT_STRING_EQUAL(r->socket, "/" LONG_PATH);
	rule_destroy(r);
	CU_ASSERT_EQUAL(rule_parse(&t, &book, &r, &reason), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "configuration file only"));
}

static void
test_each_mistake_has_its_reason(void)
{
	static const struct {
		const char *text, *reason;
		int err;
	} cases[] = {
	    {"", "\"grant\" or \"deny\" is missing", ERR_MALFORMED},
	    {";", "\"grant\" or \"deny\" is missing", ERR_MALFORMED},
	    {"allow x name y A", "\"allow\" is neither", ERR_MALFORMED},
	    {"grant", "the identity is missing", ERR_MALFORMED},
	    {"grant x", "the rule type is missing", ERR_MALFORMED},
	    {"grant x names y", "\"names\" is not a rule type", ERR_MALFORMED},
	    {"grant x name", "the name after the rule type is missing",
		ERR_MALFORMED},
	    {"grant x name A", "\"A\" is a type where a name", ERR_MALFORMED},
	    {"grant x name a..b A", "\"a..b\" is not a name", ERR_MALFORMED},
	    {"grant a..b name x A", "\"a..b\" is not a name of a signer",
		ERR_MALFORMED},
	    {"grant x wildcard y A", "does not begin with", ERR_MALFORMED},
	    {"grant R ms-self A AAAA", "\"A\" stands where", ERR_MALFORMED},
	    {"grant R krb5-self R A", "\"R\" stands where", ERR_MALFORMED},
	    {"grant k self x A", "\"x\" stands where", ERR_MALFORMED},
	    {"grant k name x A B", "\"B\" is not a type", ERR_MALFORMED},
	    {"grant k name x A(", "\"A(\" has no count", ERR_MALFORMED},
	    {"grant k name x A()", "has no count", ERR_MALFORMED},
	    {"grant k name x A(-1)", "has no count", ERR_MALFORMED},
	    {"grant k name x A(65536)", "has no count", ERR_MALFORMED},
	    {"grant k name x A(99999999999999999999)", "has no count",
		ERR_MALFORMED},
	    {"grant k name x A(1)x", "has no count", ERR_MALFORMED},
	    {"grant k name x TYPE65536", "is not a type", ERR_MALFORMED},
	    {"grant k name x A; deny", "text after the ';'", ERR_MALFORMED},
	    {"grant \"k name x A", "a quote is not closed", ERR_MALFORMED},
	    {"grant k name x \"A", "a quote is not closed", ERR_MALFORMED},
	    {"grant k name x \"A\\\"", "a quote is not closed", ERR_MALFORMED},
	    {"grant *@R name x A", "which matches nobody", ERR_MALFORMED},
	    {"grant a@ name x A", "has an empty component", ERR_MALFORMED},
	    {"grant a\\@R name x A", "no realm", ERR_MALFORMED},
	    {"grant * ms-self . A", "\"*\" is not the name of a realm",
		ERR_MALFORMED},
	    {"grant PC1$@R ms-self . A", "is not the name of a realm",
		ERR_MALFORMED},
	    {"grant . krb5-self . A", "is not the name of a realm",
		ERR_MALFORMED},
	    {"grant a@R tcp-self . PTR", "is not the name of an address",
		ERR_MALFORMED},
	    {"grant k tcp-self k PTR", "\"k\" stands where", ERR_MALFORMED},
	    {"grant k selfwild x A", "\"x\" stands where", ERR_MALFORMED},
	    {"grant a@R ms-selfsub . A", "is not the name of a realm",
		ERR_MALFORMED},
	    {"grant \"local:s\" external . A", "that is not absolute",
		ERR_MALFORMED},
	    {"grant \"local:\" external . A", "that is not absolute",
		ERR_MALFORMED},
	    {"grant /s external . A", "is not \"local:\" and the path",
		ERR_MALFORMED},
	    {"grant LOCAL:/s external . A", "is not \"local:\" and the path",
		ERR_MALFORMED},
	    {"grant * external . A", "is not \"local:\" and the path",
		ERR_MALFORMED},
	    {"grant local:/" LONG_PATH "x external . A",
		"that is too long for a socket", ERR_MALFORMED},
	    {"grant local:/s external", "the name after the rule type is",
		ERR_MALFORMED},
	    {"grant local:/s external A", "is a type where a name",
		ERR_MALFORMED},
	    {"grant local:/s external a..b A", "\"a..b\" is not a name",
		ERR_MALFORMED},
	    {"grant group S-1-5-21-1-512 external . A",
		"a group takes no rule type", ERR_MALFORMED},
	    {"grant x local . ANY", "\".\" is not a type", ERR_MALFORMED},
	    {"grant x ldap-self . A", "needs a directory", ERR_UNSUPPORTED},
	    {"grant x ldap-selfsub . A", "needs a directory", ERR_UNSUPPORTED},
	    {"grant x ptr-self . PTR A", "ptr-self is for PTR alone",
		ERR_MALFORMED},
	    {"grant x ptr-self A", "ptr-self is for PTR alone", ERR_MALFORMED},
	    {"grant x ptr-self y", "\"y\" is not a type", ERR_MALFORMED},
	    {"grant group \"CN=x,DC=y\" zonesub ANY",
		"is a group's name: write its SID", ERR_UNSUPPORTED},
	    {"grant group S-1-5-x zonesub", "is not a SID", ERR_MALFORMED},
	    {"grant group S-1-5-21-1-512 ms-self . A",
		"a group takes no rule type", ERR_MALFORMED},
	    {"grant group S-1-5-21-1-512", "the rule type is missing",
		ERR_MALFORMED},
	    {"grant group S-1-5-21-1-512 names x", "is not a rule type",
		ERR_MALFORMED},
	};
	struct policy_rule *r;
	struct reason reason;

	for (size_t i = 0; i < N(cases); i++) {
		if (parse(cases[i].text, &r, &reason) != cases[i].err ||
		    strstr(reason.text, cases[i].reason) == NULL) {
			(void)fprintf(stderr, "%s: got \"%s\"\n", cases[i].text,
			    reason.text);
			CU_FAIL("another reason");
		}
		CU_ASSERT_PTR_NULL(r);
	}
}

static void
test_a_rule_is_told_with_its_source(void)
{
	struct policy_rule *r;
	struct reason reason;

	CU_ASSERT_EQUAL_FATAL(parse(" grant  x  zonesub A ; ", &r, &reason), 0);
	CU_ASSERT_STRING_EQUAL(policy_rule_to_text(r),
	    "grant  x  zonesub A (kddnsd.conf:41)");
	rule_destroy(r);
}

CU_TestInfo rule_tests[] = {
    {"what follows the grammar is read", test_what_follows_the_grammar_is_read},
    {"each mistake has its reason", test_each_mistake_has_its_reason},
    {"a rule is told with its source", test_a_rule_is_told_with_its_source},
    {"a socket is named by the file only",
	test_a_socket_is_named_by_the_file_only},
    CU_TEST_INFO_NULL,
};
