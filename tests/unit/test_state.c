/*
 * test_state.c - conversations signed with a security context
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/dns/tsig_rr.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"
#include "tests/unit/tsig_side.h"
#include "tests/unit/tsig_vectors.h"

#define REQUEST (tsig_vectors[0].request)
#define ANSWER (tsig_vectors[0].answer)

static struct gss_side side;
static struct initiator client;
static struct context *context;
static uint8_t client_mac[TSIG_MAC_MAX]; /* of its last request */
static size_t client_mac_len;

static void
set_up_as(const char *algorithm)
{
	gss_side_init(&side, "dns.keytab");
	side.algorithm = algorithm;
	CU_ASSERT_FATAL(
	    initiator_init(&client, "PC1", REALM_NS1, true, INITIATOR_FLAGS));
	context = gss_side_handshake(&side, &client, "a.key");
	CU_ASSERT_PTR_NOT_NULL_FATAL(context);
	client_mac_len = 0;
}

static void
set_up(void)
{
	set_up_as("gss-tsig");
}

static void
tear_down(void)
{
	context_unref(context);
	initiator_clear(&client);
	gss_side_clear(&side);
}

/* What a MIC of the client's or ours covers; its length. */
static size_t
digest(uint8_t *out, const uint8_t *octets, size_t len,
    const struct tsig_rr *tsig)
{
	struct writer w;

	writer_init(&w, out, 2 * WIRE_SIZE);
	if (client_mac_len > 0) {
		writer_u16(&w, (uint16_t)client_mac_len);
		writer_octets(&w, client_mac, client_mac_len);
	}
	writer_octets(&w, octets, len);
	tsig_rr_variables(tsig, &w);
	CU_ASSERT(!writer_full(&w));
	return w.len;
}

/* The request, signed by the client as key name says. */
static void
client_request(struct wire *w, const char *key_name, const char *algorithm)
{
	uint8_t octets[2 * WIRE_SIZE];
	struct tsig_rr tsig = {.time_signed = clock_wall_s(), .fudge = 3600};
	gss_buffer_desc mic;
	OM_uint32 minor;
	size_t len;

	wire_init(w, REQUEST);
	(void)name_from_text(key_name, NULL, &tsig.key_name);
	(void)name_from_text(algorithm, NULL, &tsig.algorithm);
	tsig.original_id = get_u16(w->octets);
	client_mac_len = 0;
	len = digest(octets, w->octets, w->len, &tsig);
	CU_ASSERT_EQUAL_FATAL(initiator_sign(&client, octets, len, &mic),
	    GSS_S_COMPLETE);
	tsig.mac = mic.value;
	tsig.mac_len = (uint16_t)mic.length;
	CU_ASSERT_EQUAL_FATAL(tsig_rr_append(&tsig, w->octets, &w->len,
				  sizeof(w->octets)),
	    0);
	memcpy(client_mac, mic.value, mic.length);
	client_mac_len = mic.length;
	(void)gss_release_buffer(&minor, &mic);
	wire_read(w);
}

/* True if the client believes the answer. */
static bool
client_believes(struct wire *w)
{
	uint8_t octets[2 * WIRE_SIZE], before[WIRE_SIZE];
	struct tsig_rr tsig;
	size_t len;

	wire_read(w);
	CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&w->m.tsig, &tsig), 0);
	memcpy(before, w->octets, w->m.tsig_offset);
	before[11]--; /* ARCOUNT */
	len = digest(octets, before, w->m.tsig_offset, &tsig);
	return initiator_verify(&client, octets, len, tsig.mac, tsig.mac_len) ==
	    GSS_S_COMPLETE;
}

