/*
 * sid.c - security identifiers of Active Directory (MS-DTYP 2.4.2)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/sid.h"

#define REVISION 1
#define HEX_AUTHORITY_DIGITS 12
#define DECIMAL_DIGITS_MAX 10

int
sid_read(struct reader *r, struct sid *sid_out)
{
	uint8_t revision = reader_u8(r), n_subs = reader_u8(r);
	const uint8_t *authority = reader_octets(r, sizeof(sid_out->authority));

	memset(sid_out, 0, sizeof(*sid_out));
	if (authority == NULL || revision != REVISION || n_subs == 0 ||
	    n_subs > SID_SUBS_MAX || reader_left(r) < n_subs * 4u)
		return ERR_MALFORMED;
	memcpy(sid_out->authority, authority, sizeof(sid_out->authority));
	sid_out->n_subs = n_subs;
	for (unsigned i = 0; i < n_subs; i++)
		sid_out->subs[i] = reader_le_u32(r);
	return 0;
}

size_t
sid_write(const struct sid *sid, uint8_t octets[SID_LEN_MAX])
{
	uint8_t *p = octets + 2 + sizeof(sid->authority);

	octets[0] = REVISION;
	octets[1] = sid->n_subs;
	memcpy(octets + 2, sid->authority, sizeof(sid->authority));
	for (unsigned i = 0; i < sid->n_subs; i++)
		for (unsigned shift = 0; shift < 32; shift += 8)
			*p++ = (uint8_t)(sid->subs[i] >> shift);
	return (size_t)(p - octets);
}

/* Decimal digits, at least one, below 2^32. */
static int
read_decimal(const char **text_io, uint32_t *number_out)
{
	const char *p = *text_io;
	uint64_t n = 0;

	*number_out = 0;
	for (; isdigit((unsigned char)*p); p++) {
		if (p - *text_io == DECIMAL_DIGITS_MAX)
			return ERR_MALFORMED;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (p == *text_io || n > UINT32_MAX)
		return ERR_MALFORMED;
	*text_io = p;
	*number_out = (uint32_t)n;
	return 0;
}

static int
read_hex(const char **text_io, uint64_t *number_out)
{
	const char *p = *text_io;
	uint64_t n = 0;
	int digit;

	for (int i = 0; i < HEX_AUTHORITY_DIGITS; i++, p++) {
		if (!isxdigit((unsigned char)*p))
			return ERR_MALFORMED;
		digit = isdigit((unsigned char)*p)
		    ? *p - '0'
		    : tolower((unsigned char)*p) - 'a' + 10;
		n = n << 4 | (uint64_t)digit;
	}
	*text_io = p;
	*number_out = n;
	return 0;
}

static int
read_authority(const char **text_io, struct sid *sid)
{
	uint64_t n = 0;
	uint32_t decimal;
	int ret;

	if (strncasecmp(*text_io, "0x", 2) == 0) {
		*text_io += 2;
		ret = read_hex(text_io, &n);
	} else {
		ret = read_decimal(text_io, &decimal);
		n = decimal;
	}
	for (size_t i = sizeof(sid->authority); i-- > 0; n >>= 8)
		sid->authority[i] = (uint8_t)n;
	return ret;
}

static int
read_text(const char *text, struct sid *sid)
{
	int ret;

	if (strncasecmp(text, "S-1-", 4) != 0)
		return ERR_MALFORMED;
	text += 4;
	ret = read_authority(&text, sid);
	while (ret == 0 && *text == '-' && sid->n_subs < SID_SUBS_MAX) {
		text++;
		ret = read_decimal(&text, &sid->subs[sid->n_subs++]);
	}
	if (ret != 0 || *text != '\0' || sid->n_subs == 0)
		return ERR_MALFORMED;
	return 0;
}

int
sid_from_text(const char *text, struct sid *sid_out)
{
	struct sid sid = {.n_subs = 0};
	int ret = read_text(text, &sid);

	memset(sid_out, 0, sizeof(*sid_out));
	if (ret == 0)
		*sid_out = sid;
	return ret;
}

const char *
sid_to_text(const struct sid *sid, char *text)
{
	uint64_t authority = 0;
	size_t len;

	for (size_t i = 0; i < sizeof(sid->authority); i++)
		authority = authority << 8 | sid->authority[i];
	len = (size_t)snprintf(text, SID_TEXT_SIZE,
	    authority > UINT32_MAX ? "S-1-0x%012" PRIx64 : "S-1-%" PRIu64,
	    authority);
	for (unsigned i = 0; i < sid->n_subs; i++)
		len += (size_t)snprintf(text + len, SID_TEXT_SIZE - len,
		    "-%" PRIu32, sid->subs[i]);
	return text;
}

/* The authority and the first n_subs sub-authorities of both are the same. */
static bool
same_start(const struct sid *a, const struct sid *b, unsigned n_subs)
{
	return memcmp(a->authority, b->authority, sizeof(a->authority)) == 0 &&
	    memcmp(a->subs, b->subs, n_subs * sizeof(a->subs[0])) == 0;
}

bool
sid_equal(const struct sid *a, const struct sid *b)
{
	return a->n_subs == b->n_subs && same_start(a, b, a->n_subs);
}

bool
sid_join(const struct sid *base, uint32_t rid, struct sid *sid_out)
{
	if (base->n_subs == SID_SUBS_MAX)
		return false;
	*sid_out = *base;
	sid_out->subs[sid_out->n_subs++] = rid;
	return true;
}

bool
sid_is_below(const struct sid *sid, const struct sid *base, uint32_t *rid_out)
{
	if (sid->n_subs != base->n_subs + 1u ||
	    !same_start(sid, base, base->n_subs))
		return false;
	*rid_out = sid->subs[base->n_subs];
	return true;
}

uint32_t
sid_split(struct sid *sid)
{
	uint32_t rid;

	assert(sid->n_subs > 0);
	rid = sid->subs[--sid->n_subs];
	sid->subs[sid->n_subs] = 0;
	return rid;
}
