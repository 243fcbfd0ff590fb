/*
 * test_key.c - domain names as the trie sorts them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/zone/key.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

static struct key
key_of(const struct name *name)
{
	struct key k;

	key_make(&k, name->octets);
	return k;
}

/* <0, 0, >0, by keys. */
static int
compare_by_key(const struct name *a, const struct name *b)
{
	struct key ka = key_of(a), kb = key_of(b);
	unsigned at;

	if (ka.len == kb.len && memcmp(ka.symbols, kb.symbols, ka.len) == 0)
		return 0;
	at = key_difference(&ka, &kb);
	return (int)key_at(&ka, at) - (int)key_at(&kb, at);
}

static int
sign(int i)
{
	return (i > 0) - (i < 0);
}

static struct name
name_of_octet(unsigned octet, unsigned second)
{
	struct name n = {.len = 6,
	    .octets = {2, (uint8_t)octet, (uint8_t)second, 1, 'x', 0}};

	return n;
}

static void
test_every_pair_of_octets_sorts_as_in_canonical_order(void)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			struct name x = name_of_octet(a, 'm');
			struct name y = name_of_octet(b, 'm');
			struct name z = name_of_octet(b, a);

			CU_ASSERT_EQUAL_FATAL(sign(compare_by_key(&x, &y)),
			    sign(name_compare(x.octets, y.octets)));
			CU_ASSERT_EQUAL_FATAL(sign(compare_by_key(&x, &z)),
			    sign(name_compare(x.octets, z.octets)));
		}
}

/* RFC 4034 section 6.1 */
static void
test_the_example_of_the_rfc_is_in_order(void)
{
	static const char *const names[] = {"example.", "a.example.",
	    "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
	    "z.example.", "\\001.z.example.", "*.z.example.",
	    "\\200.z.example."};

	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		struct name a = name_of(names[i - 1]), b = name_of(names[i]);

		CU_ASSERT(compare_by_key(&a, &b) < 0);
		CU_ASSERT(compare_by_key(&b, &a) > 0);
	}
}

static void
test_case_makes_no_difference(void)
{
	struct name a = name_of("WWW.Ad.TEST."), b = name_of("www.ad.test.");
	struct key ka = key_of(&a), kb = key_of(&b);

	CU_ASSERT_EQUAL(compare_by_key(&a, &b), 0);
	CU_ASSERT_EQUAL(key_hash(&ka), key_hash(&kb));
}

static void
test_the_longest_names_fit(void)
{
	struct name n = {0};
	struct key k;

	for (unsigned at = 0; at + 2 < NAME_LEN_MAX; at += 64) {
		unsigned len =
		    NAME_LEN_MAX - 2 - at < 63 ? NAME_LEN_MAX - 2 - at : 63;

		n.octets[at] = (uint8_t)len;
		memset(n.octets + at + 1, 0xff, len);
	}
	n.len = NAME_LEN_MAX;
	CU_ASSERT_EQUAL_FATAL(name_len(n.octets), NAME_LEN_MAX);
	k = key_of(&n);
	CU_ASSERT_EQUAL(k.len, 504);
	CU_ASSERT(k.len <= KEY_LEN_MAX);
	for (unsigned i = 0; i < k.len; i++)
		CU_ASSERT_FATAL(k.symbols[i] < KEY_SYMBOLS);
	CU_ASSERT_EQUAL(key_at(&k, k.len), 0);
	CU_ASSERT_EQUAL(key_of(&name_root).len, 0);
}

static void
test_labels_start_where_symbol_zero_ended_one(void)
{
	struct name n = name_of("b.\\000c.");
	struct key k = key_of(&n);

	/* escape, symbol, c, end, b, end */
	CU_ASSERT_EQUAL_FATAL(k.len, 6);
	for (unsigned i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(key_starts_label(&k, i),
		    i == 0 || i == 4 || i == 6);
}

CU_TestInfo key_tests[] = {
    {"every pair of octets",
	test_every_pair_of_octets_sorts_as_in_canonical_order},
    {"RFC 4034", test_the_example_of_the_rfc_is_in_order},
    {"case", test_case_makes_no_difference},
    {"longest names", test_the_longest_names_fit},
    {"label starts", test_labels_start_where_symbol_zero_ended_one},
    CU_TEST_INFO_NULL,
};
