/*
 * test_choose.c - which keys a leg is accepted with
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5/krb5.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

/* The client has a ticket of kvno 3; the keytab changes under it. */
static void
test_retired_keys_still_accept(void)
{
	struct initiator i;
	struct gss_side s;
	struct context *c;

	gss_side_init(&s, "dns.keytab");
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, false, INITIATOR_FLAGS));
	gss_side_keytab(&s, "old.keytab");
	c = gss_side_handshake(&s, &i, "k");
	CU_ASSERT_PTR_NOT_NULL(c);
	context_unref(c);
	gss_side_keytab(&s, "old.keytab"); /* a reload that changes nothing */
	c = gss_side_handshake(&s, &i, "l");
	CU_ASSERT_PTR_NOT_NULL(c);
	context_unref(c);
	clock_test_set(clock_wall_us(), clock_mono_ns() + 3600000000000u);
	initiator_restart(&i);
	CU_ASSERT_EQUAL(initiator_step(&i, NULL, 0), GSS_S_CONTINUE_NEEDED);
	(void)gss_side_refused(&s, "m", i.token.value, i.token.length,
	    NEGOTIATION_KVNO, TSIG_ERROR_BADKEY);
	clock_test_set(0, 0);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* Puts octets in the place of others of that length. */
static void
patch(gss_buffer_desc *token, const void *old, const void *new, size_t len)
{
	uint8_t *at = memmem(token->value, token->length, old, len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	memcpy(at, new, len);
}

/*
 * Who has a key that ended may say in clear text what he likes: another name,
 * and the kvno of a key that has not ended.
 */
static void
test_a_retired_key_that_has_ended_accepts_nobody(void)
{
	static const uint8_t kvno_3[] = {0xa1, 3, 2, 1, 3};
	static const uint8_t kvno_4[] = {0xa1, 3, 2, 1, 4};
	const uint64_t start_ns = clock_mono_ns();
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;

	gss_side_later(start_ns, 0);
	gss_side_init(&s, "dns.keytab");
	s.principal = REALM_NS1;
	gss_side_keytab(&s, "next.keytab"); /* kvno 3 ends after 3600 s */
	gss_side_later(start_ns, 1800);
	gss_side_keytab(&s, "old.keytab"); /* kvno 4 after 5400 s */
	gss_side_later(start_ns, 3700);
	acceptor_expire(s.acceptor);
	gss_side_start(&i, "PC1", REALM_NS1, false);
	patch(&i.token, "ns1.ad", "ns9.ad", 6);
	patch(&i.token, kvno_3, kvno_4, sizeof(kvno_3));
	gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
	negotiation_result_clear(&r);
	clock_test_set(0, 0);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* A configuration that takes a principal out counts at once. */
static void
test_who_may_not_accept_any_more_does_not(void)
{
	struct negotiation_result r;
	struct reason reason;
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	s.principal = "DNS/rc4.ad.test@AD.TEST";
	gss_side_start(&i, "PC1", REALM_NS1, false);
	gss_side_keytab(&s, "dns.keytab");
	(void)gss_side_refused(&s, "k", i.token.value, i.token.length,
	    NEGOTIATION_NAME, TSIG_ERROR_BADKEY);
	gss_side_clear(&s);

	/* Also when the keytab cannot be loaded just then. */
	gss_side_init(&s, "dns.keytab");
	s.principal = "DNS/rc4.ad.test@AD.TEST";
	CU_ASSERT_NOT_EQUAL(gss_side_load(&s, "krb5.conf", &reason), 0);
	(void)gss_side_refused(&s, "k", i.token.value, i.token.length,
	    NEGOTIATION_NAME, TSIG_ERROR_BADKEY);
	gss_side_clear(&s);

	/* While one that may goes on with the keys of before. */
	gss_side_init(&s, "dns.keytab");
	s.principal = REALM_NS1;
	CU_ASSERT_NOT_EQUAL(gss_side_load(&s, "krb5.conf", &reason), 0);
	gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	initiator_clear(&i);
	gss_side_clear(&s);
}

static void
load_new_keytab(void *arg)
{
	gss_side_keytab(arg, "dns.keytab");
}

/* The KDC has a new key, and its keytab has been there for an instant. */
static void
test_a_newer_ticket_makes_us_look_at_the_keytab(void)
{
	struct initiator i;
	struct gss_side s;
	struct context *c;

	gss_side_init(&s, NULL);
	negotiator_destroy(s.negotiator);
	negotiations_destroy(s.negotiations);
	s.config.look_at_keytabs = load_new_keytab;
	s.config.arg = &s;
	CU_ASSERT_EQUAL_FATAL(negotiations_create(&s.config, s.acceptor,
				  s.contexts, &s.negotiations),
	    0);
	CU_ASSERT_EQUAL_FATAL(negotiator_create(s.negotiations, &s.negotiator),
	    0);
	gss_side_keytab(&s, "old.keytab");
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, true, INITIATOR_FLAGS));
	c = gss_side_handshake(&s, &i, "k");
	CU_ASSERT_PTR_NOT_NULL(c);
	context_unref(c);
	initiator_clear(&i);
	gss_side_clear(&s);
}

