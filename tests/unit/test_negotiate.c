/*
 * test_negotiate.c - legs of negotiations, both sides in one process
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5/krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/clear.h"
#include "daemon/gss/half_open.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

#define TOKEN_SIZE 8192

static void
one_leg(bool spnego, const char *key_name)
{
	struct initiator i;
	struct gss_side s;
	struct context *c;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, spnego, INITIATOR_FLAGS));
	c = gss_side_handshake(&s, &i, key_name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(context_principal(c)->text, "PC1$@AD.TEST");
	CU_ASSERT_EQUAL(context_principal(c)->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(context_acceptor(c), REALM_NS1);
	CU_ASSERT(gss_enctype_is_aes(context_enctype(c)));
	CU_ASSERT_EQUAL(context_is_spnego(c), spnego);
	CU_ASSERT_PTR_NULL(context_token(c, &n));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(context_seconds_left(c), 3600);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->complete, 1);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->alone, 1);
	context_unref(c);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
test_krb5_takes_one_leg(void)
{
	one_leg(false, "a.key");
}

static void
test_spnego_takes_one_leg(void)
{
	one_leg(true, "676-ms-7.1-0967.05293487-9821-11e7-4051-000c296694e0");
}

/* DER for tests: tag, two octets of length, contents. */
static size_t
der(uint8_t *out, uint8_t tag, const void *contents, size_t len)
{
	memmove(out + 4, contents, len);
	out[0] = tag;
	out[1] = 0x82;
	put_u16(out + 2, (uint16_t)len);
	return len + 4;
}

/* NegTokenInit that offers mechanisms (their DER), with a token or without. */
static size_t
spnego_init(uint8_t *out, const void *mechanisms, size_t mechanisms_len,
    const void *token, size_t token_len)
{
	static const uint8_t oid[] = {6, 6, 0x2b, 6, 1, 5, 5, 2};
	uint8_t list[256], inner[TOKEN_SIZE], both[TOKEN_SIZE];
	size_t n, len;

	n = der(list, 0x30, mechanisms, mechanisms_len);
	len = der(both, 0xa0, list, n);
	if (token_len > 0) {
		n = der(inner, 0x04, token, token_len);
		len += der(both + len, 0xa2, inner, n);
	}
	n = der(inner, 0x30, both, len);
	n = der(both + sizeof(oid), 0xa0, inner, n);
	memcpy(both, oid, sizeof(oid));
	return der(out, 0x60, both, n + sizeof(oid));
}

/* NegTokenResp with this field: 2 responseToken, 3 mechListMIC. */
static size_t
spnego_reply(uint8_t *out, uint8_t field, const void *contents, size_t len)
{
	uint8_t inner[TOKEN_SIZE], outer[TOKEN_SIZE];
	size_t n;

	n = der(inner, 0x04, contents, len);
	n = der(outer, (uint8_t)(0xa0 + field), inner, n);
	n = der(inner, 0x30, outer, n);
	return der(out, 0xa1, inner, n);
}

/* The responseToken that is in an acceptor's NegTokenResp, found by its OID. */
static const uint8_t *
inner_token(const uint8_t *token, size_t len, size_t *len_out)
{
	for (size_t i = 0; i + 15 < len; i++) {
		if (memcmp(token + i, "\x60\x81", 2) != 0 ||
		    memcmp(token + i + 3, "\x06\x09", 2) != 0)
			continue;
		*len_out = token[i + 2] + 3u;
		return token + i;
	}
	*len_out = 0;
	return NULL;
}

static const uint8_t krb5_only[] = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1,
    2, 2};
static const uint8_t ntlm_then_krb5[] = {6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2,
    2, 10, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2};
static const uint8_t ntlm_only[] = {6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2,
    10};
static const char ntlm_token[] = "NTLMSSP\0\1\0\0\0\0\0\0\0";

/* One leg that must go on. */
static void
goes_on(struct gss_side *s, const char *key_name, const void *token, size_t len)
{
	struct negotiation_result r;

	gss_side_negotiate(s, key_name, token, len, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_CONTINUE);
	CU_ASSERT_EQUAL(r.error, TSIG_ERROR_NONE);
	CU_ASSERT_PTR_NOT_NULL(r.token);
	if (r.state != NEGOTIATION_CONTINUE)
		(void)fprintf(stderr, "%s\n", r.reason.text);
	negotiation_result_clear(&r);
}

