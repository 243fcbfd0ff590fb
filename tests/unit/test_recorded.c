/*
 * test_recorded.c - who has recorded a client's messages can do nothing
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An AP-REQ and a MIC are recorded, and sent again: to the acceptor that took
 * them, and to one that has been started anew and remembers neither.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/gss/algorithm.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

#define RC4 "DNS/rc4.ad.test@AD.TEST"
#define REQUEST "an update"

struct recording {
	struct gss_side first; /* the acceptor that took it */
	struct gss_side anew;  /* the same after a restart */
	struct initiator initiator;
	struct context *context; /* of first; NULL: it was refused */
	gss_buffer_desc mic;     /* not yet seen by first */
};

/* Both sides alike. */
static void
set_up(struct recording *r, bool allow_weak, bool replay_file)
{
	char path[REALM_PATH_SIZE];
	struct gss_side *sides[2] = {&r->first, &r->anew};

	memset(r, 0, sizeof(*r));
	(void)unlink(realm_path("", "rcache2", path));
	for (int i = 0; i < 2; i++) {
		gss_side_init(sides[i], NULL);
		sides[i]->allow_weak = allow_weak;
		sides[i]->replay_file = replay_file;
		gss_side_keytab(sides[i], "dns.keytab");
	}
}

static void
tear_down(struct recording *r)
{
	OM_uint32 minor;

	context_unref(r->context);
	(void)gss_release_buffer(&minor, &r->mic);
	initiator_clear(&r->initiator);
	gss_side_clear(&r->first);
	gss_side_clear(&r->anew);
}

/* The initiator's token, and its first MIC. */
static void
record(struct recording *r, const char *service, bool spnego, OM_uint32 flags)
{
	struct negotiation_result result;

	CU_ASSERT_FATAL(
	    initiator_init(&r->initiator, "PC1", service, spnego, flags));
	if (strcmp(service, RC4) == 0)
		initiator_limit(&r->initiator, GSS_ENCTYPE_RC4);
	CU_ASSERT_FATAL(!GSS_ERROR(initiator_step(&r->initiator, NULL, 0)));
	gss_side_negotiate(&r->first, "first", r->initiator.token.value,
	    r->initiator.token.length, &result);
	r->context = result.context;
	result.context = NULL;
	if (r->context != NULL) {
		gss_buffer_desc sent = r->initiator.token;
		OM_uint32 minor;

		/* It is sent again below, so it is kept. */
		r->initiator.token.value = NULL;
		r->initiator.token.length = 0;
		CU_ASSERT_EQUAL(initiator_step(&r->initiator, result.token,
				    result.token_len),
		    GSS_S_COMPLETE);
		(void)gss_release_buffer(&minor, &r->initiator.token);
		r->initiator.token = sent;
		CU_ASSERT_EQUAL(initiator_sign(&r->initiator, REQUEST,
				    strlen(REQUEST), &r->mic),
		    GSS_S_COMPLETE);
	}
	negotiation_result_clear(&result);
}

/* What comes of the AP-REQ at a side; the context, if there is one. */
static struct context *
send_ap_req(struct recording *r, struct gss_side *s, const char *key_name,
    enum negotiation_cause expected)
{
	struct negotiation_result result;
	struct context *c;

	gss_side_negotiate(s, key_name, r->initiator.token.value,
	    r->initiator.token.length, &result);
	CU_ASSERT_EQUAL(result.cause, expected);
	if (result.cause != expected)
		(void)fprintf(stderr, "expected %s, got %s: %s\n",
		    negotiation_cause_text(expected),
		    negotiation_cause_text(result.cause), result.reason.text);
	c = result.context;
	result.context = NULL;
	negotiation_result_clear(&result);
	return c;
}

static enum context_verdict
send_mic(const struct recording *r, struct context *c)
{
	struct context_piece piece = {REQUEST, strlen(REQUEST)};

	return context_verify(c, &piece, 1, r->mic.value, r->mic.length, NULL);
}

/* Where it was recorded: once, and never again. */
static void
replay_there(struct recording *r)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->context);
	CU_ASSERT_EQUAL(send_mic(r, r->context), CONTEXT_VALID);
	CU_ASSERT_EQUAL(send_mic(r, r->context), CONTEXT_REPLAYED);
	CU_ASSERT_PTR_NULL(
	    send_ap_req(r, &r->first, "again", NEGOTIATION_REPLAY));
}

/* On a context that the same client has made with the same ticket. */
static void
replay_on_another_context(struct recording *r)
{
	struct initiator other = r->initiator;
	struct context *c;

	other.gss = GSS_C_NO_CONTEXT;
	other.token.value = NULL;
	other.token.length = 0;
	c = gss_side_handshake(&r->first, &other, "other");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(send_mic(r, c), CONTEXT_BAD_MIC);
	context_unref(c);
	initiator_restart(&other);
}

