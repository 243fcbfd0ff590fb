/*
 * test_acceptor.c - keytabs loaded, and keys chosen
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/clear.h"
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

static int
load(const char *keytab, const char *principal,
    struct acceptor_generation **g_out, struct reason *reason)
{
	char path[REALM_PATH_SIZE];
	const char *keytabs[1] = {path}, *principals[1] = {principal};
	struct acceptor_config config = {
	    .keytabs = keytabs,
	    .n_keytabs = 1,
	    .principals = principals,
	    .n_principals = principal == NULL ? 0 : 1,
	};

	(void)realm_path("FILE:", keytab, path);
	return acceptor_load(&config, g_out, reason);
}

static struct clear_ap_req
ticket(const char *service, const char *host, const char *realm)
{
	struct clear_ap_req ap = {.n_components = 2};

	ap.components[0].octets = (const uint8_t *)service;
	ap.components[0].len = strlen(service);
	ap.components[1].octets = (const uint8_t *)host;
	ap.components[1].len = strlen(host);
	ap.realm.octets = (const uint8_t *)realm;
	ap.realm.len = strlen(realm);
	return ap;
}

static void
test_keys_are_indexed(void)
{
	struct acceptor_generation *g;
	struct clear_ap_req ap = ticket("DNS", "ns1.ad.test", "AD.TEST");
	struct reason reason;
	size_t i;

	CU_ASSERT_EQUAL_FATAL(load("dns.keytab", NULL, &g, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_n_principals(g), 2);
	CU_ASSERT_EQUAL(acceptor_n_entries(g), 4);
	i = acceptor_choose(g, &ap);
	CU_ASSERT_FATAL(i < 2);
	CU_ASSERT_STRING_EQUAL(acceptor_principal_text(g, i), REALM_NS1);
	ap.enctype = 18;
	CU_ASSERT(acceptor_has_key(g, i, &ap)); /* without a kvno: any */
	ap.has_kvno = true;
	ap.kvno = 3;
	CU_ASSERT(acceptor_has_key(g, i, &ap));
	ap.kvno = 2;
	CU_ASSERT(!acceptor_has_key(g, i, &ap));
	acceptor_generation_unref(g);
}

static void
test_the_name_of_a_ticket_is_found_without_case(void)
{
	struct acceptor_generation *g;
	struct clear_ap_req ap = ticket("dns", "NS1.ad.TEST", "AD.TEST");
	struct reason reason;
	size_t i;

	CU_ASSERT_EQUAL_FATAL(load("dns.keytab", NULL, &g, &reason), 0);
	i = acceptor_choose(g, &ap);
	CU_ASSERT_FATAL(i < 2);
	CU_ASSERT_STRING_EQUAL(acceptor_principal_text(g, i), REALM_NS1);
	ap = ticket("DNS", "ns1.ad.test", "ad.test"); /* realms have case */
	CU_ASSERT_EQUAL(acceptor_choose(g, &ap), ACCEPTOR_ALL);
	ap = ticket("DNS", "alias.ad.test", "AD.TEST");
	CU_ASSERT_EQUAL(acceptor_choose(g, &ap), ACCEPTOR_ALL);
	acceptor_generation_unref(g);
}

static void
test_only_dns_keys_accept_unless_named(void)
{
	struct acceptor_generation *g;
	struct reason reason;

	CU_ASSERT_EQUAL(load("host.keytab", NULL, &g, &reason), ERR_NOTFOUND);
	CU_ASSERT_PTR_NULL(g);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "no key for DNS/*"));
	CU_ASSERT_EQUAL_FATAL(load("host.keytab", "host/ns1.ad.test", &g,
				  &reason),
	    0);
	CU_ASSERT_EQUAL(acceptor_n_principals(g), 1);
	acceptor_generation_unref(g);
	CU_ASSERT_EQUAL_FATAL(load("dns.keytab", REALM_NS1, &g, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_n_principals(g), 1);
	acceptor_generation_unref(g);
	CU_ASSERT_EQUAL(load("dns.keytab", "a@b@c", &g, &reason),
	    ERR_MALFORMED);
}

static void
test_an_entry_of_two_keytabs_is_one(void)
{
	struct acceptor_generation *g;
	char one[REALM_PATH_SIZE], two[REALM_PATH_SIZE];
	const char *keytabs[3] = {one, two, one};
	struct acceptor_config config = {.keytabs = keytabs, .n_keytabs = 3};
	struct reason reason;

	(void)realm_path("FILE:", "dns.keytab", one);
	(void)realm_path("", "old.keytab", two);
	CU_ASSERT_EQUAL_FATAL(acceptor_load(&config, &g, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_n_entries(g), 6);
	acceptor_generation_unref(g);
}

static void
test_what_is_in_the_way_is_named(void)
{
	struct acceptor_generation *g;
	struct reason reason;
	char path[REALM_PATH_SIZE];
	FILE *f;

	CU_ASSERT_EQUAL(load("missing/dns.keytab", NULL, &g, &reason),
	    ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "cannot enter"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "/missing: No such"));
	CU_ASSERT_EQUAL(load("missing.keytab", NULL, &g, &reason),
	    ERR_NOTFOUND);
	f = fopen(realm_path("", "junk.keytab", path), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs("this is no keytab", f);
	(void)fclose(f);
	CU_ASSERT_EQUAL(load("junk.keytab", NULL, &g, &reason), ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "junk.keytab"));
	if (geteuid() == 0)
		return; /* root is not kept out */
	(void)chmod(path, 0);
	CU_ASSERT_EQUAL(load("junk.keytab", NULL, &g, &reason), ERR_PERM);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "cannot read"));
}

static void
test_credentials_are_made_once(void)
{
	struct acceptor_generation *g, *h;
	struct acceptor_creds *creds = acceptor_creds_create();
	gss_cred_id_t one, two;
	struct reason reason;

	CU_ASSERT_PTR_NOT_NULL_FATAL(creds);
	CU_ASSERT_EQUAL_FATAL(load("dns.keytab", NULL, &g, &reason), 0);
	CU_ASSERT_EQUAL_FATAL(load("old.keytab", NULL, &h, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_cred(creds, g, 0, &one, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_cred(creds, h, 0, &two, &reason), 0);
	CU_ASSERT_PTR_NOT_EQUAL(one, two);
	CU_ASSERT_EQUAL(acceptor_cred(creds, g, 0, &two, &reason), 0);
	CU_ASSERT_PTR_EQUAL(one, two);
	CU_ASSERT_EQUAL(acceptor_cred(creds, g, ACCEPTOR_ALL, &two, &reason),
	    0);
	CU_ASSERT_PTR_NOT_EQUAL(one, two);
	acceptor_generation_unref(g); /* the credentials keep it */
	acceptor_generation_unref(h);
	acceptor_creds_destroy(creds);
}

CU_TestInfo acceptor_tests[] = {
    {"index", test_keys_are_indexed},
    {"case", test_the_name_of_a_ticket_is_found_without_case},
    {"DNS", test_only_dns_keys_accept_unless_named},
    {"two keytabs", test_an_entry_of_two_keytabs_is_one},
    {"unreadable", test_what_is_in_the_way_is_named},
    {"credentials", test_credentials_are_made_once},
    CU_TEST_INFO_NULL,
};
