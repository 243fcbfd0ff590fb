/*
 * exchange.c - the messages of a client that gets in with its ticket
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/dns/message_write.h"
#include "daemon/dns/tkey_rr.h"
#include "daemon/dns/tsig_rr.h"
#include "daemon/gss/algorithm.h"
#include "tests/bench/exchange.h"

#define DAY_S 86400
#define FUDGE_S 300
#define COVERED_MAX (2 + EXCHANGE_MAC_SIZE + EXCHANGE_SIZE + TSIG_VARIABLES_MAX)

size_t
exchange_tkey(uint8_t out[EXCHANGE_SIZE], const struct name *key,
    const gss_buffer_desc *token)
{
	uint32_t now_s = (uint32_t)clock_wall_s();
	struct tkey_rr tkey = {.algorithm = gss_algorithm_tsig,
	    .inception = now_s,
	    .expiration = now_s + DAY_S,
	    .mode = TKEY_MODE_GSSAPI,
	    .key_len = (uint16_t)token->length,
	    .key = token->value};
	struct rr rr = {.owner = key->octets,
	    .type = TYPE_TKEY,
	    .class = CLASS_ANY};
	uint8_t rdata[EXCHANGE_SIZE];
	struct message_writer w;
	struct writer r;

	writer_init(&r, rdata, sizeof(rdata));
	tkey_rr_write(&tkey, &r);
	rr.rdata = rdata;
	rr.rdata_len = (uint16_t)r.len;
	message_write_start(&w, out, EXCHANGE_SIZE, 0, 0);
	(void)message_write_question(&w, key->octets, TYPE_TKEY, CLASS_ANY);
	if (message_write_rr(&w, SECTION_ADDITIONAL, &rr) != 0) {
		(void)fprintf(stderr, "token too long\n");
		exit(1);
	}
	return message_write_end(&w);
}

size_t
exchange_update(uint8_t out[EXCHANGE_SIZE], const struct name *zone,
    uint32_t number)
{
	uint8_t owner[2 * NAME_LEN_MAX], address[4] = {10};
	struct rr rr = {.owner = owner, .type = TYPE_A, .class = CLASS_ANY};
	struct message_writer w;
	char label[16];
	int len = snprintf(label, sizeof(label), "h%u", number);

	owner[0] = (uint8_t)len;
	memcpy(owner + 1, label, (size_t)len);
	memcpy(owner + 1 + len, zone->octets, zone->len);
	message_write_start(&w, out, EXCHANGE_SIZE, (uint16_t)number,
	    OPCODE_UPDATE << FLAG_OPCODE_SHIFT);
	(void)message_write_question(&w, zone->octets, TYPE_SOA, CLASS_IN);
	(void)message_write_rr(&w, SECTION_AUTHORITY, &rr);
	put_u16(address + 2, (uint16_t)number);
	rr.class = CLASS_IN;
	rr.ttl = 1200;
	rr.rdata = address;
	rr.rdata_len = sizeof(address);
	(void)message_write_rr(&w, SECTION_AUTHORITY, &rr);
	return message_write_end(&w);
}

size_t
exchange_sign(gss_ctx_id_t gss, const struct name *key,
    uint8_t octets[EXCHANGE_SIZE], size_t len, struct exchange_mac *mac_out)
{
	struct tsig_rr tsig = {.key_name = *key,
	    .algorithm = gss_algorithm_tsig,
	    .time_signed = clock_wall_s(),
	    .fudge = FUDGE_S,
	    .original_id = get_u16(octets)};
	uint8_t covered[COVERED_MAX];
	gss_buffer_desc message = {0, covered}, mic = GSS_C_EMPTY_BUFFER;
	struct writer w;
	OM_uint32 minor;

	writer_init(&w, covered, sizeof(covered));
	writer_octets(&w, octets, len);
	tsig_rr_variables(&tsig, &w);
	message.length = w.len;
	if (GSS_ERROR(
		gss_get_mic(&minor, gss, GSS_C_QOP_DEFAULT, &message, &mic)) ||
	    mic.length > sizeof(mac_out->octets)) {
		(void)fprintf(stderr, "gss_get_mic failed\n");
		exit(1);
	}
	memcpy(mac_out->octets, mic.value, mic.length);
	mac_out->len = mic.length;
	tsig.mac = mac_out->octets;
	tsig.mac_len = (uint16_t)mac_out->len;
	(void)tsig_rr_append(&tsig, octets, &len, EXCHANGE_SIZE);
	(void)gss_release_buffer(&minor, &mic);
	return len;
}

bool
exchange_token(const struct message *m, const uint8_t **token_out,
    size_t *len_out)
{
	const struct rr *rr = tkey_rr_find(m);
	struct tkey_rr tkey;

	if (rr == NULL || tkey_rr_read(rr, &tkey) != 0 || tkey.error != 0)
		return false;
	*token_out = tkey.key;
	*len_out = tkey.key_len;
	return true;
}

/* The answer as it was before its TSIG was added. */
static void
write_unsigned(struct writer *w, const struct message *m,
    const struct tsig_rr *tsig)
{
	writer_u16(w, tsig->original_id);
	writer_octets(w, m->octets + 2, 8);
	writer_u16(w, (uint16_t)(get_u16(m->octets + 10) - 1));
	writer_octets(w, m->octets + 12, m->tsig_offset - 12);
}

bool
exchange_is_authentic(gss_ctx_id_t gss, const struct message *m,
    const struct exchange_mac *request)
{
	uint8_t covered[COVERED_MAX];
	gss_buffer_desc message = {0, covered}, mic;
	struct tsig_rr tsig;
	struct writer w;
	OM_uint32 minor;

	if (!m->has_tsig || tsig_rr_read(&m->tsig, &tsig) != 0 ||
	    tsig.error != 0)
		return false;
	writer_init(&w, covered, sizeof(covered));
	if (request != NULL) {
		writer_u16(&w, (uint16_t)request->len);
		writer_octets(&w, request->octets, request->len);
	}
	write_unsigned(&w, m, &tsig);
	tsig_rr_variables(&tsig, &w);
	message.length = w.len;
	mic.value = (void *)(uintptr_t)tsig.mac; /* only read */
	mic.length = tsig.mac_len;
	return !GSS_ERROR(gss_verify_mic(&minor, gss, &message, &mic, NULL));
}
