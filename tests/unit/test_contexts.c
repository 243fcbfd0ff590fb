/*
 * test_contexts.c - the table of contexts, and MICs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/gss/algorithm.h"
#include "daemon/gss/mic.h"
#include "daemon/identity/pac.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

#define MICS 200

static struct gss_side side;
static struct initiator initiator;

static void
set_up(void)
{
	gss_side_init(&side, "dns.keytab");
	CU_ASSERT_FATAL(initiator_init(&initiator, "PC1", REALM_NS1, true,
	    INITIATOR_FLAGS));
}

static void
tear_down(void)
{
	initiator_clear(&initiator);
	gss_side_clear(&side);
}

static struct context *
handshake(const char *key_name)
{
	struct context *c = gss_side_handshake(&side, &initiator, key_name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static int
find(const char *key_name)
{
	struct context *c;
	struct name name;
	int ret;

	(void)name_from_text(key_name, NULL, &name);
	ret = contexts_find(side.contexts, name.octets, &c);
	context_unref(c);
	return ret;
}

/* As after a valid MIC. */
static void
use(const char *key_name)
{
	struct context *c;
	struct name name;

	(void)name_from_text(key_name, NULL, &name);
	CU_ASSERT_EQUAL_FATAL(contexts_find(side.contexts, name.octets, &c), 0);
	contexts_used(side.contexts, c);
	context_unref(c);
}

static enum context_verdict
verify(struct context *c, const char *text, const gss_buffer_desc *mic)
{
	struct context_piece pieces[3] = {{text, 3}, {NULL, 0},
	    {text + 3, strlen(text) - 3}};

	return context_verify(c, pieces, 3, mic->value, mic->length, NULL);
}

static gss_buffer_desc
sign(const char *text)
{
	gss_buffer_desc mic;

	CU_ASSERT_EQUAL_FATAL(initiator_sign(&initiator, text, strlen(text),
				  &mic),
	    GSS_S_COMPLETE);
	return mic;
}

/* Several: each covers another sequence number. */
static void
exchange(struct context *c)
{
	struct context_piece pieces[3] = {{"an ", 3}, {NULL, 0}, {"answer", 6}};
	uint8_t mic[CONTEXT_MIC_MAX];
	gss_buffer_desc theirs;
	OM_uint32 minor;
	size_t len;

	for (int i = 0; i < 3; i++) {
		theirs = sign("a request");
		CU_ASSERT_EQUAL(verify(c, "a request", &theirs), CONTEXT_VALID);
		CU_ASSERT_EQUAL(context_sign(c, pieces, 3, mic, &len, NULL), 0);
		CU_ASSERT_EQUAL(len, context_mic_len(c));
		CU_ASSERT_EQUAL(initiator_verify(&initiator, "an answer", 9,
				    mic, len),
		    GSS_S_COMPLETE);
		(void)gss_release_buffer(&minor, &theirs);
	}
}

static void
test_both_sides_verify_each_other(void)
{
	struct context *c;

	set_up();
	c = handshake("k");
	exchange(c);
	context_unref(c);
	tear_down();
}

/* Our MICs are made with the bare key, the initiator's by GSS-API. */
static void
test_mics_of_each_enctype_are_those_of_gssapi(void)
{
	static const int32_t enctypes[] = {GSS_ENCTYPE_AES128_SHA1,
	    GSS_ENCTYPE_AES256_SHA1, GSS_ENCTYPE_AES128_SHA2,
	    GSS_ENCTYPE_AES256_SHA2};
	struct context *c;

	for (size_t i = 0; i < sizeof(enctypes) / sizeof(enctypes[0]); i++) {
		gss_side_init(&side, "aes.keytab");
		CU_ASSERT_FATAL(initiator_init(&initiator, "PC1",
		    "DNS/aes.ad.test@AD.TEST", i % 2 == 0, INITIATOR_FLAGS));
		initiator_limit(&initiator, enctypes[i]);
		c = handshake("k");
		CU_ASSERT_EQUAL(context_enctype(c), enctypes[i]);
		exchange(c);
		context_unref(c);
		tear_down();
	}
}

