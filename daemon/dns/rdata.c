/*
 * rdata.c - RDATA: layouts, names inside, order, equality
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only file that knows libknot's descriptors and its text dumper.
 */
#include <libknot/descriptor.h>
#include <libknot/rrset-dump.h>
#include <libknot/rrset.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"

#define SOA_FIXED_LEN 20 /* serial, refresh, retry, expire, minimum */

/* The parts of a type's RDATA, one int each: see enum knot_rdata_wireformat. */
static const int *
layout_of(uint16_t type)
{
	const knot_rdata_descriptor_t *d = knot_get_rdata_descriptor(type);

	if (d->type_name == NULL)
		d = knot_get_obsolete_rdata_descriptor(type);
	return d->block_types;
}

static bool
part_is_name(int part)
{
	return part == KNOT_RDATA_WF_FIXED_DNAME ||
	    part == KNOT_RDATA_WF_COMPRESSIBLE_DNAME ||
	    part == KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME;
}

/* RFC 3597 section 4: what a sender may have compressed. */
static bool
part_may_be_compressed(int part)
{
	return part == KNOT_RDATA_WF_COMPRESSIBLE_DNAME ||
	    part == KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME;
}

/* A <character-string> (RFC 1035 section 3.3). */
static void
skip_string(struct reader *r)
{
	reader_skip(r, reader_u8(r));
}

/* Moves r over one part without compression. */
static void
skip_part(int part, struct reader *r)
{
	size_t len;

	if (part_is_name(part)) {
		if (!name_is_valid(r->base + r->pos, reader_left(r), &len))
			r->is_short = true;
		reader_skip(r, len);
	} else if (part == KNOT_RDATA_WF_REMAINDER) {
		reader_skip(r, reader_left(r));
	} else if (part == KNOT_RDATA_WF_NAPTR_HEADER) {
		reader_skip(r, 4); /* RFC 3403 section 4.1 */
		skip_string(r);
		skip_string(r);
		skip_string(r);
	} else {
		reader_skip(r, (size_t)part);
	}
}

/* True if r's octets are at least one string, and n of them if n is not 0. */
static bool
are_strings(struct reader *r, unsigned n)
{
	unsigned found = 0;

	do {
		skip_string(r);
		found++;
	} while (!reader_short(r) && reader_left(r) > 0);
	return !reader_short(r) && (n == 0 || found == n);
}

/* The type bitmaps of RFC 4034 section 4.1.2, to the end of r. */
static bool
are_type_bitmaps(struct reader *r)
{
	int window = -1, next;
	uint8_t len;

	while (reader_left(r) > 0) {
		next = reader_u8(r);
		len = reader_u8(r);
		reader_skip(r, len);
		if (reader_short(r) || next <= window || len == 0 || len > 32)
			return false;
		window = next;
	}
	return true;
}

/* RFC 1035 section 3.3.10, RFC 3123 section 4, RFC 6891, RFC 3597. */
static bool
may_be_empty(uint16_t type)
{
	return type == TYPE_NULL || type == TYPE_APL || type == TYPE_OPT ||
	    (knot_get_rdata_descriptor(type)->type_name == NULL &&
		knot_get_obsolete_rdata_descriptor(type)->type_name == NULL);
}

/* What the layout leaves open in the types whose inner form is known here. */
static bool
inner_form_is_valid(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct reader r;

	reader_init(&r, rdata, len);
	switch (type) {
	case TYPE_TXT:
	case TYPE_SPF:
		return are_strings(&r, 0);
	case TYPE_HINFO:
		return are_strings(&r, 2);
	case TYPE_CAA: /* RFC 8659 section 4.1: flags, tag, value */
		reader_skip(&r, 1);
		len = reader_u8(&r);
		reader_skip(&r, len);
		return !reader_short(&r) && len > 0;
	case TYPE_NSEC:
		skip_part(KNOT_RDATA_WF_FIXED_DNAME, &r);
		return are_type_bitmaps(&r);
	case TYPE_NSEC3: /* RFC 5155 section 3.2 */
		reader_skip(&r, 4);
		skip_string(&r);
		skip_string(&r);
		return !reader_short(&r) && are_type_bitmaps(&r);
	case TYPE_NSEC3PARAM:
		reader_skip(&r, 4);
		skip_string(&r);
		return !reader_short(&r) && reader_left(&r) == 0;
	case TYPE_DS: /* RFC 4034 section 5.1 */
	case TYPE_DNSKEY:
		return len > 4;
	default:
		return true;
	}
}

