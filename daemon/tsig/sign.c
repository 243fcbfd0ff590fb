/*
 * sign.c - TSIGs on what we send (RFC 8945 section 5.3)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/tsig/private.h"
#include "daemon/tsig/sign.h"

#define OTHER_TIME_LEN 6 /* section 5.2.3: our time, after BADTIME */

/* Section 5.3.2: to say that key or MAC are wrong, there is no key. */
static bool
mac_is_empty(const struct tsig_state *s)
{
	return s->error == TSIG_ERROR_BADKEY || s->error == TSIG_ERROR_BADSIG;
}

static bool
has_tsig(const struct tsig_state *s)
{
	return s->is_signed && s->rcode != RCODE_FORMERR;
}

static size_t
mac_len_of(const struct tsig_state *s)
{
	if (mac_is_empty(s))
		return 0;
	return s->key != NULL ? shared_key_mac_len(s->key)
			      : context_mic_len(s->context);
}

size_t
tsig_room(const struct tsig_state *s)
{
	struct tsig_rr tsig;

	if (!has_tsig(s))
		return 0;
	tsig.key_name.len = s->signer.key_name.len;
	tsig.algorithm.len = s->algorithm_name.len;
	tsig.mac_len = (uint16_t)mac_len_of(s);
	tsig.other_len = s->error == TSIG_ERROR_BADTIME ? OTHER_TIME_LEN : 0;
	return tsig_rr_room(&tsig);
}

static int
make_mac(struct tsig_state *s, const struct covered *c)
{
	int ret;

	if (s->key == NULL)
		return context_sign(s->context, c->pieces, c->n, s->mac,
		    &s->mac_len, NULL);
	ret = shared_key_mac(s->key, c->pieces, c->n, s->mac);
	s->mac_len = ret == 0 ? shared_key_mac_len(s->key) : 0;
	return ret;
}

/* Makes the MAC, which the next one will cover, and appends the RR. */
static int
sign(struct tsig_state *s, struct tsig_rr *tsig, uint8_t *octets, size_t *len,
    size_t size)
{
	struct covered c;
	int ret;

	covered_init(&c, s, octets, octets, *len, tsig,
	    s->n_messages == 0 ? COVERED_ALL : COVERED_TIMERS);
	ret = make_mac(s, &c);
	if (ret != 0)
		return ret;
	tsig->mac = s->mac;
	tsig->mac_len = (uint16_t)s->mac_len;
	return tsig_rr_append(tsig, octets, len, size);
}

static void
rr_init(struct tsig_rr *tsig, const struct tsig_state *s, const uint8_t *octets)
{
	tsig->key_name = s->signer.key_name;
	tsig->algorithm = s->algorithm_name;
	tsig->time_signed = clock_wall_s();
	tsig->fudge = TSIG_FUDGE_S;
	tsig->mac_len = 0;
	tsig->mac = NULL;
	tsig->original_id = get_u16(octets);
	tsig->error = (uint16_t)s->error;
	tsig->other_len = 0;
	tsig->other = NULL;
}

int
tsig_sign(struct tsig_state *s, uint8_t *octets, size_t *len, size_t size)
{
	uint8_t now[OTHER_TIME_LEN];
	struct tsig_rr tsig;
	struct writer w;
	int ret;

	if (!has_tsig(s))
		return 0;
	if (*len + tsig_room(s) > size)
		return ERR_NOSPACE;
	rr_init(&tsig, s, octets);
	if (mac_is_empty(s))
		return tsig_rr_append(&tsig, octets, len, size);
	if (s->error == TSIG_ERROR_BADTIME) {
		writer_init(&w, now, sizeof(now));
		writer_u48(&w, tsig.time_signed);
		tsig.other = now;
		tsig.other_len = sizeof(now);
		tsig.time_signed = s->time_signed;
	}
	ret = sign(s, &tsig, octets, len, size);
	if (ret == 0)
		s->n_messages++;
	return ret;
}

int
tsig_sign_request(struct keyring *ring, const struct shared_key *key,
    uint8_t *octets, size_t *len, size_t size, struct tsig_state *s)
{
	struct tsig_rr tsig;

	tsig_state_init(s);
	s->is_signed = true;
	s->ring = keyring_ref(ring);
	s->key = key;
	s->algorithm = shared_key_algorithm(key);
	s->signer.key_name = *shared_key_name(key);
	s->algorithm_name = *tsig_algorithm_name(s->algorithm);
	rr_init(&tsig, s, octets);
	s->original_id = tsig.original_id;
	s->time_signed = tsig.time_signed;
	return sign(s, &tsig, octets, len, size);
}
