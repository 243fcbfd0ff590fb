/*
 * snapshot_read.c - a zone version from a file of octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A CRC only says that the octets are those that were written: every length,
 * name, order and RDATA is checked as if a peer had sent it.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/crc32c.h"
#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/dns/rdata.h"
#include "daemon/zone/snapshot.h"
#include "daemon/zone/snapshot_format.h"
#include "daemon/zone/trie_build.h"
#include "daemon/zone/version.h"

/* Where the octets are: in memory, or else in a file. */
struct source {
	const uint8_t *octets;
	const struct storage *storage;
	int fd;
	uint64_t len;
};

struct snapshot {
	struct source source;
	struct zone_txn *txn;
	struct trie_build build;
	const char *path; /* for messages */
	struct reason *reason;
	uint64_t offset; /* of what is read next */
	uint64_t n_blocks, n_payload;
	struct snapshot_info info;
	struct name last; /* owner; len 0: none yet */
	uint8_t *payload; /* read, not taken yet */
	size_t len, room;
};

/* Says what is wrong, and where. */
static int
damaged(const struct snapshot *s, const char *what)
{
	reason_set(s->reason, "%s: offset %llu: %s", s->path,
	    (unsigned long long)s->offset, what);
	return ERR_MALFORMED;
}

static int
failed(const struct snapshot *s, int err)
{
	reason_set(s->reason, "%s: offset %llu: %s", s->path,
	    (unsigned long long)s->offset, err_text(err));
	return err;
}

static int
read_file(const struct snapshot *s, uint8_t *to, size_t len)
{
	int ret =
	    storage_read(s->source.storage, s->source.fd, to, len, s->offset);

	if (ret == ERR_RANGE)
		return damaged(s, "the file became shorter");
	return ret == 0 ? 0 : failed(s, ret);
}

/* The next len octets. */
static int
read_octets(struct snapshot *s, uint8_t *to, size_t len)
{
	int ret = 0;

	if (s->source.len - s->offset < len)
		return damaged(s, "it ends here");
	if (s->source.octets != NULL)
		memcpy(to, s->source.octets + s->offset, len);
	else
		ret = read_file(s, to, len);
	s->offset += len;
	return ret;
}

/* True if the last four octets are the CRC of the others. */
static bool
crc_is_right(const uint8_t *octets, size_t len)
{
	return crc32c(0, octets, len - 4) == get_u32(octets + len - 4);
}

static int
check_apex(struct snapshot *s, struct reader *r)
{
	size_t apex_len = reader_u8(r), len;
	const uint8_t *apex = reader_octets(r, apex_len);

	if (apex == NULL || !name_is_valid(apex, apex_len, &len) ||
	    len != apex_len)
		return damaged(s, "the apex is no name");
	name_set(&s->info.apex, apex);
	if (name_equal(apex, zone_txn_apex(s->txn)->octets))
		return 0;
	reason_set(s->reason, "%s: it is of another zone", s->path);
	return ERR_MISMATCH;
}

static int
read_header(struct snapshot *s)
{
	uint8_t octets[SNAPSHOT_HEADER_LEN];
	uint32_t format, block_len, n_principals;
	struct reader r;
	int ret = read_octets(s, octets, sizeof(octets));

	if (ret != 0)
		return ret;
	reader_init(&r, octets, sizeof(octets));
	if (memcmp(reader_octets(&r, SNAPSHOT_MAGIC_LEN), SNAPSHOT_MAGIC,
		SNAPSHOT_MAGIC_LEN) != 0)
		return damaged(s, "this is no snapshot");
	if (!crc_is_right(octets, sizeof(octets)))
		return damaged(s, "the header's CRC is wrong");
	format = reader_u32(&r);
	if (format > SNAPSHOT_FORMAT) {
		reason_set(s->reason,
		    "%s: format %u is newer than this kddns, which reads %u",
		    s->path, format, SNAPSHOT_FORMAT);
		return ERR_UNSUPPORTED;
	}
	block_len = reader_u32(&r);
	s->info.lsn = reader_u64(&r);
	s->info.n_names = reader_u64(&r);
	s->info.n_records = reader_u64(&r);
	s->info.serial = reader_u32(&r);
	n_principals = reader_u32(&r);
	if (format == 0 || block_len != SNAPSHOT_BLOCK_LEN || n_principals != 0)
		return damaged(s, "the header makes no sense");
	return check_apex(s, &r);
}