/* Nor with the flag turned: each side has its own key usage. */
static void
test_a_mic_that_the_acceptor_made_is_not_the_initiators(void)
{
	struct context_piece piece = {"a request", 9};
	uint8_t mic[CONTEXT_MIC_MAX];
	struct context *c;
	size_t len;

	set_up();
	c = handshake("k");
	CU_ASSERT_EQUAL(context_sign(c, &piece, 1, mic, &len, NULL), 0);
	CU_ASSERT_EQUAL(context_verify(c, &piece, 1, mic, len, NULL),
	    CONTEXT_BAD_MIC);
	mic[2] &= (uint8_t)~1;
	CU_ASSERT_EQUAL(context_verify(c, &piece, 1, mic, len, NULL),
	    CONTEXT_BAD_MIC);
	context_unref(c);
	tear_down();
}

static void
test_long_messages_are_signed_too(void)
{
	static uint8_t message[60000];
	struct context_piece piece = {message, sizeof(message)};
	uint8_t mic[CONTEXT_MIC_MAX];
	struct context *c;
	size_t len;

	set_up();
	c = handshake("k");
	CU_ASSERT_EQUAL(context_sign(c, &piece, 1, mic, &len, NULL), 0);
	CU_ASSERT_EQUAL(initiator_verify(&initiator, message, sizeof(message),
			    mic, len),
	    GSS_S_COMPLETE);
	context_unref(c);
	tear_down();
}

static void
test_a_mic_counts_once(void)
{
	struct context *c;
	gss_buffer_desc mic;
	OM_uint32 minor;

	set_up();
	c = handshake("k");
	mic = sign("a request");
	CU_ASSERT_EQUAL(verify(c, "another one", &mic), CONTEXT_BAD_MIC);
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_VALID);
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_REPLAYED);
	((uint8_t *)mic.value)[20] ^= 1;
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_BAD_MIC);
	mic.length = 10;
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_BAD_MIC);
	(void)gss_release_buffer(&minor, &mic);
	context_unref(c);
	tear_down();
}

/* Token ID, flags, filler, SND_SEQ, checksum (RFC 4121 section 4.2.6.1). */
static void
test_every_bit_of_a_mic_counts(void)
{
	uint8_t octets[CONTEXT_MIC_MAX + 1] = {0};
	gss_buffer_desc mic, other = {.value = octets};
	struct context *c;
	OM_uint32 minor;

	set_up();
	c = handshake("k");
	mic = sign("a request");
	CU_ASSERT_FATAL(mic.length <= CONTEXT_MIC_MAX);
	for (size_t bit = 0; bit < 8 * mic.length; bit++) {
		memcpy(octets, mic.value, mic.length);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		other.length = mic.length;
		CU_ASSERT_EQUAL(verify(c, "a request", &other),
		    bit == 2 * 8 + 2 ? CONTEXT_NO_SUBKEY : CONTEXT_BAD_MIC);
	}
	memcpy(octets, mic.value, mic.length);
	for (size_t len = 0; len <= mic.length + 1; len++) {
		other.length = len;
		if (len != mic.length)
			CU_ASSERT_EQUAL(verify(c, "a request", &other),
			    CONTEXT_BAD_MIC);
	}
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_VALID);
	(void)gss_release_buffer(&minor, &mic);
	context_unref(c);
	tear_down();
}

#define SIGNERS 4
#define SIGNED_BY_EACH 500

/* What one of the threads signs: SND_SEQ of each. */
struct signer_thread {
	pthread_t thread;
	struct context *context;
	uint64_t numbers[SIGNED_BY_EACH];
};

static void *
sign_many(void *arg)
{
	struct signer_thread *s = arg;
	struct context_piece piece = {"an answer", 9};
	uint8_t mic[CONTEXT_MIC_MAX];
	size_t len;

	for (int i = 0; i < SIGNED_BY_EACH; i++) {
		if (context_sign(s->context, &piece, 1, mic, &len, NULL) != 0)
			break;
		s->numbers[i] = mic_sequence(mic);
	}
	return NULL;
}

static void
test_no_sequence_number_of_ours_comes_twice(void)
{
	static struct signer_thread signers[SIGNERS];
	static bool seen[SIGNERS * SIGNED_BY_EACH];
	struct context_piece piece = {"an answer", 9};
	uint8_t mic[CONTEXT_MIC_MAX];
	struct context *c;
	size_t len, n = 0;
	uint64_t first;

	set_up();
	c = handshake("k");
	CU_ASSERT_EQUAL(context_sign(c, &piece, 1, mic, &len, NULL), 0);
	first = mic_sequence(mic) + 1;
	for (int i = 0; i < SIGNERS; i++) {
		signers[i].context = c;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&signers[i].thread, NULL,
					  sign_many, &signers[i]),
		    0);
	}
	for (int i = 0; i < SIGNERS; i++)
		(void)pthread_join(signers[i].thread, NULL);
	for (int i = 0; i < SIGNERS; i++)
		for (int k = 0; k < SIGNED_BY_EACH; k++) {
			uint64_t at = signers[i].numbers[k] - first;

			if (at < SIGNERS * SIGNED_BY_EACH && !seen[at]) {
				seen[at] = true;
				n++;
			}
		}
	CU_ASSERT_EQUAL(n, SIGNERS * SIGNED_BY_EACH);
	context_unref(c);
	tear_down();
}

