/*
 * edns.h - the OPT RR of an answer (RFC 6891)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An answer has an OPT if and only if the request had one.  Options of ours:
 * NSID (RFC 5001) and EXPIRE (RFC 7314), each only when asked for; the server
 * adds others (EDE).
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  negative enum err.
 * Units:   octets.
 */
#ifndef QUERY_EDNS_H
#define QUERY_EDNS_H

#include "daemon/dns/message_write.h"

struct zone_version;

#define EDNS_REPLY_OPTIONS_MAX 768

struct edns_settings {
	uint16_t max_udp_size;    /* announced; RFC 9715: 1232 */
	const uint8_t *server_id; /* NSID; NULL: none */
	uint16_t server_id_len;   /* at most 255 */
};

struct edns_reply {
	bool present;   /* else nothing is written */
	bool dnssec_ok; /* as in the request (RFC 3225 section 3) */
	uint16_t udp_size;
	uint16_t options_len;
	uint8_t options[EDNS_REPLY_OPTIONS_MAX];
};

/*
 * What is due to this request.  v: the version that the answer comes from,
 * for EXPIRE of a SOA, AXFR or IXFR: we are the primary, so it is the SOA's
 * (RFC 7314 section 3); NULL: no zone.
 */
void edns_reply_init(struct edns_reply *r, const struct message *q,
    const struct edns_settings *settings, const struct zone_version *v);

/*
 * Adds an option; nothing without EDNS.  ERR_NOSPACE.  Before the room is
 * asked for.
 */
int edns_reply_add(struct edns_reply *r, uint16_t code, const void *octets,
    uint16_t len);

/* Octets of the OPT RR: what to reserve in the message; 0 without EDNS. */
size_t edns_reply_room(const struct edns_reply *r);

/*
 * Writes the OPT RR into the room reserved for it and the RCODE into header
 * and OPT; without EDNS only the header (an RCODE above 15: SERVFAIL).
 */
void edns_reply_write(const struct edns_reply *r, struct message_writer *w,
    enum rcode rcode);

/* The reply as dns/ has it, for streams (xfr/); options stay r's. */
struct edns edns_reply_view(const struct edns_reply *r);

#endif
