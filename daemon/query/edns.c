/*
 * edns.c - the OPT RR of an answer (RFC 6891)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/edns.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/zone.h"

#define OPTION_HEADER_LEN 4
#define EXPIRE_LEN 4 /* RFC 7314 section 2 */

static bool
option_is_asked(const struct message *q, uint16_t code)
{
	uint16_t len;

	return edns_option(&q->edns, code, &len) != NULL;
}

static void
add_expire(struct edns_reply *r, const struct zone_version *v)
{
	const struct rrset *soa = version_soa(v);
	uint8_t expire[EXPIRE_LEN];
	struct rdata_ref rdata;
	size_t at = 0;

	if (soa == NULL || !rrset_next(soa, &at, &rdata))
		return;
	put_u32(expire, soa_expire(rdata.octets, rdata.len));
	(void)edns_reply_add(r, EDNS_OPTION_EXPIRE, expire, sizeof(expire));
}

static bool
type_has_expire(uint16_t type)
{
	return type == TYPE_SOA || type == TYPE_AXFR || type == TYPE_IXFR;
}

void
edns_reply_init(struct edns_reply *r, const struct message *q,
    const struct edns_settings *settings, const struct zone_version *v)
{
	r->present = q->edns.present;
	r->dnssec_ok = q->edns.dnssec_ok;
	r->udp_size = settings->max_udp_size;
	r->options_len = 0;
	if (!r->present || q->edns.options_len == 0 || q->edns.version != 0)
		return;
	if (settings->server_id != NULL && option_is_asked(q, EDNS_OPTION_NSID))
		(void)edns_reply_add(r, EDNS_OPTION_NSID, settings->server_id,
		    settings->server_id_len);
	if (v != NULL && type_has_expire(q->question.type) &&
	    option_is_asked(q, EDNS_OPTION_EXPIRE))
		add_expire(r, v);
}

int
edns_reply_add(struct edns_reply *r, uint16_t code, const void *octets,
    uint16_t len)
{
	struct writer w;

	if (!r->present)
		return 0;
	if (OPTION_HEADER_LEN + (size_t)len >
	    sizeof(r->options) - r->options_len)
		return ERR_NOSPACE;
	writer_init(&w, r->options + r->options_len,
	    sizeof(r->options) - r->options_len);
	writer_u16(&w, code);
	writer_u16(&w, len);
	writer_octets(&w, octets, len);
	r->options_len = (uint16_t)(r->options_len + w.len);
	return 0;
}

size_t
edns_reply_room(const struct edns_reply *r)
{
	return r->present ? EDNS_ROOM((size_t)r->options_len) : 0;
}

void
edns_reply_write(const struct edns_reply *r, struct message_writer *w,
    enum rcode rcode)
{
	size_t room = edns_reply_room(r);

	if (!r->present) {
		message_write_rcode(w,
		    rcode > FLAG_RCODE_MASK ? RCODE_SERVFAIL : rcode);
		return;
	}
	message_write_rcode(w, rcode);
	message_write_reserve(w, w->reserved > room ? w->reserved - room : 0);
	w->dnssec_ok = r->dnssec_ok;
	(void)message_write_edns(w, r->udp_size, rcode, r->options,
	    r->options_len);
}

struct edns
edns_reply_view(const struct edns_reply *r)
{
	return (struct edns){
	    .present = r->present,
	    .dnssec_ok = r->dnssec_ok,
	    .udp_size = r->udp_size,
	    .options = r->options,
	    .options_len = r->options_len,
	};
}