/* More than GSS-API's own window of 64 behind: ours decides. */
static void
test_mics_verify_in_any_order(void)
{
	static gss_buffer_desc mics[MICS];
	struct context *c;
	OM_uint32 minor;

	set_up();
	c = handshake("k");
	for (int i = 0; i < MICS; i++)
		mics[i] = sign("a request");
	for (int i = MICS - 1; i >= 0; i--)
		CU_ASSERT_EQUAL(verify(c, "a request", &mics[i]),
		    CONTEXT_VALID);
	for (int i = 0; i < MICS; i++) {
		CU_ASSERT_EQUAL(verify(c, "a request", &mics[i]),
		    CONTEXT_REPLAYED);
		(void)gss_release_buffer(&minor, &mics[i]);
	}
	context_unref(c);
	tear_down();
}

/* KERBEROS: a MIC without it would verify on a context from the same AP-REQ. */
static void
test_aes_mics_need_the_acceptors_subkey(void)
{
	struct context *c;
	gss_buffer_desc mic;
	OM_uint32 minor;

	set_up();
	c = handshake("k");
	mic = sign("a request");
	CU_ASSERT_EQUAL(((uint8_t *)mic.value)[2] & 4, 4);
	((uint8_t *)mic.value)[2] &= (uint8_t)~4;
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_NO_SUBKEY);
	(void)gss_release_buffer(&minor, &mic);
	context_unref(c);
	tear_down();
}

/* RC4 hides its sequence numbers: there only GSS-API can tell. */
static void
test_weak_mics_count_once(void)
{
	gss_buffer_desc first, second;
	struct context *c;
	OM_uint32 minor;

	gss_side_init(&side, "dns.keytab");
	side.allow_weak = true;
	gss_side_keytab(&side, "dns.keytab");
	CU_ASSERT_FATAL(initiator_init(&initiator, "PC1",
	    "DNS/rc4.ad.test@AD.TEST", false, INITIATOR_FLAGS));
	initiator_limit(&initiator, GSS_ENCTYPE_RC4);
	c = handshake("k");
	first = sign("a request");
	second = sign("a request");
	CU_ASSERT_EQUAL(verify(c, "a request", &second), CONTEXT_VALID);
	CU_ASSERT_EQUAL(verify(c, "a request", &second), CONTEXT_REPLAYED);
	CU_ASSERT_EQUAL(verify(c, "a request", &first), CONTEXT_VALID);
	CU_ASSERT_EQUAL(verify(c, "a request", &first), CONTEXT_REPLAYED);
	(void)gss_release_buffer(&minor, &first);
	(void)gss_release_buffer(&minor, &second);
	context_unref(c);
	tear_down();
}

static void
test_a_mic_is_bound_to_its_context(void)
{
	struct context *first, *second;
	gss_buffer_desc mic;
	OM_uint32 minor;

	set_up();
	first = handshake("first");
	mic = sign("a request");
	second = handshake("second");
	CU_ASSERT_EQUAL(verify(second, "a request", &mic), CONTEXT_BAD_MIC);
	CU_ASSERT_EQUAL(verify(first, "a request", &mic), CONTEXT_VALID);
	(void)gss_release_buffer(&minor, &mic);
	context_unref(first);
	context_unref(second);
	tear_down();
}

