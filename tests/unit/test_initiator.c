/*
 * test_initiator.c - who the initiator is, by the PAC of its ticket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/identity/pac.h"
#include "daemon/identity/principal.h"
#include "tests/unit/forged.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/logon_info.h"
#include "tests/unit/suites.h"

/* A ticket of PC1$ with this logon information; NULL: without a PAC. */
static void
forge(const char *who, enum forged_pac pac, const char *seed)
{
	struct logon_info info = {.octets = NULL};
	struct forged forged = {.client = "PC1$@AD.TEST",
	    .service = REALM_NS1,
	    .pac = pac};

	if (seed != NULL)
		info = logon_info_load(seed);
	forged.logon_info = info.octets;
	forged.logon_info_len = info.len;
	forged_ticket(who, &forged);
	free(info.octets);
}

/* A handshake with the tickets of who; the result, which is complete. */
static struct negotiation_result
negotiate(struct gss_side *s, const char *who, bool spnego,
    const char *key_name)
{
	struct negotiation_result r;
	struct initiator i;

	CU_ASSERT_FATAL(
	    initiator_init(&i, who, REALM_NS1, spnego, INITIATOR_FLAGS));
	CU_ASSERT_EQUAL_FATAL(initiator_step(&i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
	gss_side_negotiate(s, key_name, i.token.value, i.token.length, &r);
	CU_ASSERT_EQUAL_FATAL(r.state, NEGOTIATION_COMPLETE);
	initiator_clear(&i);
	return r;
}

static const struct principal *
principal_of(const struct negotiation_result *r)
{
	return context_principal(r->context);
}

static uint64_t
n_unreadable(const struct gss_side *s)
{
	return negotiations_counters(s->negotiations)->pac_unreadable;
}

/* With a replay cache, GSS-API accepts. */
static void
facts_come_with(bool spnego, bool replay_file)
{
	struct negotiation_result r;
	const struct principal *p;
	struct gss_side s;
	char text[SID_TEXT_SIZE];

	gss_side_init(&s, "dns.keytab");
	s.replay_file = replay_file;
	gss_side_keytab(&s, "dns.keytab");
	forge("forged", FORGED_SIGNED, "full");
	r = negotiate(&s, "forged", spnego, "a.key");
	p = principal_of(&r);
	CU_ASSERT_STRING_EQUAL(p->text, "PC1$@AD.TEST");
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_EQUAL_FATAL(p->pac, PRINCIPAL_PAC_READ);
	CU_ASSERT_STRING_EQUAL(p->account->name, "PC1$");
	CU_ASSERT_STRING_EQUAL(sid_to_text(&p->account->sid, text),
	    LOGON_DOMAIN "-1104");
	CU_ASSERT_EQUAL(principal_n_sids(p), 7);
	CU_ASSERT_EQUAL(n_unreadable(&s), 0);
	CU_ASSERT_STRING_EQUAL(r.reason.text, "");
	negotiation_result_clear(&r);
	gss_side_clear(&s);
}

static void
test_facts_come_with_krb5(void)
{
	facts_come_with(false, false);
	facts_come_with(false, true);
}

static void
test_facts_come_with_spnego(void)
{
	facts_come_with(true, false);
	facts_come_with(true, true);
}

static void
test_flags_of_the_pac_win_over_the_name(void)
{
	struct negotiation_result r;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	forge("forged", FORGED_SIGNED, "user_like_machine");
	r = negotiate(&s, "forged", false, "a.key");
	CU_ASSERT_EQUAL(principal_of(&r)->kind, PRINCIPAL_USER);
	negotiation_result_clear(&r);
	gss_side_clear(&s);
}

/* The KDC of the realm makes PACs, but knows of no logon. */
static void
test_no_logon_information_is_no_pac(void)
{
	struct negotiation_result r;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	forge("forged", FORGED_NO_PAC, NULL);
	r = negotiate(&s, "forged", false, "a.key");
	CU_ASSERT_EQUAL(principal_of(&r)->pac, PRINCIPAL_PAC_NONE);
	CU_ASSERT_EQUAL(principal_of(&r)->kind, PRINCIPAL_MACHINE);
	CU_ASSERT_STRING_EQUAL(r.reason.text, "");
	negotiation_result_clear(&r);
	r = negotiate(&s, "PC2", false, "b.key");
	CU_ASSERT_EQUAL(principal_of(&r)->pac, PRINCIPAL_PAC_NONE);
	negotiation_result_clear(&r);
	CU_ASSERT_EQUAL(n_unreadable(&s), 0);
	gss_side_clear(&s);
}

/* It gets in, is less than it may be, and we say why. */
static void
test_a_broken_pac_makes_less(void)
{
	struct negotiation_result r;
	const struct principal *p;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	forge("forged", FORGED_SIGNED, "cut");
	r = negotiate(&s, "forged", true, "a.key");
	p = principal_of(&r);
	CU_ASSERT_EQUAL(p->pac, PRINCIPAL_PAC_UNREADABLE);
	CU_ASSERT_EQUAL(p->kind, PRINCIPAL_USER);
	CU_ASSERT_EQUAL(principal_n_sids(p), 0);
	CU_ASSERT_STRING_EQUAL(r.reason.text,
	    "PAC logon information: shorter than its NDR header says");
	CU_ASSERT_EQUAL(n_unreadable(&s), 1);
	negotiation_result_clear(&r);
	gss_side_clear(&s);
}

static void
pac_is_none(enum forged_pac pac)
{
	struct negotiation_result r;
	const struct principal *p;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	forge("forged", pac, "controller");
	r = negotiate(&s, "forged", true, "a.key");
	p = principal_of(&r);
	CU_ASSERT_EQUAL(p->pac, PRINCIPAL_PAC_NONE);
	CU_ASSERT_EQUAL(principal_n_sids(p), 0);
	CU_ASSERT(!principal_is_domain_controller(p));
	negotiation_result_clear(&r);
	gss_side_clear(&s);
}

/* MIT krb5 does not show it before 1.21; its facts must not come through. */
static void
test_an_unverified_pac_is_none(void)
{
	pac_is_none(FORGED_SIGNED_WITH_ANOTHER_KEY);
	pac_is_none(FORGED_SIGNED_FOR_ANOTHER);
}

static void
test_equal_principals_are_shared(void)
{
	struct negotiation_result a, b, c;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	forge("forged", FORGED_SIGNED, "full");
	a = negotiate(&s, "forged", false, "a.key");
	b = negotiate(&s, "forged", false, "b.key");
	forge("forged", FORGED_SIGNED, "no_groups");
	c = negotiate(&s, "forged", false, "c.key");
	CU_ASSERT_PTR_EQUAL(principal_of(&a), principal_of(&b));
	CU_ASSERT_PTR_NOT_EQUAL(principal_of(&a), principal_of(&c));
	CU_ASSERT_EQUAL(principal_n_sids(principal_of(&a)), 7);
	CU_ASSERT_EQUAL(principal_n_sids(principal_of(&c)), 2);
	negotiation_result_clear(&a);
	negotiation_result_clear(&b);
	negotiation_result_clear(&c);
	gss_side_clear(&s);
}

/* RFC 8062: what every KDC that does anonymous PKINIT gives to anybody. */
static void
test_who_is_anonymous_is_nobody(void)
{
	static const char *const names[] = {
	    "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS",
	    "WELLKNOWN/ANONYMOUS@AD.TEST",
	};
	struct negotiation_result r;
	struct initiator i;
	struct gss_side s;

	gss_side_init(&s, "dns.keytab");
	for (size_t n = 0; n < 2; n++) {
		struct forged forged = {.client = names[n],
		    .service = REALM_NS1,
		    .pac = FORGED_NO_PAC};

		forged_ticket("forged", &forged);
		CU_ASSERT_FATAL(initiator_init(&i, "forged", REALM_NS1, false,
		    INITIATOR_FLAGS));
		CU_ASSERT_EQUAL_FATAL(initiator_step(&i, NULL, 0),
		    GSS_S_CONTINUE_NEEDED);
		gss_side_negotiate(&s, "k", i.token.value, i.token.length, &r);
		CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
		CU_ASSERT_EQUAL(r.cause, NEGOTIATION_PRINCIPAL);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(r.reason.text, "initiator is anonymous"));
		CU_ASSERT_PTR_NOT_NULL(strstr(r.next.text, "log in as"));
		negotiation_result_clear(&r);
		initiator_clear(&i);
	}
	gss_side_clear(&s);
}

CU_TestInfo initiator_tests[] = {
    {"krb5", test_facts_come_with_krb5},
    {"SPNEGO", test_facts_come_with_spnego},
    {"kind", test_flags_of_the_pac_win_over_the_name},
    {"no PAC", test_no_logon_information_is_no_pac},
    {"broken", test_a_broken_pac_makes_less},
    {"unverified", test_an_unverified_pac_is_none},
    {"shared", test_equal_principals_are_shared},
    {"anonymous", test_who_is_anonymous_is_nobody},
    CU_TEST_INFO_NULL,
};