/* Appends the payload of the next block. */
static int
read_block(struct snapshot *s)
{
	uint8_t head[SNAPSHOT_BLOCK_HEAD_LEN];
	uint32_t len, crc;
	uint8_t *payload;
	int ret = read_octets(s, head, sizeof(head));

	if (ret != 0)
		return ret;
	len = get_u32(head);
	if (len == 0 || len > SNAPSHOT_PAYLOAD_MAX)
		return damaged(s, "a block of a wrong length");
	if (s->room - s->len < len) {
		size_t room = s->len + 2 * SNAPSHOT_PAYLOAD_MAX;

		if (room < 2 * s->room)
			room = 2 * s->room;
		payload = realloc(s->payload, room);
		if (payload == NULL)
			return failed(s, ERR_NOMEM);
		s->payload = payload;
		s->room = room;
	}
	ret = read_octets(s, s->payload + s->len, len);
	if (ret != 0)
		return ret;
	crc = crc32c((uint32_t)s->n_blocks, head, 4);
	if (crc32c(crc, s->payload + s->len, len) != get_u32(head + 4))
		return damaged(s, "the CRC of the block before this is wrong");
	s->len += len;
	s->n_blocks++;
	s->n_payload += len;
	return 0;
}

/* The owner: own octets, then the last ones of the owner before. */
static bool
read_owner(const struct snapshot *s, struct reader *r, struct name *owner_out)
{
	size_t shared = reader_u8(r), own = reader_u8(r), len;
	const uint8_t *octets = reader_octets(r, own);

	if (octets == NULL || shared > s->last.len ||
	    own + shared > NAME_LEN_MAX)
		return false;
	memcpy(owner_out->octets, octets, own);
	memcpy(owner_out->octets + own, s->last.octets + s->last.len - shared,
	    shared);
	owner_out->len = (uint8_t)(own + shared);
	return name_is_valid(owner_out->octets, owner_out->len, &len) &&
	    len == owner_out->len &&
	    (s->last.len == 0 ||
		name_compare(s->last.octets, owner_out->octets) < 0) &&
	    name_is_below(owner_out->octets, zone_txn_apex(s->txn)->octets);
}

/* An RRset of a record, checked. */
struct stored_rrset {
	uint16_t type;
	uint16_t n_rrs;
	uint32_t ttl;
	uint32_t rendered_len;
	const uint8_t *timestamps; /* or NULL */
	const uint8_t *rendered;
};

/* True if the rendered RRs are what an RRset of this type may hold. */
static bool
rendered_is_valid(const struct stored_rrset *s)
{
	const uint8_t *rdata, *last = NULL;
	size_t len, last_len = 0;
	struct reader r;

	reader_init(&r, s->rendered, s->rendered_len);
	for (unsigned i = 0; i < s->n_rrs; i++) {
		if (reader_u16(&r) != s->type || reader_u16(&r) != CLASS_IN ||
		    reader_u32(&r) != s->ttl)
			return false;
		len = reader_u16(&r);
		rdata = reader_octets(&r, len);
		if (rdata == NULL || !rdata_is_valid(s->type, rdata, len))
			return false;
		if (last != NULL &&
		    rdata_compare(s->type, last, last_len, rdata, len) >= 0)
			return false;
		last = rdata;
		last_len = len;
	}
	return !reader_short(&r) && reader_left(&r) == 0;
}

