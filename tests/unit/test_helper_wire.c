/*
 * test_helper_wire.c - a question to the helper of an external rule, in octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/addr.h"
#include "daemon/base/err.h"
#include "daemon/dns/types.h"
#include "daemon/gss/private.h"
#include "daemon/server/helper_wire.h"
#include "daemon/tsig/keyring.h"
#include "tests/unit/suites.h"

static struct name
name(const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return n;
}

/* Writes the question, and compares what follows version and length. */
static void
expect_octets(const struct helper_asker *a, const char *owner, uint16_t type,
    const void *octets, size_t len)
{
	size_t room = helper_wire_room(a);
	struct name n = name(owner);
	uint8_t *got = malloc(room);
	struct writer w;

	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	writer_init(&w, got, room);
	CU_ASSERT_EQUAL(helper_wire_write(a, n.octets, type, &w), 0);
	CU_ASSERT(!writer_full(&w));
	CU_ASSERT_EQUAL_FATAL(w.len, 8 + len);
	CU_ASSERT_EQUAL(get_u32(got), 1);
	CU_ASSERT_EQUAL(get_u32(got + 4), w.len);
	CU_ASSERT_EQUAL(memcmp(got + 8, octets, len), 0);
	free(got);
}

#define EXPECT(a, owner, type, octets)                                         \
	expect_octets(a, owner, type, octets, sizeof(octets) - 1)

static void
test_nobody_has_an_address_and_no_more(void)
{
	struct signer signer = {.kind = SIGNER_NONE};
	struct addr address;
	struct helper_asker a = {.signer = &signer, .address = &address};

	CU_ASSERT_EQUAL(addr_from_text("192.0.2.7", &address), 0);
	EXPECT(&a, "Pc1.ad.test", TYPE_A,
	    "\0Pc1.ad.test\0"
	    "192.0.2.7\0A\0\0"
	    "\0\0\0\0");
	CU_ASSERT_EQUAL(addr_from_text("2001:db8::7", &address), 0);
	EXPECT(&a, ".", 65280,
	    "\0.\0"
	    "2001:db8::7\0TYPE65280\0\0"
	    "\0\0\0\0");
}

static void
test_what_is_special_in_zone_files_is_escaped(void)
{
	struct signer signer = {.kind = SIGNER_NONE};
	struct addr address;
	struct helper_asker a = {.signer = &signer, .address = &address};

	CU_ASSERT_EQUAL(addr_from_text("192.0.2.7", &address), 0);
	EXPECT(&a, "\\@\\$\\(\\)\\;\\\\\\\"\\.\\000\\032\\127+=*", TYPE_TXT,
	    "\0\\@\\$\\(\\)\\;\\\\\\\"\\.\\000\\032\\127+=*\0"
	    "192.0.2.7\0TXT\0\0"
	    "\0\0\0\0");
}

static void
test_a_shared_key_is_named_with_its_numbers(void)
{
	struct keyring_secret secret = {.name = name("Key.Test"),
	    .algorithm = TSIG_HMAC_SHA256,
	    .secret = (const uint8_t *)"secre",
	    .secret_len = 5};
	struct signer signer = {.kind = SIGNER_KEY,
	    .key_name = name("KEY.test")};
	struct addr address;
	struct helper_asker a = {.signer = &signer, .address = &address};
	struct keyring *ring;

	CU_ASSERT_EQUAL(addr_from_text("192.0.2.7", &address), 0);
	CU_ASSERT_EQUAL_FATAL(keyring_create(&secret, 1, &ring, NULL), 0);
	a.key = keyring_at(ring, 0);
	EXPECT(&a, "x", TYPE_A,
	    "key.test\0x\0"
	    "192.0.2.7\0A\0key.test/163/16763\0"
	    "\0\0\0\0");
	keyring_unref(ring);
}

