/*
 * snapshot_write.c - a zone version to a file of octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/zone/outfile.h"
#include "daemon/zone/snapshot.h"
#include "daemon/zone/snapshot_format.h"
#include "daemon/zone/version.h"

struct blocks {
	struct outfile *file;
	uint64_t n;         /* written */
	uint64_t n_payload; /* octets of theirs */
	uint32_t len;       /* of the payload being filled */
	uint8_t octets[SNAPSHOT_BLOCK_LEN];
};

static void
flush_block(struct blocks *b)
{
	uint32_t crc;

	if (b->len == 0)
		return;
	put_u32(b->octets, b->len);
	crc = crc32c((uint32_t)b->n, b->octets, 4);
	crc = crc32c(crc, b->octets + SNAPSHOT_BLOCK_HEAD_LEN, b->len);
	put_u32(b->octets + 4, crc);
	outfile_put(b->file, b->octets, SNAPSHOT_BLOCK_HEAD_LEN + b->len);
	b->n++;
	b->n_payload += b->len;
	b->len = 0;
}

static void
put(struct blocks *b, const void *octets, size_t len)
{
	const uint8_t *p = octets;

	while (len > 0) {
		size_t n = SNAPSHOT_PAYLOAD_MAX - b->len;

		if (n > len)
			n = len;
		memcpy(b->octets + SNAPSHOT_BLOCK_HEAD_LEN + b->len, p, n);
		b->len += (uint32_t)n;
		p += n;
		len -= n;
		if (b->len == SNAPSHOT_PAYLOAD_MAX)
			flush_block(b);
	}
}

static bool
has_timestamps(const struct rrset *s)
{
	for (unsigned i = 0; i < s->n_rrs; i++)
		if (s->timestamps[i] != 0)
			return true;
	return false;
}

static size_t
rrset_record_len(const struct rrset *s)
{
	return SNAPSHOT_RRSET_HEAD_LEN +
	    (has_timestamps(s) ? s->n_rrs * sizeof(uint32_t) : 0) +
	    s->rendered_len;
}

static void
put_rrset(struct blocks *b, const struct rrset *s)
{
	uint8_t head[SNAPSHOT_RRSET_HEAD_LEN], hours[4];
	bool timed = has_timestamps(s);
	struct writer w;

	writer_init(&w, head, sizeof(head));
	writer_u16(&w, s->type);
	writer_u16(&w, s->n_rrs);
	writer_u32(&w, s->ttl);
	writer_u32(&w, s->rendered_len);
	writer_u8(&w, timed);
	put(b, head, sizeof(head));
	for (unsigned i = 0; timed && i < s->n_rrs; i++) {
		put_u32(hours, s->timestamps[i]);
		put(b, hours, sizeof(hours));
	}
	put(b, rrset_rendered(s), s->rendered_len);
}

/* How many last octets of both owners are the same whole labels. */
static unsigned
shared_octets(const struct zone_name *last, const struct zone_name *n)
{
	const uint8_t *at = n->owner;
	unsigned len;

	if (last == NULL)
		return 0;
	for (len = n->owner_len; len > 1; len -= 1u + at[0], at += 1u + at[0])
		if (len <= last->owner_len &&
		    memcmp(last->owner + last->owner_len - len, at, len) == 0)
			break;
	return len;
}

static void
put_name(struct blocks *b, const struct zone_name *last,
    const struct zone_name *n)
{
	uint8_t head[4 + SNAPSHOT_NAME_HEAD_LEN];
	unsigned shared = shared_octets(last, n);
	unsigned own = n->owner_len - shared;
	size_t len = SNAPSHOT_NAME_HEAD_LEN + own;
	struct writer w;

	for (unsigned i = 0; i < n->n_rrsets; i++)
		len += rrset_record_len(zone_name_rrset_at(n, i));
	writer_init(&w, head, sizeof(head));
	writer_u32(&w, (uint32_t)len);
	writer_u8(&w, SNAPSHOT_KIND_NAME);
	writer_u8(&w, n->flags);
	writer_u16(&w, n->n_rrsets);
	writer_u32(&w, n->principal);
	writer_u8(&w, (uint8_t)shared);
	writer_u8(&w, (uint8_t)own);
	put(b, head, sizeof(head));
	put(b, n->owner, own);
	for (unsigned i = 0; i < n->n_rrsets; i++)
		put_rrset(b, zone_name_rrset_at(n, i));
}

static void
put_header(struct outfile *f, const struct zone_version *v, uint64_t lsn)
{
	uint8_t octets[SNAPSHOT_HEADER_LEN] = {0};
	struct writer w;

	writer_init(&w, octets, sizeof(octets));
	writer_octets(&w, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN);
	writer_u32(&w, SNAPSHOT_FORMAT);
	writer_u32(&w, SNAPSHOT_BLOCK_LEN);
	writer_u64(&w, lsn);
	writer_u64(&w, v->n_names);
	writer_u64(&w, v->n_records);
	writer_u32(&w, v->serial);
	writer_u32(&w, 0); /* principals */
	writer_u8(&w, (uint8_t)name_len(v->apex_owner));
	writer_octets(&w, v->apex_owner, name_len(v->apex_owner));
	put_u32(octets + sizeof(octets) - 4,
	    crc32c(0, octets, sizeof(octets) - 4));
	outfile_put(f, octets, sizeof(octets));
}

static void
put_footer(const struct blocks *b)
{
	uint8_t octets[SNAPSHOT_FOOTER_LEN] = {0};
	struct writer w;

	writer_init(&w, octets, sizeof(octets));
	writer_octets(&w, SNAPSHOT_FOOTER_MAGIC, SNAPSHOT_MAGIC_LEN);
	writer_u64(&w, b->n);
	writer_u64(&w, b->n_payload);
	writer_u32(&w, 0);
	writer_u32(&w, crc32c(0, octets, sizeof(octets) - 4));
	outfile_put(b->file, octets, sizeof(octets));
}

static void
put_all(struct blocks *b, const struct zone_version *v, uint64_t lsn)
{
	const struct zone_name *last = NULL;
	struct zone_iter it;

	put_header(b->file, v, lsn);
	for (const struct zone_name *n = zone_first(&it, v); n != NULL;
	     n = zone_next(&it)) {
		put_name(b, last, n);
		last = n;
	}
	flush_block(b);
	put_footer(b);
}

int
snapshot_write(const struct zone_version *v, uint64_t lsn,
    const struct snapshot_place *place, struct snapshot_info *info_out,
    struct reason *reason)
{
	const struct storage *st = place->storage;
	struct blocks *b = calloc(1, sizeof(*b));
	int ret;

	memset(info_out, 0, sizeof(*info_out));
	if (b == NULL) {
		ret = ERR_NOMEM;
		goto done;
	}
	ret = outfile_open(st, place->dirfd, place->path, &b->file);
	if (ret != 0)
		goto done;
	put_all(b, v, lsn);
	ret = outfile_finish(b->file);
	if (ret != 0) {
		(void)st->unlink(st->arg, place->dirfd, place->path);
		goto done;
	}
	name_set(&info_out->apex, v->apex_owner);
	info_out->serial = v->serial;
	info_out->lsn = lsn;
	info_out->n_names = v->n_names;
	info_out->n_records = v->n_records;
	info_out->octets = outfile_len(b->file);
done:
	if (ret != 0)
		reason_set(reason, "%s: %s", place->path, err_text(ret));
	if (b != NULL)
		outfile_close(b->file);
	free(b);
	return ret;
}