static void
test_spnego_without_a_token_takes_two_legs(void)
{
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;
	const uint8_t *inner;
	struct initiator i;
	struct gss_side s;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, false);
	n = spnego_init(token, krb5_only, sizeof(krb5_only), NULL, 0);
	goes_on(&s, "two.legs", token, n);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->half_open, 1);
	n = spnego_reply(token, 2, i.token.value, i.token.length);
	gss_side_negotiate(&s, "TWO.legs", token, n, &r);
	CU_ASSERT_EQUAL_FATAL(r.state, NEGOTIATION_COMPLETE);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->half_open, 0);
	CU_ASSERT_STRING_EQUAL(r.sname, REALM_NS1);
	inner = inner_token(r.token, r.token_len, &n);
	CU_ASSERT_PTR_NOT_NULL_FATAL(inner);
	CU_ASSERT_EQUAL(initiator_step(&i, inner, n), GSS_S_COMPLETE);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* As Windows clients do: NTLM first, so the list must be protected by a MIC. */
static void
test_ntlm_first_takes_three_legs(void)
{
	uint8_t token[TOKEN_SIZE], recorded[TOKEN_SIZE], list[64];
	uint8_t second[TOKEN_SIZE];
	const uint8_t *kept;
	gss_buffer_desc mic;
	struct negotiation_result r;
	const uint8_t *inner;
	struct initiator i;
	struct gss_side s;
	OM_uint32 minor;
	size_t n, recorded_len, second_len, kept_len;

	gss_side_init(&s, "two.keytab");
	s.config.keeps_tokens = true;
	negotiations_configure(s.negotiations, &s.config);
	gss_side_start(&i, "PC1", REALM_NS1, false);
	recorded_len = i.token.length;
	CU_ASSERT_FATAL(recorded_len <= sizeof(recorded));
	memcpy(recorded, i.token.value, recorded_len);
	n = spnego_init(token, ntlm_then_krb5, sizeof(ntlm_then_krb5),
	    ntlm_token, sizeof(ntlm_token));
	goes_on(&s, "three.legs", token, n);
	second_len = spnego_reply(second, 2, i.token.value, i.token.length);
	gss_side_negotiate(&s, "three.legs", second, second_len, &r);
	CU_ASSERT_EQUAL_FATAL(r.state, NEGOTIATION_CONTINUE);
	inner = inner_token(r.token, r.token_len, &n);
	CU_ASSERT_PTR_NOT_NULL_FATAL(inner);
	CU_ASSERT_EQUAL(initiator_step(&i, inner, n), GSS_S_COMPLETE);
	negotiation_result_clear(&r);
	n = der(list, 0x30, ntlm_then_krb5, sizeof(ntlm_then_krb5));
	CU_ASSERT_EQUAL(initiator_sign(&i, list, n, &mic), GSS_S_COMPLETE);
	n = spnego_reply(token, 3, mic.value, mic.length);
	gss_side_negotiate(&s, "three.legs", token, n, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	if (r.state != NEGOTIATION_COMPLETE)
		CU_FAIL_FATAL("no context");
	/* The AP-REQ came one leg before. */
	CU_ASSERT(context_kvno(r.context) > 0);
	CU_ASSERT_STRING_EQUAL(context_acceptor(r.context), REALM_NS1);
	kept = context_token(r.context, &kept_len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
	CU_ASSERT_EQUAL_FATAL(kept_len, second_len);
	CU_ASSERT_EQUAL(memcmp(kept, second, kept_len), 0);
	negotiation_result_clear(&r);
	/* The MIC has a sequence number, too: it is still the same AP-REQ. */
	(void)gss_side_refused(&s, "again", recorded, recorded_len,
	    NEGOTIATION_REPLAY, TSIG_ERROR_BADKEY);
	(void)gss_release_buffer(&minor, &mic);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
test_half_open_negotiations_time_out(void)
{
	uint8_t token[TOKEN_SIZE];
	struct initiator i;
	struct gss_side s;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, false);
	n = spnego_init(token, krb5_only, sizeof(krb5_only), NULL, 0);
	goes_on(&s, "late", token, n);
	clock_test_set(clock_wall_us(), clock_mono_ns() + 10000000000u);
	n = spnego_reply(token, 2, i.token.value, i.token.length);
	(void)gss_side_refused(&s, "late", token, n, NEGOTIATION_LEGS,
	    TSIG_ERROR_BADKEY);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->timed_out, 1);
	clock_test_set(0, 0);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
test_half_open_negotiations_are_few_per_address(void)
{
	uint8_t token[TOKEN_SIZE];
	char key_name[16];
	struct gss_side s;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	n = spnego_init(token, krb5_only, sizeof(krb5_only), NULL, 0);
	for (int k = 0; k < 10; k++) {
		(void)snprintf(key_name, sizeof(key_name), "key%d", k);
		goes_on(&s, key_name, token, n);
	}
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->half_open, 4);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->evicted, 6);
	gss_side_clear(&s);
}

