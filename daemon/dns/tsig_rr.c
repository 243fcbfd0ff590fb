/*
 * tsig_rr.c - layout of TSIG RDATA and of what a MAC covers (RFC 8945)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/tsig_rr.h"

#define RR_FIXED_LEN 10 /* type, class, TTL, RDLENGTH */
#define FIXED_LEN 16    /* RDATA without algorithm, MAC and other data */
#define ARCOUNT 10      /* its place in the header */

int
tsig_rr_read(const struct rr *rr, struct tsig_rr *tsig_out)
{
	struct tsig_rr tsig;
	struct reader r;

	memset(tsig_out, 0, sizeof(*tsig_out));
	if (rr->type != TYPE_TSIG || rr->class != CLASS_ANY || rr->ttl != 0)
		return ERR_MALFORMED;
	reader_init(&r, rr->rdata, rr->rdata_len);
	name_set(&tsig.key_name, rr->owner);
	(void)name_read(&r, &tsig.algorithm);
	tsig.time_signed = reader_u48(&r);
	tsig.fudge = reader_u16(&r);
	tsig.mac_len = reader_u16(&r);
	tsig.mac = reader_octets(&r, tsig.mac_len);
	tsig.original_id = reader_u16(&r);
	tsig.error = reader_u16(&r);
	tsig.other_len = reader_u16(&r);
	tsig.other = reader_octets(&r, tsig.other_len);
	if (reader_short(&r) || reader_left(&r) > 0)
		return ERR_MALFORMED;
	*tsig_out = tsig;
	return 0;
}

static size_t
rdata_len(const struct tsig_rr *tsig)
{
	return (size_t)tsig->algorithm.len + FIXED_LEN + tsig->mac_len +
	    tsig->other_len;
}

size_t
tsig_rr_room(const struct tsig_rr *tsig)
{
	return (size_t)tsig->key_name.len + RR_FIXED_LEN + rdata_len(tsig);
}

static void
write_other(const struct tsig_rr *tsig, struct writer *w)
{
	writer_u16(w, tsig->error);
	writer_u16(w, tsig->other_len);
	writer_octets(w, tsig->other, tsig->other_len);
}

int
tsig_rr_append(const struct tsig_rr *tsig, uint8_t *octets, size_t *len,
    size_t size)
{
	struct writer w;

	if (rdata_len(tsig) > UINT16_MAX)
		return ERR_NOSPACE;
	writer_init(&w, octets, size);
	w.len = *len;
	writer_octets(&w, tsig->key_name.octets, tsig->key_name.len);
	writer_u16(&w, TYPE_TSIG);
	writer_u16(&w, CLASS_ANY);
	writer_u32(&w, 0);
	writer_u16(&w, (uint16_t)rdata_len(tsig));
	writer_octets(&w, tsig->algorithm.octets, tsig->algorithm.len);
	tsig_rr_timers(tsig, &w);
	writer_u16(&w, tsig->mac_len);
	writer_octets(&w, tsig->mac, tsig->mac_len);
	writer_u16(&w, tsig->original_id);
	write_other(tsig, &w);
	if (writer_full(&w) || w.len > MESSAGE_LEN_MAX)
		return ERR_NOSPACE;
	put_u16(octets + ARCOUNT, (uint16_t)(get_u16(octets + ARCOUNT) + 1));
	*len = w.len;
	return 0;
}

static void
write_canonical(const struct name *name, struct writer *w)
{
	struct name lower = *name;

	name_to_lower(lower.octets);
	writer_octets(w, lower.octets, lower.len);
}

void
tsig_rr_variables(const struct tsig_rr *tsig, struct writer *w)
{
	write_canonical(&tsig->key_name, w);
	writer_u16(w, CLASS_ANY);
	writer_u32(w, 0);
	write_canonical(&tsig->algorithm, w);
	tsig_rr_timers(tsig, w);
	write_other(tsig, w);
}

void
tsig_rr_timers(const struct tsig_rr *tsig, struct writer *w)
{
	writer_u48(w, tsig->time_signed);
	writer_u16(w, tsig->fudge);
}
