/*
 * message_read.h - a DNS message, read once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message_read() walks a message from first to last octet and leaves an index
 * of it: header, question, the RRs of each section with their names expanded,
 * and EDNS, TSIG and (for TKEY queries) where they stand.  It is the only
 * reader of messages from outside.
 *
 * Owns:    nothing: all lies in the caller's arena and in the octets, which
 *          must stay as long as the struct is used.
 * Threads: any.
 * Errors:  an RCODE, because every mistake is the peer's.
 */
#ifndef DNS_MESSAGE_READ_H
#define DNS_MESSAGE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dns/name.h"
#include "daemon/dns/types.h"

struct arena;

/* An RR.  In messages and in updates; rdata has no compressed names. */
struct rr {
	const uint8_t *owner; /* name; case kept */
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
	uint16_t rdata_len;
	const uint8_t *rdata;
};

struct question {
	struct name name;
	uint16_t type;
	uint16_t class;
};

enum section {
	SECTION_ANSWER = 0,     /* UPDATE: prerequisite */
	SECTION_AUTHORITY = 1,  /* UPDATE: update */
	SECTION_ADDITIONAL = 2, /* without OPT and TSIG */
	SECTIONS,
};

struct edns {
	bool present;
	uint8_t version;
	bool dnssec_ok;
	uint16_t udp_size; /* as sent; not below 512 */
	/* RDATA of OPT; well-formed code/length pairs */
	const uint8_t *options;
	uint16_t options_len;
};

struct message {
	const uint8_t *octets;
	size_t len;
	uint16_t id;
	uint16_t flags;
	uint16_t n_questions;
	struct question question; /* the first, if any */
	size_t question_end;      /* offset after the question section */
	struct rr *rrs[SECTIONS];
	uint16_t n_rrs[SECTIONS];
	struct edns edns;
	bool has_tsig;
	struct rr tsig;     /* the last RR (RFC 8945 section 5.1) */
	size_t tsig_offset; /* where it starts: the MAC covers what is before */
};

static inline enum opcode
message_opcode(const struct message *m)
{
	return (enum opcode)(m->flags >> FLAG_OPCODE_SHIFT & 15);
}

/*
 * Reads a whole message.  NOERROR: all of *m is set.  FORMERR: malformed, with
 * trailing octets, more than one OPT, a TSIG that is not last or not alone,
 * OPT or TSIG outside ADDITIONAL; the header and, where it could be read, the
 * question are set, so that an answer can be made.  SERVFAIL: no memory.
 * NOTIMP: an opcode other than QUERY, NOTIFY and UPDATE (only header read).
 * A message shorter than a header gives FORMERR with len 0: never answered.
 *
 * Names in RDATA of the types of RFC 1035, and of those that RFC 3597
 * section 4 lists, may be compressed and are expanded; RDATA of every type
 * that dns/rdata.h knows is checked against its layout, but may be empty in
 * classes ANY and NONE of an UPDATE.
 */
enum rcode message_read(const uint8_t *octets, size_t len, struct arena *a,
    struct message *m_out);

/* True if the datagram may be answered at all: a whole header, QR clear. */
bool message_is_request(const uint8_t *octets, size_t len);

/*
 * The EDNS option with this code; NULL if there is none.  *len_out is its
 * length.
 */
const uint8_t *edns_option(const struct edns *e, uint16_t code,
    uint16_t *len_out);

#define EDNS_FLAG_DO 0x8000 /* RFC 3225 */

#define EDNS_OPTION_NSID 3     /* RFC 5001 */
#define EDNS_OPTION_EXPIRE 9   /* RFC 7314 */
#define EDNS_OPTION_COOKIE 10  /* RFC 7873 */
#define EDNS_OPTION_PADDING 12 /* RFC 7830 */
#define EDNS_OPTION_EDE 15     /* RFC 8914 */

#endif