static void
aes_mutual(bool spnego)
{
	struct recording r;
	struct context *c;

	set_up(&r, false, false);
	record(&r, REALM_NS1, spnego, INITIATOR_FLAGS);
	replay_there(&r);
	replay_on_another_context(&r);
	/* A context that nobody has a key of: its subkey is new. */
	c = send_ap_req(&r, &r.anew, "anew", NEGOTIATION_FINE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(send_mic(&r, c), CONTEXT_BAD_MIC);
	((uint8_t *)r.mic.value)[2] &= (uint8_t)~4; /* AcceptorSubkey */
	CU_ASSERT_EQUAL(send_mic(&r, c), CONTEXT_NO_SUBKEY);
	context_unref(c);
	tear_down(&r);
}

static void
test_aes_with_mutual_authentication(void)
{
	aes_mutual(false);
	aes_mutual(true);
}

static void
test_aes_without_mutual_authentication(void)
{
	struct recording r;

	set_up(&r, false, false);
	record(&r, REALM_NS1, false, GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG);
	CU_ASSERT_PTR_NULL(r.context);
	CU_ASSERT_PTR_NULL(
	    send_ap_req(&r, &r.first, "again", NEGOTIATION_FLAGS));
	CU_ASSERT_PTR_NULL(send_ap_req(&r, &r.anew, "anew", NEGOTIATION_FLAGS));
	tear_down(&r);
}

static void
test_aes_with_the_replay_file(void)
{
	struct recording r;

	set_up(&r, false, true);
	record(&r, REALM_NS1, true, INITIATOR_FLAGS);
	replay_there(&r);
	replay_on_another_context(&r);
	CU_ASSERT_PTR_NULL(
	    send_ap_req(&r, &r.anew, "anew", NEGOTIATION_REPLAY));
	tear_down(&r);
}

static void
test_rc4_refused(void)
{
	struct recording r;

	set_up(&r, false, false);
	record(&r, RC4, false, INITIATOR_FLAGS);
	CU_ASSERT_PTR_NULL(r.context);
	CU_ASSERT_PTR_NULL(
	    send_ap_req(&r, &r.first, "again", NEGOTIATION_ENCTYPE));
	CU_ASSERT_PTR_NULL(
	    send_ap_req(&r, &r.anew, "anew", NEGOTIATION_ENCTYPE));
	tear_down(&r);
}

static void
rc4_allowed(bool spnego)
{
	struct recording r;

	set_up(&r, true, false);
	record(&r, RC4, spnego, INITIATOR_FLAGS);
	replay_there(&r);
	replay_on_another_context(&r);
	/* Its MIC would be valid there: the file is what keeps it out. */
	CU_ASSERT_PTR_NULL(
	    send_ap_req(&r, &r.anew, "anew", NEGOTIATION_REPLAY));
	tear_down(&r);
}

static void
test_rc4_allowed(void)
{
	rc4_allowed(false);
	rc4_allowed(true);
}

static void
test_rc4_without_replay_detection(void)
{
	struct recording r;

	set_up(&r, true, false);
	record(&r, RC4, false, GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG);
	CU_ASSERT_PTR_NULL(r.context);
	tear_down(&r);
	set_up(&r, true, false);
	record(&r, RC4, false, GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG);
	CU_ASSERT_PTR_NULL(r.context);
	tear_down(&r);
}

/* RC4 hides its numbers: what GSS-API calls out of order is never applied. */
static void
test_rc4_out_of_order(void)
{
	struct recording r;
	gss_buffer_desc later;
	struct context_piece piece = {REQUEST, strlen(REQUEST)};
	OM_uint32 minor;

	set_up(&r, true, false);
	record(&r, RC4, false, INITIATOR_FLAGS | GSS_C_SEQUENCE_FLAG);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.context);
	CU_ASSERT_EQUAL(initiator_sign(&r.initiator, REQUEST, strlen(REQUEST),
			    &later),
	    GSS_S_COMPLETE);
	CU_ASSERT_EQUAL(context_verify(r.context, &piece, 1, later.value,
			    later.length, NULL),
	    CONTEXT_VALID); /* a gap */
	CU_ASSERT_EQUAL(send_mic(&r, r.context), CONTEXT_TOO_OLD);
	(void)gss_release_buffer(&minor, &later);
	tear_down(&r);
}

CU_TestInfo recorded_tests[] = {
    {"AES", test_aes_with_mutual_authentication},
    {"AES, not mutual", test_aes_without_mutual_authentication},
    {"AES, file", test_aes_with_the_replay_file},
    {"RC4 refused", test_rc4_refused},
    {"RC4 allowed", test_rc4_allowed},
    {"RC4, no replay flag", test_rc4_without_replay_detection},
    {"RC4, order", test_rc4_out_of_order},
    CU_TEST_INFO_NULL,
};
