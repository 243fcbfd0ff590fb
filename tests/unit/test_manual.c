/*
 * test_manual.c - dump and manual page say what the table does
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/errors.h"
#include "daemon/conf/source.h"
#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

/* A file of the source tree, by its path from the top. */
static const char *
source_path(const char *path)
{
	static char whole[512];
	const char *top = getenv("KDDNS_SRCDIR");

	(void)snprintf(whole, sizeof(whole), "%s/%s", top == NULL ? "." : top,
	    path);
	return whole;
}

static struct conf *
read_file(const char *path)
{
	struct conf_errors errors;
	struct conf *c;

	conf_errors_init(&errors);
	(void)conf_read(path, NULL, 0, &errors, &c);
	conf_errors_print(&errors, stderr);
	CU_ASSERT_EQUAL(errors.n, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	conf_errors_clear(&errors);
	return c;
}

static void
test_a_dump_reads_as_the_same_configuration(void)
{
	const char *folder = new_folder();
	struct conf *c, *again;
	char *text, *text_again;

	(void)put_file(folder, "s", 0600, "AAAA");
	c = read_file(put_file(folder, "c", 0644,
	    "options { listen-on { any; 10.0.0.1; }; user \"\";\n"
	    "listen-on-v6 { fe80::1%4711; };\n"
	    "server-id \"q\\\"q\"; notify-source 10.0.0.1; workers 3;\n"
	    "max-journal-size unlimited; max-transfer-time-out 61;\n"
	    "also-notify { 10.0.0.9; }; };\n"
	    "kerberos { keytab \"/a\"; keytab b; acceptor DNS/a@A; };\n"
	    "key k { algorithm hmac-sha256-128; secret-file \"s\"; };\n"
	    "acl a { !10.9/16; any; { key k; !principal \"P $@R\"; }; };\n"
	    "server 10/8 { keys k; };\n"
	    "zone z.test { also-notify { }; allow-query { !a; any; };\n"
	    "allow-transfer { !{ ::1; }; };\n"
	    "soa { mname n.z.test; rname h.z.test; };\n"
	    "update-policy { grant group \"CN=\\\"x\\\" y\" zonesub; }; };\n"
	    "zone l.test { update-policy local; };\n"
	    "zone . { max-records 1; };\n"));
	text = dump_of(c);
	again = read_file(put_file(folder, "c2", 0644, text));
	text_again = dump_of(again);
	CU_ASSERT_STRING_EQUAL(text, text_again);
	CU_ASSERT_EQUAL(again->zones[0].also_notify.n, 0);
	CU_ASSERT_EQUAL(again->zones[1].also_notify.n, 1);
	CU_ASSERT_TRUE(again->zones[1].update_policy.is_local);
	CU_ASSERT_EQUAL(again->keys[0].secret.len, 3);
	free(text);
	free(text_again);
	conf_destroy(c);
	conf_destroy(again);
	remove_folder(folder);
}

static void
test_a_dump_shows_no_secret(void)
{
	struct conf *c = conf_of(
	    ZONE "key k { algorithm hmac-sha1; secret bmljZXNlY3JldAAA; };");
	char *text = dump_of(c);

	CU_ASSERT_PTR_NULL(strstr(text, "bmljZXNlY3JldAAA"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "secret \"????"));
	free(text);
	conf_destroy(c);
}

static void
test_the_example_is_a_good_configuration(void)
{
	conf_destroy(read_file(source_path("examples/kddnsd.conf")));
}

static void
test_the_manual_page_is_current(void)
{
	struct source page;
	char *part = NULL;
	size_t len;
	FILE *f = open_memstream(&part, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	conf_manual(f);
	(void)fclose(f);
	CU_ASSERT_EQUAL_FATAL(source_read(source_path("docs/kddnsd.conf.5"),
				  &page),
	    0);
	/* If not: put there what test_conf --manual writes. */
	CU_ASSERT_PTR_NOT_NULL(strstr(page.text, part));
	source_clear(&page);
	free(part);
}

CU_TestInfo manual_tests[] = {
    {"dump", test_a_dump_reads_as_the_same_configuration},
    {"secrets", test_a_dump_shows_no_secret},
    {"example", test_the_example_is_a_good_configuration},
    {"manual page", test_the_manual_page_is_current},
    CU_TEST_INFO_NULL,
};
