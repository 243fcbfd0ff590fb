/*
 * pac.c - the logon information of a PAC (MS-PAC 2.5, KERB_VALIDATION_INFO)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NDR (C706 chapter 14) puts a structure's fixed fields first, a pointer among
 * them as a number that is 0 for NULL, and then what the pointers lead to, in
 * the order of the pointers.  Here all of it is made of 16- and 32-bit numbers,
 * aligned to their size.
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/identity/pac.h"

/* Type serialization version 1 (MS-RPCE 2.2.6.1, 2.2.6.2). */
#define SERIAL_VERSION 1
#define SERIAL_LITTLE_ENDIAN 0x10
#define SERIAL_BIG_ENDIAN 0x00
#define SERIAL_COMMON_LEN 8

#define FILETIME_LEN 8
#define SESSION_KEY_LEN 16

/* GROUP_MEMBERSHIP (MS-PAC 2.2.2): RID and attributes;
 * KERB_SID_AND_ATTRIBUTES (2.2.1): pointer and attributes. */
#define ITEM_LEN 8

/* Attributes of a group (MS-PAC 2.2.1). */
#define GROUP_ENABLED 0x04u
#define GROUP_DENY_ONLY 0x10u

/* RPC_UNICODE_STRING: octets, and where they are. */
struct string_field {
	uint16_t len;
	uint32_t pointer;
};

/* A count, and a pointer to so many. */
struct array_field {
	uint32_t n;
	uint32_t pointer;
};

/* The fixed fields that something hangs on. */
struct fixed {
	struct string_field account_name;
	struct string_field ignored[5]; /* full name, script, profile, home */
	struct array_field groups;
	struct string_field logon_server;
	struct string_field domain_name;
	uint32_t domain_pointer;
	uint32_t user_rid;
	struct array_field extra;
	uint32_t resource_domain_pointer;
	struct array_field resource;
};

static int
malformed(struct reason *reason, const char *what)
{
	reason_set(reason, "PAC logon information: %s", what);
	return ERR_MALFORMED;
}

/* Both headers; *object_out reads what they announce. */
static int
read_headers(const void *octets, size_t len, struct reader *object_out,
    struct reason *reason)
{
	struct reader r;
	uint8_t version, order;
	uint16_t header_len;
	uint32_t object_len;

	reader_init(&r, octets, len);
	version = reader_u8(&r);
	order = reader_u8(&r);
	header_len = reader_le_u16(&r);
	reader_skip(&r, 4); /* filler */
	object_len = reader_le_u32(&r);
	reader_skip(&r, 4); /* filler */
	if (reader_short(&r))
		return malformed(reason, "no NDR header");
	if (order == SERIAL_BIG_ENDIAN) {
		reason_set(reason, "PAC logon information is big-endian");
		return ERR_UNSUPPORTED;
	}
	if (version != SERIAL_VERSION || order != SERIAL_LITTLE_ENDIAN ||
	    header_len != SERIAL_COMMON_LEN)
		return malformed(reason, "the NDR header is not of version 1");
	if (object_len > reader_left(&r))
		return malformed(reason, "shorter than its NDR header says");
	reader_init(object_out, r.base + r.pos, object_len);
	return 0;
}

/* To the next multiple of 4: all headers have been multiples of 8. */
static void
align(struct reader *r)
{
	reader_skip(r, -r->pos & 3);
}

static struct string_field
read_string_field(struct reader *r)
{
	struct string_field f = {.len = reader_le_u16(r)};

	reader_skip(r, 2); /* MaximumLength */
	f.pointer = reader_le_u32(r);
	return f;
}

static struct array_field
read_array_field(struct reader *r)
{
	struct array_field f = {.n = reader_le_u32(r)};

	f.pointer = reader_le_u32(r);
	return f;
}

static void
read_fixed(struct reader *r, struct fixed *f, struct pac_logon *pac)
{
	reader_skip(r, 6 * FILETIME_LEN); /* LogonTime to PasswordMustChange */
	f->account_name = read_string_field(r);
	for (size_t i = 0; i < sizeof(f->ignored) / sizeof(f->ignored[0]); i++)
		f->ignored[i] = read_string_field(r);
	reader_skip(r, 2 + 2); /* LogonCount, BadPasswordCount */
	f->user_rid = reader_le_u32(r);
	pac->primary_group = reader_le_u32(r);
	f->groups = read_array_field(r);
	reader_skip(r, 4 + SESSION_KEY_LEN); /* UserFlags */
	f->logon_server = read_string_field(r);
	f->domain_name = read_string_field(r);
	f->domain_pointer = reader_le_u32(r);
	reader_skip(r, 8); /* Reserved1 */
	pac->account_flags = reader_le_u32(r);
	/* SubAuthStatus, last logons, FailedILogonCount, Reserved3 */
	reader_skip(r, 4 + 2 * FILETIME_LEN + 4 + 4);
	f->extra = read_array_field(r);
	f->resource_domain_pointer = reader_le_u32(r);
	f->resource = read_array_field(r);
}

