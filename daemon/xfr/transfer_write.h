/*
 * transfer_write.h - one message of a transfer, being filled
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What AXFR and IXFR have in common: a header in every message; question and
 * OPT in the first only (RFC 5936 sections 2.2.1, 2.2.2 and 2.2.5); as many
 * RRs as fit.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  ERR_NOSPACE: did not fit.
 */
#ifndef XFR_TRANSFER_WRITE_H
#define XFR_TRANSFER_WRITE_H

#include "daemon/dns/message_write.h"

struct zone_version;

/* What the messages of an answer need of the request. */
struct transfer_query {
	uint16_t id;
	uint16_t flags; /* of the request: RD is kept */
	struct question question;
	/*
	 * The OPT of the answer, as query/edns.h made it; its options must stay
	 * until the transfer has ended.
	 */
	struct edns edns;
};

/* Header, and in the first message the question, with room kept for OPT. */
void transfer_write_start(struct message_writer *w, uint8_t *octets,
    size_t size, const struct transfer_query *q, bool is_first);

/* OPT in the first message; returns the length. */
size_t transfer_write_end(struct message_writer *w,
    const struct transfer_query *q, bool is_first);

/* The SOA of the version. ERR_NOSPACE. */
int transfer_write_soa(struct message_writer *w, const struct zone_version *v);

#endif
