/*
 * fuzz_snapshot.c - snapshots of zones
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First octet 0: the rest is a whole snapshot.  Otherwise the rest is payload,
 * put into a snapshot whose CRCs are right: those would keep a fuzzer out.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/zone/snapshot.h"
#include "daemon/zone/snapshot_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const struct name apex = {9, "\2ad\4test"};

/* Ends the piece of w that starts at start with its CRC. */
static void
put_crc(struct writer *w, size_t start)
{
	writer_u32(w, crc32c(0, w->base + start, w->len - start));
}

static void
put_blocks(struct writer *w, const uint8_t *payload, size_t len)
{
	uint8_t head[4];
	uint32_t n_blocks = 0, crc;

	for (size_t at = 0, n; at < len; at += n, n_blocks++) {
		n = len - at < SNAPSHOT_PAYLOAD_MAX ? len - at
						    : SNAPSHOT_PAYLOAD_MAX;
		put_u32(head, (uint32_t)n);
		crc = crc32c(n_blocks, head, sizeof(head));
		writer_octets(w, head, sizeof(head));
		writer_u32(w, crc32c(crc, payload + at, n));
		writer_octets(w, payload + at, n);
	}
}

/* A snapshot around the payload; the caller frees it. */
static uint8_t *
wrap(const uint8_t *payload, size_t len, size_t *len_out)
{
	size_t n_blocks = len / SNAPSHOT_PAYLOAD_MAX + 1;
	size_t size = SNAPSHOT_HEADER_LEN + SNAPSHOT_FOOTER_LEN + len +
	    n_blocks * SNAPSHOT_BLOCK_HEAD_LEN;
	uint8_t *octets = calloc(1, size);
	struct writer w;
	size_t start;

	assert(octets != NULL);
	writer_init(&w, octets, size);
	writer_octets(&w, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN);
	writer_u32(&w, SNAPSHOT_FORMAT);
	writer_u32(&w, SNAPSHOT_BLOCK_LEN);
	w.len = 44;
	writer_u8(&w, apex.len);
	writer_octets(&w, apex.octets, apex.len);
	w.len = SNAPSHOT_HEADER_LEN - 4;
	put_crc(&w, 0);
	put_blocks(&w, payload, len);
	start = w.len;
	writer_octets(&w, SNAPSHOT_FOOTER_MAGIC, SNAPSHOT_MAGIC_LEN);
	writer_u64(&w, (len + SNAPSHOT_PAYLOAD_MAX - 1) / SNAPSHOT_PAYLOAD_MAX);
	writer_u64(&w, len);
	writer_u32(&w, 0);
	put_crc(&w, start);
	assert(!writer_full(&w));
	*len_out = w.len;
	return octets;
}

/* Looks at all that was read: sanitizers see what points nowhere. */
static void
look_at(const struct zone_version *v)
{
	struct zone_iter it;
	struct zone_found found;
	struct rdata_ref rdata;
	size_t n_names = 0;

	for (const struct zone_name *n = zone_first(&it, v); n != NULL;
	     n = zone_next(&it), n_names++) {
		zone_find(v, zone_name_owner(n), &found);
		assert(found.name == n);
		for (unsigned i = 0; i < zone_name_n_rrsets(n); i++)
			for (size_t at = 0;
			     rrset_next(zone_name_rrset_at(n, i), &at, &rdata);)
				assert(at <=
				    zone_name_rrset_at(n, i)->rendered_len);
	}
	assert(n_names == version_n_names(v));
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	uint8_t *wrapped = NULL;
	struct snapshot_info info;
	struct reason reason = {""};
	struct zone_txn *txn;
	struct zone_memory memory;
	struct zone *z;
	int ret;

	if (len == 0 || zone_create(&apex, NULL, &z) != 0)
		return 0;
	if (*octets++ == 0) {
		len--;
	} else {
		wrapped = wrap(octets, len - 1, &len);
		octets = wrapped;
	}
	if (zone_begin(z, &txn) == 0) {
		ret = snapshot_read_octets(txn, octets, len, "fuzz", &info,
		    &reason);
		assert(ret == 0 || reason.text[0] != '\0');
		if (ret == 0) /* else there is nothing to do but to abort */
			look_at(zone_view(txn));
		zone_abort(txn);
		zone_memory(z, &memory);
		assert(memory.octets_in_use == 0);
	}
	zone_destroy(z);
	free(wrapped);
	return 0;
}
