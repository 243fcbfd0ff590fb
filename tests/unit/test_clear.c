/*
 * test_clear.c - tokens read in clear text
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/gss/clear.h"
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

static void
real_token(bool spnego)
{
	struct clear_token c;
	struct initiator i;
	char text[64];

	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, spnego, INITIATOR_FLAGS));
	CU_ASSERT_EQUAL_FATAL(initiator_step(&i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
	clear_read(i.token.value, i.token.length, &c);
	CU_ASSERT_EQUAL(c.kind, spnego ? CLEAR_SPNEGO_INIT : CLEAR_KRB5);
	CU_ASSERT((c.mechanisms & CLEAR_MECH_KRB5) != 0);
	CU_ASSERT_FATAL(c.has_ap_req);
	CU_ASSERT_STRING_EQUAL(clear_sname_text(&c.ap_req, text, sizeof(text)),
	    REALM_NS1);
	CU_ASSERT(c.ap_req.wants_mutual);
	CU_ASSERT(c.ap_req.has_kvno);
	CU_ASSERT_EQUAL(c.ap_req.kvno, 3);
	CU_ASSERT_EQUAL(c.ap_req.enctype, 18);
	CU_ASSERT(c.ap_req.authenticator.len > 50);
	for (size_t n = 0; n < i.token.length; n++) {
		uint8_t *exact = malloc(n + 1); /* so that ASan sees its end */

		memcpy(exact, i.token.value, n);
		clear_read(exact, n, &c);
		CU_ASSERT(!c.has_ap_req);
		free(exact);
	}
	initiator_clear(&i);
}

static void
test_a_krb5_token_tells_its_ticket(void)
{
	real_token(false);
}

static void
test_a_spnego_token_tells_its_ticket(void)
{
	real_token(true);
}

static enum clear_kind
kind_of(const char *token, size_t len)
{
	struct clear_token c;

	clear_read((const uint8_t *)token, len, &c);
	CU_ASSERT(!c.has_ap_req);
	return c.kind;
}

#define KIND_OF(literal) kind_of(literal, sizeof(literal) - 1)

static void
test_kinds_are_told_apart(void)
{
	CU_ASSERT_EQUAL(KIND_OF(""), CLEAR_EMPTY);
	CU_ASSERT_EQUAL(KIND_OF("NTLMSSP\0\1\0\0\0"), CLEAR_NTLM);
	CU_ASSERT_EQUAL(KIND_OF("NTLMSS"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x03\x06\x01\x2a"), CLEAR_OTHER);
	CU_ASSERT_EQUAL(KIND_OF("\xa1\x02\x30\x00"), CLEAR_SPNEGO_REPLY);
	CU_ASSERT_EQUAL(KIND_OF("\xa1\x02\x31\x00"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x10\x06\x06\x2b\x06\x01\x05\x05\x02\xa0"
				"\x06\x30\x04\xa0\x02\x30\x00"),
	    CLEAR_SPNEGO_INIT);
}

/* Lengths that lie, are indefinite, or have more octets than we take. */
static void
test_lying_lengths_are_malformed(void)
{
	CU_ASSERT_EQUAL(KIND_OF("\x60"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x80\x06\x01\x2a"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x7f\x06\x01\x2a"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x84\xff\xff\xff\xff"), CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x85\x00\x00\x00\x00\x03\x06\x01\x2a"),
	    CLEAR_MALFORMED);
	CU_ASSERT_EQUAL(KIND_OF("\x60\x03\x06\x7f\x2a"), CLEAR_MALFORMED);
}

static int64_t
time_of(const char *time)
{
	uint8_t octets[40] = {0x62, 0, 0x30, 0, 0xa4, 3, 2, 1, 7, 0xa5, 0, 0x18,
	    0};
	uint8_t len = (uint8_t)strlen(time);

	memcpy(octets + 13, time, len);
	octets[1] = (uint8_t)(len + 11);
	octets[3] = (uint8_t)(len + 9);
	octets[10] = (uint8_t)(len + 2);
	octets[12] = len;
	return clear_authenticator_time(octets, len + 13u);
}

static void
test_an_authenticator_tells_its_time(void)
{
	CU_ASSERT_EQUAL(time_of("19700102000001Z"), 86401);
	CU_ASSERT_EQUAL(time_of("20261231235959Z"), 1798761599);
	CU_ASSERT_EQUAL(time_of("2026123123595"), 0);
	CU_ASSERT_EQUAL(time_of("2026-12-31"), 0);
	CU_ASSERT_EQUAL(time_of(""), 0);
	CU_ASSERT_EQUAL(clear_authenticator_time(NULL, 0), 0);
	CU_ASSERT_EQUAL(clear_authenticator_time((const uint8_t *)"\x62", 1),
	    0);
}

CU_TestInfo clear_tests[] = {
    {"krb5", test_a_krb5_token_tells_its_ticket},
    {"SPNEGO", test_a_spnego_token_tells_its_ticket},
    {"kinds", test_kinds_are_told_apart},
    {"authenticator", test_an_authenticator_tells_its_time},
    {"lengths", test_lying_lengths_are_malformed},
    CU_TEST_INFO_NULL,
};
