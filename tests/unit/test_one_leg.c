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
#include <krb5/krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/gss/algorithm.h"
#include "daemon/identity/principal.h"
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

#define WINDOWS_FRAME_LEN 12 /* of a NegTokenInit of ours */
#define WINDOWS_SECOND_AT 39 /* its second mechanism */

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

/* A token that nobody's library would make; what is not said is usual. */
static size_t
forge(struct forged forged, uint8_t *token)
{
	struct logon_info info = logon_info_load("full");
	size_t len;

	if (forged.client == NULL)
		forged.client = "PC1$@AD.TEST";
	forged.service = REALM_NS1;
	forged.logon_info = info.octets;
	forged.logon_info_len = info.len;
	len = forged_token(&forged, token, TOKEN_SIZE);
	free(info.octets);
	return len;
}

static void
is_one_ap_req(uint32_t sequence, int32_t subkey_enctype)
{
	const struct forged forged = {.sequence = sequence,
	    .subkey_enctype = subkey_enctype};
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;
	size_t len;

	set_up();
	len = forge(forged, token);
	gss_side_negotiate(&alone, "a", token, len, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	CU_ASSERT_EQUAL(n_alone(&alone), 1);
	negotiation_result_clear(&r);
	alone.replay_file = true; /* from now on GSS-API accepts */
	gss_side_keytab(&alone, "dns.keytab");
	gss_side_negotiate(&alone, "b", token, len, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
	CU_ASSERT_EQUAL(r.cause, NEGOTIATION_REPLAY);
	CU_ASSERT_STRING_EQUAL(r.reason.text, "AP-REQ was used before");
	CU_ASSERT_STRING_EQUAL(r.initiator, "PC1$@AD.TEST");
	CU_ASSERT_PTR_NULL(r.token);
	negotiation_result_clear(&r);
	tear_down();
}

/* libkrb5 has sequence numbers with a sign, GSS-API has none. */
static void
test_it_is_one_ap_req_by_either_way(void)
{
	is_one_ap_req(1, GSS_ENCTYPE_AES128_SHA1);
	is_one_ap_req(1, 0);
	is_one_ap_req(0, 0);
	is_one_ap_req(0x80, 0);
	is_one_ap_req(0x80000000, GSS_ENCTYPE_AES256_SHA1);
	is_one_ap_req(0xffffffff, 0);
}

/* What a leg came to. */
static void
outcome(const struct negotiation_result *r, char *text, size_t size)
{
	const struct principal *p;

	if (r->state != NEGOTIATION_COMPLETE) {
		(void)snprintf(text, size, "refused: %s",
		    negotiation_cause_text(r->cause));
		return;
	}
	p = context_principal(r->context);
	(void)snprintf(text, size, "%s, kind %d, PAC %d, %zu SIDs, enctype %d",
	    p->text, (int)p->kind, (int)p->pac, principal_n_sids(p),
	    (int)context_enctype(r->context));
}

/* One token, to both sides: they make the same of it; alone, if it is plain. */
static void
outcomes_are_alike(const char *what, const void *token, size_t len,
    bool is_plain)
{
	char one_text[256], other_text[256];
	struct negotiation_result one, other;

	set_up();
	gss_side_negotiate(&alone, "k", token, len, &one);
	gss_side_negotiate(&gssapi, "k", token, len, &other);
	outcome(&one, one_text, sizeof(one_text));
	outcome(&other, other_text, sizeof(other_text));
	if (strcmp(one_text, other_text) != 0 ||
	    n_alone(&alone) != (is_plain ? 1 : 0))
		(void)fprintf(stderr, "%s: alone %d: %s; GSS-API: %s\n", what,
		    (int)n_alone(&alone), one_text, other_text);
	CU_ASSERT_STRING_EQUAL(one_text, other_text);
	CU_ASSERT_EQUAL(n_alone(&alone), is_plain ? 1 : 0);
	negotiation_result_clear(&one);
	negotiation_result_clear(&other);
	tear_down();
}

struct odd {
	const char *what;
	bool is_plain;
	struct forged forged;
};

static void
forged_are_alike(const struct odd *odd, size_t n)
{
	uint8_t token[TOKEN_SIZE];

	for (size_t i = 0; i < n; i++)
		outcomes_are_alike(odd[i].what, token,
		    forge(odd[i].forged, token), odd[i].is_plain);
}

#define FORGED_ARE_ALIKE(odd)                                                  \
	forged_are_alike(odd, sizeof(odd) / sizeof((odd)[0]))

static void
test_tickets_are_taken_as_gss_api_does(void)
{
	static const struct odd odd[] = {
	    {"invalid", false, {.ticket_flags = TKT_FLG_INVALID}},
	    {"postdated", true, {.ticket_flags = TKT_FLG_POSTDATED}},
	    {"starts soon", true, {.starts_in_s = 200}},
	    {"starts later", false, {.starts_in_s = 400}},
	    {"has just ended", false, {.ends_in_s = -200}},
	    {"ended", false, {.ends_in_s = -400}},
	    {"other realm", true, {.client = "PC1$@OTHER.TEST"}},
	    {"through a realm", false,
		{.client = "PC1$@OTHER.TEST", .transited = "EVIL.TEST"}},
	    {"checked by the KDC", true,
		{.client = "PC1$@OTHER.TEST",
		    .transited = "EVIL.TEST",
		    .ticket_flags = TKT_FLG_TRANSIT_POLICY_CHECKED}},
	    {"anonymous", false, {.client = "WELLKNOWN/ANONYMOUS@AD.TEST"}},
	};

	FORGED_ARE_ALIKE(odd);
}

static void
test_authenticators_are_taken_as_gss_api_does(void)
{
	static const struct odd odd[] = {
	    {"another's", false, {.authenticator_client = "PC2$@AD.TEST"}},
	    {"other case", false, {.authenticator_client = "pc1$@AD.TEST"}},
	    {"other realm", false, {.authenticator_client = "PC1$@B.TEST"}},
	    {"a little ahead", true, {.clock_ahead_s = 200}},
	    {"ahead", false, {.clock_ahead_s = 400}},
	    {"behind", false, {.clock_ahead_s = -400}},
	    {"RC4 subkey", false, {.subkey_enctype = ENCTYPE_ARCFOUR_HMAC}},
	    {"user-to-user", true, {.ap_options = AP_OPTS_USE_SESSION_KEY}},
	    {"mutual", true, {.ap_options = AP_OPTS_MUTUAL_REQUIRED}},
	};

	FORGED_ARE_ALIKE(odd);
}

static void
test_pacs_are_taken_as_gss_api_does(void)
{
	static const struct odd odd[] = {
	    {"signed", true, {.pac = FORGED_SIGNED}},
	    {"other key", false, {.pac = FORGED_SIGNED_WITH_ANOTHER_KEY}},
	    {"other name", false, {.pac = FORGED_SIGNED_FOR_ANOTHER}},
	    {"logon information twice", false, {.pac = FORGED_LOGON_TWICE}},
	    {"two", false, {.pac = FORGED_TWO}},
	};

	FORGED_ARE_ALIKE(odd);
}

/* Lengths in front, flags at octet 20 (RFC 4121 section 4.1.1). */
static void
test_checksums_are_taken_as_gss_api_does(void)
{
	static const uint8_t bound[] = {16, [4] = 9, [20] = 0x22, [23] = 0};
	static const uint8_t delegated[] = {16, [20] = 0x23, [23] = 0};
	static const uint8_t one_way[] = {16, [20] = 0x20, [23] = 0};
	static const uint8_t untold[] = {16, [20] = 0x02, [23] = 0};
	static const uint8_t cut[] = {16, [20] = 0x22, [22] = 0};
	static const uint8_t lies[] = {15, [20] = 0x22, [23] = 0};
	static const uint8_t unknown[] = {16, [20] = 0x22, [27] = 9, [31] = 0};
	static const uint8_t broken[] = {16, [20] = 0x22, [27] = 9};
	static const uint8_t iakerb[] = {16, [20] = 0x22, [27] = 1, [31] = 0};
#define SUM(sum)                                                               \
	{                                                                      \
		.checksum = (sum), .checksum_len = sizeof(sum)                 \
	}
	static const struct odd odd[] = {
	    {"channel bindings", true, SUM(bound)},
	    {"delegation", false, SUM(delegated)},
	    {"not mutual", false, SUM(one_way)},
	    {"no integrity", false, SUM(untold)},
	    {"short", false, SUM(cut)},
	    {"other length of bindings", false, SUM(lies)},
	    {"unknown extension", false, SUM(unknown)},
	    {"broken extension", false, SUM(broken)},
	    {"IAKERB's extension", false, SUM(iakerb)},
	};

	FORGED_ARE_ALIKE(odd);
}

/* With an AP-REQ of its own: GSS-API's side remembers them. */
static size_t
forge_windows_init(uint8_t *token)
{
	const struct forged usual = {.sequence = 1};
	uint8_t inner[TOKEN_SIZE];
	gss_buffer_desc krb5 = {.value = inner};

	krb5.length = forge(usual, inner);
	return windows_init(token, &krb5);
}

static void
test_frames_are_taken_as_gss_api_does(void)
{
	const struct forged usual = {.sequence = 1};
	uint8_t token[TOKEN_SIZE];
	size_t len = forge(usual, token);

	token[len] = 0;
	outcomes_are_alike("octet behind", token, len + 1, false);
	len = forge_windows_init(token);
	outcomes_are_alike("Windows", token, len, true);
	len = forge_windows_init(token);
	token[len] = 0;
	outcomes_are_alike("octet behind SPNEGO", token, len + 1, false);
	len = forge_windows_init(token);
	outcomes_are_alike("no frame", token + WINDOWS_FRAME_LEN,
	    len - WINDOWS_FRAME_LEN, false);
	len = forge_windows_init(token);
	token[WINDOWS_SECOND_AT] ^= 1;
	outcomes_are_alike("list that breaks off", token, len, false);
}

/* A client whose clock is behind goes on using it: GSS-API knows how long. */
static void
test_the_clock_skew_is_added_to_the_last_minutes(void)
{
	const struct forged forged = {.ends_in_s = 60};
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;

	set_up();
	gss_side_negotiate(&alone, "k", token, forge(forged, token), &r);
	CU_ASSERT_EQUAL_FATAL(r.state, NEGOTIATION_COMPLETE);
	CU_ASSERT(context_seconds_left(r.context) > 60);
	negotiation_result_clear(&r);
	tear_down();
}

/* REALM_NS1's keys under a name of the kind that ktpass gives. */
static void
write_host_keytab(const char *name)
{
	char from[REALM_PATH_SIZE], to[REALM_PATH_SIZE];
	krb5_principal ns1, host;
	krb5_keytab_entry entry;
	krb5_keytab keytab, own;
	krb5_context krb5;

	CU_ASSERT_EQUAL_FATAL(krb5_init_context(&krb5), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_parse_name(krb5, REALM_NS1, &ns1), 0);
	CU_ASSERT_EQUAL_FATAL(krb5_parse_name(krb5, "DNS/NS1.ad.test@AD.TEST",
				  &host),
	    0);
	host->type = KRB5_NT_SRV_HST;
	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5,
				  realm_path("FILE:", "dns.keytab", from),
				  &keytab),
	    0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_resolve(krb5,
				  realm_path("WRFILE:", name, to), &own),
	    0);
	CU_ASSERT_EQUAL_FATAL(krb5_kt_get_entry(krb5, keytab, ns1, 0,
				  GSS_ENCTYPE_AES256_SHA1, &entry),
	    0);
	krb5_free_principal(krb5, entry.principal);
	entry.principal = host;
	CU_ASSERT_EQUAL_FATAL(krb5_kt_add_entry(krb5, own, &entry), 0);
	(void)krb5_free_keytab_entry_contents(krb5, &entry);
	(void)krb5_kt_close(krb5, own);
	(void)krb5_kt_close(krb5, keytab);
	krb5_free_principal(krb5, ns1);
	krb5_free_context(krb5);
}