static void
test_a_context_brings_its_token(void)
{
	struct context c = {.key_name = name("Mixed.Test"),
	    .token = (uint8_t[]){0x60, 0, 0xff},
	    .token_len = 3};
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct addr address;
	struct helper_asker a = {.signer = &signer,
	    .address = &address,
	    .context = &c};
	struct reason reason;

	CU_ASSERT_EQUAL(addr_from_text("192.0.2.7", &address), 0);
	CU_ASSERT_EQUAL_FATAL(principal_from_text("host/p$.x@R.TEST",
				  &signer.principal, &reason),
	    0);
	EXPECT(&a, "x", TYPE_A,
	    "host/p\\$.x\\@R.TEST\0x\0"
	    "192.0.2.7\0A\0Mixed.Test/160/0\0"
	    "\0\0\0\3\x60\0\xff");
	a.context = NULL; /* of whom there is none */
	EXPECT(&a, "x", TYPE_A,
	    "host/p\\$.x\\@R.TEST\0x\0"
	    "192.0.2.7\0A\0\0"
	    "\0\0\0\0");
	principal_unref(signer.principal);
}

static void
test_a_signer_who_is_no_name_cannot_be_told(void)
{
	struct signer signer = {.kind = SIGNER_PRINCIPAL};
	struct addr address = {.family = AF_INET};
	struct helper_asker a = {.signer = &signer, .address = &address};
	struct reason reason;
	uint8_t octets[8192];
	struct writer w;

	CU_ASSERT_EQUAL_FATAL(principal_from_text("a..b@R.TEST",
				  &signer.principal, &reason),
	    0);
	CU_ASSERT(helper_wire_room(&a) <= sizeof(octets));
	writer_init(&w, octets, sizeof(octets));
	CU_ASSERT_EQUAL(helper_wire_write(&a, (const uint8_t *)"\1x", TYPE_A,
			    &w),
	    ERR_RANGE);
	principal_unref(signer.principal);
}

/* All names as long as escapes make them. */
static void
test_there_is_room_for_the_longest(void)
{
	struct signer signer = {.kind = SIGNER_KEY};
	struct context c = {.token = NULL};
	struct addr address;
	struct helper_asker a = {.signer = &signer,
	    .address = &address,
	    .context = &c};
	struct name *n = &signer.key_name;
	size_t room;
	struct writer w;
	uint8_t *octets;

	CU_ASSERT_EQUAL(addr_from_text("2001:db8:1111:2222:3333:4444:5555:6666",
			    &address),
	    0);
	for (n->len = 0; n->len < 192; n->len = (uint8_t)(n->len + 64)) {
		n->octets[n->len] = 63;
		memset(n->octets + n->len + 1, 0xff, 63);
	}
	n->octets[192] = 61;
	memset(n->octets + 193, 0xff, 61);
	n->octets[254] = 0;
	n->len = 255;
	c.key_name = *n;
	room = helper_wire_room(&a);
	octets = malloc(room);
	CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
	writer_init(&w, octets, room);
	CU_ASSERT_EQUAL(helper_wire_write(&a, n->octets, 65535, &w), 0);
	CU_ASSERT(!writer_full(&w));
	free(octets);
}

static void
test_an_answer_is_yes_or_no(void)
{
	static const struct {
		uint8_t octets[HELPER_ANSWER_LEN];
		enum policy_word word;
	} cases[] = {
	    {{0, 0, 0, 0}, POLICY_WORD_NO},
	    {{0, 0, 0, 1}, POLICY_WORD_YES},
	    {{0, 0, 0, 2}, POLICY_WORD_NONE},
	    {{1, 0, 0, 0}, POLICY_WORD_NONE},
	    {{0, 0, 1, 1}, POLICY_WORD_NONE},
	    {{255, 255, 255, 255}, POLICY_WORD_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(helper_wire_answer(cases[i].octets),
		    cases[i].word);
}

CU_TestInfo helper_wire_tests[] = {
    {"nobody has an address and no more",
	test_nobody_has_an_address_and_no_more},
    {"what is special in zone files is escaped",
	test_what_is_special_in_zone_files_is_escaped},
    {"a shared key is named with its numbers",
	test_a_shared_key_is_named_with_its_numbers},
    {"a context brings its token", test_a_context_brings_its_token},
    {"a signer who is no name cannot be told",
	test_a_signer_who_is_no_name_cannot_be_told},
    {"there is room for the longest", test_there_is_room_for_the_longest},
    {"an answer is yes or no", test_an_answer_is_yes_or_no},
    CU_TEST_INFO_NULL,
};