static void
test_contexts_expire_and_free_their_names(void)
{
	struct context *c, *again;
	gss_buffer_desc mic;
	OM_uint32 minor;

	set_up();
	c = handshake("k");
	mic = sign("a request");
	CU_ASSERT_EQUAL(find("K"), 0);
	clock_test_set(clock_wall_us(), clock_mono_ns() + 3599000000000u);
	CU_ASSERT_EQUAL(find("k"), 0);
	clock_test_set(clock_wall_us(), clock_mono_ns() + 1000000000u);
	CU_ASSERT_EQUAL(verify(c, "a request", &mic), CONTEXT_EXPIRED);
	CU_ASSERT_EQUAL(context_seconds_left(c), 0);
	CU_ASSERT_EQUAL(find("k"), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(find("k"), ERR_NOTFOUND);
	again = handshake("k");
	clock_test_set(clock_wall_us(), clock_mono_ns() + 3600000000000u);
	CU_ASSERT_EQUAL(contexts_expire(side.contexts), 1);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->count, 0);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->expired, 2);
	clock_test_set(0, 0);
	(void)gss_release_buffer(&minor, &mic);
	context_unref(c);
	context_unref(again);
	tear_down();
}

/* n contexts key0 and so on, one millisecond apart. */
static void
fill(int n)
{
	uint64_t start = clock_mono_ns();
	char key_name[16];

	for (int i = 0; i < n; i++) {
		clock_test_set(clock_wall_us(), start + i * 1000000u);
		(void)snprintf(key_name, sizeof(key_name), "key%d", i);
		context_unref(handshake(key_name));
	}
	clock_test_set(clock_wall_us(), start + n * 1000000u);
}

static void
test_the_idlest_of_a_principal_makes_room(void)
{
	set_up();
	side.contexts_config.contexts_per_principal = 5;
	contexts_configure(side.contexts, &side.contexts_config);
	fill(5);
	use("key0");
	CU_ASSERT_EQUAL(find("key1"), 0); /* found, but not used */
	context_unref(handshake("key5"));
	CU_ASSERT_EQUAL(find("key0"), 0);
	CU_ASSERT_EQUAL(find("key1"), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(find("key2"), 0);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->evicted_principal, 1);
	clock_test_set(0, 0);
	tear_down();
}

static void
test_the_idlest_of_all_makes_room(void)
{
	set_up();
	side.contexts_config.max_contexts = 8;
	contexts_configure(side.contexts, &side.contexts_config);
	fill(8);
	use("key0");
	CU_ASSERT_EQUAL(find("key1"), 0);
	initiator_clear(&initiator);
	CU_ASSERT_FATAL(initiator_init(&initiator, "PC2", REALM_NS1, true,
	    INITIATOR_FLAGS));
	context_unref(handshake("other"));
	CU_ASSERT_EQUAL(find("key0"), 0);
	CU_ASSERT_EQUAL(find("key1"), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(find("other"), 0);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->count, 8);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->evicted_full, 1);
	clock_test_set(0, 0);
	tear_down();
}

/* A context without a handshake, of that principal, which is taken. */
static int
add_of_principal(struct principal *principal, const char *key_name)
{
	struct name name, algorithm = gss_algorithm_tsig;
	struct context_session none = {.gss = GSS_C_NO_CONTEXT};
	struct addr client = {.family = AF_INET};
	struct context_facts facts = {.key_name = &name,
	    .algorithm = &algorithm,
	    .principal = principal,
	    .acceptor = "",
	    .client = &client,
	    .lifetime_s = 3600};
	struct context *c;
	int ret;

	(void)name_from_text(key_name, NULL, &name);
	ret = contexts_add(side.contexts, &none, &facts, &c);
	context_unref(c);
	principal_unref(principal);
	return ret;
}

static int
add_of(const char *principal, const char *key_name)
{
	struct principal *p;

	CU_ASSERT_EQUAL_FATAL(principal_from_text(principal, &p, NULL), 0);
	return add_of_principal(p, key_name);
}

static int
add_of_account(const char *principal, const char *sid, const char *key_name)
{
	struct pac_logon pac = {.account_name = "PC1$"};
	struct principal *p;

	CU_ASSERT_EQUAL_FATAL(sid_from_text(sid, &pac.account), 0);
	CU_ASSERT_EQUAL_FATAL(sid_from_text("S-1-5-21-1-2-3", &pac.domain), 0);
	CU_ASSERT_EQUAL_FATAL(principal_from_pac(principal, &pac, &p, NULL), 0);
	return add_of_principal(p, key_name);
}