bool
rdata_is_valid(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct reader r;

	if (len == 0)
		return may_be_empty(type);
	reader_init(&r, rdata, len);
	for (const int *part = layout_of(type); *part != 0; part++)
		skip_part(*part, &r);
	return !reader_short(&r) && reader_left(&r) == 0 &&
	    inner_form_is_valid(type, rdata, len);
}

/* Copies one part of the RDATA that ends at end, its name expanded. */
static void
expand_part(int part, struct reader *r, size_t end, struct writer *w)
{
	size_t start = r->pos;
	struct name name;
	struct reader rdata;

	if (part_may_be_compressed(part)) {
		(void)name_read(r, &name);
		writer_octets(w, name.octets, name.len);
	} else if (start <= end) {
		reader_init(&rdata, r->base, end);
		rdata.pos = start;
		skip_part(part, &rdata);
		reader_skip(r, rdata.pos - start);
		r->is_short |= rdata.is_short;
		writer_octets(w, rdata.base + start, rdata.pos - start);
	}
}

/* The RDATA of len octets at r's position, expanded into the arena. */
static int
expand(uint16_t type, struct reader *r, size_t len, struct arena *a,
    struct rdata *rdata_out)
{
	size_t end = r->pos + len;
	size_t room = len + (size_t)KNOT_MAX_RDATA_DNAMES * NAME_LEN_MAX;
	uint8_t *octets = arena_alloc(a, room);
	struct writer w;

	if (octets == NULL)
		return ERR_NOMEM;
	writer_init(&w, octets, room);
	for (const int *part = layout_of(type); *part != 0; part++)
		expand_part(*part, r, end, &w);
	if (reader_short(r) || writer_full(&w) || r->pos != end ||
	    w.len > RDATA_LEN_MAX || !inner_form_is_valid(type, octets, w.len))
		return ERR_MALFORMED;
	rdata_out->octets = octets;
	rdata_out->len = (uint16_t)w.len;
	return 0;
}

static bool
may_have_compressed_names(uint16_t type)
{
	for (const int *part = layout_of(type); *part != 0; part++)
		if (part_may_be_compressed(*part))
			return true;
	return false;
}

int
rdata_read(struct reader *r, uint16_t type, uint16_t len, struct arena *a,
    struct rdata *rdata_out)
{
	const uint8_t *octets;

	memset(rdata_out, 0, sizeof(*rdata_out));
	if (reader_short(r) || reader_left(r) < len)
		return ERR_MALFORMED;
	octets = r->base + r->pos;
	if (!rdata_is_valid(type, octets, len)) {
		if (!may_have_compressed_names(type))
			return ERR_MALFORMED;
		return expand(type, r, len, a, rdata_out);
	}
	reader_skip(r, len);
	rdata_out->octets = octets;
	rdata_out->len = len;
	return 0;
}

/* RFC 4034 section 6.2 (3), without NSEC: RFC 6840 section 5.1. */
static bool
names_are_lowered(uint16_t type)
{
	return type <= TYPE_DNAME || type == TYPE_RRSIG;
}

int
rdata_compare(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len)
{
	size_t shorter = a_len < b_len ? a_len : b_len, start = 0, n;
	struct reader r; /* over a: up to the first difference, b is alike */
	int order;

	if (shorter == 0)
		return (a_len > 0) - (b_len > 0);
	reader_init(&r, a, a_len);
	for (const int *part = layout_of(type); *part != 0; part++) {
		skip_part(*part, &r);
		if (reader_short(&r))
			break;
		n = (r.pos < shorter ? r.pos : shorter) - start;
		order = part_is_name(*part) && names_are_lowered(type)
		    ? name_compare_octets(a + start, b + start, n)
		    : memcmp(a + start, b + start, n);
		if (order != 0)
			return order;
		start += n;
	}
	order = memcmp(a + start, b + start, shorter - start);
	if (order != 0)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

static bool
points_somewhere(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_MD:
	case TYPE_MF:
	case TYPE_CNAME:
	case TYPE_MB:
	case TYPE_MG:
	case TYPE_MR:
	case TYPE_PTR:
	case TYPE_MX:
	case TYPE_AFSDB:
	case TYPE_RT:
	case TYPE_SRV:
	case TYPE_NAPTR:
	case TYPE_KX:
	case TYPE_DNAME:
	case TYPE_LP:
		return true;
	default:
		return false;
	}
}

