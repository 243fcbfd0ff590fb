/*
 * test_acceptor.c - keytabs loaded, and keys chosen
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/acceptor.h"
#include "daemon/gss/algorithm.h"
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

/* Loads a keytab of the realm's folder, whatever it is called. */
static struct acceptor_generation *
loaded(const char *keytab, const char *principal)
{
	struct acceptor_generation *g;
	struct reason reason;
	int ret = load(keytab, principal, &g, &reason);

	if (ret != 0)
		(void)fprintf(stderr, "%s\n", reason.text);
	CU_ASSERT_EQUAL_FATAL(ret, 0);
	return g;
}

#define MANY 100

/* A keytab in memory with a key for DNS/h0.ad.test, h1, ... */
static krb5_keytab
make_many(krb5_context krb5, const char *keytab_name)
{
	uint8_t octets[16] = {0};
	krb5_keytab_entry key = {.vno = 1,
	    .key = {.enctype = GSS_ENCTYPE_AES128_SHA1,
		.length = sizeof(octets),
		.contents = octets}};
	krb5_keytab keytab;
	char name[64];

	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5, keytab_name, &keytab), 0);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "DNS/h%d.ad.test@AD.TEST",
		    i);
		CU_ASSERT_EQUAL_FATAL(krb5_parse_name(krb5, name,
					  &key.principal),
		    0);
		CU_ASSERT_EQUAL(krb5_kt_add_entry(krb5, keytab, &key), 0);
		krb5_free_principal(krb5, key.principal);
	}
	return keytab;
}

static void
test_one_of_many_is_found(void)
{
	const char *keytabs[1] = {"MEMORY:many"};
	struct acceptor_config config = {.keytabs = keytabs, .n_keytabs = 1};
	struct acceptor_generation *g;
	struct clear_ap_req ap;
	struct reason reason;
	krb5_context krb5;
	krb5_keytab keytab;
	char host[32], name[64];
	size_t p;

	CU_ASSERT_EQUAL_FATAL(krb5_init_context(&krb5), 0);
	keytab = make_many(krb5, keytabs[0]);
	CU_ASSERT_EQUAL_FATAL(acceptor_load(&config, &g, &reason), 0);
	CU_ASSERT_EQUAL(acceptor_n_principals(g), MANY);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(host, sizeof(host), "%s%d.ad.test",
		    i % 2 == 0 ? "h" : "H", i);
		(void)snprintf(name, sizeof(name), "DNS/h%d.ad.test@AD.TEST",
		    i);
		ap = ticket("DNS", host, "AD.TEST");
		ap.enctype = GSS_ENCTYPE_AES128_SHA1;
		p = acceptor_choose(g, &ap);
		CU_ASSERT_FATAL(p < MANY);
		CU_ASSERT_STRING_EQUAL(acceptor_principal_text(g, p), name);
		CU_ASSERT(acceptor_has_key(g, p, &ap));
	}
	ap = ticket("DNS", "h100.ad.test", "AD.TEST");
	CU_ASSERT_EQUAL(acceptor_choose(g, &ap), ACCEPTOR_NONE);
	CU_ASSERT(!acceptor_has_key(g, ACCEPTOR_NONE, &ap));
	acceptor_generation_unref(g);
	(void)krb5_kt_close(krb5, keytab);
	krb5_free_context(krb5);
}

static void
test_changes_are_named(void)
{
	struct acceptor_generation *old = loaded("old.keytab", NULL);
	struct acceptor_generation *new = loaded("dns.keytab", REALM_NS1);
	struct acceptor_generation *same = loaded("dns.keytab", REALM_NS1);
	struct reason text;

	CU_ASSERT(acceptor_changes(old, new, &text));
	CU_ASSERT_STRING_EQUAL(text.text,
	    REALM_NS1 " kvno 3 added, " REALM_NS1 " kvno 2 removed");
	CU_ASSERT(!acceptor_changes(new, same, &text));
	CU_ASSERT_STRING_EQUAL(text.text, "");
	acceptor_generation_unref(old);
	acceptor_generation_unref(new);
	acceptor_generation_unref(same);
}