static bool
read_rrset(struct reader *r, struct stored_rrset *s)
{
	uint8_t timed;

	s->type = reader_u16(r);
	s->n_rrs = reader_u16(r);
	s->ttl = reader_u32(r);
	s->rendered_len = reader_u32(r);
	timed = reader_u8(r);
	s->timestamps =
	    timed == 1 ? reader_octets(r, s->n_rrs * sizeof(uint32_t)) : NULL;
	s->rendered = reader_octets(r, s->rendered_len);
	return s->rendered != NULL && timed <= 1 && s->n_rrs > 0 &&
	    !type_is_meta(s->type);
}

static size_t
stored_size(const struct stored_rrset *s)
{
	return rrset_size(s->n_rrs, s->rendered_len - 10u * s->n_rrs);
}

/* Checks all RRsets of a record; *size_out is their length in memory. */
static bool
rrsets_are_valid(struct reader r, unsigned n_rrsets, size_t *size_out)
{
	struct stored_rrset s;
	uint32_t last = 0; /* type 0 is none (RFC 6895) */

	*size_out = 0;
	for (unsigned i = 0; i < n_rrsets; i++) {
		if (!read_rrset(&r, &s) || s.type <= last ||
		    !rendered_is_valid(&s))
			return false;
		last = s.type;
		*size_out += stored_size(&s);
	}
	return n_rrsets > 0 && !reader_short(&r) && reader_left(&r) == 0;
}

static void
copy_rrset(uint8_t *at, const struct stored_rrset *s)
{
	struct rrset *to = (void *)at;
	size_t size = stored_size(s);

	memset(at + size - 4, 0, 4); /* the padding */
	to->type = s->type;
	to->n_rrs = s->n_rrs;
	to->ttl = s->ttl;
	to->rendered_len = s->rendered_len;
	for (unsigned i = 0; i < s->n_rrs; i++)
		to->timestamps[i] = s->timestamps == NULL
		    ? 0
		    : get_u32(s->timestamps + i * sizeof(uint32_t));
	memcpy(to->timestamps + s->n_rrs, s->rendered, s->rendered_len);
}

static int
take_name(struct snapshot *s, struct reader *r)
{
	struct stored_rrset rrset;
	struct key key;
	uint8_t flags = reader_u8(r);
	uint16_t n_rrsets = reader_u16(r);
	uint32_t principal = reader_u32(r);
	struct zone_name *n;
	struct name owner;
	uint8_t *at;
	size_t size;
	int ret;

	if (!read_owner(s, r, &owner))
		return damaged(s, "an owner before this is wrong");
	if (!rrsets_are_valid(*r, n_rrsets, &size))
		return damaged(s, "an RRset before this is wrong");
	ret = zone_name_create(&s->txn->zone->slab, s->txn->edit.generation,
	    owner.octets, size, &n, &at);
	if (ret != 0)
		return failed(s, ret);
	n->flags = flags;
	n->n_rrsets = n_rrsets;
	n->principal = principal;
	for (unsigned i = 0; i < n_rrsets; i++) {
		(void)read_rrset(r, &rrset);
		copy_rrset(at, &rrset);
		at += stored_size(&rrset);
	}
	key_make(&key, n->owner);
	ret = txn_build_name(s->txn, &s->build, &key, n);
	if (ret != 0) {
		zone_name_free(&s->txn->zone->slab, n);
		return failed(s, ret);
	}
	name_set(&s->last, owner.octets);
	return 0;
}

