/*
 * test_edit.c - keytabs made of keytabs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "ktutils/edit.h"
#include "tests/unit/made_keytab.h"
#include "tests/unit/suites.h"

#define NOW ((time_t)1000000000)
#define DAY ((time_t)86400)

static char reason[KEYTAB_REASON_SIZE];

static void
test_a_merge_has_each_key_once(void)
{
	static const struct made_entry a[] = {{"x", 1, MADE_AES256, 0, 1},
	    {"x", 2, MADE_AES256, 0, 2}, MADE_END};
	static const struct made_entry b[] = {{"x", 2, MADE_AES256, 9, 2},
	    {"x", 2, MADE_AES128, 0, 2}, {"y", 2, MADE_AES256, 0, 2}, MADE_END};
	struct keytab *k = made_keytab(a), *other = made_keytab(b);

	CU_ASSERT_EQUAL(edit_merge(k, other, reason), 0);
	CU_ASSERT_EQUAL(k->n, 4);
	CU_ASSERT_EQUAL(edit_merge(k, other, reason), 0);
	CU_ASSERT_EQUAL(k->n, 4);
	keytab_destroy(k);
	keytab_destroy(other);
}

static void
test_two_keys_of_one_kvno_are_not_merged(void)
{
	static const struct made_entry a[] = {{"x", 1, MADE_AES256, 0, 1},
	    MADE_END};
	static const struct made_entry b[] = {{"x", 1, MADE_AES256, 0, 2},
	    MADE_END};
	struct keytab *k = made_keytab(a), *other = made_keytab(b);

	CU_ASSERT_EQUAL(edit_merge(k, other, reason), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "x@AD.TEST kvno 1 has two keys"));
	CU_ASSERT_EQUAL(k->n, 1);
	keytab_destroy(k);
	keytab_destroy(other);
}

static size_t
count_matches(const char *pattern)
{
	static const struct made_entry entries[] = {
	    {"DNS/ns1.ad.test", 1, MADE_AES256, 0, 1},
	    {"host/ns1.ad.test", 1, MADE_AES256, 0, 2},
	    {"NS1$", 1, MADE_AES256, 0, 3},
	    MADE_END,
	};
	struct keytab *from = made_keytab(entries), *into = keytab_create();
	size_t n;

	CU_ASSERT_EQUAL(edit_extract(into, from, pattern, reason), 0);
	n = into->n;
	keytab_destroy(from);
	keytab_destroy(into);
	return n;
}

static void
test_a_pattern_takes_what_it_says(void)
{
	CU_ASSERT_EQUAL(count_matches("DNS/*"), 1);
	CU_ASSERT_EQUAL(count_matches("dns/NS1.ad.test"), 1);
	CU_ASSERT_EQUAL(count_matches("*/ns1.ad.test@AD.TEST"), 2);
	CU_ASSERT_EQUAL(count_matches("*@OTHER.TEST"), 0);
	CU_ASSERT_EQUAL(count_matches("ns?$"), 1);
	CU_ASSERT_EQUAL(count_matches("DNS"), 0);
	CU_ASSERT_EQUAL(count_matches("*"), 3);
}

/* What would go, as letters: kept, old, weak, double. */
static const char *
prune(const struct made_entry *entries, bool takes_weak)
{
	static char letters[16];
	struct edit_prune_rule rule = {NOW, DAY, takes_weak};
	struct keytab *k = made_keytab(entries), *into = keytab_create();
	size_t kept = 0;

	memset(letters, 0, sizeof(letters));
	for (size_t i = 0; i < k->n; i++) {
		letters[i] = "kowd"[edit_prune_asks(k, i, &rule)];
		kept += letters[i] == 'k';
	}
	CU_ASSERT_EQUAL(edit_prune(into, k, &rule, reason), 0);
	CU_ASSERT_EQUAL(into->n, kept);
	keytab_destroy(into);
	keytab_destroy(k);
	return letters;
}

static void
test_an_old_kvno_stays_until_no_ticket_needs_it(void)
{
	struct made_entry entries[] = {
	    {"x", 1, MADE_AES256, NOW - 90 * DAY, 1},
	    {"x", 2, MADE_AES256, NOW - 30 * DAY, 2},
	    {"x", 3, MADE_AES256, NOW - DAY + 1, 3},
	    {"y", 1, MADE_AES256, NOW - 90 * DAY, 4},
	    MADE_END,
	};

	CU_ASSERT_STRING_EQUAL(prune(entries, true), "okkk");
	entries[2].written = NOW - DAY;
	CU_ASSERT_STRING_EQUAL(prune(entries, true), "ookk");
}

static void
test_the_current_key_is_never_pruned(void)
{
	static const struct made_entry weak[] = {{"x", 1, MADE_AES256,
						     NOW - 90 * DAY, 1},
	    {"x", 2, MADE_RC4, NOW - 30 * DAY, 2}, MADE_END};
	static const struct made_entry wrapped[] = {{"x", 255, MADE_AES256,
							NOW - 90 * DAY, 1},
	    {"x", 1, MADE_AES256, NOW - 30 * DAY, 2}, MADE_END};

	CU_ASSERT_STRING_EQUAL(prune(weak, true), "ok");
	CU_ASSERT_STRING_EQUAL(prune(wrapped, true), "ok");
}

static void
test_a_weak_key_goes_only_beside_a_strong_one(void)
{
	static const struct made_entry entries[] = {
	    {"x", 2, MADE_RC4, NOW, 1},
	    {"x", 2, MADE_AES256, NOW, 2},
	    {"y", 2, MADE_RC4, NOW, 3},
	    {"z", 1, MADE_AES256, NOW, 4},
	    {"z", 2, MADE_RC4, NOW, 5},
	    MADE_END,
	};

	CU_ASSERT_STRING_EQUAL(prune(entries, true), "wkkkk");
	CU_ASSERT_STRING_EQUAL(prune(entries, false), "kkkkk");
}

static void
test_of_doubles_the_first_stays(void)
{
	static const struct made_entry entries[] = {
	    {"x", 2, MADE_AES256, NOW, 1},
	    {"x", 2, MADE_AES256, NOW, 1},
	    {"x", 2, MADE_AES256, NOW, 2}, /* another key: not for us to say */
	    MADE_END,
	};

	CU_ASSERT_STRING_EQUAL(prune(entries, true), "kdk");
}

CU_TestInfo edit_tests[] = {
    {"a merge has each key once", test_a_merge_has_each_key_once},
    {"two keys of one kvno", test_two_keys_of_one_kvno_are_not_merged},
    {"a pattern takes what it says", test_a_pattern_takes_what_it_says},
    {"old kvno", test_an_old_kvno_stays_until_no_ticket_needs_it},
    {"the current key stays", test_the_current_key_is_never_pruned},
    {"weak keys", test_a_weak_key_goes_only_beside_a_strong_one},
    {"doubles", test_of_doubles_the_first_stays},
    CU_TEST_INFO_NULL,
};