static void
test_another_key_of_the_same_kvno_is_a_change(void)
{
	struct acceptor_generation *one = loaded("wrong.keytab", NULL);
	struct acceptor_generation *two = loaded("other.keytab", NULL);
	struct acceptor_generation *both = loaded("dns.keytab", REALM_NS1);
	struct reason text;

	CU_ASSERT(acceptor_changes(one, two, &text));
	CU_ASSERT_STRING_EQUAL(text.text,
	    REALM_NS1 " kvno 3 has new keys, " REALM_NS1
		      " kvno 3 has lost keys");
	CU_ASSERT(acceptor_changes(two, both, &text));
	acceptor_generation_unref(one);
	acceptor_generation_unref(two);
	acceptor_generation_unref(both);
}

/* Puts the first n octets of a keytab into "cut.keytab". */
static size_t
cut_keytab(const char *keytab, size_t n)
{
	char path[REALM_PATH_SIZE], octets[4096];
	FILE *f = fopen(realm_path("", keytab, path), "r");
	size_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	size = fread(octets, 1, sizeof(octets), f);
	(void)fclose(f);
	CU_ASSERT_FATAL(size < sizeof(octets));
	f = fopen(realm_path("", "cut.keytab", path), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fwrite(octets, 1, n < size ? n : size, f);
	(void)fclose(f);
	return size;
}

/* krb5 itself would take it for a shorter keytab. */
static void
test_a_keytab_cut_inside_an_entry_is_none(void)
{
	size_t size = cut_keytab("dns.keytab", 0);
	struct acceptor_generation *g;
	struct reason reason;
	int n_loaded = 0, ret;

	for (size_t n = 0; n <= size; n++) {
		(void)cut_keytab("dns.keytab", n);
		ret = load("cut.keytab", NULL, &g, &reason);
		n_loaded += ret == 0;
		CU_ASSERT(ret == 0 || ret == ERR_MALFORMED ||
		    (ret == ERR_NOTFOUND && n == 2));
		acceptor_generation_unref(g);
	}
	CU_ASSERT_EQUAL(n_loaded, 4); /* after each of its entries */
}

static void
test_the_replay_cache_is_tried_out(void)
{
	char keytab[REALM_PATH_SIZE], path[REALM_PATH_SIZE];
	const char *keytabs[1] = {realm_path("FILE:", "dns.keytab", keytab)};
	struct acceptor_config config = {.keytabs = keytabs,
	    .n_keytabs = 1,
	    .replay_cache = path};
	struct acceptor_generation *g;
	struct reason reason;
	struct stat st;

	(void)realm_path("", "missing/rcache2", path);
	CU_ASSERT_EQUAL(acceptor_load(&config, &g, &reason), ERR_PERM);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "/missing/rcache2: uid"));
	(void)realm_path("", "cc", path); /* a folder */
	CU_ASSERT_EQUAL(acceptor_load(&config, &g, &reason), ERR_PERM);
	(void)realm_path("", "tried.rcache2", path);
	(void)fclose(fopen(path, "w"));
	(void)chmod(path, 0644);
	CU_ASSERT_EQUAL_FATAL(acceptor_load(&config, &g, &reason), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	acceptor_generation_unref(g);
}

/* How many retired keys there are. */
static size_t
n_retired(struct acceptor *a)
{
	struct acceptor_generation *g = acceptor_retired(a);
	size_t n = g == NULL ? 0 : acceptor_n_entries(g);

	acceptor_generation_unref(g);
	return n;
}

/* Puts a generation of the file "live.keytab", a copy of keytab, into use. */
static void
use(struct acceptor *a, const char *keytab, const char *principal)
{
	char from[REALM_PATH_SIZE], to[REALM_PATH_SIZE];
	char command[2 * REALM_PATH_SIZE + 16];
	struct acceptor_generation *g;

	(void)snprintf(command, sizeof(command), "cp '%s' '%s'",
	    realm_path("", keytab, from), realm_path("", "live.keytab", to));
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	g = loaded("live.keytab", principal);
	CU_ASSERT_EQUAL(acceptor_set(a, g, 100, NULL), 0);
	acceptor_generation_unref(g);
}