/* Takes the records that are whole; keeps the rest for the next block. */
static int
take_records(struct snapshot *s)
{
	size_t at = 0;
	int ret;

	while (s->len - at >= 4) {
		uint32_t len = get_u32(s->payload + at);
		struct reader r;

		if (len == 0 || len > SNAPSHOT_RECORD_MAX)
			return damaged(s, "a record of a wrong length");
		if (s->len - at - 4 < len)
			break;
		reader_init(&r, s->payload + at + 4, len);
		if (reader_u8(&r) != SNAPSHOT_KIND_NAME)
			return damaged(s, "a record of an unknown kind");
		ret = take_name(s, &r);
		if (ret != 0)
			return ret;
		at += 4 + (size_t)len;
	}
	if (at > 0) {
		s->len -= at;
		memmove(s->payload, s->payload + at, s->len);
	}
	return 0;
}

static int
read_footer(struct snapshot *s)
{
	const struct zone_version *v = zone_view(s->txn);
	uint8_t octets[SNAPSHOT_FOOTER_LEN];
	struct reader r;
	int ret = read_octets(s, octets, sizeof(octets));

	if (ret != 0)
		return ret;
	reader_init(&r, octets, sizeof(octets));
	if (memcmp(reader_octets(&r, SNAPSHOT_MAGIC_LEN), SNAPSHOT_FOOTER_MAGIC,
		SNAPSHOT_MAGIC_LEN) != 0 ||
	    !crc_is_right(octets, sizeof(octets)))
		return damaged(s, "the footer is wrong");
	if (reader_u64(&r) != s->n_blocks || reader_u64(&r) != s->n_payload ||
	    s->len != 0)
		return damaged(s, "a part is missing");
	if (version_n_names(v) != s->info.n_names ||
	    version_n_records(v) != s->info.n_records ||
	    version_serial(v) != s->info.serial)
		return damaged(s, "it does not hold what its header says");
	return 0;
}

static int
read_all(struct snapshot *s)
{
	int ret = read_header(s);

	while (ret == 0 && s->source.len - s->offset > SNAPSHOT_FOOTER_LEN) {
		ret = read_block(s);
		if (ret == 0)
			ret = take_records(s);
	}
	if (ret == 0)
		ret = read_footer(s);
	if (ret == 0 && txn_finish_build(s->txn, &s->build) != 0)
		ret = failed(s, ERR_NOMEM);
	return ret;
}

static int
read_snapshot(struct snapshot *s, struct snapshot_info *info_out)
{
	int ret;

	assert(version_n_names(zone_view(s->txn)) == 0);
	trie_build_init(&s->build, &s->txn->edit);
	ret = read_all(s);
	trie_build_clear(&s->build);
	free(s->payload);
	memset(info_out, 0, sizeof(*info_out));
	if (ret == 0) {
		*info_out = s->info;
		info_out->octets = s->source.len;
	}
	return ret;
}

int
snapshot_read_octets(struct zone_txn *txn, const uint8_t *octets, size_t len,
    const char *name, struct snapshot_info *info_out, struct reason *reason)
{
	struct snapshot s = {
	    .source = {octets, NULL, -1, len},
	    .txn = txn,
	    .path = name,
	    .reason = reason,
	};

	assert(octets != NULL);
	return read_snapshot(&s, info_out);
}

int
snapshot_read(struct zone_txn *txn, const struct snapshot_place *place,
    struct snapshot_info *info_out, struct reason *reason)
{
	const struct storage *st = place->storage;
	struct snapshot s = {
	    .source = {NULL, st, -1, 0},
	    .txn = txn,
	    .path = place->path,
	    .reason = reason,
	};
	struct stat meta;
	int ret;

	s.source.fd = st->open(st->arg, place->dirfd, place->path,
	    O_RDONLY | O_NONBLOCK, 0);
	if (s.source.fd == -1)
		return failed(&s, err_from_errno(errno));
	if (fstat(s.source.fd, &meta) != 0) {
		ret = failed(&s, err_from_errno(errno));
		goto done;
	}
	s.source.len = (uint64_t)meta.st_size;
	(void)posix_fadvise(s.source.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	ret = read_snapshot(&s, info_out);
done:
	(void)st->close(st->arg, s.source.fd);
	return ret;
}
