/*
 * chaos.c - what the server says of itself, class CH
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/query/chaos.h"

#define STRING_LEN_MAX 255 /* RFC 1035 section 3.3 */

static const uint8_t id_server[] = "\002id\006server";
static const uint8_t hostname_bind[] = "\010hostname\004bind";

bool
chaos_is_asked(const struct message *q)
{
	return q->n_questions == 1 && q->question.class == CLASS_CH;
}

static bool
asks_for_server_id(const struct question *question)
{
	const uint8_t *name = question->name.octets;

	return (question->type == TYPE_TXT || question->type == TYPE_ANY) &&
	    (name_equal(name, id_server) || name_equal(name, hostname_bind));
}

enum rcode
chaos_answer(struct message_writer *w, const struct message *q,
    const uint8_t *server_id, size_t server_id_len)
{
	uint8_t rdata[1 + STRING_LEN_MAX];
	struct rr rr = {
	    .owner = q->question.name.octets,
	    .type = TYPE_TXT,
	    .class = CLASS_CH,
	    .rdata_len = (uint16_t)(1 + server_id_len),
	    .rdata = rdata,
	};

	if (server_id == NULL || server_id_len > STRING_LEN_MAX ||
	    !asks_for_server_id(&q->question)) {
		message_write_rcode(w, RCODE_REFUSED);
		return RCODE_REFUSED;
	}
	rdata[0] = (uint8_t)server_id_len;
	memcpy(rdata + 1, server_id, server_id_len);
	message_write_flags(w, FLAG_AA, 0);
	if (message_write_rr(w, SECTION_ANSWER, &rr) != 0)
		message_write_truncate(w);
	return RCODE_NOERROR;
}