static void
conversation(const char *algorithm)
{
	struct wire request, answer;
	struct tsig_state s;
	struct reason reason;
	size_t room;

	set_up_as(algorithm);
	for (int n = 0; n < 3; n++) {
		client_request(&request, "A.key", algorithm);
		tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
		CU_ASSERT_FATAL(s.is_verified);
		CU_ASSERT_EQUAL(s.signer.kind, SIGNER_PRINCIPAL);
		CU_ASSERT_STRING_EQUAL(s.signer.principal->text,
		    "PC1$@AD.TEST");
		wire_init(&answer, ANSWER);
		room = answer.len + tsig_room(&s);
		CU_ASSERT_EQUAL(tsig_sign(&s, answer.octets, &answer.len,
				    sizeof(answer.octets)),
		    0);
		CU_ASSERT_EQUAL(answer.len, room);
		CU_ASSERT(client_believes(&answer));
		tsig_state_clear(&s);
		wire_clear(&request);
		wire_clear(&answer);
	}
	tear_down();
}

static void
test_gss_tsig_is_verified_and_signed(void)
{
	conversation("gss-tsig");
}

/* BIND's way: the request MAC with its length for this algorithm, too. */
static void
test_windows_2000s_algorithm_has_the_same_digest(void)
{
	conversation("gss.microsoft.com");
}

/* RFC 8945 section 5.2.1, and BIND: a key is of one algorithm. */
static void
test_the_other_name_of_the_algorithm_is_badkey(void)
{
	static const char *const names[] = {"gss-tsig", "gss.microsoft.com"};
	struct wire request;
	struct tsig_state s;
	struct reason reason;

	for (int n = 0; n < 2; n++) {
		set_up_as(names[n]);
		client_request(&request, "a.key", names[1 - n]);
		tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
		CU_ASSERT(!s.is_verified);
		CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
		CU_ASSERT_PTR_NULL(s.context);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(reason.text, "another algorithm"));
		tsig_state_clear(&s);
		wire_clear(&request);
		tear_down();
	}
}

/* RFC 3645 section 4.1.3; no request MAC, for the request had none. */
static void
test_the_final_tkey_answer_is_signed(void)
{
	struct wire answer;
	struct tsig_state s;

	set_up();
	tsig_state_for_tkey(&s, context, context_key_name(context),
	    context_algorithm(context));
	wire_init(&answer, ANSWER);
	CU_ASSERT_EQUAL(tsig_sign(&s, answer.octets, &answer.len,
			    sizeof(answer.octets)),
	    0);
	CU_ASSERT(client_believes(&answer));
	tsig_state_clear(&s);
	wire_clear(&answer);
	tear_down();
}

/* The same request again; then the context's time is over. */
static void
test_replays_and_expired_contexts_are_told_apart(void)
{
	struct wire request;
	struct tsig_state s;
	struct reason reason;

	set_up();
	client_request(&request, "a.key", "gss-tsig");
	tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
	CU_ASSERT(s.is_verified && !s.is_replay);
	tsig_state_clear(&s);
	tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
	CU_ASSERT(!s.is_verified && s.is_replay);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADSIG);
	CU_ASSERT_EQUAL(s.signer.kind, SIGNER_NONE);
	tsig_state_clear(&s);
	clock_test_set(clock_wall_us(), clock_mono_ns() + 3600000000000u);
	for (int n = 0; n < 2; n++) {
		tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
		CU_ASSERT(!s.is_verified && !s.is_replay);
		CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(reason.text, n == 0 ? "expired" : "no context"));
		tsig_state_clear(&s);
	}
	clock_test_set(0, 0);
	wire_clear(&request);
	tear_down();
}

static uint64_t
used_after(const struct wire *request, enum tsig_error error)
{
	struct tsig_state s;
	struct reason reason;

	clock_test_set(clock_wall_us(), clock_mono_ns() + 5000000000u);
	tsig_verify(NULL, side.contexts, &request->m, &s, &reason);
	CU_ASSERT_EQUAL(s.error, error);
	tsig_state_clear(&s);
	return context_used_ms(context);
}

