/*
 * update_helper.h - zones and UPDATE messages from a few words
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages are written as nsupdate's commands, each ended by ';':
 *
 *	yxdomain NAME           nxdomain NAME
 *	yxrrset NAME TYPE       nxrrset NAME TYPE
 *	yxrrset NAME TYPE RDATA
 *	add NAME TTL TYPE RDATA
 *	delete NAME [TYPE [RDATA]]
 *	rr SECTION NAME CLASS TTL TYPE [HEX]	(SECTION 0 or 1; all in numbers)
 *
 * Names are whole without a final dot.  RDATA of A, AAAA, TXT (one string), of
 * types with one name, of SRV and MX, of SOA (only its serial); else in hex.
 */
#ifndef TESTS_UNIT_UPDATE_HELPER_H
#define TESTS_UNIT_UPDATE_HELPER_H

#include "daemon/base/arena.h"
#include "daemon/dns/message_read.h"
#include "daemon/update/update.h"
#include "daemon/zone/txn.h"

/* The zone of the tests, published; see update_helper.c. */
struct zone *update_zone(void);

/* Composes the message for zone; returns its length. */
size_t update_compose(const char *zone, const char *commands, uint8_t *octets,
    size_t size);

/* Composes and reads. */
void update_message(const char *commands, struct arena *a, struct message *m);

/*
 * What is at owner, by type: "A 300 10.0.1.1 10.0.1.2, TXT 300 \"x\""; ""
 * if nothing is.
 */
void update_rrs_at(const struct zone_version *v, const char *owner, char *text,
    size_t size);

/* One update from its octets to the published zone. */
struct update_run {
	/* NULL-ended; NULL: "grant k zonesub ANY" */
	const char *const *rules;
	const char *signer; /* "" is nobody, with '@' a principal, else a key */
	const struct acl *allow_update;
	const struct policy_helpers *helpers; /* what waits is run again */

	unsigned n_waits;
	enum rcode rcode;
	enum update_stage stage;
	char rule[128]; /* record.rule as text, or "" */
	struct reason reason;
	size_t n_changes;
};
void update_run(struct update_run *run, struct zone *z, const char *commands);

/* The same by key k, which may do all; must end in NOERROR. Returns n_changes. */
size_t update_change(struct zone *z, const char *commands);

/* Fails the test unless owner has in z's published version what text says. */
void update_expect(struct zone *z, const char *owner, const char *text);

#endif
