/*
 * gss_side.h - the acceptor's side of a handshake, whole, for tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: negotiations may be shared by more negotiators; else one.
 */
#ifndef TESTS_UNIT_GSS_SIDE_H
#define TESTS_UNIT_GSS_SIDE_H

#include "daemon/gss/acceptor.h"
#include "daemon/gss/contexts.h"
#include "daemon/gss/negotiate.h"
#include "tests/unit/realm.h"

struct gss_side {
	struct acceptor *acceptor;
	struct contexts *contexts;
	struct negotiations *negotiations;
	struct negotiator *negotiator;
	struct contexts_config contexts_config;
	struct negotiations_config config;
	const char *principal; /* who accepts; NULL: any DNS/ */
	const char *algorithm; /* of handshakes; at first gss-tsig */
	bool allow_weak;
	bool replay_file; /* "rcache2"; always if weak is allowed */
};

/* Fatal for the test if anything fails.  keytab: a name in the realm's folder.
 */
void gss_side_init(struct gss_side *s, const char *keytab);
void gss_side_clear(struct gss_side *s);

/*
 * The side's keytab file ("own.keytab" in the realm's folder) becomes a copy
 * of this one and is loaded, as the fields above say.
 */
void gss_side_keytab(struct gss_side *s, const char *keytab);

/* The same; what acceptor_load() says.  If it fails, the old keys stay. */
int gss_side_load(struct gss_side *s, const char *keytab,
    struct reason *reason);

/* The input of a leg from 192.0.2.1 with this key name and token. */
struct negotiation_leg gss_side_leg(const char *key_name, const void *token,
    size_t len);

/* One leg with it. */
void gss_side_negotiate(struct gss_side *s, const char *key_name,
    const void *token, size_t len, struct negotiation_result *result_out);

/* One that must be refused for this cause; says why. */
struct reason gss_side_refused(struct gss_side *s, const char *key_name,
    const void *token, size_t len, enum negotiation_cause cause,
    enum tsig_error error);

/* Makes the first token of who for service; fatal if there is none. */
void gss_side_start(struct initiator *i, const char *who, const char *service,
    bool spnego);

/* The monotonic clock is s seconds after start_ns; clock_test_set(0, 0) ends
 * it. */
void gss_side_later(uint64_t start_ns, uint64_t s);

/*
 * A whole handshake of one leg; the initiator is complete then.  Returns the
 * context, with a reference, or NULL.
 */
struct context *gss_side_handshake(struct gss_side *s, struct initiator *i,
    const char *key_name);

#endif
