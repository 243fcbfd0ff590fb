/*
 * test_override.c - -o PATH=VALUE, and statements that BIND has elsewhere
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>

#include "daemon/conf/errors.h"
#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_an_override_takes_the_place_of_what_the_file_has(void)
{
	static const char *const overrides[] = {"options/workers=2",
	    "options/listen-on=port 5353 { 127.0.0.1; }",
	    "zone/Z.test/notify=no", "zone/0/25.in-addr.arpa/max-records=7",
	    "zone/z.test/soa/mname=ns2.z.test", "key/k/secret=AAAAAAAA",
	    "kerberos/keytab=FILE:/new", "control/socket=/s"};
	const char *folder = new_folder();
	struct conf_errors errors;
	struct conf *c;

	conf_errors_init(&errors);
	CU_ASSERT_EQUAL_FATAL(
	    conf_read(put_file(folder, "c", 0644,
			  "options { workers 9; listen-on { any; };\n"
			  "listen-on { 10.0.0.1; }; };\n"
			  "kerberos { keytab \"/old\"; keytab \"/old2\"; };\n"
			  "key k { algorithm hmac-sha1; secret AAAA; };\n"
			  "zone z.test { notify yes; soa { mname a.z.test; "
			  "rname b.z.test; }; };\n"
			  "zone 0/25.in-addr.arpa { };\n"),
		overrides, N(overrides), &errors, &c),
	    0);
	CU_ASSERT_EQUAL(c->options.workers, 2);
	CU_ASSERT_EQUAL(c->options.listen_on.n, 1);
	CU_ASSERT_EQUAL(c->options.listen_on.items[0].port, 5353);
	CU_ASSERT_EQUAL(c->zones[0].notify, CONF_NOTIFY_NO);
	CU_ASSERT_EQUAL(c->zones[1].notify, CONF_NOTIFY_YES);
	CU_ASSERT_EQUAL(c->zones[1].max_records, 7);
	CU_ASSERT_STRING_EQUAL(c->zones[0].soa.mname, "ns2.z.test");
	CU_ASSERT_STRING_EQUAL(c->zones[0].soa.nameservers.items[0],
	    "ns2.z.test");
	CU_ASSERT_EQUAL(c->keys[0].secret.len, 6);
	CU_ASSERT_EQUAL_FATAL(c->kerberos.keytabs.n, 1);
	CU_ASSERT_STRING_EQUAL(c->kerberos.keytabs.items[0], "FILE:/new");
	CU_ASSERT_STRING_EQUAL(c->control.socket, "/s");
	conf_destroy(c);
	conf_errors_clear(&errors);
	remove_folder(folder);
}

static void
test_a_mistaken_override_is_shown(void)
{
	static const char *const overrides[] = {"options/workers=x",
	    "options/workers", "workers=1", "zone/none.test/notify=no",
	    "zone/z.test=1", "options/nonsense=1", "options/workers=1; user x",
	    "options/wo rk=1", "acl/a/b=1", "options//x=1",
	    "options/max-udp-size=1 {"};
	const char *folder = new_folder();

	expect_file_lines(put_file(folder, "c", 0644, ZONE), overrides,
	    N(overrides),
	    "-o options/workers=x: workers: \"x\" is not a number\n"
	    "-o options/workers: PATH=VALUE is expected\n"
	    "-o workers=1: a path is BLOCK/STATEMENT or "
	    "BLOCK/NAME/STATEMENT\n"
	    "-o zone/none.test/notify=no: there is no such zone\n"
	    "-o zone/z.test=1: there is no such zone\n"
	    "-o options/nonsense=1: unknown statement \"nonsense\" in "
	    "options\n"
	    "-o options/workers=1; user x: one value is expected\n"
	    "-o options/wo rk=1: no such path\n"
	    "-o acl/a/b=1: a path is BLOCK/STATEMENT or "
	    "BLOCK/NAME/STATEMENT\n"
	    "-o options//x=1: no such path\n"
	    "-o options/max-udp-size=1 {: '{' is never closed\n"
	    "-o options/max-udp-size=1 {: ';' without a statement\n"
	    "-o options/max-udp-size=1 {: ';' is missing after \"}\"\n");
	remove_folder(folder);
}

static void
test_binds_keytab_options_are_ours_of_kerberos(void)
{
	struct conf *c =
	    conf_of("options { tkey-gssapi-keytab \"/k\"; workers 3;\n"
		    "tkey-gssapi-credential \"DNS/a.test\"; };\n" ZONE);

	CU_ASSERT_EQUAL_FATAL(c->kerberos.keytabs.n, 1);
	CU_ASSERT_STRING_EQUAL(c->kerberos.keytabs.items[0], "FILE:/k");
	CU_ASSERT_EQUAL_FATAL(c->kerberos.acceptors.n, 1);
	CU_ASSERT_STRING_EQUAL(c->kerberos.acceptors.items[0], "DNS/a.test");
	CU_ASSERT_EQUAL(c->options.workers, 3);
	conf_destroy(c);
}

CU_TestInfo override_tests[] = {
    {"replace", test_an_override_takes_the_place_of_what_the_file_has},
    {"mistaken", test_a_mistaken_override_is_shown},
    {"BIND's places", test_binds_keytab_options_are_ours_of_kerberos},
    CU_TEST_INFO_NULL,
};
