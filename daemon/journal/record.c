/*
 * record.c - octets of a changeset in the log
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/journal/record.h"

#define CRC_AT 4
#define CRC_FROM 8 /* the CRC covers the octets from here on */

#define SOURCE_FIXED_LEN (8 + 1 + 2 + 4 + 16 + 2) /* then the signer */
#define RR_FIXED_LEN (2 + 2 + 2 + 4 + 2)          /* and owner and RDATA */

static size_t
rrs_len(const struct changeset_rr *rrs, uint32_t n)
{
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++)
		len += RR_FIXED_LEN + name_len(rrs[i].rr.owner) +
		    rrs[i].rr.rdata_len;
	return len;
}

/* Signers are cut at what their length field holds. */
static uint16_t
signer_len(const struct changeset_source *s)
{
	size_t len = strlen(s->signer);

	return len > UINT16_MAX ? UINT16_MAX : (uint16_t)len;
}

size_t
record_len(const struct changeset *cs)
{
	size_t len = RECORD_HEAD_LEN + rrs_len(cs->deleted, cs->n_deleted) +
	    rrs_len(cs->added, cs->n_added) + cs->metadata_len;

	for (uint16_t i = 0; i < cs->n_sources; i++)
		len += SOURCE_FIXED_LEN + signer_len(&cs->sources[i]) + 1u;
	return len;
}

static void
write_source(const struct changeset_source *s, struct writer *w)
{
	uint16_t len = signer_len(s);

	writer_u64(w, s->time_us);
	writer_u8(w, s->address.family);
	writer_u16(w, s->address.port);
	writer_u32(w, s->address.scope);
	writer_octets(w, s->address.octets, sizeof(s->address.octets));
	writer_u16(w, len);
	writer_octets(w, s->signer, len);
	writer_u8(w, 0); /* so that a reader can point to it */
}

static void
write_rrs(const struct changeset_rr *rrs, uint32_t n, struct writer *w)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct rr *rr = &rrs[i].rr;

		writer_u16(w, rrs[i].source);
		writer_octets(w, rr->owner, name_len(rr->owner));
		writer_u16(w, rr->type);
		writer_u16(w, rr->class);
		writer_u32(w, rr->ttl);
		writer_u16(w, rr->rdata_len);
		writer_octets(w, rr->rdata, rr->rdata_len);
	}
}

void
record_write(const struct changeset *cs, struct writer *w)
{
	size_t len = record_len(cs);
	uint8_t *start = w->base + w->len;

	assert(len <= UINT32_MAX && writer_left(w) >= len);
	writer_u32(w, (uint32_t)len);
	writer_u32(w, 0);
	writer_u32(w, cs->zone_id);
	writer_u32(w, cs->serial_from);
	writer_u32(w, cs->serial_to);
	writer_u64(w, cs->time_us);
	writer_u32(w, cs->flags);
	writer_u32(w, cs->n_deleted);
	writer_u32(w, cs->n_added);
	writer_u16(w, cs->n_sources);
	writer_u32(w, cs->metadata_len);
	for (uint16_t i = 0; i < cs->n_sources; i++)
		write_source(&cs->sources[i], w);
	write_rrs(cs->deleted, cs->n_deleted, w);
	write_rrs(cs->added, cs->n_added, w);
	writer_octets(w, cs->metadata, cs->metadata_len);
	put_u32(start + CRC_AT, crc32c(0, start + CRC_FROM, len - CRC_FROM));
}

int
record_head_read(struct reader *r, struct record_head *head_out)
{
	size_t start = r->pos;
	struct record_head h;

	memset(head_out, 0, sizeof(*head_out));
	h.len = reader_u32(r);
	reader_skip(r, 4);
	h.zone_id = reader_u32(r);
	h.serial_from = reader_u32(r);
	h.serial_to = reader_u32(r);
	h.time_us = reader_u64(r);
	h.flags = reader_u32(r);
	h.n_deleted = reader_u32(r);
	h.n_added = reader_u32(r);
	reader_skip(r, 2 + 4);
	if (reader_short(r) || h.len < RECORD_HEAD_LEN)
		return ERR_MALFORMED;
	reader_skip(r, h.len - (r->pos - start));
	if (reader_short(r))
		return ERR_MALFORMED;
	*head_out = h;
	return 0;
}

