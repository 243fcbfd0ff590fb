/*
 * tkey_rr.c - layout of TKEY RDATA (RFC 2930 section 2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/tkey_rr.h"

int
tkey_rr_read(const struct rr *rr, struct tkey_rr *tkey_out)
{
	struct tkey_rr tkey;
	struct reader r;

	memset(tkey_out, 0, sizeof(*tkey_out));
	if (rr->type != TYPE_TKEY ||
	    (rr->class != CLASS_ANY && rr->class != CLASS_IN))
		return ERR_MALFORMED;
	reader_init(&r, rr->rdata, rr->rdata_len);
	name_set(&tkey.key_name, rr->owner);
	(void)name_read(&r, &tkey.algorithm);
	tkey.inception = reader_u32(&r);
	tkey.expiration = reader_u32(&r);
	tkey.mode = reader_u16(&r);
	tkey.error = reader_u16(&r);
	tkey.key_len = reader_u16(&r);
	tkey.key = reader_octets(&r, tkey.key_len);
	tkey.other_len = reader_u16(&r);
	tkey.other = reader_octets(&r, tkey.other_len);
	if (reader_short(&r) || reader_left(&r) > 0)
		return ERR_MALFORMED;
	*tkey_out = tkey;
	return 0;
}

const struct rr *
tkey_rr_find(const struct message *m)
{
	static const enum section places[] = {SECTION_ADDITIONAL,
	    SECTION_ANSWER};
	const struct rr *rr;

	if (m->n_questions == 0)
		return NULL;
	for (unsigned p = 0; p < 2; p++)
		for (unsigned i = 0; i < m->n_rrs[places[p]]; i++) {
			rr = &m->rrs[places[p]][i];
			if (rr->type == TYPE_TKEY &&
			    name_equal(rr->owner, m->question.name.octets))
				return rr;
		}
	return NULL;
}

void
tkey_rr_write(const struct tkey_rr *tkey, struct writer *w)
{
	writer_octets(w, tkey->algorithm.octets, tkey->algorithm.len);
	writer_u32(w, tkey->inception);
	writer_u32(w, tkey->expiration);
	writer_u16(w, tkey->mode);
	writer_u16(w, tkey->error);
	writer_u16(w, tkey->key_len);
	writer_octets(w, tkey->key, tkey->key_len);
	writer_u16(w, tkey->other_len);
	writer_octets(w, tkey->other, tkey->other_len);
}