/* One character of UTF-16; what is none, or 0, makes the reader short. */
static uint32_t
read_character(struct reader *r)
{
	uint32_t c = reader_le_u16(r), low;

	if (c >= 0xd800 && c < 0xdc00) {
		low = reader_le_u16(r);
		if (low < 0xdc00 || low >= 0xe000)
			r->is_short = true;
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
	} else if (c == 0 || (c >= 0xdc00 && c < 0xe000)) {
		r->is_short = true;
	}
	return c;
}

static char *
write_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* A conformant and varying array of UTF-16 units; NULL: there is none. */
static const uint8_t *
read_units(struct reader *r, const struct string_field *f)
{
	uint32_t room, offset, n;

	if (f->pointer == 0) {
		if (f->len != 0)
			r->is_short = true;
		return NULL;
	}
	align(r);
	room = reader_le_u32(r);
	offset = reader_le_u32(r);
	n = reader_le_u32(r);
	if (offset != 0 || n > room || n * 2ull != f->len) {
		r->is_short = true;
		return NULL;
	}
	return reader_octets(r, f->len);
}

static void
skip_string(struct reader *r, const struct string_field *f)
{
	(void)read_units(r, f);
}

/* Into text[PAC_NAME_SIZE]; empty if there is none. */
static int
read_name(struct reader *r, const struct string_field *f, char *text,
    struct reason *reason)
{
	const uint8_t *units = read_units(r, f);
	struct reader from;

	*text = '\0';
	if (units == NULL)
		return reader_short(r) ? malformed(reason, "broken name") : 0;
	if (f->len > 2 * PAC_NAME_UNITS_MAX) {
		reason_set(reason, "PAC logon information: a name has %u units",
		    f->len / 2u);
		return ERR_RANGE;
	}
	reader_init(&from, units, f->len);
	while (reader_left(&from) > 0 && !reader_short(&from))
		text = write_utf8(text, read_character(&from));
	*text = '\0';
	return reader_short(&from) ? malformed(reason, "name is not UTF-16")
				   : 0;
}

/* NDR tells an array's size before its items: the count once more. */
static bool
array_starts(struct reader *r, uint32_t n)
{
	align(r);
	if (reader_le_u32(r) != n)
		r->is_short = true;
	return !reader_short(r);
}

static uint32_t
get_le_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/* What stands first in item i: a RID, or the pointer to a SID. */
static uint32_t
item_value(const struct pac_array *a, uint32_t i)
{
	return get_le_u32(a->octets + i * ITEM_LEN);
}

static uint32_t
item_attributes(const struct pac_array *a, uint32_t i)
{
	return get_le_u32(a->octets + i * ITEM_LEN + 4);
}

/*
 * Nobody makes groups that only denials may look at, and we have no such
 * notion: taken for any other they would grant, passed over they would not
 * deny.
 */
static int
read_array(struct reader *r, const struct array_field *f,
    struct pac_array *array_out, struct reason *reason)
{
	if (f->pointer == 0)
		return f->n == 0 ? 0 : malformed(reason, "groups are missing");
	if (!array_starts(r, f->n))
		return malformed(reason, "broken array of groups");
	array_out->octets = reader_octets(r, (size_t)f->n * ITEM_LEN);
	if (array_out->octets == NULL)
		return malformed(reason, "groups are cut");
	array_out->n = f->n;
	for (uint32_t i = 0; i < f->n; i++)
		if ((item_attributes(array_out, i) & GROUP_DENY_ONLY) != 0) {
			reason_set(reason,
			    "PAC logon information has a group for denials "
			    "only");
			return ERR_UNSUPPORTED;
		}
	return 0;
}

static int
read_sid(struct reader *r, struct sid *sid_out, struct reason *reason)
{
	uint32_t n_subs;

	align(r);
	n_subs = reader_le_u32(r);
	if (sid_read(r, sid_out) != 0 || sid_out->n_subs != n_subs)
		return malformed(reason, "broken SID");
	return 0;
}

/* A SID that RIDs can be put to. */
static int
read_domain(struct reader *r, struct sid *sid_out, struct reason *reason)
{
	int ret = read_sid(r, sid_out, reason);

	if (ret == 0 && sid_out->n_subs == SID_SUBS_MAX)
		return malformed(reason, "domain SID without room for a RID");
	return ret;
}

/* The array of pointers, then all the SIDs. */
static int
read_extra(struct reader *r, const struct array_field *f, struct pac_logon *pac,
    struct reason *reason)
{
	struct sid sid;
	int ret;

	ret = read_array(r, f, &pac->extra, reason);
	if (ret != 0)
		return ret;
	pac->extra_sids = r->base + r->pos;
	for (uint32_t i = 0; i < pac->extra.n; i++) {
		if (item_value(&pac->extra, i) == 0)
			return malformed(reason, "an extra SID is missing");
		ret = read_sid(r, &sid, reason);
		if (ret != 0)
			return ret;
	}
	pac->extra_sids_len = (size_t)(r->base + r->pos - pac->extra_sids);
	return 0;
}

