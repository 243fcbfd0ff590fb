/*
 * test_check.c - what has to hold between statements
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

static void
test_every_name_that_is_used_is_defined(void)
{
	expect_lines("zone z.test { allow-query { a; };\n"
		     "allow-transfer { key k; };\n"
		     "also-notify { 10.0.0.1 key l; }; };\n"
		     "server 10.0.0.1 { keys { m; }; };\n",
	    "t:1: acl \"a\" is not defined\n"
	    "t:2: key \"k\" is not defined\n"
	    "t:3: key \"l\" is not defined\n"
	    "t:4: key \"m\" is not defined\n");
}

static void
test_nothing_is_defined_twice(void)
{
	expect_lines("zone z.test { };\nzone z.test. { file \"f\"; };\n"
		     "zone Z.test { file \"g\"; };\n"
		     "acl a { };\nacl A { };\n"
		     "key k { algorithm hmac-sha1; secret AAAA; };\n"
		     "key k. { algorithm hmac-sha1; secret AAAA; };\n"
		     "server 10.0.0.0/8 { };\nserver 10/8 { };\n"
		     "options { };\noptions { };\n",
	    "t:2: zone \"z.test\": already given at t:1\n"
	    "t:3: zone \"Z.test\": differs only in case from \"z.test\" at "
	    "t:2\n"
	    "t:5: acl \"A\": differs only in case from \"a\" at t:4\n"
	    "t:7: key \"k\": already given at t:6\n"
	    "t:9: server: already given at t:8\n"
	    "t:11: options: already given at t:10\n");
}

static void
test_acls_do_not_hold_themselves(void)
{
	expect_lines(ZONE "acl a { b; };\nacl b { 10/8; { !c; }; };\n"
			  "acl c { a; };\nacl d { d; };\nacl e { a; };\n",
	    "t:4: acl \"a\" holds itself\n"
	    "t:5: acl \"d\" holds itself\n");
}

static void
test_zones_do_not_share_a_file(void)
{
	expect_lines("zone a.test { file \"x\"; };\n"
		     "zone b.test { file \"/var/lib/kddns/x\"; };\n",
	    "t:2: file: \"/var/lib/kddns/x\" is the file of zone "
	    "\"a.test\"\n");
}

static void
test_there_is_a_zone(void)
{
	expect_lines("", "t: there is no zone\n");
}

static void
test_zones_may_be_nested(void)
{
	struct conf *c = conf_of("zone test { }; zone a.test { };");

	CU_ASSERT_EQUAL(c->n_zones, 2);
	conf_destroy(c);
}

static void
test_a_panel_without_sign_in_is_for_loopback(void)
{
	expect_lines(ZONE "web { };\n", "");
	expect_lines(ZONE "web { listen-on ::1; listen-on 127.0.0.9 port 1; "
			  "};\n",
	    "");
	expect_lines(ZONE "web { listen-on 127.0.0.1; listen-on 10.0.0.1;\n"
			  "listen-on 0.0.0.0 port 80; listen-on ::; };\n",
	    "t:2: web: 10.0.0.1 is no loopback address: that needs "
	    "\"sign-in negotiate\"\n"
	    "t:2: web: 0.0.0.0 is no loopback address: that needs "
	    "\"sign-in negotiate\"\n"
	    "t:2: web: :: is no loopback address: that needs "
	    "\"sign-in negotiate\"\n");
}

static void
test_sign_in_needs_tls_and_admins(void)
{
	expect_lines(ZONE "web { listen-on 10.0.0.1; sign-in negotiate; };\n",
	    "t:2: web: \"sign-in negotiate\" needs TLS: certificate and key\n"
	    "t:2: web: nobody could sign in: admins is empty\n");
	expect_lines(ZONE "web { sign-in negotiate; certificate c; key k;\n"
			  "admins { a@R; a; @R; a@; }; };\n",
	    "t:2: web: admins: \"a\" is no NAME@REALM\n"
	    "t:2: web: admins: \"@R\" is no NAME@REALM\n"
	    "t:2: web: admins: \"a@\" is no NAME@REALM\n");
	expect_lines(ZONE
	    "web { listen-on ::; sign-in negotiate; certificate c; key k;\n"
	    "admins { a@R; }; };\n",
	    "");
}

static void
test_what_is_not_done_yet_is_refused(void)
{
	expect_lines("options { sandbox yes;\n rate-limit { "
		     "responses-per-second 5; "
		     "};\n session-keyfile \"s\"; };\n"
		     "kerberos { replay-cache file;\n weak-enctypes allow;\n"
		     "health-interval 1m;\n kdc-timeout 3s; };\n"
		     "web { nonsense; };\n"
		     "zone z.test {\n"
		     "bootstrap { address { any; }; until \"x\"; };\n };\n"
		     "options;\n",
	    "t:1: sandbox: not supported yet, other than \"sandbox no;\"\n"
	    "t:2: responses-per-second: not supported yet, other than "
	    "\"responses-per-second 0;\"\n"
	    "t:8: unknown statement \"nonsense\" in web\n"
	    "t:10: bootstrap: not supported yet\n"
	    "t:12: options: already given at t:1\n");
}

static void
test_names_of_a_soa_are_written_out(void)
{
	expect_lines("zone z.test { soa { mname ns1; rname root.z.test;\n"
		     "nameservers { ns1.z.test; ns2; }; }; };\n"
		     "zone y.test { soa { mname ns1; rname r.y.test; }; };\n",
	    "t:1: warning: soa: mname: \"ns1\" is a whole name here; one "
	    "below the zone is written out, ns1.z.test\n"
	    "t:1: warning: soa: nameservers: \"ns2\" is a whole name here; "
	    "one below the zone is written out, ns2.z.test\n"
	    "t:3: warning: soa: mname: \"ns1\" is a whole name here; one "
	    "below the zone is written out, ns1.y.test\n");
}

#define LDAP "ldap { uri \"ldap://x\"; base \"DC=x\"; "

static void
test_rules_of_the_directory_need_a_directory(void)
{
	expect_lines("zone z.test { policy-source { file; ldap; }; };\n",
	    "t:1: policy-source: there is no ldap {} to read rules from\n");
	expect_lines("zone z.test { policy-source { ldap; };\n"
		     "update-policy { grant k zonesub; }; };\n" LDAP
		     "realms { R; }; };\n",
	    "t:1: policy-source: ldap {} has no policy-base to read rules "
	    "below\n"
	    "t:2: warning: update-policy: has no effect, policy-source does "
	    "not have file\n"
	    "t:3: warning: ldap: without hostname-suffixes no host name "
	    "counts\n");
	expect_lines(ZONE LDAP "nonsense; };\n",
	    "t:2: warning: ldap: without realms it tells of no principal's "
	    "groups and host names\n"
	    "t:2: unknown statement \"nonsense\" in ldap\n");
	expect_lines("zone z.test { policy-source { ldap; file; }; };\n" LDAP
		     "policy-base \"CN=k\"; realms { R; }; hostname-suffixes { "
		     "z; }; "
		     "};\n",
	    "");
}

static void
test_binds_idle_statements_are_warned_about(void)
{
	expect_lines("options { recursion no; check-names master ignore;\n"
		     "auth-nxdomain yes; allow-recursion { none; };\n"
		     "dnssec-validation auto; };\n"
		     "logging { category default { null; }; };\n"
		     "server 10.0.0.1 { edns no; provide-ixfr yes; };\n"
		     "zone z.test { forwarders { }; check-names ignore; };\n",
	    "t:1: warning: recursion: has no effect\n"
	    "t:1: warning: check-names: has no effect\n"
	    "t:2: warning: auth-nxdomain: has no effect\n"
	    "t:2: warning: allow-recursion: has no effect\n"
	    "t:3: warning: dnssec-validation: has no effect\n"
	    "t:4: warning: logging: has no effect\n"
	    "t:5: warning: edns: has no effect\n"
	    "t:5: warning: provide-ixfr: has no effect\n"
	    "t:6: warning: forwarders: has no effect\n"
	    "t:6: warning: check-names: has no effect\n");
}

static void
test_binds_statements_that_change_something_are_refused(void)
{
	expect_lines("options { recursion yes;\n forwarders { 10.0.0.1; };\n"
		     "response-policy { zone r; };\n"
		     "allow-recursion { any; }; };\n"
		     "view v { };\nzone z.test { dnssec-policy default;\n"
		     "inline-signing yes; };\n"
		     "kerberos { recursion no; };\n",
	    "t:1: recursion: not supported yet, other than \"recursion no;\"\n"
	    "t:2: forwarders: not supported yet, other than \"forwarders { "
	    "};\"\n"
	    "t:3: response-policy: not supported yet\n"
	    "t:4: allow-recursion: not supported yet, other than "
	    "\"allow-recursion { none; };\"\n"
	    "t:5: view: not supported yet\n"
	    "t:6: dnssec-policy: not supported yet, other than "
	    "\"dnssec-policy none;\"\n"
	    "t:7: inline-signing: not supported yet, other than "
	    "\"inline-signing no;\"\n"
	    "t:8: unknown statement \"recursion\" in kerberos\n");
}

CU_TestInfo check_tests[] = {
    {"undefined", test_every_name_that_is_used_is_defined},
    {"twice", test_nothing_is_defined_twice},
    {"acl cycles", test_acls_do_not_hold_themselves},
    {"files", test_zones_do_not_share_a_file},
    {"no zone", test_there_is_a_zone},
    {"nested zones", test_zones_may_be_nested},
    {"a panel without sign-in is for loopback",
	test_a_panel_without_sign_in_is_for_loopback},
    {"sign-in needs TLS and admins", test_sign_in_needs_tls_and_admins},
    {"later", test_what_is_not_done_yet_is_refused},
    {"soa", test_names_of_a_soa_are_written_out},
    {"directory", test_rules_of_the_directory_need_a_directory},
    {"idle", test_binds_idle_statements_are_warned_about},
    {"refused", test_binds_statements_that_change_something_are_refused},
    CU_TEST_INFO_NULL,
};
