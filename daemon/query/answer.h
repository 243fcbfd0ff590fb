/*
 * answer.h - authoritative answers from one zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The algorithm of RFC 1034 section 4.3.2 for a server that is authoritative
 * only.  A whole answer is made so:
 *
 *	rcode = question_check(q);          may end it: FORMERR, NOTIMP ...
 *	... the zone: by question_zone_name(); none: REFUSED, no version:
 *	SERVFAIL ...
 *	edns_reply_init(&e, q, &settings, v);
 *	answer_start(&w, octets, answer_size(q, transport, max), q);
 *	message_write_reserve(&w, edns_reply_room(&e) + TSIG's);
 *	rcode = answer(&w, q, v, apex, transport);
 *	edns_reply_write(&e, &w, rcode);
 *	len = message_write_end(&w);
 *
 * An error is the same without answer(): message_write_rcode() instead.
 *
 * What is not said by an RFC: positive answers carry no NS RRset of the zone
 * in AUTHORITY (minimal, as Knot).  ANY is answered with one RRset of the name
 * over UDP and with all of them over TCP (RFC 8482 section 4.1; BIND's
 * minimal-any).  CNAME and DNAME are followed within the zone, at most
 * ANSWER_CHAIN_MAX steps; a loop ends where a name comes again.
 *
 * Owns:    nothing; no memory is taken.
 * Threads: any that holds the version.
 * Errors:  an RCODE: it is the answer.
 * Units:   octets.
 */
#ifndef QUERY_ANSWER_H
#define QUERY_ANSWER_H

#include "daemon/dns/message_write.h"

struct zone_version;

#define ANSWER_CHAIN_MAX 16

enum answer_transport {
	ANSWER_UDP,
	ANSWER_TCP
};

/*
 * What a QUERY is refused for by itself, before any zone is looked for.
 * NOERROR   go on
 * FORMERR   not one question; QTYPE OPT, TSIG, TKEY or another that cannot
 *           be asked for (RFC 6895 section 3.1)
 * NOTIMP    MAILA, MAILB
 * BADVERS   EDNS of a version after 0 (RFC 6891 section 6.1.3)
 * REFUSED   a class other than IN (CH: chaos_answer() comes first)
 * AXFR, IXFR and TKEY must have been sent elsewhere before.
 */
enum rcode question_check(const struct message *q);

/*
 * The name whose closest enclosing zone answers: the QNAME, but its parent
 * for DS, which stands at the parent's side of a cut (RFC 4035 section
 * 3.1.4.1).  If no zone of ours encloses that, ask again with the QNAME.
 */
const uint8_t *question_zone_name(const struct message *q);

/*
 * How long the answer may be: over UDP the client's size, not more than
 * max_udp_size, and 512 without EDNS (RFC 6891 section 6.2.3).
 */
size_t answer_size(const struct message *q, enum answer_transport transport,
    uint16_t max_udp_size);

/*
 * Header and question of an answer to q: ID, opcode, RD and CD as sent, QR
 * set, the question octet for octet (none if it could not be read).
 */
void answer_start(struct message_writer *w, uint8_t *octets, size_t size,
    const struct message *q);

/*
 * Everything between question and OPT; sets AA, TC and RCODE.  The QNAME must
 * be at or below apex, the zone's, and v must have an SOA.
 *
 * TC: an RRset of ANSWER or AUTHORITY did not fit (then no section has RRs),
 * or the glue of a referral did not (RFC 2181 section 9, RFC 9471).  Other
 * additional RRsets that do not fit are left out.
 *
 * NOERROR; NXDOMAIN, also where a CNAME leads to (RFC 6604); YXDOMAIN for a
 * DNAME that makes too long a name (RFC 6672 section 2.2).
 */
enum rcode answer(struct message_writer *w, const struct message *q,
    const struct zone_version *v, const struct name *apex,
    enum answer_transport transport);

#endif
