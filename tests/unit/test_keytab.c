/*
 * test_keytab.c - entries of keytabs, read and written
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/made_keytab.h"
#include "tests/unit/suites.h"

static const struct made_entry ns1 = {"DNS/ns1.ad.test", 3, MADE_AES256,
    1700000000, 7};
static const struct made_entry pc1 = {"PC1$", 300, MADE_RC4, 1600000000, 9};

static int
parse(const struct made *m, struct keytab **k)
{
	char reason[KEYTAB_REASON_SIZE];

	return keytab_parse(m->octets, m->len, reason, k);
}

static void
test_an_entry_is_read_whole(void)
{
	struct keytab *k;
	struct made m;
	const struct keytab_entry *e;

	made_begin(&m);
	made_add(&m, &ns1);
	made_add(&m, &pc1);
	CU_ASSERT_EQUAL_FATAL(parse(&m, &k), 0);
	CU_ASSERT_EQUAL_FATAL(k->n, 2);
	e = &k->entries[0];
	CU_ASSERT_STRING_EQUAL(e->principal, "DNS/ns1.ad.test@AD.TEST");
	CU_ASSERT_STRING_EQUAL(e->principal + e->realm_at, "AD.TEST");
	CU_ASSERT_TRUE(e->is_service);
	CU_ASSERT_EQUAL(e->kvno, 3);
	CU_ASSERT_EQUAL(e->enctype, MADE_AES256);
	CU_ASSERT_EQUAL(e->written, 1700000000);
	CU_ASSERT_EQUAL(e->key_len, 32);
	CU_ASSERT_EQUAL(e->key[31], 7);
	e = &k->entries[1];
	CU_ASSERT_STRING_EQUAL(e->principal, "PC1$@AD.TEST");
	CU_ASSERT_FALSE(e->is_service);
	CU_ASSERT_EQUAL(e->kvno, 300); /* more than one octet */
	keytab_destroy(k);
}

static void
test_a_fingerprint_is_of_the_key_alone(void)
{
	const struct made_entry entries[] = {ns1, {"x", 1, MADE_AES256, 0, 7},
	    {"x", 1, MADE_AES256, 0, 8}, MADE_END};
	struct keytab *k = made_keytab(entries);

	/* SHA-256 of 32 octets 07 */
	CU_ASSERT_STRING_EQUAL(k->entries[0].fingerprint, "4bb06f8e4e3a7715");
	CU_ASSERT_STRING_EQUAL(k->entries[0].fingerprint,
	    k->entries[1].fingerprint);
	CU_ASSERT_STRING_NOT_EQUAL(k->entries[0].fingerprint,
	    k->entries[2].fingerprint);
	keytab_destroy(k);
}

static void
test_holes_and_what_follows_the_end_are_passed_over(void)
{
	struct keytab *k;
	struct made m;

	made_begin(&m);
	made_hole(&m, 40);
	made_add(&m, &ns1);
	made_hole(&m, 1);
	made_number(&m, 0, 4);
	made_number(&m, 0xdead, 2);
	CU_ASSERT_EQUAL_FATAL(parse(&m, &k), 0);
	CU_ASSERT_EQUAL(k->n, 1);
	keytab_destroy(k);
}

static void
test_damage_is_named_with_its_place(void)
{
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k;
	struct made m;

	made_begin(&m);
	made_add(&m, &ns1);
	for (size_t len = 3; len < m.len; len++) {
		CU_ASSERT_EQUAL(keytab_parse(m.octets, len, reason, &k), -1);
		CU_ASSERT_PTR_NULL(k);
		CU_ASSERT_STRING_EQUAL(reason, "entry at octet 2 is cut off");
	}
	m.octets[6] = 0x7f; /* so many components there are not */
	CU_ASSERT_EQUAL(keytab_parse(m.octets, m.len, reason, &k), -1);
	CU_ASSERT_STRING_EQUAL(reason, "entry at octet 2 is damaged");
}

static void
test_what_is_no_keytab_is_refused(void)
{
	static const uint8_t old[] = {5, 1, 0, 0}, text[] = "[libdefaults]";
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k;

	CU_ASSERT_EQUAL(keytab_parse(old, sizeof(old), reason, &k), -1);
	CU_ASSERT_EQUAL(keytab_parse(text, sizeof(text), reason, &k), -1);
	CU_ASSERT_EQUAL(keytab_parse(text, 0, reason, &k), -1);
	CU_ASSERT_STRING_EQUAL(reason, "the file is empty");
	CU_ASSERT_PTR_NULL(k);
}