static void
put_half(struct half_open_table *t, const char *address, const char *key_name)
{
	struct half_open *h;
	struct addr client;
	struct name name;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(address, &client), 0);
	CU_ASSERT_EQUAL_FATAL(name_from_text(key_name, NULL, &name), 0);
	h = half_open_create(&client, &name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	half_open_put(t, h);
}

static bool
take_half(struct half_open_table *t, const char *address, const char *key_name)
{
	struct half_open *h;
	struct addr client;
	struct name name;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(address, &client), 0);
	CU_ASSERT_EQUAL_FATAL(name_from_text(key_name, NULL, &name), 0);
	h = half_open_take(t, &client, &name);
	half_open_destroy(h);
	return h != NULL;
}

/* A leg belongs to one address; how many there may be, to its /64. */
static void
test_half_open_negotiations_are_few_per_network(void)
{
	const struct half_open_limits limits = {10, 2, 100};
	_Atomic uint64_t count = 0, timed_out = 0, evicted = 0;
	const struct half_open_counters counters = {&count, &timed_out,
	    &evicted};
	struct half_open_table *t = half_open_table_create(&limits, &counters);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	put_half(t, "2001:db8::1", "a");
	put_half(t, "2001:db8::2", "b");
	put_half(t, "2001:db8:0:1::1", "c");
	CU_ASSERT_EQUAL(evicted, 0);
	put_half(t, "2001:db8::3", "d");
	CU_ASSERT_EQUAL(evicted, 1);
	CU_ASSERT(!take_half(t, "2001:db8::1", "a"));
	CU_ASSERT(!take_half(t, "2001:db8::3", "b"));
	CU_ASSERT(take_half(t, "2001:db8::2", "b"));
	CU_ASSERT(take_half(t, "2001:db8::3", "d"));
	CU_ASSERT(take_half(t, "2001:db8:0:1::1", "c"));
	half_open_table_destroy(t);
}

static void
test_what_is_not_kerberos_is_refused(void)
{
	uint8_t token[TOKEN_SIZE];
	struct gss_side s;
	struct reason why;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	n = spnego_init(token, ntlm_only, sizeof(ntlm_only), ntlm_token,
	    sizeof(ntlm_token));
	why = gss_side_refused(&s, "k", token, n, NEGOTIATION_MECHANISM,
	    TSIG_ERROR_BADKEY);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "NTLM"));
	(void)gss_side_refused(&s, "k", ntlm_token, sizeof(ntlm_token),
	    NEGOTIATION_MECHANISM, TSIG_ERROR_BADKEY);
	(void)gss_side_refused(&s, "k", NULL, 0, NEGOTIATION_EMPTY,
	    TSIG_ERROR_BADKEY);
	(void)gss_side_refused(&s, "k", "garbage", 7, NEGOTIATION_MALFORMED,
	    TSIG_ERROR_BADKEY);
	gss_side_clear(&s);
}

static void
test_unknown_algorithms_are_refused(void)
{
	struct negotiation_leg leg = gss_side_leg("k", "x", 1);
	struct negotiation_result r;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	(void)name_from_text("hmac-sha256", NULL, &leg.algorithm);
	negotiate_leg(s.negotiator, &leg, &r);
	CU_ASSERT_EQUAL(r.error, TSIG_ERROR_BADALG);
	CU_ASSERT_EQUAL(r.cause, NEGOTIATION_ALGORITHM);
	negotiation_result_clear(&r);
	gss_side_clear(&s);
}

static void
test_mutual_authentication_is_demanded(void)
{
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, false, GSS_C_INTEG_FLAG));
	CU_ASSERT_EQUAL(initiator_step(&i, NULL, 0), GSS_S_COMPLETE);
	(void)gss_side_refused(&s, "k", i.token.value, i.token.length,
	    NEGOTIATION_FLAGS, TSIG_ERROR_BADKEY);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
