/*
 * test_one_leg.c - plain legs, beside what GSS-API makes of them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two sides have the same keys; one has a replay cache of krb5, which only
 * GSS-API asks.
 */
#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/gss/algorithm.h"
#include "tests/unit/forged.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/logon_info.h"
#include "tests/unit/suites.h"

#define TOKEN_SIZE 8192

static struct gss_side alone, gssapi;

static void
set_up(void)
{
	gss_side_init(&alone, "dns.keytab");
	gss_side_init(&gssapi, "dns.keytab");
	gssapi.replay_file = true;
	gss_side_keytab(&gssapi, "dns.keytab");
}

static void
tear_down(void)
{
	gss_side_clear(&gssapi);
	gss_side_clear(&alone);
}

static uint64_t
n_alone(const struct gss_side *s)
{
	return negotiations_counters(s->negotiations)->alone;
}

/* The first token of PC1. */
static void
start(struct initiator *i, bool spnego, OM_uint32 flags)
{
	CU_ASSERT_FATAL(initiator_init(i, "PC1", REALM_NS1, spnego, flags));
	CU_ASSERT_EQUAL_FATAL(initiator_step(i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
}

static size_t
read_length(struct reader *r)
{
	size_t len = reader_u8(r);

	if (len == 0x81)
		return reader_u8(r);
	return len == 0x82 ? reader_u16(r) : len;
}

/*
 * Tags and leaves of an answer up to its AP-REP, whose length is never the
 * same: GSS-API's and ours must be alike.
 */
static size_t
outline(const struct negotiation_result *answer, uint8_t *out)
{
	bool is_krb5 = false;
	struct writer w;
	struct reader r;

	writer_init(&w, out, TOKEN_SIZE);
	reader_init(&r, answer->token, answer->token_len);
	while (reader_left(&r) > 0) {
		uint8_t tag = reader_u8(&r);
		size_t len = read_length(&r);

		writer_u8(&w, tag);
		is_krb5 |= tag == 0x60;
		if ((tag & 0x20) != 0 || tag == 0x04)
			continue; /* what is inside comes next */
		writer_octets(&w, reader_octets(&r, len), len);
		if (is_krb5) {
			writer_u16(&w, reader_u16(&r)); /* TOK_ID */
			break;
		}
	}
	CU_ASSERT(!r.is_short);
	return w.len;
}

/* One token, to both sides: the answers are alike. */
static void
answers_are_alike(const char *key_name, const void *token, size_t len,
    struct negotiation_result *answer_out)
{
	uint8_t one[TOKEN_SIZE], other[TOKEN_SIZE];
	struct negotiation_result r;
	size_t one_len, other_len;
	uint64_t before = n_alone(&alone);

	gss_side_negotiate(&alone, key_name, token, len, answer_out);
	CU_ASSERT_EQUAL_FATAL(answer_out->state, NEGOTIATION_COMPLETE);
	CU_ASSERT_EQUAL(n_alone(&alone), before + 1);
	gss_side_negotiate(&gssapi, key_name, token, len, &r);
	CU_ASSERT_EQUAL_FATAL(r.state, NEGOTIATION_COMPLETE);
	CU_ASSERT_EQUAL(n_alone(&gssapi), 0);
	one_len = outline(answer_out, one);
	other_len = outline(&r, other);
	CU_ASSERT_EQUAL_FATAL(one_len, other_len);
	CU_ASSERT_EQUAL(memcmp(one, other, one_len), 0);
	CU_ASSERT_STRING_EQUAL(context_principal(answer_out->context)->text,
	    context_principal(r.context)->text);
	CU_ASSERT_STRING_EQUAL(context_acceptor(answer_out->context),
	    context_acceptor(r.context));
	CU_ASSERT_EQUAL(context_enctype(answer_out->context),
	    context_enctype(r.context));
	CU_ASSERT_EQUAL(context_kvno(answer_out->context),
	    context_kvno(r.context));
	negotiation_result_clear(&r);
}

static void
initiator_is_served(bool spnego)
{
	struct negotiation_result r;
	struct initiator i;

	set_up();
	start(&i, spnego, INITIATOR_FLAGS);
	answers_are_alike("a.key", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(initiator_step(&i, r.token, r.token_len),
	    GSS_S_COMPLETE);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	tear_down();
}

static void
test_krb5_is_answered_as_gss_api_does(void)
{
	initiator_is_served(false);
}

static void
test_spnego_is_answered_as_gss_api_does(void)
{
	initiator_is_served(true);
}

/* Tag, two octets of length, contents; where the next may begin. */
static uint8_t *
put(uint8_t *out, uint8_t tag, const void *contents, size_t len)
{
	memmove(out + 4, contents, len);
	out[0] = tag;
	out[1] = 0x82;
	put_u16(out + 2, (uint16_t)len);
	return out + 4 + len;
}

/* NegTokenInit as Windows makes it: two spellings of krb5, then NTLM. */
static size_t
windows_init(uint8_t *out, const gss_buffer_desc *token)
{
	static const uint8_t spnego[] = {6, 6, 0x2b, 6, 1, 5, 5, 2};
	static const uint8_t mechanisms[] = {6, 9, 0x2a, 0x86, 0x48, 0x82, 0xf7,
	    0x12, 1, 2, 2, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 6,
	    10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10};
	uint8_t a[TOKEN_SIZE], b[TOKEN_SIZE], *end;

	end = put(a, 0x30, mechanisms, sizeof(mechanisms));
	end = put(b, 0xa0, a, (size_t)(end - a));
	(void)put(a, 0x04, token->value, token->length);
	end = put(end, 0xa2, a, token->length + 4);
	end = put(a, 0x30, b, (size_t)(end - b));
	memcpy(b, spnego, sizeof(spnego));
	end = put(b + sizeof(spnego), 0xa0, a, (size_t)(end - a));
	end = put(out, 0x60, b, (size_t)(end - b));
	return (size_t)(end - out);
}

static void
test_windows_is_answered_as_gss_api_does(void)
{
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;
	struct initiator i;

	set_up();
	start(&i, false, INITIATOR_FLAGS);
	answers_are_alike("676-ms-7.1-0967", token,
	    windows_init(token, &i.token), &r);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	tear_down();
}

/* DCE style has a third leg: GSS-API knows it. */
static void
test_unusual_flags_are_left_to_gss_api(void)
{
	struct negotiation_result r;
	struct initiator i;

	set_up();
	start(&i, false, INITIATOR_FLAGS | GSS_C_DCE_STYLE);
	gss_side_negotiate(&alone, "dce", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_CONTINUE);
	CU_ASSERT_EQUAL(n_alone(&alone), 0);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	tear_down();
}

static void
pac_is_for_gss_api(enum forged_pac pac, bool is_plain)
{
	struct logon_info info = logon_info_load("full");
	const struct forged forged = {.client = "PC1$@AD.TEST",
	    .service = REALM_NS1,
	    .pac = pac,
	    .logon_info = info.octets,
	    .logon_info_len = info.len};
	struct initiator i;

	set_up();
	forged_ticket("forged", &forged);
	CU_ASSERT_FATAL(
	    initiator_init(&i, "forged", REALM_NS1, true, INITIATOR_FLAGS));
	context_unref(gss_side_handshake(&alone, &i, "a.key"));
	CU_ASSERT_EQUAL(negotiations_counters(alone.negotiations)->complete, 1);
	CU_ASSERT_EQUAL(n_alone(&alone), is_plain ? 1 : 0);
	initiator_clear(&i);
	tear_down();
	free(info.octets);
}

/* What is in such a ticket test_initiator.c looks at. */
static void
test_a_pac_is_believed_if_it_is_signed(void)
{
	pac_is_for_gss_api(FORGED_SIGNED, true);
	pac_is_for_gss_api(FORGED_SIGNED_WITH_ANOTHER_KEY, false);
}

static void
test_it_is_one_ap_req_by_either_way(void)
{
	struct negotiation_result r;
	struct initiator i;

	set_up();
	start(&i, false, INITIATOR_FLAGS);
	gss_side_negotiate(&alone, "a", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	alone.replay_file = true; /* from now on GSS-API accepts */
	gss_side_keytab(&alone, "dns.keytab");
	gss_side_negotiate(&alone, "b", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
	CU_ASSERT_EQUAL(r.cause, NEGOTIATION_REPLAY);
	CU_ASSERT_STRING_EQUAL(r.initiator, "PC1$@AD.TEST");
	CU_ASSERT_PTR_NULL(r.token);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	tear_down();
}

CU_TestInfo one_leg_tests[] = {
    {"krb5", test_krb5_is_answered_as_gss_api_does},
    {"spnego", test_spnego_is_answered_as_gss_api_does},
    {"Windows", test_windows_is_answered_as_gss_api_does},
    {"flags", test_unusual_flags_are_left_to_gss_api},
    {"PAC", test_a_pac_is_believed_if_it_is_signed},
    {"one AP-REQ", test_it_is_one_ap_req_by_either_way},
    CU_TEST_INFO_NULL,
};