/* What is forged, replayed or late keeps no context from being the idlest. */
static void
test_only_valid_messages_use_a_context(void)
{
	struct wire request;
	uint64_t made, used;

	set_up();
	made = context_used_ms(context);
	client_request(&request, "a.key", "gss-tsig");
	request.octets[13] ^= 0x20;
	CU_ASSERT_EQUAL(used_after(&request, TSIG_ERROR_BADSIG), made);
	request.octets[13] ^= 0x20;
	used = used_after(&request, TSIG_ERROR_NONE);
	CU_ASSERT_EQUAL(used, clock_mono_ms());
	CU_ASSERT_EQUAL(used_after(&request, TSIG_ERROR_BADSIG), used);
	wire_clear(&request);
	client_request(&request, "a.key", "gss-tsig");
	clock_test_set(clock_wall_us() + 3601000000u, clock_mono_ns());
	CU_ASSERT_EQUAL(used_after(&request, TSIG_ERROR_BADTIME), used);
	clock_test_set(0, 0);
	wire_clear(&request);
	tear_down();
}

/* BADTIME is signed by the context, with our time (RFC 8945 section 5.2.3). */
static void
test_a_late_request_gets_a_signed_answer(void)
{
	struct wire request, answer;
	struct tsig_state s;
	struct reason reason;
	struct tsig_rr tsig;

	set_up();
	client_request(&request, "a.key", "gss-tsig");
	clock_test_set(clock_wall_us() + 3601000000u, clock_mono_ns());
	tsig_verify(NULL, side.contexts, &request.m, &s, &reason);
	CU_ASSERT_EQUAL(s.rcode, RCODE_NOTAUTH);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADTIME);
	wire_init(&answer, ANSWER);
	CU_ASSERT_EQUAL(tsig_sign(&s, answer.octets, &answer.len,
			    sizeof(answer.octets)),
	    0);
	CU_ASSERT(client_believes(&answer));
	CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&answer.m.tsig, &tsig), 0);
	CU_ASSERT_EQUAL(tsig.error, TSIG_ERROR_BADTIME);
	CU_ASSERT_EQUAL(tsig.other_len, 6);
	CU_ASSERT_EQUAL(get_u32(tsig.other + 2), (uint32_t)clock_wall_s());
	CU_ASSERT_EQUAL(tsig.time_signed, clock_wall_s() - 3601);
	clock_test_set(0, 0);
	tsig_state_clear(&s);
	wire_clear(&request);
	wire_clear(&answer);
	tear_down();
}

/* A context has no HMAC, and a shared key no context. */
static void
test_kinds_of_keys_are_not_mixed_up(void)
{
	struct keyring *ring = vector_ring("hmac-sha1", 0);
	struct wire request;
	struct tsig_state s;
	struct reason reason;

	set_up();
	client_request(&request, "a.key", "hmac-sha1");
	tsig_verify(ring, side.contexts, &request.m, &s, &reason);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
	tsig_state_clear(&s);
	wire_clear(&request);
	client_request(&request, VECTOR_KEY, "gss-tsig");
	tsig_verify(ring, side.contexts, &request.m, &s, &reason);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
	tsig_state_clear(&s);
	wire_clear(&request);
	keyring_unref(ring);
	tear_down();
}

CU_TestInfo state_tests[] = {
    {"gss-tsig", test_gss_tsig_is_verified_and_signed},
    {"gss.microsoft.com", test_windows_2000s_algorithm_has_the_same_digest},
    {"other name", test_the_other_name_of_the_algorithm_is_badkey},
    {"TKEY", test_the_final_tkey_answer_is_signed},
    {"replay", test_replays_and_expired_contexts_are_told_apart},
    {"used", test_only_valid_messages_use_a_context},
    {"BADTIME", test_a_late_request_gets_a_signed_answer},
    {"kinds", test_kinds_of_keys_are_not_mixed_up},
    CU_TEST_INFO_NULL,
};
