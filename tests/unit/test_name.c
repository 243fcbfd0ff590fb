/*
 * test_name.c - domain names
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/name.h"
#include "tests/unit/suites.h"

static struct name
name_of(const char *text)
{
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &name), 0);
	return name;
}

static int
read_at(const void *octets, size_t len, size_t pos, struct name *name)
{
	struct reader r;
	int ret;

	reader_init(&r, octets, len);
	r.pos = pos;
	ret = name_read(&r, name);
	CU_ASSERT_EQUAL(ret != 0, reader_short(&r));
	return ret;
}

static void
test_a_pointer_is_followed(void)
{
	const uint8_t octets[] = "\3www\7ExamplE\0\4host\xc0\4\7";
	const uint8_t *expected = (const uint8_t *)"\4host\7ExamplE";
	struct name name;
	struct reader r;

	reader_init(&r, octets, sizeof(octets) - 1);
	r.pos = 13;
	CU_ASSERT_EQUAL(name_read(&r, &name), 0);
	CU_ASSERT_EQUAL(name.len, 14);
	CU_ASSERT_EQUAL(memcmp(name.octets, expected, 14), 0); /* case kept */
	CU_ASSERT_EQUAL(r.pos, 20);
}

static void
test_pointers_only_lead_backwards(void)
{
	struct name name;

	/* to itself, forwards, and to the start of the name it stands in */
	CU_ASSERT_EQUAL(read_at("\xc0\0", 2, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\xc0\2\0", 3, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\1a\xc0\0", 4, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\0\1a\xc0\0", 5, 1, &name), 0);
	/* two that lead to each other */
	CU_ASSERT_EQUAL(read_at("\xc0\2\xc0\0", 4, 2, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name.len, 1);
}

static void
test_a_chain_of_pointers_is_bounded(void)
{
	uint8_t octets[2 + 2 * 300] = {0};
	struct name name;

	/* a root label, and pointers that each lead to the one before */
	for (size_t at = 2; at < sizeof(octets); at += 2)
		put_u16(octets + at, (uint16_t)(0xc000 | (at - 2)));
	CU_ASSERT_EQUAL(read_at(octets, sizeof(octets), 2, &name), 0);
	CU_ASSERT_EQUAL(read_at(octets, sizeof(octets), 2 * NAME_LABELS_MAX,
			    &name),
	    0);
	CU_ASSERT_EQUAL(read_at(octets, sizeof(octets), 600, &name),
	    ERR_MALFORMED);
}

static void
test_broken_names_are_malformed(void)
{
	struct name name;

	CU_ASSERT_EQUAL(read_at("", 0, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\3ab", 3, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\3abc", 4, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\0\xc0", 2, 1, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\x41\1\0", 3, 0, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("\x80\0", 2, 0, &name), ERR_MALFORMED);
}

static void
test_a_name_has_at_most_255_octets(void)
{
	uint8_t octets[300] = {0};
	struct name name;
	size_t len;

	for (size_t i = 0; i < 254; i += 2)
		octets[i] = 1;
	CU_ASSERT_EQUAL(read_at(octets, 255, 0, &name), 0);
	CU_ASSERT_EQUAL(name.len, 255);
	CU_ASSERT_EQUAL(name_label_count(name.octets), NAME_LABELS_MAX);
	CU_ASSERT(name_is_valid(octets, sizeof(octets), &len) && len == 255);
	octets[254] = 1; /* and now 257 */
	CU_ASSERT_EQUAL(read_at(octets, 300, 0, &name), ERR_MALFORMED);
	CU_ASSERT(!name_is_valid(octets, sizeof(octets), &len));
	octets[254] = 0;
	octets[252] = 2; /* and now 256 */
	octets[254] = 'x';
	CU_ASSERT_EQUAL(read_at(octets, 300, 0, &name), ERR_MALFORMED);
	CU_ASSERT(!name_is_valid(octets, sizeof(octets), &len));
}

static void
test_text_goes_both_ways(void)
{
	static const char *const texts[] = {".", "example.", "PC1\\$.Example.",
	    "a\\.b.c.", "\\000\\255\\032.x.", "\\\"\\\\.",
	    "_ldap._tcp.dc._msdcs.example.", "*.example."};
	char text[NAME_TEXT_SIZE];
	struct name name;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		name = name_of(texts[i]);
		CU_ASSERT_EQUAL(name.len, name_len(name.octets));
		CU_ASSERT_STRING_EQUAL(name_to_text(name.octets, text),
		    texts[i]);
	}
	name = name_of("a.b");
	CU_ASSERT_STRING_EQUAL(name_to_log(name.octets, text), "a.b");
	CU_ASSERT_STRING_EQUAL(name_to_log(name_root.octets, text), ".");
	memset(name.octets, 0, sizeof(name.octets));
	for (size_t i = 0; i < 254; i += 64)
		name.octets[i] = (uint8_t)(i == 192 ? 61 : 63);
	CU_ASSERT_EQUAL(strlen(name_to_text(name.octets, text)), 1004);
}

static void
test_wrong_text_is_refused(void)
{
	char label[66], four[300];
	struct name name;

	CU_ASSERT_EQUAL(name_from_text("", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text("..", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text(".a", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text("a..b", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text("a\\", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text("a\\25", NULL, &name), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_from_text("a\\256", NULL, &name), ERR_MALFORMED);
	memset(label, 'x', sizeof(label));
	label[64] = '\0';
	CU_ASSERT_EQUAL(name_from_text(label, NULL, &name), ERR_RANGE);
	label[63] = '\0';
	CU_ASSERT_EQUAL(name_from_text(label, NULL, &name), 0);
	(void)snprintf(four, sizeof(four), "%s.%s.%s.%s", label, label, label,
	    label + 2);
	CU_ASSERT_EQUAL(name_from_text(four, NULL, &name), 0);
	CU_ASSERT_EQUAL(name.len, 255);
	(void)snprintf(four, sizeof(four), "%s.%s.%s.%s", label, label, label,
	    label + 1);
	CU_ASSERT_EQUAL(name_from_text(four, NULL, &name), ERR_RANGE);
	CU_ASSERT_EQUAL(name.len, 1);
}

static void
test_a_name_without_final_dot_is_below_the_origin(void)
{
	struct name origin = name_of("example"), name, expected;

	expected = name_of("www.example.");
	CU_ASSERT_EQUAL(name_from_text("www", &origin, &name), 0);
	CU_ASSERT(name_equal(name.octets, expected.octets));
	expected = name_of("www.");
	CU_ASSERT_EQUAL(name_from_text("www.", &origin, &name), 0);
	CU_ASSERT(name_equal(name.octets, expected.octets));
	/* an escaped dot ends nothing */
	expected = name_of("www\\..example.");
	CU_ASSERT_EQUAL(name_from_text("www\\.", &origin, &name), 0);
	CU_ASSERT(name_equal(name.octets, expected.octets));
}

static void
test_case_makes_no_difference(void)
{
	struct name a = name_of("Host-1.EXAMPLE."),
		    b = name_of("hOST-1.example.");
	struct name c = name_of("host-2.example."), lower = b;

	CU_ASSERT(name_equal(a.octets, b.octets));
	CU_ASSERT_EQUAL(name_compare(a.octets, b.octets), 0);
	CU_ASSERT_EQUAL(name_hash(a.octets, 7), name_hash(b.octets, 7));
	CU_ASSERT_NOT_EQUAL(name_hash(a.octets, 7), name_hash(b.octets, 8));
	CU_ASSERT(!name_equal(a.octets, c.octets));
	CU_ASSERT_NOT_EQUAL(name_hash(a.octets, 7), name_hash(c.octets, 7));
	name_to_lower(lower.octets);
	CU_ASSERT_EQUAL(memcmp(lower.octets, "\6host-1\7example", 16), 0);
	/* only letters fold: '@' and '[' stand beside them, 0xc1 is 'A' + 128
	 */
	a = name_of("@[\\193.");
	b = name_of("`{\\225.");
	CU_ASSERT(!name_equal(a.octets, b.octets));
	CU_ASSERT_NOT_EQUAL(name_hash(a.octets, 7), name_hash(b.octets, 7));
}

static void
test_the_hash_folds_every_letter_and_nothing_else(void)
{
	struct name a = name_of("xxxxxxxxxxxxxxx."), b = a;

	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 1; at < 16; at++) {
			bool is_upper = c >= 'A' && c <= 'Z';
			bool is_lower = c >= 'a' && c <= 'z';

			a.octets[at] = (uint8_t)c;
			b.octets[at] = (uint8_t)(c ^ 32);
			CU_ASSERT_EQUAL(is_upper || is_lower,
			    name_hash(a.octets, 1) == name_hash(b.octets, 1));
			a.octets[at] = b.octets[at] = 'x';
		}
}

/* Top bits go through a multiplication unchanged, unless it is folded. */
static void
test_names_that_collide_do_so_for_one_seed_only(void)
{
	struct name a = name_of("00000000000000000000."), b = a;
	unsigned n_equal = 0;

	b.octets[7] ^= 0x80;
	b.octets[8 + 7] ^= 0x80;
	b.octets[8 + 3] ^= 0x80;
	for (uint64_t seed = 0; seed < 1000; seed++)
		n_equal +=
		    name_hash(a.octets, seed) == name_hash(b.octets, seed);
	CU_ASSERT_EQUAL(n_equal, 0);
}

static void
test_order_is_canonical(void)
{
	/* RFC 4034 section 6.1 */
	static const char *const sorted[] = {".", "example.", "a.example.",
	    "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
	    "z.example.", "\\001.z.example.", "*.z.example.",
	    "\\200.z.example."};
	struct name a, b;
	int order;

	for (int i = 0; i < 10; i++)
		for (int j = 0; j < 10; j++) {
			a = name_of(sorted[i]);
			b = name_of(sorted[j]);
			order = name_compare(a.octets, b.octets);
			CU_ASSERT_EQUAL((order > 0) - (order < 0),
			    (i > j) - (i < j));
		}
}

static void
test_labels_are_counted_stripped_and_shared(void)
{
	struct name a = name_of("a.b.C.d."), b = name_of("x.c.D.");

	CU_ASSERT_EQUAL(name_label_count(a.octets), 4);
	CU_ASSERT_EQUAL(name_label_count(name_root.octets), 0);
	CU_ASSERT_EQUAL(name_strip(a.octets, 2)[1], 'C');
	CU_ASSERT_EQUAL(*name_strip(a.octets, 4), 0);
	CU_ASSERT_EQUAL(name_common_labels(a.octets, b.octets), 2);
	CU_ASSERT_EQUAL(name_common_labels(a.octets, a.octets), 4);
	CU_ASSERT_EQUAL(name_common_labels(a.octets, name_root.octets), 0);
	b = name_of("*.x.");
	CU_ASSERT(name_is_wildcard(b.octets));
	b = name_of("\\*a.x.");
	CU_ASSERT(!name_is_wildcard(b.octets));
}

static void
test_below_needs_whole_labels(void)
{
	struct name zone = name_of("example."), a = name_of("www.EXAMPLE.");
	struct name b = name_of("myexample."), c = name_of("a\\.example.");

	CU_ASSERT(name_is_below(a.octets, zone.octets));
	CU_ASSERT(name_is_below(zone.octets, zone.octets));
	CU_ASSERT(name_is_below(zone.octets, name_root.octets));
	CU_ASSERT(!name_is_below(zone.octets, a.octets));
	CU_ASSERT(!name_is_below(b.octets, zone.octets));
	CU_ASSERT(!name_is_below(c.octets, zone.octets));
}

static void
test_joining_keeps_to_255_octets(void)
{
	struct name suffix = name_of("example."), name, expected;
	uint8_t prefix[NAME_LEN_MAX];

	expected = name_of("*.example.");
	CU_ASSERT_EQUAL(name_join((const uint8_t *)"\1*", 2, suffix.octets,
			    &name),
	    0);
	CU_ASSERT(name_equal(name.octets, expected.octets));
	for (size_t i = 0; i < sizeof(prefix); i += 2)
		prefix[i] = 1;
	CU_ASSERT_EQUAL(name_join(prefix, 246, suffix.octets, &name), 0);
	CU_ASSERT_EQUAL(name.len, 255);
	CU_ASSERT_EQUAL(name_join(prefix, 248, suffix.octets, &name),
	    ERR_RANGE);
}

CU_TestInfo name_tests[] = {
    {"pointer", test_a_pointer_is_followed},
    {"loops", test_pointers_only_lead_backwards},
    {"chain", test_a_chain_of_pointers_is_bounded},
    {"malformed", test_broken_names_are_malformed},
    {"255 octets", test_a_name_has_at_most_255_octets},
    {"text", test_text_goes_both_ways},
    {"wrong text", test_wrong_text_is_refused},
    {"origin", test_a_name_without_final_dot_is_below_the_origin},
    {"case", test_case_makes_no_difference},
    {"hash", test_the_hash_folds_every_letter_and_nothing_else},
    {"one seed", test_names_that_collide_do_so_for_one_seed_only},
    {"order", test_order_is_canonical},
    {"labels", test_labels_are_counted_stripped_and_shared},
    {"below", test_below_needs_whole_labels},
    {"join", test_joining_keeps_to_255_octets},
    CU_TEST_INFO_NULL,
};