static int
read_sources(struct reader *r, struct changeset_source *sources, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		struct changeset_source *s = &sources[i];
		const uint8_t *octets, *signer;
		uint16_t len;

		s->time_us = reader_u64(r);
		s->address.family = reader_u8(r);
		s->address.port = reader_u16(r);
		s->address.scope = reader_u32(r);
		octets = reader_octets(r, sizeof(s->address.octets));
		len = reader_u16(r);
		signer = reader_octets(r, len + 1u);
		/* Text: it ends where its length says, and not before. */
		if (octets == NULL || signer == NULL ||
		    memchr(signer, '\0', len + 1u) != signer + len)
			return ERR_MALFORMED;
		memcpy(s->address.octets, octets, sizeof(s->address.octets));
		s->signer = (const char *)signer;
	}
	return 0;
}

static int
read_rrs(struct reader *r, struct changeset_rr *rrs, uint32_t n,
    uint16_t n_sources)
{
	for (uint32_t i = 0; i < n; i++) {
		struct rr *rr = &rrs[i].rr;
		size_t owner_len;

		rrs[i].source = reader_u16(r);
		if (!name_is_valid(r->base + r->pos, reader_left(r),
			&owner_len))
			return ERR_MALFORMED;
		rr->owner = reader_octets(r, owner_len);
		rr->type = reader_u16(r);
		rr->class = reader_u16(r);
		rr->ttl = reader_u32(r);
		rr->rdata_len = reader_u16(r);
		rr->rdata = reader_octets(r, rr->rdata_len);
		if (reader_short(r) ||
		    (n_sources != 0 && rrs[i].source >= n_sources))
			return ERR_MALFORMED;
	}
	return 0;
}

/* Counts that the octets cannot hold must not reach the arena. */
static bool
counts_are_possible(const struct changeset *cs, size_t left)
{
	uint64_t least = (uint64_t)cs->n_sources * (SOURCE_FIXED_LEN + 1) +
	    ((uint64_t)cs->n_deleted + cs->n_added) * (RR_FIXED_LEN + 1) +
	    cs->metadata_len;

	return least <= left;
}

static int
read_lists(struct reader *r, struct arena *arena, struct changeset *cs)
{
	int ret;

	cs->sources = arena_calloc(arena, cs->n_sources, sizeof(*cs->sources));
	cs->deleted = arena_calloc(arena, cs->n_deleted, sizeof(*cs->deleted));
	cs->added = arena_calloc(arena, cs->n_added, sizeof(*cs->added));
	if (cs->sources == NULL || cs->deleted == NULL || cs->added == NULL)
		return ERR_NOMEM;
	ret = read_sources(r, cs->sources, cs->n_sources);
	if (ret == 0)
		ret = read_rrs(r, cs->deleted, cs->n_deleted, cs->n_sources);
	if (ret == 0)
		ret = read_rrs(r, cs->added, cs->n_added, cs->n_sources);
	if (ret != 0)
		return ret;
	cs->metadata = reader_octets(r, cs->metadata_len);
	return reader_short(r) || reader_left(r) != 0 ? ERR_MALFORMED : 0;
}

int
record_read(const uint8_t *octets, size_t len, struct arena *arena,
    struct changeset *cs_out)
{
	struct changeset cs;
	struct reader r;
	int ret;

	memset(cs_out, 0, sizeof(*cs_out));
	memset(&cs, 0, sizeof(cs));
	reader_init(&r, octets, len);
	if (len < RECORD_HEAD_LEN || reader_u32(&r) != len ||
	    reader_u32(&r) != crc32c(0, octets + CRC_FROM, len - CRC_FROM))
		return ERR_MALFORMED;
	cs.zone_id = reader_u32(&r);
	cs.serial_from = reader_u32(&r);
	cs.serial_to = reader_u32(&r);
	cs.time_us = reader_u64(&r);
	cs.flags = reader_u32(&r);
	cs.n_deleted = reader_u32(&r);
	cs.n_added = reader_u32(&r);
	cs.n_sources = reader_u16(&r);
	cs.metadata_len = reader_u32(&r);
	if (!counts_are_possible(&cs, reader_left(&r)))
		return ERR_MALFORMED;
	ret = read_lists(&r, arena, &cs);
	if (ret == 0)
		*cs_out = cs;
	return ret;
}