static void
test_keys_retire_one_by_one(void)
{
	struct acceptor *a = acceptor_create();
	uint64_t start_ns = clock_mono_ns();

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	clock_test_set(clock_wall_us(), start_ns);
	use(a, "old.keytab", REALM_NS1);
	CU_ASSERT_EQUAL(n_retired(a), 0);
	use(a, "dns.keytab", REALM_NS1); /* kvno 2 retires */
	CU_ASSERT_EQUAL(n_retired(a), 2);
	clock_test_set(clock_wall_us(), start_ns + 60000000000u);
	use(a, "next.keytab", REALM_NS1); /* kvno 3 too, before 2 has ended */
	CU_ASSERT_EQUAL(n_retired(a), 4);
	clock_test_set(clock_wall_us(), start_ns + 110000000000u);
	acceptor_expire(a); /* kvno 2 has ended by now */
	CU_ASSERT_EQUAL(n_retired(a), 2);
	use(a, "next.keytab", REALM_NS1);
	CU_ASSERT_EQUAL(n_retired(a), 2);
	use(a, "dns.keytab", REALM_NS1); /* kvno 3 is back, 4 gone */
	CU_ASSERT_EQUAL(n_retired(a), 2);
	acceptor_expire(a); /* none */
	CU_ASSERT_EQUAL(n_retired(a), 2);
	clock_test_set(clock_wall_us(), start_ns + 210000000000u);
	acceptor_expire(a);
	CU_ASSERT_PTR_NULL(acceptor_retired(a));
	clock_test_set(0, 0);
	acceptor_destroy(a);
}

/* It has other keys, or none: an operator took it out. */
static void
test_only_who_may_accept_has_retired_keys(void)
{
	struct acceptor *a = acceptor_create();
	struct acceptor_generation *g;

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	use(a, "dns.keytab", NULL);
	use(a, "dns.keytab", REALM_NS1); /* no DNS/rc4 any more */
	CU_ASSERT_EQUAL(n_retired(a), 0);
	use(a, "next.keytab", REALM_NS1);
	CU_ASSERT_EQUAL(n_retired(a), 2);
	g = loaded("next.keytab", REALM_NS1); /* live.keytab is not named */
	CU_ASSERT_EQUAL(acceptor_set(a, g, 100, NULL), 0);
	CU_ASSERT_EQUAL(n_retired(a), 0);
	acceptor_generation_unref(g);
	acceptor_destroy(a);
}

/* What of the current keys a config leaves: entries. */
static size_t
left_by(struct acceptor *a, const char *keytab, const char *principal)
{
	char path[REALM_PATH_SIZE];
	const char *keytabs[1] = {realm_path("FILE:", keytab, path)};
	struct acceptor_config config = {.keytabs = keytabs,
	    .n_keytabs = 1,
	    .principals = &principal,
	    .n_principals = principal == NULL ? 0 : 1};
	struct acceptor_generation *g;
	size_t n;

	acceptor_restrict(a, &config);
	g = acceptor_current(a);
	n = g == NULL ? 0 : acceptor_n_entries(g);
	acceptor_generation_unref(g);
	return n;
}

static void
test_what_a_config_forbids_goes_without_a_load(void)
{
	struct acceptor *a = acceptor_create();

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	use(a, "dns.keytab", NULL);
	CU_ASSERT_EQUAL(left_by(a, "live.keytab", NULL), 4);
	CU_ASSERT_EQUAL(left_by(a, "live.keytab", REALM_NS1), 2);
	CU_ASSERT_EQUAL(left_by(a, "live.keytab", NULL), 2); /* nothing new */
	use(a, "next.keytab", NULL);
	CU_ASSERT_EQUAL(n_retired(a), 2);
	CU_ASSERT_EQUAL(left_by(a, "live.keytab", REALM_NS1), 2);
	CU_ASSERT_EQUAL(n_retired(a), 2);
	CU_ASSERT_EQUAL(left_by(a, "old.keytab", NULL), 0);
	CU_ASSERT_EQUAL(n_retired(a), 0);
	CU_ASSERT_EQUAL(left_by(a, "live.keytab", NULL), 0);
	acceptor_destroy(a);
}

CU_TestInfo acceptor_tests[] = {
    {"index", test_keys_are_indexed},
    {"case", test_the_name_of_a_ticket_is_found_without_case},
    {"DNS", test_only_dns_keys_accept_unless_named},
    {"two keytabs", test_an_entry_of_two_keytabs_is_one},
    {"unreadable", test_what_is_in_the_way_is_named},
    {"credentials", test_credentials_are_made_once},
    {"many", test_one_of_many_is_found},
    {"changes", test_changes_are_named},
    {"same kvno", test_another_key_of_the_same_kvno_is_a_change},
    {"cut", test_a_keytab_cut_inside_an_entry_is_none},
    {"replay cache", test_the_replay_cache_is_tried_out},
    {"retired", test_keys_retire_one_by_one},
    {"who retires", test_only_who_may_accept_has_retired_keys},
    {"restrict", test_what_a_config_forbids_goes_without_a_load},
    CU_TEST_INFO_NULL,
};