test_an_ap_req_makes_one_context(void)
{
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, true);
	gss_side_negotiate(&s, "first", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	(void)gss_side_refused(&s, "second", i.token.value, i.token.length,
	    NEGOTIATION_REPLAY, TSIG_ERROR_BADKEY);
	CU_ASSERT_EQUAL(contexts_counters(s.contexts)->count, 1);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/*
 * The token with the length of its AP-REQ's options in five octets, which MIT
 * reads and our own reader does not; returns its length.
 */
static size_t
with_a_long_length(const gss_buffer_desc *token, uint8_t *out)
{
	static const uint8_t options[] = {0xa2, 7, 3, 5, 0};
	static const uint8_t longer[] = {0xa2, 12, 3, 0x85, 0, 0, 0, 0, 5, 0};
	static const size_t lengths_at[] = {2, 19, 23}; /* of what is around */
	const size_t grown = sizeof(longer) - sizeof(options);
	uint8_t *at;
	size_t rest;

	CU_ASSERT_FATAL(token->length + grown <= TOKEN_SIZE);
	memcpy(out, token->value, token->length);
	at = memmem(out, token->length, options, sizeof(options));
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	rest = token->length - (size_t)(at - out) - sizeof(options);
	memmove(at + sizeof(longer), at + sizeof(options), rest);
	memcpy(at, longer, sizeof(longer));
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(out[lengths_at[i] - 1], 0x82);
		put_u16(out + lengths_at[i],
		    (uint16_t)(get_u16(out + lengths_at[i]) + grown));
	}
	return token->length + grown;
}

/* The same AP-REQ in other words is the same. */
static void
test_an_ap_req_that_we_cannot_read_makes_one_context(void)
{
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;
	struct clear_token clear;
	struct initiator i;
	struct gss_side s;
	size_t n;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, false);
	n = with_a_long_length(&i.token, token);
	clear_read(token, n, &clear);
	CU_ASSERT(!clear.has_ap_req);
	gss_side_negotiate(&s, "first", token, n, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	(void)gss_side_refused(&s, "second", token, n, NEGOTIATION_REPLAY,
	    TSIG_ERROR_BADKEY);
	(void)gss_side_refused(&s, "third", i.token.value, i.token.length,
	    NEGOTIATION_REPLAY, TSIG_ERROR_BADKEY);
	CU_ASSERT_EQUAL(contexts_counters(s.contexts)->count, 1);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/*
 * NegTokenInit for krb5 whose token stands where RFC 4178 has none: GSS-API
 * does not see it, and waits for one.
 */
static size_t
with_a_decoy(uint8_t *out, const gss_buffer_desc *decoy)
{
	static const uint8_t oid[] = {6, 6, 0x2b, 6, 1, 5, 5, 2};
	uint8_t a[TOKEN_SIZE], b[TOKEN_SIZE];
	size_t n, len;

	n = der(a, 0x30, krb5_only, sizeof(krb5_only));
	len = der(b, 0xa0, a, n);
	n = der(a, 0x04, "hint", 4);
	len += der(b + len, 0xa3, a, n);
	n = der(a, 0x04, decoy->value, decoy->length);
	len += der(b + len, 0xa2, a, n);
	n = der(a, 0x30, b, len);
	n = der(b + sizeof(oid), 0xa0, a, n);
	memcpy(b, oid, sizeof(oid));
	return der(out, 0x60, b, n + sizeof(oid));
}

/* Nor is it another behind one that we read and GSS-API does not. */
static void
test_an_ap_req_is_not_taken_for_another(void)
{
	uint8_t token[TOKEN_SIZE], unreadable[TOKEN_SIZE];
	struct initiator decoy, recorded;
	struct negotiation_result r;
	struct gss_side s;
	size_t n, len;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&recorded, "PC1", REALM_NS1, false);
	len = with_a_long_length(&recorded.token, unreadable);
	gss_side_negotiate(&s, "first", recorded.token.value,
	    recorded.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	gss_side_start(&decoy, "alice", REALM_NS1, false);
	n = with_a_decoy(token, &decoy.token);
	goes_on(&s, "second", token, n);
	n = spnego_reply(token, 2, unreadable, len);
	(void)gss_side_refused(&s, "second", token, n, NEGOTIATION_REPLAY,
	    TSIG_ERROR_BADKEY);
	CU_ASSERT_EQUAL(contexts_counters(s.contexts)->count, 1);
	initiator_clear(&recorded);
	initiator_clear(&decoy);
	gss_side_clear(&s);
}

static bool
is_configured(void *arg, const struct name *key_name)
{
	return name_equal(((const struct name *)arg)->octets, key_name->octets);
}

static void
test_a_name_in_use_cannot_be_taken(void)
{
	struct name configured;
	struct initiator i;
	struct gss_side s;
	struct context *c;

	gss_side_init(&s, "dns.keytab");
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, false, INITIATOR_FLAGS));
	c = gss_side_handshake(&s, &i, "mine.example");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	initiator_clear(&i);
	gss_side_start(&i, "alice", REALM_NS1, false);
	(void)gss_side_refused(&s, "MINE.example", i.token.value,
	    i.token.length, NEGOTIATION_KEY_NAME, TSIG_ERROR_BADNAME);
	CU_ASSERT(contexts_remove(s.contexts, c));
	CU_ASSERT(!contexts_remove(s.contexts, c));
	context_unref(c);
	c = gss_side_handshake(&s, &i, "MINE.example");
	CU_ASSERT_PTR_NOT_NULL(c);
	context_unref(c);
	negotiations_destroy(s.negotiations);
	negotiator_destroy(s.negotiator);
	(void)name_from_text("transfer.key", NULL, &configured);
	s.config.name_is_taken = is_configured;
	s.config.arg = &configured;
	CU_ASSERT_EQUAL_FATAL(negotiations_create(&s.config, s.acceptor,
				  s.contexts, &s.negotiations),
	    0);
	CU_ASSERT_EQUAL_FATAL(negotiator_create(s.negotiations, &s.negotiator),
	    0);
	(void)gss_side_refused(&s, "Transfer.key", "x", 1, NEGOTIATION_KEY_NAME,
	    TSIG_ERROR_BADNAME);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* Every prefix of a token, and every token with an octet changed, is survived.
 */
