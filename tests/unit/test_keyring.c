/*
 * test_keyring.c - sets of shared secrets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <openssl/evp.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/tsig/keyring.h"
#include "tests/unit/suites.h"

static struct keyring_secret
secret(const char *name, enum tsig_algorithm algorithm, unsigned mac_bits)
{
	struct keyring_secret s = {
	    .algorithm = algorithm,
	    .mac_bits = mac_bits,
	    .secret = (const uint8_t *)"secret",
	    .secret_len = 6,
	};

	(void)name_from_text(name, NULL, &s.name);
	return s;
}

static const struct shared_key *
find(const struct keyring *r, const char *text)
{
	struct name name;

	(void)name_from_text(text, NULL, &name);
	return keyring_find(r, name.octets);
}

static void
test_keys_are_found_without_case(void)
{
	struct keyring_secret secrets[2] = {secret("transfer.example",
						TSIG_HMAC_SHA256, 0),
	    secret("other", TSIG_HMAC_SHA512, 256)};
	struct keyring *r;

	CU_ASSERT_EQUAL_FATAL(keyring_create(secrets, 2, &r, NULL), 0);
	CU_ASSERT_EQUAL(keyring_count(r), 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(r, "Transfer.EXAMPLE."));
	CU_ASSERT_EQUAL(shared_key_mac_len(find(r, "transfer.example")), 32);
	CU_ASSERT_EQUAL(shared_key_mac_len(find(r, "other")), 32);
	CU_ASSERT_PTR_NULL(find(r, "example"));
	CU_ASSERT_PTR_NULL(find(NULL, "other"));
	keyring_unref(keyring_ref(r));
	CU_ASSERT_PTR_NOT_NULL(find(r, "other"));
	keyring_unref(r);
	CU_ASSERT_EQUAL_FATAL(keyring_create(NULL, 0, &r, NULL), 0);
	CU_ASSERT_PTR_NULL(find(r, "other"));
	keyring_unref(r);
}

static void
refused(const struct keyring_secret *secrets, size_t n, int expected)
{
	struct reason reason = {""};
	struct keyring *r;

	CU_ASSERT_EQUAL(keyring_create(secrets, n, &r, &reason), expected);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "key k: "));
}

static void
test_what_cannot_be_a_key_is_refused(void)
{
	struct keyring_secret s[2] = {secret("k", TSIG_HMAC_SHA256, 0),
	    secret("K", TSIG_HMAC_SHA1, 0)};

	name_to_lower(s[1].name.octets);
	refused(s, 2, ERR_EXISTS);
	s[0].algorithm = TSIG_GSS;
	refused(s, 1, ERR_UNSUPPORTED);
	s[0] = secret("k", TSIG_HMAC_SHA256, 120);
	refused(s, 1, ERR_RANGE); /* under half */
	s[0].mac_bits = 264;
	refused(s, 1, ERR_RANGE);
	s[0].mac_bits = 129;
	refused(s, 1, ERR_RANGE);
	s[0] = secret("k", TSIG_HMAC_SHA1, 72);
	refused(s, 1, ERR_RANGE);
	s[0] = secret("k", TSIG_HMAC_MD5, 64); /* half, but under 80 */
	refused(s, 1, ERR_RANGE);
	s[0].mac_bits = 0;
	s[0].secret_len = 0;
	refused(s, 1, ERR_RANGE);
}

/* As where an administrator has OpenSSL do what FIPS permits, and no more. */
static void
test_what_openssl_refuses_is_no_key(void)
{
	struct keyring_secret s = secret("k", TSIG_HMAC_MD5, 0);
	struct reason reason = {""};
	struct keyring *r;

	CU_ASSERT_EQUAL_FATAL(EVP_set_default_properties(NULL,
				  "provider=nobody"),
	    1);
	CU_ASSERT_EQUAL(keyring_create(&s, 1, &r, &reason), ERR_CRYPTO);
	CU_ASSERT_EQUAL_FATAL(EVP_set_default_properties(NULL, ""), 1);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "OpenSSL"));
	CU_ASSERT_EQUAL(keyring_create(&s, 1, &r, &reason), 0);
	keyring_unref(r);
}

static void
test_algorithms_have_names(void)
{
	enum tsig_algorithm a;

	for (int i = 0; i < TSIG_ALGORITHMS; i++) {
		const struct name *name =
		    tsig_algorithm_name((enum tsig_algorithm)i);
		struct name from_text;

		CU_ASSERT(tsig_algorithm_from_name(name->octets, &a));
		CU_ASSERT_EQUAL((int)a, i);
		CU_ASSERT_EQUAL(name_len(name->octets), name->len);
		(void)name_from_text(tsig_algorithm_text(
					 (enum tsig_algorithm)i),
		    NULL, &from_text);
		CU_ASSERT(name_equal(name->octets, from_text.octets));
	}
	CU_ASSERT(!tsig_algorithm_from_name(name_root.octets, &a));
}

/* What BIND 9.18 told a helper of these. */
static void
test_a_key_has_the_tag_that_bind_gives_it(void)
{
	static uint8_t octets[100];
	struct keyring_secret s[3] = {secret("a", TSIG_HMAC_SHA256, 0),
	    secret("b", TSIG_HMAC_SHA256, 0), secret("c", TSIG_HMAC_SHA512, 0)};
	struct keyring *r;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	s[0].secret_len = 5; /* "secre" */
	s[1].secret = s[2].secret = octets;
	s[1].secret_len = s[2].secret_len = sizeof(octets);
	CU_ASSERT_EQUAL_FATAL(keyring_create(s, 3, &r, NULL), 0);
	CU_ASSERT_EQUAL(tsig_algorithm_number(TSIG_HMAC_SHA256), 163);
	CU_ASSERT_EQUAL(shared_key_tag(find(r, "a")), 16763);
	CU_ASSERT_EQUAL(shared_key_tag(find(r, "b")), 47923);
	CU_ASSERT_EQUAL(shared_key_tag(find(r, "c")), 41330);
	keyring_unref(r);
}

CU_TestInfo keyring_tests[] = {
    {"found", test_keys_are_found_without_case},
    {"refused", test_what_cannot_be_a_key_is_refused},
    {"FIPS", test_what_openssl_refuses_is_no_key},
    {"algorithms", test_algorithms_have_names},
    {"a key has the tag that BIND gives it",
	test_a_key_has_the_tag_that_bind_gives_it},
    CU_TEST_INFO_NULL,
};