/* A keytab in memory: the keys of dns.keytab under the name of another. */
static krb5_keytab
alias_keytab(krb5_context krb5, const char *name, const char *principal)
{
	krb5_keytab from, to;
	krb5_keytab_entry entry;
	krb5_principal alias;
	krb5_kt_cursor cursor;
	char path[REALM_PATH_SIZE];

	(void)realm_path("FILE:", "dns.keytab", path);
	CU_ASSERT_EQUAL_FATAL(krb5_parse_name(krb5, principal, &alias), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5, path, &from), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5, name, &to), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_start_seq_get(krb5, from, &cursor), 0);
	while (krb5_kt_next_entry(krb5, from, &entry, &cursor) == 0) {
		krb5_free_principal(krb5, entry.principal);
		entry.principal = alias;
		CU_ASSERT_EQUAL(krb5_kt_add_entry(krb5, to, &entry), 0);
		entry.principal = NULL;
		(void)krb5_free_keytab_entry_contents(krb5, &entry);
	}
	(void)krb5_kt_end_seq_get(krb5, from, &cursor);
	(void)krb5_kt_close(krb5, from);
	krb5_free_principal(krb5, alias);
	return to;
}

/* In AD an account has many names and one key: the key decides. */
static void
test_a_ticket_under_another_name_is_matched_by_its_key(void)
{
	const char *keytabs[1] = {"MEMORY:alias"};
	struct acceptor_config config = {.keytabs = keytabs, .n_keytabs = 1};
	struct acceptor_generation *g;
	krb5_keytab keytab;
	krb5_context krb5;
	struct initiator i;
	struct gss_side s;
	struct context *c;

	CU_ASSERT_EQUAL_FATAL(krb5_init_context(&krb5), 0);
	keytab = alias_keytab(krb5, keytabs[0], "DNS/other.ad.test");
	gss_side_init(&s, NULL);
	CU_ASSERT_EQUAL_FATAL(acceptor_load(&config, &g, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(acceptor_set(s.acceptor, g, 0, NULL), 0);
	acceptor_generation_unref(g);
	CU_ASSERT_FATAL(
	    initiator_init(&i, "PC1", REALM_NS1, true, INITIATOR_FLAGS));
	c = gss_side_handshake(&s, &i, "k");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(context_acceptor(c),
	    "DNS/other.ad.test@AD.TEST");
	context_unref(c);
	initiator_clear(&i);
	gss_side_clear(&s);
	(void)krb5_kt_close(krb5, keytab);
	krb5_free_context(krb5);
}

static void
test_without_a_keytab_nobody_gets_in(void)
{
	struct gss_side s;

	gss_side_init(&s, NULL);
	(void)gss_side_refused(&s, "k", "x", 1, NEGOTIATION_NO_KEYS,
	    TSIG_ERROR_BADKEY);
	gss_side_clear(&s);
}

/* Which of all keys it is costs more than the token's sender has to pay. */
static void
test_a_flood_is_not_tried_with_all_keys(void)
{
	char weak[REALM_PATH_SIZE];
	const char *keytabs[2] = {realm_path("FILE:", "weak.keytab", weak),
	    "MEMORY:alias2"};
	struct acceptor_config config = {.keytabs = keytabs, .n_keytabs = 2};
	const uint64_t start_ns = clock_mono_ns();
	struct acceptor_generation *g;
	struct negotiation_result r;
	krb5_keytab keytab;
	krb5_context krb5;
	struct initiator i;
	struct gss_side s;
	uint8_t *last;

	gss_side_later(start_ns, 0);
	CU_ASSERT_EQUAL_FATAL(krb5_init_context(&krb5), 0);
	keytab = alias_keytab(krb5, keytabs[1], "DNS/other.ad.test");
	gss_side_init(&s, NULL);
	CU_ASSERT_EQUAL_FATAL(acceptor_load(&config, &g, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(acceptor_set(s.acceptor, g, 0, NULL), 0);
	acceptor_generation_unref(g);
	gss_side_start(&i, "PC1", REALM_NS1, false);
	last = (uint8_t *)i.token.value + i.token.length - 1;
	*last ^= 1;
	for (int n = 0; n < 100; n++) {
		gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
		CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
		negotiation_result_clear(&r);
	}
	*last ^= 1;
	(void)gss_side_refused(&s, "k", i.token.value, i.token.length,
	    NEGOTIATION_UNEXPLAINED, TSIG_ERROR_BADKEY);
	gss_side_later(start_ns, 1);
	gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	negotiation_result_clear(&r);
	clock_test_set(0, 0);
	initiator_clear(&i);
	gss_side_clear(&s);
	(void)krb5_kt_close(krb5, keytab);
	krb5_free_context(krb5);
}

CU_TestInfo choose_tests[] = {
    {"retired", test_retired_keys_still_accept},
    {"ended", test_a_retired_key_that_has_ended_accepts_nobody},
    {"narrowed", test_who_may_not_accept_any_more_does_not},
    {"newer", test_a_newer_ticket_makes_us_look_at_the_keytab},
    {"alias", test_a_ticket_under_another_name_is_matched_by_its_key},
    {"no keytab", test_without_a_keytab_nobody_gets_in},
    {"flood of names", test_a_flood_is_not_tried_with_all_keys},
    CU_TEST_INFO_NULL,
};
