/*
 * gss_side.c - the acceptor's side of a handshake, whole, for tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "tests/unit/gss_side.h"
#include "tests/unit/suites.h"

/* Puts a copy of the keytab where the side's own is. */
static void
replace_keytab(const char *keytab, const char *own)
{
	char from[REALM_PATH_SIZE], to[REALM_PATH_SIZE];
	char command[2 * REALM_PATH_SIZE + 16];

	(void)snprintf(command, sizeof(command), "cp '%s' '%s'",
	    realm_path("", keytab, from), realm_path("", own, to));
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

int
gss_side_load(struct gss_side *s, const char *keytab, struct reason *reason)
{
	struct acceptor_generation *g;
	char path[REALM_PATH_SIZE], rcache[REALM_PATH_SIZE];
	const char *keytabs[1] = {realm_path("FILE:", "own.keytab", path)};
	struct acceptor_config config = {.keytabs = keytabs,
	    .n_keytabs = 1,
	    .principals = &s->principal,
	    .n_principals = s->principal == NULL ? 0 : 1,
	    .allow_weak = s->allow_weak};
	int ret;

	if (s->allow_weak || s->replay_file)
		config.replay_cache = realm_path("", "rcache2", rcache);
	replace_keytab(keytab, "own.keytab");
	ret = acceptor_load(&config, &g, reason);
	if (ret == 0)
		ret = acceptor_set(s->acceptor, g, 3600, reason);
	else
		acceptor_restrict(s->acceptor, &config);
	acceptor_generation_unref(g);
	return ret;
}

void
gss_side_keytab(struct gss_side *s, const char *keytab)
{
	struct reason reason;
	int ret = gss_side_load(s, keytab, &reason);

	if (ret != 0)
		(void)fprintf(stderr, "%s\n", reason.text);
	CU_ASSERT_EQUAL_FATAL(ret, 0);
}

void
gss_side_init(struct gss_side *s, const char *keytab)
{
	*s = (struct gss_side){
	    .contexts_config = {100, 50, 3600},
	    .config = {.timeout_s = 10, .per_address = 4},
	    .algorithm = "gss-tsig",
	};
	s->acceptor = acceptor_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->acceptor);
	if (keytab != NULL)
		gss_side_keytab(s, keytab);
	CU_ASSERT_EQUAL_FATAL(contexts_create(&s->contexts_config,
				  &s->contexts),
	    0);
	CU_ASSERT_EQUAL_FATAL(negotiations_create(&s->config, s->acceptor,
				  s->contexts, &s->negotiations),
	    0);
	CU_ASSERT_EQUAL_FATAL(negotiator_create(s->negotiations,
				  &s->negotiator),
	    0);
}

void
gss_side_clear(struct gss_side *s)
{
	negotiator_destroy(s->negotiator);
	negotiations_destroy(s->negotiations);
	contexts_destroy(s->contexts);
	acceptor_destroy(s->acceptor);
}

struct negotiation_leg
gss_side_leg(const char *key_name, const void *token, size_t len)
{
	struct negotiation_leg leg = {.token = token, .token_len = len};

	(void)addr_from_text("192.0.2.1", &leg.client);
	(void)name_from_text(key_name, NULL, &leg.key_name);
	(void)name_from_text("gss-tsig", NULL, &leg.algorithm);
	return leg;
}

void
gss_side_negotiate(struct gss_side *s, const char *key_name, const void *token,
    size_t len, struct negotiation_result *result_out)
{
	struct negotiation_leg leg = gss_side_leg(key_name, token, len);

	(void)name_from_text(s->algorithm, NULL, &leg.algorithm);
	negotiate_leg(s->negotiator, &leg, result_out);
}

struct context *
gss_side_handshake(struct gss_side *s, struct initiator *i,
    const char *key_name)
{
	struct negotiation_result r;
	struct context *c;

	initiator_restart(i);
	if (initiator_step(i, NULL, 0) != GSS_S_CONTINUE_NEEDED)
		return NULL;
	gss_side_negotiate(s, key_name, i->token.value, i->token.length, &r);
	if (r.state != NEGOTIATION_COMPLETE)
		(void)fprintf(stderr, "acceptor: %s\n", r.reason.text);
	c = r.context;
	r.context = NULL;
	if (c != NULL &&
	    initiator_step(i, r.token, r.token_len) != GSS_S_COMPLETE) {
		context_unref(c);
		c = NULL;
	}
	negotiation_result_clear(&r);
	return c;
}

struct reason
gss_side_refused(struct gss_side *s, const char *key_name, const void *token,
    size_t len, enum negotiation_cause cause, enum tsig_error error)
{
	struct negotiation_result r;
	struct reason why;

	gss_side_negotiate(s, key_name, token, len, &r);
	CU_ASSERT_EQUAL(r.state, NEGOTIATION_REFUSED);
	CU_ASSERT_EQUAL(r.cause, cause);
	CU_ASSERT_EQUAL(r.error, error);
	CU_ASSERT_PTR_NULL(r.context);
	CU_ASSERT_STRING_NOT_EQUAL(r.next.text, "");
	if (r.cause != cause)
		(void)fprintf(stderr, "expected %s, got %s: %s\n",
		    negotiation_cause_text(cause),
		    negotiation_cause_text(r.cause), r.reason.text);
	why = r.reason;
	negotiation_result_clear(&r);
	return why;
}

void
gss_side_start(struct initiator *i, const char *who, const char *service,
    bool spnego)
{
	CU_ASSERT_FATAL(
	    initiator_init(i, who, service, spnego, INITIATOR_FLAGS));
	CU_ASSERT_EQUAL_FATAL(initiator_step(i, NULL, 0),
	    GSS_S_CONTINUE_NEEDED);
}

void
gss_side_later(uint64_t start_ns, uint64_t s)
{
	clock_test_set(clock_wall_us(), start_ns + s * 1000000000u);
}
