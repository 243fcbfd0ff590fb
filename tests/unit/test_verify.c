/*
 * test_verify.c - TSIGs of requests with shared secrets
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
#define MD5 (&tsig_vectors[5])

/* What comes of w's octets with the key of algorithm; released. */
static struct tsig_state
verify(struct wire *w, const char *algorithm, unsigned mac_bits)
{
	struct keyring *ring = vector_ring(algorithm, mac_bits);
	struct tsig_state s;
	struct reason reason;

	wire_read(w);
	tsig_verify(ring, NULL, &w->m, &s, &reason);
	tsig_state_clear(&s);
	keyring_unref(ring);
	return s;
}

/* Puts a TSIG changed by the test in the place of the request's. */
static void
replace_tsig(struct wire *w, const struct tsig_rr *tsig)
{
	w->len = w->m.tsig_offset;
	w->octets[11]--; /* ARCOUNT */
	CU_ASSERT_EQUAL_FATAL(tsig_rr_append(tsig, w->octets, &w->len,
				  sizeof(w->octets)),
	    0);
}

static void
test_requests_of_another_implementation_verify(void)
{
	struct tsig_state s;
	struct wire w;

	vector_clock(0);
	for (size_t i = 0; i < N_VECTORS; i++) {
		wire_init(&w, tsig_vectors[i].request_signed);
		s = verify(&w, tsig_vectors[i].algorithm, 0);
		CU_ASSERT(s.is_verified);
		CU_ASSERT_EQUAL(s.rcode, RCODE_NOERROR);
		CU_ASSERT_EQUAL(s.original_id, 0x1234);
		wire_clear(&w);
	}
	clock_test_set(0, 0);
}

static void
test_without_a_tsig_nothing_is_claimed(void)
{
	struct tsig_state s;
	struct wire w;

	wire_init(&w, SHA256->request);
	s = verify(&w, SHA256->algorithm, 0);
	CU_ASSERT(!s.is_signed && !s.is_verified);
	CU_ASSERT_EQUAL(s.rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(s.signer.kind, SIGNER_NONE);
	wire_clear(&w);
}

/* Even the case of a letter counts: nothing is rendered anew. */
static void
test_a_changed_octet_is_badsig(void)
{
	struct tsig_state s;
	struct wire w;

	vector_clock(0);
	wire_init(&w, SHA256->request_signed);
	w.octets[13] ^= 0x20; /* case of the zone name */
	s = verify(&w, SHA256->algorithm, 0);
	CU_ASSERT_EQUAL(s.rcode, RCODE_NOTAUTH);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADSIG);
	CU_ASSERT_EQUAL(s.signer.kind, SIGNER_NONE);
	CU_ASSERT_EQUAL(s.mac_len, 0);
	wire_clear(&w);
	clock_test_set(0, 0);
}

/* Kea sends an Original ID that is not the message's. */
static void
test_the_original_id_is_what_was_signed(void)
{
	struct tsig_state s;
	struct wire w;

	vector_clock(0);
	wire_init(&w, SHA256->request_signed);
	w.octets[0] = 0x99;
	s = verify(&w, SHA256->algorithm, 0);
	CU_ASSERT(s.is_verified);
	CU_ASSERT_EQUAL(s.original_id, 0x1234);
	wire_clear(&w);
	clock_test_set(0, 0);
}

/* Names in a digest are canonical; those of the RRs are as they came. */
static void
test_the_case_of_key_names_does_not_matter(void)
{
	struct tsig_state s;
	struct tsig_rr tsig;
	struct wire w;

	vector_clock(0);
	wire_init(&w, SHA256->request_signed);
	wire_read(&w);
	CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&w.m.tsig, &tsig), 0);
	tsig.key_name.octets[1] = 'S';
	tsig.algorithm.octets[1] = 'H';
	{
		uint8_t mac[64];

		memcpy(mac, tsig.mac, tsig.mac_len);
		tsig.mac = mac;
		replace_tsig(&w, &tsig);
	}
	s = verify(&w, SHA256->algorithm, 0);
	CU_ASSERT(s.is_verified);
	CU_ASSERT_EQUAL(s.signer.key_name.octets[1], 'S');
	wire_clear(&w);
	clock_test_set(0, 0);
}