const uint8_t *
rdata_target(uint16_t type, const uint8_t *rdata, size_t len)
{
	const int *part = layout_of(type);
	struct reader r;

	if (!points_somewhere(type) || len == 0)
		return NULL;
	reader_init(&r, rdata, len);
	while (!part_is_name(*part))
		skip_part(*part++, &r);
	return r.base + r.pos;
}

static uint32_t
soa_field(const uint8_t *rdata, size_t len, unsigned n)
{
	return get_u32(rdata + len - SOA_FIXED_LEN + (size_t)4 * n);
}

uint32_t
soa_serial(const uint8_t *rdata, size_t len)
{
	return soa_field(rdata, len, 0);
}

void
soa_set_serial(uint8_t *rdata, size_t len, uint32_t serial)
{
	put_u32(rdata + len - SOA_FIXED_LEN, serial);
}

uint32_t
soa_refresh(const uint8_t *rdata, size_t len)
{
	return soa_field(rdata, len, 1);
}

uint32_t
soa_retry(const uint8_t *rdata, size_t len)
{
	return soa_field(rdata, len, 2);
}

uint32_t
soa_expire(const uint8_t *rdata, size_t len)
{
	return soa_field(rdata, len, 3);
}

uint32_t
soa_minimum(const uint8_t *rdata, size_t len)
{
	return soa_field(rdata, len, 4);
}

/* RFC 3597 section 5: "\# length hexadecimal". */
static int
to_generic_text(const uint8_t *rdata, size_t len, char *text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	int head = snprintf(text, size, len == 0 ? "\\# 0" : "\\# %zu ", len);

	if ((size_t)head + 2 * len >= size)
		return ERR_NOSPACE;
	text += head;
	for (size_t i = 0; i < len; i++) {
		*text++ = digits[rdata[i] >> 4];
		*text++ = digits[rdata[i] & 15];
	}
	*text = '\0';
	return 0;
}

/* libknot wants the RDATA behind its length: copied to holder. */
static int
to_knot_text(uint16_t type, const uint8_t *rdata, size_t len, char *text,
    size_t size, knot_rdata_t *holder)
{
	static uint8_t root[1];
	knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;
	knot_rrset_t rrset;

	style.wrap = false;
	knot_rdata_init(holder, (uint16_t)len, rdata);
	knot_rrset_init(&rrset, root, type, KNOT_CLASS_IN, 0);
	rrset.rrs.count = 1;
	rrset.rrs.size = (uint32_t)knot_rdata_size((uint16_t)len);
	rrset.rrs.rdata = holder;
	return knot_rrset_txt_dump_data(&rrset, 0, text, size, &style) < 0
	    ? ERR_NOSPACE
	    : 0;
}

int
rdata_to_text(uint16_t type, const uint8_t *rdata, size_t len, char *text,
    size_t size)
{
	union {
		knot_rdata_t rdata;
		uint8_t octets[1024];
	} usual;
	knot_rdata_t *large = NULL;
	int ret;

	if (size == 0)
		return ERR_NOSPACE;
	if (!rdata_is_valid(type, rdata, len))
		return to_generic_text(rdata, len, text, size);
	if (knot_rdata_size((uint16_t)len) > sizeof(usual)) {
		large = malloc(knot_rdata_size((uint16_t)len));
		if (large == NULL)
			return ERR_NOMEM;
	}
	ret = to_knot_text(type, rdata, len, text, size,
	    large != NULL ? large : &usual.rdata);
	free(large);
	/* The dumper fails alike for want of room and for what it knows not. */
	if (ret != 0)
		ret = to_generic_text(rdata, len, text, size);
	return ret;
}