static void
test_what_is_written_is_what_was_read(void)
{
	struct keytab *k;
	struct made m;
	uint8_t *octets;
	size_t len;

	made_begin(&m);
	made_add(&m, &ns1);
	made_add(&m, &pc1);
	CU_ASSERT_EQUAL_FATAL(parse(&m, &k), 0);
	octets = keytab_compose(k, &len);
	CU_ASSERT_EQUAL_FATAL(len, m.len);
	CU_ASSERT_EQUAL(memcmp(octets, m.octets, len), 0);
	free(octets);
	keytab_destroy(k);
}

/* libkrb5's reading of the same file. */
static void
check_beside_libkrb5(const char *path, const struct keytab *k)
{
	char name[300], *principal;
	krb5_context krb5;
	krb5_keytab keytab;
	krb5_kt_cursor cursor;
	krb5_keytab_entry e;
	size_t n = 0;

	(void)snprintf(name, sizeof(name), "FILE:%s", path);
	CU_ASSERT_EQUAL_FATAL(krb5_init_context(&krb5), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5, name, &keytab), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_start_seq_get(krb5, keytab, &cursor), 0);
	while (krb5_kt_next_entry(krb5, keytab, &e, &cursor) == 0) {
		const struct keytab_entry *ours = &k->entries[n++];

		CU_ASSERT_EQUAL(krb5_unparse_name(krb5, e.principal,
				    &principal),
		    0);
		CU_ASSERT_STRING_EQUAL(principal, ours->principal);
		CU_ASSERT_EQUAL(e.vno, ours->kvno);
		CU_ASSERT_EQUAL(e.key.enctype, ours->enctype);
		CU_ASSERT_EQUAL((time_t)e.timestamp, ours->written);
		CU_ASSERT_EQUAL_FATAL(e.key.length, ours->key_len);
		CU_ASSERT_EQUAL(memcmp(e.key.contents, ours->key,
				    ours->key_len),
		    0);
		krb5_free_unparsed_name(krb5, principal);
		(void)krb5_free_keytab_entry_contents(krb5, &e);
	}
	CU_ASSERT_EQUAL(n, k->n);
	(void)krb5_kt_end_seq_get(krb5, keytab, &cursor);
	(void)krb5_kt_close(krb5, keytab);
	krb5_free_context(krb5);
}

static void
test_libkrb5_reads_the_same(void)
{
	static const struct made_entry entries[] = {
	    {"DNS/ns1.ad.test", 255, MADE_AES256, 1700000000, 1},
	    {"PC1$", 70000, MADE_RC4, 1, 2},
	    {"odd@\\\n\t\b name", 1, MADE_AES128, 0, 3},
	    {"a/b/c/d", 1, 4711, 0, 4},
	};
	struct keytab *k;
	struct made m;

	made_begin(&m);
	for (size_t i = 0; i < 4; i++) {
		made_add(&m, &entries[i]);
		made_hole(&m, i + 1);
	}
	CU_ASSERT_EQUAL_FATAL(parse(&m, &k), 0);
	CU_ASSERT_EQUAL(k->n, 4);
	check_beside_libkrb5(made_file("beside", &m, 0600), k);
	keytab_destroy(k);
}

static void
test_the_larger_kvno_is_newer_but_after_255(void)
{
	static const struct made_entry entries[] = {
	    {"x", 1, MADE_AES256, 200, 1},
	    {"x", 2, MADE_AES256, 100, 1},
	    {"x", 255, MADE_AES256, 150, 1},
	    MADE_END,
	};
	struct keytab *k = made_keytab(entries);
	const struct keytab_entry *e = k->entries;

	CU_ASSERT_TRUE(keytab_entry_is_newer(&e[1], &e[0]));
	CU_ASSERT_FALSE(keytab_entry_is_newer(&e[0], &e[1]));
	CU_ASSERT_TRUE(keytab_entry_is_newer(&e[0], &e[2])); /* later */
	CU_ASSERT_FALSE(keytab_entry_is_newer(&e[2], &e[0]));
	CU_ASSERT_TRUE(keytab_entry_is_newer(&e[2], &e[1])); /* earlier */
	CU_ASSERT_FALSE(keytab_entry_is_newer(&e[0], &e[0]));
	keytab_destroy(k);
}

CU_TestInfo keytab_tests[] = {
    {"an entry is read whole", test_an_entry_is_read_whole},
    {"fingerprint", test_a_fingerprint_is_of_the_key_alone},
    {"holes", test_holes_and_what_follows_the_end_are_passed_over},
    {"damage is named", test_damage_is_named_with_its_place},
    {"no keytab", test_what_is_no_keytab_is_refused},
    {"written as read", test_what_is_written_is_what_was_read},
    {"libkrb5 reads the same", test_libkrb5_reads_the_same},
    {"newer", test_the_larger_kvno_is_newer_but_after_255},
    CU_TEST_INFO_NULL,
};
