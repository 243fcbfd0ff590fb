/*
 * message_write.h - a DNS message being composed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names are compressed against all earlier ones (RFC 1035 section 4.1.4) where
 * the offset fits 14 bits: owner names always, names in RDATA only of the
 * types of RFC 1035.  An RR that does not fit leaves the message as it was.
 *
 *	message_write_start(&w, octets, size, id, flags);
 *	message_write_question(&w, name, type, class);
 *	message_write_rr(&w, SECTION_ANSWER, &rr);      ...
 *	message_write_edns(&w, &edns);
 *	len = message_write_end(&w);
 *
 * Owns:    nothing; the octets are the caller's.
 * Threads: one at a time.
 * Errors:  ERR_NOSPACE: did not fit.
 */
#ifndef DNS_MESSAGE_WRITE_H
#define DNS_MESSAGE_WRITE_H

#include "daemon/base/buf.h"
#include "daemon/dns/message_read.h"

#define COMPRESSION_SLOTS 256 /* a small hash of offsets of names */

struct message_writer {
	struct writer w;
	size_t reserved;                     /* kept free for OPT and TSIG */
	uint16_t counts[4];                  /* QD AN NS AR */
	uint16_t offsets[COMPRESSION_SLOTS]; /* 0: empty */
	size_t question_end;
	bool compress;  /* true from the start */
	bool dnssec_ok; /* for OPT, as in the query: RFC 3225 section 3 */
};

/* Begins a message of at most size octets (size >= 12). */
void message_write_start(struct message_writer *w, uint8_t *octets, size_t size,
    uint16_t id, uint16_t flags);

/*
 * Keeps n octets free from now on for what message_write_edns() and the TSIG
 * will need (EDNS_ROOM(), tsig_rr_room()), or all that is left if that is less;
 * 0 gives them free again, for the OPT RR itself.
 */
void message_write_reserve(struct message_writer *w, size_t n);

int message_write_question(struct message_writer *w, const uint8_t *name,
    uint16_t type, uint16_t class);

/* One RR; sections must come in their order. */
int message_write_rr(struct message_writer *w, enum section section,
    const struct rr *rr);

/*
 * n RRs as a zone version keeps them: type, class, TTL, RDLENGTH and RDATA
 * of each, one after the other, len octets in all, all owned by owner.  All
 * or nothing.  RDATA names are compressed for NS, CNAME, PTR, MX and SOA.
 */
int message_write_rendered(struct message_writer *w, enum section section,
    const uint8_t *owner, const uint8_t *rendered, size_t len, uint16_t n);

/*
 * The OPT RR: size is what we take, rcode gives the upper eight bits,
 * options are len octets of code/length pairs.
 */
int message_write_edns(struct message_writer *w, uint16_t size,
    enum rcode rcode, const uint8_t *options, size_t len);
#define EDNS_ROOM(options_len) (11 + (options_len))
#define EDNS_OPTION_ROOM(len) (4 + (len)) /* of one option */

/* The lower four bits of rcode, and flags bits (FLAG_...) to set or clear. */
void message_write_rcode(struct message_writer *w, enum rcode rcode);
void message_write_flags(struct message_writer *w, uint16_t set,
    uint16_t clear);

/* Forgets all RRs after the question and sets TC: what did not fit. */
void message_write_truncate(struct message_writer *w);

/* Fills in the counts; returns the length.  More RRs may follow. */
size_t message_write_end(struct message_writer *w);

#endif
