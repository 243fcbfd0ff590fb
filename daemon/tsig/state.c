/*
 * state.c - one conversation signed with TSIG: a request and its answers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/tsig/private.h"
#include "daemon/tsig/state.h"

void
tsig_state_init(struct tsig_state *s)
{
	/* The MAC's octets and the names' may stay as they are. */
	s->is_signed = false;
	s->is_verified = false;
	s->is_replay = false;
	s->rcode = RCODE_NOERROR;
	s->error = TSIG_ERROR_NONE;
	s->signer.kind = SIGNER_NONE;
	s->signer.key_name = name_root;
	s->signer.principal = NULL;
	s->algorithm_name = name_root;
	s->algorithm = TSIG_ALGORITHMS;
	s->ring = NULL;
	s->key = NULL;
	s->context = NULL;
	s->time_signed = 0;
	s->original_id = 0;
	s->mac_len = 0;
	s->n_messages = 0;
}

void
tsig_state_clear(struct tsig_state *s)
{
	keyring_unref(s->ring);
	context_unref(s->context);
	s->ring = NULL;
	s->key = NULL;
	s->context = NULL;
	s->signer.kind = SIGNER_NONE;
	s->signer.principal = NULL;
}

void
tsig_state_for_tkey(struct tsig_state *s, struct context *c,
    const struct name *key_name, const struct name *algorithm_name)
{
	tsig_state_init(s);
	s->is_signed = true;
	s->is_verified = true;
	s->context = context_ref(c);
	s->signer.kind = SIGNER_PRINCIPAL;
	s->signer.key_name = *key_name;
	s->signer.principal = context_principal(c);
	s->algorithm_name = *algorithm_name;
	(void)tsig_algorithm_from_name(algorithm_name->octets, &s->algorithm);
}

static void
cover(struct covered *c, const void *octets, size_t len)
{
	c->pieces[c->n].octets = octets;
	c->pieces[c->n].len = len;
	c->n++;
}

void
covered_init(struct covered *c, const struct tsig_state *s,
    const uint8_t *header, const uint8_t *octets, size_t len,
    const struct tsig_rr *tsig, enum covered_variables variables)
{
	struct writer w;

	c->n = 0;
	if (s->mac_len > 0) {
		put_u16(c->before, (uint16_t)s->mac_len);
		memcpy(c->before + 2, s->mac, s->mac_len);
		cover(c, c->before, 2 + s->mac_len);
	}
	memcpy(c->header, header, MESSAGE_HEADER_LEN);
	cover(c, c->header, MESSAGE_HEADER_LEN);
	cover(c, octets + MESSAGE_HEADER_LEN, len - MESSAGE_HEADER_LEN);
	writer_init(&w, c->variables, sizeof(c->variables));
	if (variables == COVERED_ALL)
		tsig_rr_variables(tsig, &w);
	else
		tsig_rr_timers(tsig, &w);
	assert(!writer_full(&w));
	cover(c, c->variables, w.len);
}

void
covered_header(const struct message *m, const struct tsig_rr *tsig,
    uint8_t header_out[MESSAGE_HEADER_LEN])
{
	const size_t id_at = 0, arcount_at = 10;

	memcpy(header_out, m->octets, MESSAGE_HEADER_LEN);
	put_u16(header_out + id_at, tsig->original_id);
	put_u16(header_out + arcount_at,
	    (uint16_t)(get_u16(header_out + arcount_at) - 1));
}
