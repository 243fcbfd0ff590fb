/*
 * test_sign.c - TSIGs on answers, streams and requests of ours
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/dns/tsig_rr.h"
#include "tests/unit/suites.h"
#include "tests/unit/tsig_side.h"
#include "tests/unit/tsig_vectors.h"

#define N_VECTORS (sizeof(tsig_vectors) / sizeof(tsig_vectors[0]))
#define SHA256 (&tsig_vectors[2])

/* The state after the vector's request was verified; the caller's to clear. */
static void
verified(const struct tsig_vector *v, unsigned mac_bits, struct tsig_state *s)
{
	struct keyring *ring = vector_ring(v->algorithm, mac_bits);
	struct reason reason;
	struct wire w;

	wire_init(&w, v->request_signed);
	wire_read(&w);
	tsig_verify(ring, NULL, &w.m, s, &reason);
	keyring_unref(ring);
	wire_clear(&w);
}

/* Signs the message in hex; says in tsig_out what its TSIG is. */
static void
sign(struct tsig_state *s, const char *hex, struct wire *w,
    struct tsig_rr *tsig_out)
{
	size_t room = tsig_room(s);

	wire_init(w, hex);
	room += w->len;
	CU_ASSERT_EQUAL_FATAL(tsig_sign(s, w->octets, &w->len,
				  sizeof(w->octets)),
	    0);
	CU_ASSERT_EQUAL(w->len, room);
	wire_read(w);
	CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&w->m.tsig, tsig_out), 0);
}

static void
test_answers_are_those_of_another_implementation(void)
{
	struct wire ours, theirs;
	struct tsig_state s;
	struct tsig_rr tsig;

	vector_clock(0);
	for (size_t i = 0; i < N_VECTORS; i++) {
		verified(&tsig_vectors[i], 0, &s);
		sign(&s, tsig_vectors[i].answer, &ours, &tsig);
		wire_init(&theirs, tsig_vectors[i].answer_signed);
		CU_ASSERT(wire_equal(&ours, &theirs));
		wire_clear(&ours);
		wire_clear(&theirs);
		tsig_state_clear(&s);
	}
	clock_test_set(0, 0);
}

static void
test_streams_are_those_of_another_implementation(void)
{
	struct wire ours, theirs;
	struct tsig_state s;
	struct tsig_rr tsig;

	vector_clock(0);
	for (size_t i = 0; i < N_VECTORS; i++) {
		verified(&tsig_vectors[i], 0, &s);
		for (int n = 0; n < VECTOR_PARTS; n++) {
			sign(&s, tsig_vectors[i].parts[n], &ours, &tsig);
			wire_init(&theirs, tsig_vectors[i].parts_signed[n]);
			CU_ASSERT(wire_equal(&ours, &theirs));
			wire_clear(&ours);
			wire_clear(&theirs);
		}
		tsig_state_clear(&s);
	}
	clock_test_set(0, 0);
}

/* As the requestor: our request equals theirs, their answers verify. */
static void
test_requests_of_ours_are_answered(void)
{
	vector_clock(0);
	for (size_t i = 0; i < N_VECTORS; i++) {
		const struct tsig_vector *v = &tsig_vectors[i];
		struct keyring *ring = vector_ring(v->algorithm, 0);
		struct wire request, expected, part;
		struct tsig_state s;
		struct reason reason;

		wire_init(&request, v->request);
		wire_init(&expected, v->request_signed);
		CU_ASSERT_EQUAL(tsig_sign_request(ring, vector_key(ring),
				    request.octets, &request.len,
				    sizeof(request.octets), &s),
		    0);
		CU_ASSERT(wire_equal(&request, &expected));
		for (int n = 0; n < VECTOR_PARTS; n++) {
			wire_init(&part, v->parts_signed[n]);
			wire_read(&part);
			CU_ASSERT_EQUAL(tsig_verify_answer(&s, &part.m,
					    &reason),
			    0);
			wire_clear(&part);
		}
		wire_clear(&request);
		wire_clear(&expected);
		tsig_state_clear(&s);
		keyring_unref(ring);
	}
	clock_test_set(0, 0);
}

/* The answer in hex to our request of the vector. */
static int
answer_with(const char *hex, int changed_octet)
{
	struct keyring *ring = vector_ring(SHA256->algorithm, 0);
	struct wire request, answer;
	struct tsig_state s;
	struct reason reason;
	int ret;

	wire_init(&request, SHA256->request);
	CU_ASSERT_EQUAL_FATAL(tsig_sign_request(ring, vector_key(ring),
				  request.octets, &request.len,
				  sizeof(request.octets), &s),
	    0);
	wire_init(&answer, hex);
	answer.octets[changed_octet] ^= 0x20;
	wire_read(&answer);
	ret = tsig_verify_answer(&s, &answer.m, &reason);
	wire_clear(&request);
	wire_clear(&answer);
	tsig_state_clear(&s);
	keyring_unref(ring);
	return ret;
}