static void
test_unknown_keys_are_badkey(void)
{
	struct tsig_state s;
	struct reason reason;
	struct wire w;

	wire_init(&w, SHA256->request_signed);
	wire_read(&w);
	tsig_verify(NULL, NULL, &w.m, &s, &reason);
	CU_ASSERT_EQUAL(s.rcode, RCODE_NOTAUTH);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
	tsig_state_clear(&s);
	s = verify(&w, "hmac-sha512", 0); /* a key, but for another algorithm */
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADKEY);
	wire_clear(&w);
}

/*
 * RFC 8945 section 5.2.2.1 and 5.2.4: never under 10 octets or half of the
 * whole MAC, which of HMAC-MD5 is less.
 */
static void
test_truncation_has_rules(void)
{
	static const struct {
		const struct tsig_vector *vector;
		uint16_t mac_len;
		unsigned mac_bits;
		enum rcode rcode;
		enum tsig_error error;
	} cases[] = {
	    {SHA256, 0, 0, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {SHA256, 9, 0, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {SHA256, 15, 128, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {SHA256, 16, 128, RCODE_NOERROR, TSIG_ERROR_NONE},
	    {SHA256, 20, 128, RCODE_NOERROR, TSIG_ERROR_NONE},
	    {SHA256, 16, 136, RCODE_NOTAUTH, TSIG_ERROR_BADTRUNC},
	    {SHA256, 31, 0, RCODE_NOTAUTH, TSIG_ERROR_BADTRUNC},
	    {SHA256, 32, 0, RCODE_NOERROR, TSIG_ERROR_NONE},
	    {SHA256, 33, 0, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {MD5, 8, 80, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {MD5, 9, 80, RCODE_FORMERR, TSIG_ERROR_NONE},
	    {MD5, 10, 80, RCODE_NOERROR, TSIG_ERROR_NONE},
	    {MD5, 10, 0, RCODE_NOTAUTH, TSIG_ERROR_BADTRUNC},
	    {MD5, 16, 80, RCODE_NOERROR, TSIG_ERROR_NONE},
	    {MD5, 17, 80, RCODE_FORMERR, TSIG_ERROR_NONE},
	};
	struct tsig_state s;
	struct tsig_rr tsig;
	struct wire w;

	vector_clock(0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t mac[64] = {0};

		wire_init(&w, cases[i].vector->request_signed);
		wire_read(&w);
		CU_ASSERT_EQUAL_FATAL(tsig_rr_read(&w.m.tsig, &tsig), 0);
		memcpy(mac, tsig.mac, tsig.mac_len);
		tsig.mac = mac;
		tsig.mac_len = cases[i].mac_len;
		replace_tsig(&w, &tsig);
		s = verify(&w, cases[i].vector->algorithm, cases[i].mac_bits);
		CU_ASSERT_EQUAL(s.rcode, cases[i].rcode);
		CU_ASSERT_EQUAL(s.error, cases[i].error);
		wire_clear(&w);
	}
	clock_test_set(0, 0);
}

static void
test_time_has_a_fudge(void)
{
	struct tsig_state s;
	struct wire w;

	wire_init(&w, SHA256->request_signed);
	for (long delta = -300; delta <= 300; delta += 300) {
		vector_clock(delta);
		s = verify(&w, SHA256->algorithm, 0);
		CU_ASSERT(s.is_verified);
	}
	for (long delta = -301; delta <= 301; delta += 602) {
		vector_clock(delta);
		s = verify(&w, SHA256->algorithm, 0);
		CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADTIME);
		CU_ASSERT_EQUAL(s.time_signed, VECTOR_TIME_S);
		CU_ASSERT_EQUAL(s.mac_len, 32); /* the answer is signed */
		CU_ASSERT_EQUAL(s.signer.kind, SIGNER_NONE);
	}
	/* The MAC comes first: a forger learns nothing of our clock. */
	w.octets[13] ^= 0x20;
	s = verify(&w, SHA256->algorithm, 0);
	CU_ASSERT_EQUAL(s.error, TSIG_ERROR_BADSIG);
	wire_clear(&w);
	clock_test_set(0, 0);
}

CU_TestInfo verify_tests[] = {
    {"vectors", test_requests_of_another_implementation_verify},
    {"unsigned", test_without_a_tsig_nothing_is_claimed},
    {"BADSIG", test_a_changed_octet_is_badsig},
    {"original ID", test_the_original_id_is_what_was_signed},
    {"case", test_the_case_of_key_names_does_not_matter},
    {"BADKEY", test_unknown_keys_are_badkey},
    {"truncation", test_truncation_has_rules},
    {"time", test_time_has_a_fudge},
    CU_TEST_INFO_NULL,
};
