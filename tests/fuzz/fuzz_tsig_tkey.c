/*
 * fuzz_tsig_tkey.c - RDATA of TSIG and TKEY from outside
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is read as RDATA must come back the same when it is written again.
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/dns/tkey_rr.h"
#include "daemon/dns/tsig_rr.h"
#include "tests/fuzz/fuzz.h"

static uint8_t octets[MESSAGE_LEN_MAX];

static void
try_tsig(struct rr *rr)
{
	struct tsig_rr tsig;
	struct message m;
	struct arena a;
	size_t len = MESSAGE_HEADER_LEN;

	rr->type = TYPE_TSIG;
	if (tsig_rr_read(rr, &tsig) != 0)
		return;
	memset(octets, 0, MESSAGE_HEADER_LEN);
	if (tsig_rr_append(&tsig, octets, &len, sizeof(octets)) != 0)
		return;
	MUST(len == MESSAGE_HEADER_LEN + tsig_rr_room(&tsig));
	arena_init(&a, 0);
	MUST(message_read(octets, len, &a, &m) == RCODE_NOERROR);
	MUST(m.has_tsig && m.tsig_offset == MESSAGE_HEADER_LEN);
	MUST(m.tsig.rdata_len == rr->rdata_len);
	MUST(memcmp(m.tsig.rdata, rr->rdata, rr->rdata_len) == 0);
	arena_clear(&a);
}

static void
try_tkey(struct rr *rr)
{
	struct tkey_rr tkey;
	struct writer w;

	rr->type = TYPE_TKEY;
	if (tkey_rr_read(rr, &tkey) != 0)
		return;
	writer_init(&w, octets, sizeof(octets));
	tkey_rr_write(&tkey, &w);
	MUST(!writer_full(&w) && w.len == rr->rdata_len);
	MUST(memcmp(octets, rr->rdata, w.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rr rr = {.owner = (const uint8_t *)"\3key\7example",
	    .class = CLASS_ANY,
	    .rdata_len = (uint16_t)size,
	    .rdata = data};

	if (size > UINT16_MAX)
		return 0;
	try_tsig(&rr);
	try_tkey(&rr);
	return 0;
}
