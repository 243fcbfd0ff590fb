/*
 * transfer_write.c - one message of a transfer, being filled
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/xfr/transfer_write.h"
#include "daemon/base/err.h"
#include "daemon/zone/zone.h"

void
transfer_write_start(struct message_writer *w, uint8_t *octets, size_t size,
    const struct transfer_query *q, bool is_first)
{
	const struct question *question = &q->question;

	message_write_start(w, octets, size, q->id,
	    (uint16_t)(FLAG_QR | FLAG_AA | (q->flags & FLAG_RD)));
	if (!is_first)
		return;
	if (q->edns.present)
		message_write_reserve(w,
		    EDNS_ROOM((size_t)q->edns.options_len));
	(void)message_write_question(w, question->name.octets, question->type,
	    question->class);
}

size_t
transfer_write_end(struct message_writer *w, const struct transfer_query *q,
    bool is_first)
{
	if (is_first && q->edns.present) {
		message_write_reserve(w, 0);
		w->dnssec_ok = q->edns.dnssec_ok;
		(void)message_write_edns(w, q->edns.udp_size, RCODE_NOERROR,
		    q->edns.options, q->edns.options_len);
	}
	return message_write_end(w);
}

int
transfer_write_soa(struct message_writer *w, const struct zone_version *v)
{
	const struct rrset *soa = version_soa(v);

	if (soa == NULL)
		return ERR_NOTFOUND;
	return message_write_rendered(w, SECTION_ANSWER,
	    zone_name_owner(version_apex(v)), rrset_rendered(soa),
	    soa->rendered_len, soa->n_rrs);
}