/* RFC 4120 section 6: realms and names have case. */
static void
test_principals_that_differ_in_case_are_two(void)
{
	set_up();
	side.contexts_config.contexts_per_principal = 1;
	contexts_configure(side.contexts, &side.contexts_config);
	CU_ASSERT_EQUAL(add_of("PC1$@AD.TEST", "a"), 0);
	CU_ASSERT_EQUAL(add_of("pc1$@AD.TEST", "b"), 0);
	CU_ASSERT_EQUAL(add_of("PC1$@ad.test", "c"), 0);
	CU_ASSERT_EQUAL(find("a"), 0);
	CU_ASSERT_EQUAL(find("b"), 0);
	CU_ASSERT_EQUAL(add_of("PC1$@AD.TEST", "d"), 0);
	CU_ASSERT_EQUAL(find("a"), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(find("c"), 0);
	tear_down();
}

/* One account may have a ticket under each spelling of its name. */
static void
test_an_account_is_one_under_any_name(void)
{
	set_up();
	side.contexts_config.contexts_per_principal = 1;
	contexts_configure(side.contexts, &side.contexts_config);
	CU_ASSERT_EQUAL(add_of("PC1$@AD.TEST", "no.pac"), 0);
	CU_ASSERT_EQUAL(add_of_account("PC1$@AD.TEST", "S-1-5-21-1-2-3-1104",
			    "a"),
	    0);
	CU_ASSERT_EQUAL(add_of_account("pc1$@AD.TEST", "S-1-5-21-1-2-3-1104",
			    "b"),
	    0);
	CU_ASSERT_EQUAL(find("a"), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(add_of_account("PC1$@AD.TEST", "S-1-5-21-1-2-3-1105",
			    "c"),
	    0);
	CU_ASSERT_EQUAL(add_of_account("PC1$@OTHER", "S-1-5-21-1-2-3-1104",
			    "d"),
	    0);
	CU_ASSERT_EQUAL(find("b"), 0);
	CU_ASSERT_EQUAL(find("c"), 0);
	CU_ASSERT_EQUAL(find("d"), 0);
	CU_ASSERT_EQUAL(find("no.pac"), 0);
	tear_down();
}

struct seen {
	int n;
	int end_at;
};

/* What a list does must not matter to the table: here it takes all out. */
static int
remove_one(void *arg, struct context *c)
{
	struct seen *seen = arg;

	CU_ASSERT_STRING_EQUAL(context_principal(c)->text, "PC1$@AD.TEST");
	CU_ASSERT_TRUE(contexts_remove(side.contexts, c));
	return ++seen->n == seen->end_at ? ERR_CLOSED : 0;
}

static void
test_a_walk_visits_each_and_holds_no_lock(void)
{
	struct seen seen = {0, 3};

	set_up();
	fill(7);
	CU_ASSERT_EQUAL(contexts_walk(side.contexts, remove_one, &seen),
	    ERR_CLOSED);
	CU_ASSERT_EQUAL(seen.n, 3);
	CU_ASSERT_EQUAL(contexts_walk(side.contexts, remove_one, &seen), 0);
	CU_ASSERT_EQUAL(seen.n, 7);
	CU_ASSERT_EQUAL(contexts_counters(side.contexts)->count, 0);
	clock_test_set(0, 0);
	tear_down();
}

static void
test_a_context_knows_the_tickets_kvno(void)
{
	struct context *c;

	set_up();
	c = handshake("k");
	CU_ASSERT(context_kvno(c) > 0);
	context_unref(c);
	tear_down();
}

CU_TestInfo contexts_tests[] = {
    {"both", test_both_sides_verify_each_other},
    {"enctypes", test_mics_of_each_enctype_are_those_of_gssapi},
    {"ours", test_a_mic_that_the_acceptor_made_is_not_the_initiators},
    {"long", test_long_messages_are_signed_too},
    {"once", test_a_mic_counts_once},
    {"each bit", test_every_bit_of_a_mic_counts},
    {"numbers", test_no_sequence_number_of_ours_comes_twice},
    {"order", test_mics_verify_in_any_order},
    {"subkey", test_aes_mics_need_the_acceptors_subkey},
    {"weak", test_weak_mics_count_once},
    {"bound", test_a_mic_is_bound_to_its_context},
    {"expiry", test_contexts_expire_and_free_their_names},
    {"per principal", test_the_idlest_of_a_principal_makes_room},
    {"full", test_the_idlest_of_all_makes_room},
    {"case", test_principals_that_differ_in_case_are_two},
    {"accounts", test_an_account_is_one_under_any_name},
    {"walk", test_a_walk_visits_each_and_holds_no_lock},
    {"kvno", test_a_context_knows_the_tickets_kvno},
    CU_TEST_INFO_NULL,
};