/* krb5.conf says so until it is taken back. */
static void
set_fallback(bool on)
{
	static char old[REALM_PATH_SIZE], both[2 * REALM_PATH_SIZE];
	char path[REALM_PATH_SIZE];
	FILE *f;

	if (!on) {
		(void)setenv("KRB5_CONFIG", old, 1);
		return;
	}
	(void)snprintf(old, sizeof(old), "%s", getenv("KRB5_CONFIG"));
	f = fopen(realm_path("", "fallback.conf", path), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs("[libdefaults]\ndns_canonicalize_hostname = fallback\n", f);
	(void)fclose(f);
	(void)snprintf(both, sizeof(both), "%s:%s", path, old);
	(void)setenv("KRB5_CONFIG", both, 1);
}

/* We are the DNS that such a question would go to. */
static void
test_hosts_in_keytabs_are_not_looked_up(void)
{
	const struct forged usual = {.sequence = 1};
	uint8_t token[TOKEN_SIZE];
	struct negotiation_result r;

	write_host_keytab("host_type.keytab");
	set_fallback(true);
	gss_side_init(&alone, "host_type.keytab");
	gss_side_negotiate(&alone, "k", token, forge(usual, token), &r);
	set_fallback(false);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_COMPLETE);
	CU_ASSERT_EQUAL(n_alone(&alone), 1);
	negotiation_result_clear(&r);
	gss_side_clear(&alone);
}

CU_TestInfo one_leg_tests[] = {
    {"krb5", test_krb5_is_answered_as_gss_api_does},
    {"spnego", test_spnego_is_answered_as_gss_api_does},
    {"Windows", test_windows_is_answered_as_gss_api_does},
    {"flags", test_unusual_flags_are_left_to_gss_api},
    {"PAC", test_a_pac_is_believed_if_it_is_signed},
    {"one AP-REQ", test_it_is_one_ap_req_by_either_way},
    {"tickets", test_tickets_are_taken_as_gss_api_does},
    {"authenticators", test_authenticators_are_taken_as_gss_api_does},
    {"PACs", test_pacs_are_taken_as_gss_api_does},
    {"checksums", test_checksums_are_taken_as_gss_api_does},
    {"frames", test_frames_are_taken_as_gss_api_does},
    {"last minutes", test_the_clock_skew_is_added_to_the_last_minutes},
    {"hosts", test_hosts_in_keytabs_are_not_looked_up},
    CU_TEST_INFO_NULL,
};
