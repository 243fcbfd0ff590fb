/*
 * test_explain.c - why a leg failed, with tickets of a real KDC
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/gss/algorithm.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

/* Each trouble with keys is told apart, raw and inside SPNEGO. */
static void
key_trouble(const char *keytab, const char *service,
    enum negotiation_cause cause, const char *expected)
{
	for (int spnego = 0; spnego < 2; spnego++) {
		struct initiator i;
		struct gss_side s;
		struct reason why;

		gss_side_init(&s, keytab);
		gss_side_start(&i, "PC1", service, spnego != 0);
		why = gss_side_refused(&s, "k", i.token.value, i.token.length,
		    cause, TSIG_ERROR_BADKEY);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, expected));
		if (strstr(why.text, expected) == NULL)
			(void)fprintf(stderr, "no \"%s\" in: %s\n", expected,
			    why.text);
		initiator_clear(&i);
		gss_side_clear(&s);
	}
}

static void
test_a_ticket_for_another_service_is_refused(void)
{
	key_trouble("dns.keytab", "DNS/ns2.ad.test@AD.TEST", NEGOTIATION_NAME,
	    "ticket is for DNS/ns2.ad.test@AD.TEST, our keys are for "
	    "DNS/ns1.ad.test@AD.TEST");
	key_trouble("dns.keytab", "host/ns1.ad.test@AD.TEST", NEGOTIATION_NAME,
	    "ticket is for host/ns1.ad.test@AD.TEST");
}

static void
test_a_stale_keytab_is_named(void)
{
	key_trouble("old.keytab", REALM_NS1, NEGOTIATION_KVNO,
	    "has kvno 3, the keytab has 2: the keytab is stale");
}

static void
test_a_wrong_key_is_named(void)
{
	key_trouble("wrong.keytab", REALM_NS1, NEGOTIATION_KEY,
	    "is not encrypted with the key in the keytab");
}

static void
test_a_missing_enctype_is_named(void)
{
	key_trouble("rc4.keytab", REALM_NS1, NEGOTIATION_ENCTYPE,
	    "has enctype aes256-cts-hmac-sha1-96");
}

/* As a directory leaves an account that nobody gave AES keys. */
static void
test_a_weak_ticket_may_have_a_strong_session(void)
{
	struct initiator i;
	struct gss_side s;
	struct context *c;

	gss_side_init(&s, "weak.keytab");
	CU_ASSERT_FATAL(initiator_init(&i, "PC1", "DNS/weak.ad.test@AD.TEST",
	    false, INITIATOR_FLAGS));
	c = gss_side_handshake(&s, &i, "k");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(gss_enctype_is_aes(context_enctype(c)));
	context_unref(c);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
test_weak_sessions_are_refused_unless_allowed(void)
{
	struct initiator i;
	struct gss_side s;
	struct context *c;
	struct reason why;

	gss_side_init(&s, "dns.keytab");
	CU_ASSERT_FATAL(initiator_init(&i, "PC1", "DNS/rc4.ad.test@AD.TEST",
	    false, INITIATOR_FLAGS));
	initiator_limit(&i, GSS_ENCTYPE_RC4);
	CU_ASSERT_EQUAL_FATAL(initiator_step(&i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
	why = gss_side_refused(&s, "k", i.token.value, i.token.length,
	    NEGOTIATION_ENCTYPE, TSIG_ERROR_BADKEY);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text,
	    "ticket for DNS/rc4.ad.test@AD.TEST is encrypted with "
	    "aes256-cts-hmac-sha1-96, its session key is of arcfour-hmac, "
	    "which is weak"));
	s.allow_weak = true;
	gss_side_keytab(&s, "dns.keytab");
	c = gss_side_handshake(&s, &i, "k");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(context_enctype(c), GSS_ENCTYPE_RC4);
	CU_ASSERT_EQUAL(negotiations_counters(s.negotiations)->weak, 1);
	context_unref(c);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* The ticket opens, so no key is to blame. */
static void
test_a_damaged_authenticator_is_told_from_a_wrong_key(void)
{
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;
	uint8_t *last;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, false);
	last = (uint8_t *)i.token.value + i.token.length - 1;
	*last ^= 1;
	gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.cause, NEGOTIATION_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.reason.text, "authenticator"));
	CU_ASSERT_STRING_EQUAL(r.initiator, "PC1$@AD.TEST");
	CU_ASSERT_PTR_NOT_NULL(r.token); /* KRB-ERROR */
	negotiation_result_clear(&r);
	*last ^= 1;
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* The cause is looked for so often a second and address. */
static void
test_a_flood_is_not_explained(void)
{
	unsigned explained = 0, others = 0;
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	gss_side_start(&i, "PC1", REALM_NS1, false);
	((uint8_t *)i.token.value)[i.token.length - 1] ^= 1;
	for (int n = 0; n < 100; n++) {
		gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
		explained += r.cause == NEGOTIATION_MALFORMED;
		others += r.cause == NEGOTIATION_UNEXPLAINED;
		negotiation_result_clear(&r);
	}
	CU_ASSERT(explained >= 20);
	CU_ASSERT(others > 0);
	CU_ASSERT_EQUAL(explained + others, 100);
	initiator_clear(&i);
	gss_side_clear(&s);
}

CU_TestInfo explain_tests[] = {
    {"wrong service", test_a_ticket_for_another_service_is_refused},
    {"stale keytab", test_a_stale_keytab_is_named},
    {"wrong key", test_a_wrong_key_is_named},
    {"enctype", test_a_missing_enctype_is_named},
    {"weak ticket", test_a_weak_ticket_may_have_a_strong_session},
    {"weak", test_weak_sessions_are_refused_unless_allowed},
    {"authenticator", test_a_damaged_authenticator_is_told_from_a_wrong_key},
    {"flood", test_a_flood_is_not_explained},
    CU_TEST_INFO_NULL,
};