static void
test_damaged_tokens_are_refused(void)
{
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;
	uint8_t *copy;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, true);
	copy = malloc(i.token.length);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	for (size_t n = 0; n < i.token.length; n += n < 300 ? 1 : 37) {
		memcpy(copy, i.token.value, n);
		gss_side_negotiate(&s, "k", copy, n, &r);
		CU_ASSERT_NOT_EQUAL(r.state, NEGOTIATION_COMPLETE);
		negotiation_result_clear(&r);
		memcpy(copy, i.token.value, i.token.length);
		copy[n] ^= 0x55;
		gss_side_negotiate(&s, "k", copy, i.token.length, &r);
		if (r.state == NEGOTIATION_COMPLETE) /* an octet nobody reads */
			CU_ASSERT(contexts_remove(s.contexts, r.context));
		negotiation_result_clear(&r);
	}
	free(copy);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* Our AP-REP would let the client believe that it has a key. */
static void
test_a_context_that_is_not_kept_sends_no_token(void)
{
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	s.allow_weak = true;
	gss_side_keytab(&s, "dns.keytab");
	CU_ASSERT_FATAL(initiator_init(&i, "PC1", "DNS/rc4.ad.test@AD.TEST",
	    false, GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG));
	initiator_limit(&i, GSS_ENCTYPE_RC4);
	CU_ASSERT_EQUAL_FATAL(initiator_step(&i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
	gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.cause, NEGOTIATION_FLAGS);
	CU_ASSERT_PTR_NULL(r.token);
	CU_ASSERT_STRING_EQUAL(r.initiator, "PC1$@AD.TEST");
	negotiation_result_clear(&r);
	initiator_clear(&i);
	gss_side_clear(&s);
}

CU_TestInfo negotiate_tests[] = {
    {"krb5", test_krb5_takes_one_leg},
    {"spnego", test_spnego_takes_one_leg},
    {"two legs", test_spnego_without_a_token_takes_two_legs},
    {"three legs", test_ntlm_first_takes_three_legs},
    {"time out", test_half_open_negotiations_time_out},
    {"per address", test_half_open_negotiations_are_few_per_address},
    {"per network", test_half_open_negotiations_are_few_per_network},
    {"not Kerberos", test_what_is_not_kerberos_is_refused},
    {"algorithms", test_unknown_algorithms_are_refused},
    {"mutual", test_mutual_authentication_is_demanded},
    {"replay", test_an_ap_req_makes_one_context},
    {"unreadable", test_an_ap_req_that_we_cannot_read_makes_one_context},
    {"decoy", test_an_ap_req_is_not_taken_for_another},
    {"BADNAME", test_a_name_in_use_cannot_be_taken},
    {"no token", test_a_context_that_is_not_kept_sends_no_token},
    {"damaged", test_damaged_tokens_are_refused},
    CU_TEST_INFO_NULL,
};