static int
read_resource(struct reader *r, const struct fixed *f, struct pac_logon *pac,
    struct reason *reason)
{
	int ret;

	if (f->resource_domain_pointer != 0) {
		ret = read_domain(r, &pac->resource_domain, reason);
		if (ret != 0)
			return ret;
	} else if (f->resource.n > 0) {
		return malformed(reason, "resource groups have no domain");
	}
	return read_array(r, &f->resource, &pac->resource, reason);
}

/* What the pointers lead to, in their order. */
static int
read_deferred(struct reader *r, const struct fixed *f, struct pac_logon *pac,
    struct reason *reason)
{
	int ret;

	ret = read_name(r, &f->account_name, pac->account_name, reason);
	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof(f->ignored) / sizeof(f->ignored[0]); i++)
		skip_string(r, &f->ignored[i]);
	ret = read_array(r, &f->groups, &pac->groups, reason);
	if (ret != 0)
		return ret;
	skip_string(r, &f->logon_server);
	ret = read_name(r, &f->domain_name, pac->domain_name, reason);
	if (ret != 0)
		return ret;
	if (f->domain_pointer == 0)
		return malformed(reason, "no domain SID");
	ret = read_domain(r, &pac->domain, reason);
	if (ret != 0)
		return ret;
	ret = read_extra(r, &f->extra, pac, reason);
	if (ret != 0)
		return ret;
	return read_resource(r, f, pac, reason);
}

/* An account whose RID is 0 is named by the first extra SID (MS-PAC 2.5). */
static int
set_account(struct pac_logon *pac, uint32_t rid, struct reason *reason)
{
	struct reader r;

	if (rid != 0) {
		(void)sid_join(&pac->domain, rid, &pac->account);
		return 0;
	}
	if (pac->extra.n == 0)
		return malformed(reason, "no SID of the account");
	reader_init(&r, pac->extra_sids, pac->extra_sids_len);
	return read_sid(&r, &pac->account, reason);
}

static int
read_logon(const void *octets, size_t len, struct pac_logon *pac,
    struct reason *reason)
{
	struct reader r;
	struct fixed f;
	int ret;

	ret = read_headers(octets, len, &r, reason);
	if (ret != 0)
		return ret;
	if (reader_le_u32(&r) == 0)
		return malformed(reason, "nothing in it");
	read_fixed(&r, &f, pac);
	if (reader_short(&r))
		return malformed(reason, "fixed part is cut");
	if ((uint64_t)f.groups.n + f.extra.n + f.resource.n > PAC_GROUPS_MAX) {
		reason_set(reason,
		    "PAC logon information has %u + %u + %u groups, which is "
		    "more than %d",
		    f.groups.n, f.extra.n, f.resource.n, PAC_GROUPS_MAX);
		return ERR_RANGE;
	}
	ret = read_deferred(&r, &f, pac, reason);
	if (ret != 0)
		return ret;
	return set_account(pac, f.user_rid, reason);
}

int
pac_read(const void *octets, size_t len, struct pac_logon *pac_out,
    struct reason *reason)
{
	int ret;

	memset(pac_out, 0, sizeof(*pac_out));
	ret = read_logon(octets, len, pac_out, reason);
	if (ret != 0)
		memset(pac_out, 0, sizeof(*pac_out));
	return ret;
}

void
pac_sids_start(struct pac_sids *walk, const struct pac_logon *pac)
{
	walk->pac = pac;
	walk->n_done = 0;
	reader_init(&walk->extra, pac->extra_sids, pac->extra_sids_len);
}

/* Item i of all three lists; false: it is not enabled. */
static bool
take_sid(struct pac_sids *walk, uint32_t i, const struct sid **base_out,
    uint32_t *rid_out)
{
	const struct pac_logon *pac = walk->pac;
	const struct pac_array *a = &pac->groups;

	*base_out = &pac->domain;
	if (i >= a->n) {
		i -= a->n;
		a = &pac->extra;
		*base_out = &walk->extra_base;
	}
	if (i >= a->n) {
		i -= a->n;
		a = &pac->resource;
		*base_out = &pac->resource_domain;
	}
	*rid_out = item_value(a, i);
	if (a == &pac->extra) {
		(void)read_sid(&walk->extra, &walk->extra_base, NULL);
		*rid_out = sid_split(&walk->extra_base);
	}
	return (item_attributes(a, i) & GROUP_ENABLED) != 0;
}

bool
pac_sids_next(struct pac_sids *walk, const struct sid **base_out,
    uint32_t *rid_out)
{
	const struct pac_logon *pac = walk->pac;

	while (walk->n_done < pac->groups.n + pac->extra.n + pac->resource.n)
		if (take_sid(walk, walk->n_done++, base_out, rid_out))
			return true;
	return false;
}