static void
test_wrong_answers_are_not_believed(void)
{
	vector_clock(0);
	CU_ASSERT_EQUAL(answer_with(SHA256->answer_signed, 0), 0);
	CU_ASSERT_EQUAL(answer_with(SHA256->answer_signed, 13), ERR_MISMATCH);
	CU_ASSERT_EQUAL(answer_with(SHA256->answer, 13), ERR_MALFORMED);
	CU_ASSERT_EQUAL(answer_with(SHA256->parts_signed[1], 13), ERR_MISMATCH);
	CU_ASSERT_EQUAL(answer_with(tsig_vectors[0].answer_signed, 13),
	    ERR_MALFORMED);
	clock_test_set(0, 0);
}

/* RFC 8945 section 5.3.2. */
static void
test_badsig_and_badkey_have_an_empty_mac(void)
{
	struct tsig_state s;
	struct tsig_rr tsig;
	struct wire w;

	vector_clock(0);
	verified(SHA256, 0, &s);
	s.rcode = RCODE_NOTAUTH;
	s.error = TSIG_ERROR_BADSIG;
	sign(&s, SHA256->answer, &w, &tsig);
	CU_ASSERT_EQUAL(tsig.mac_len, 0);
	CU_ASSERT_EQUAL(tsig.error, TSIG_ERROR_BADSIG);
	CU_ASSERT_EQUAL(tsig.original_id, 0x1234);
	wire_clear(&w);
	tsig_state_clear(&s);
	clock_test_set(0, 0);
}

/* Section 5.2.3: signed, the client's time, ours in six octets. */
static void
test_badtime_tells_our_time(void)
{
	struct tsig_state s;
	struct tsig_rr tsig;
	struct reader r;
	struct wire w;

	vector_clock(1000);
	verified(SHA256, 0, &s);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADTIME);
	sign(&s, SHA256->answer, &w, &tsig);
	CU_ASSERT_EQUAL(tsig.mac_len, 32);
	CU_ASSERT_EQUAL(tsig.error, TSIG_ERROR_BADTIME);
	CU_ASSERT_EQUAL(tsig.time_signed, VECTOR_TIME_S);
	CU_ASSERT_EQUAL_FATAL(tsig.other_len, 6);
	reader_init(&r, tsig.other, 6);
	CU_ASSERT_EQUAL(reader_u48(&r), VECTOR_TIME_S + 1000);
	wire_clear(&w);
	tsig_state_clear(&s);
	clock_test_set(0, 0);
}

static void
test_truncated_keys_make_truncated_macs(void)
{
	struct tsig_state s;
	struct tsig_rr tsig;
	struct wire w;

	vector_clock(0);
	verified(SHA256, 128, &s);
	CU_ASSERT(s.is_verified);
	sign(&s, SHA256->answer, &w, &tsig);
	CU_ASSERT_EQUAL(tsig.mac_len, 16);
	wire_clear(&w);
	tsig_state_clear(&s);
	clock_test_set(0, 0);
}

static void
test_unsigned_requests_get_unsigned_answers(void)
{
	struct tsig_state s;
	struct wire w;
	size_t len;

	tsig_state_init(&s);
	CU_ASSERT_EQUAL(tsig_room(&s), 0);
	wire_init(&w, SHA256->answer);
	len = w.len;
	CU_ASSERT_EQUAL(tsig_sign(&s, w.octets, &w.len, w.len), 0);
	CU_ASSERT_EQUAL(w.len, len);
	wire_clear(&w);
	tsig_state_clear(&s);
}

static void
test_no_room_is_an_error_and_changes_nothing(void)
{
	struct tsig_state s;
	struct wire w, before;
	size_t room;

	vector_clock(0);
	verified(SHA256, 0, &s);
	room = tsig_room(&s);
	wire_init(&w, SHA256->answer);
	wire_init(&before, SHA256->answer);
	CU_ASSERT_EQUAL(tsig_sign(&s, w.octets, &w.len, w.len + room - 1),
	    ERR_NOSPACE);
	CU_ASSERT(wire_equal(&w, &before));
	CU_ASSERT_EQUAL(tsig_sign(&s, w.octets, &w.len, w.len + room), 0);
	wire_clear(&w);
	wire_clear(&before);
	tsig_state_clear(&s);
	clock_test_set(0, 0);
}

CU_TestInfo sign_tests[] = {
    {"answers", test_answers_are_those_of_another_implementation},
    {"streams", test_streams_are_those_of_another_implementation},
    {"requests", test_requests_of_ours_are_answered},
    {"wrong answers", test_wrong_answers_are_not_believed},
    {"empty MAC", test_badsig_and_badkey_have_an_empty_mac},
    {"BADTIME", test_badtime_tells_our_time},
    {"truncated", test_truncated_keys_make_truncated_macs},
    {"unsigned", test_unsigned_requests_get_unsigned_answers},
    {"no room", test_no_room_is_an_error_and_changes_nothing},
    CU_TEST_INFO_NULL,
};
