/*
 * clear.c - what a token says in clear text, before any key is asked
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DER with definite lengths only.  Every element is read into a reader of
 * its own, so nothing inside can reach outside; the nesting is that of the
 * formats, written out, without recursion.
 */
#include <string.h>
#include <time.h>

#include "daemon/base/buf.h"
#include "daemon/base/log.h"
#include "daemon/gss/clear.h"

/* Tags (ITU-T X.690); [n] is CONTEXT(n). */
#define TAG_INTEGER 0x02
#define TAG_BITS 0x03
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_GENERALIZED_TIME 0x18
#define TAG_GENERAL_STRING 0x1b
#define TAG_SEQUENCE 0x30
#define TAG_GSS 0x60           /* [APPLICATION 0], RFC 2743 section 3.1 */
#define TAG_AUTHENTICATOR 0x62 /* [APPLICATION 2], RFC 4120 section 5.5.1 */
#define TAG_TICKET 0x61        /* [APPLICATION 1], RFC 4120 section 5.3 */
#define TAG_AP_REQ 0x6e        /* [APPLICATION 14], section 5.5.1 */
#define CONTEXT(n) (0xa0 + (n))

#define LENGTH_OCTETS_MAX 4
#define MECHANISMS_MAX 16 /* of a SPNEGO list that we look at */

/* What an OID stands for. */
static const struct oid {
	uint8_t len;
	uint8_t octets[10];
	unsigned mechanism;
} oids[] = {
    /* 1.2.840.113554.1.2.2 (RFC 4121) */
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2}, CLEAR_MECH_KRB5},
    /* 1.2.840.48018.1.2.2: Windows 2000's misprint of it */
    {9, {0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2}, CLEAR_MECH_MS_KRB5},
    /* 1.3.6.1.4.1.311.2.2.10 */
    {10, {0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10}, CLEAR_MECH_NTLM},
    /* 1.3.6.1.4.1.311.2.2.30 */
    {10, {0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 30}, CLEAR_MECH_NEGOEX},
    /* 1.3.6.1.5.2.5 */
    {6, {0x2b, 6, 1, 5, 2, 5}, CLEAR_MECH_IAKERB},
};

static const uint8_t oid_spnego[] = {0x2b, 6, 1, 5, 5, 2};
static const char ntlm_magic[] = "NTLMSSP"; /* with its octet 0 */

static unsigned
mechanism_of(const uint8_t *oid, size_t len)
{
	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
		if (len == oids[i].len && memcmp(oid, oids[i].octets, len) == 0)
			return oids[i].mechanism;
	return CLEAR_MECH_OTHER;
}

static size_t
read_length(struct reader *r)
{
	size_t len = reader_u8(r);
	unsigned n;

	if (len < 0x80)
		return len;
	n = len & 0x7f;
	if (n == 0 || n > LENGTH_OCTETS_MAX) {
		r->is_short = true; /* indefinite, or absurd */
		return 0;
	}
	for (len = 0; n > 0; n--)
		len = len << 8 | reader_u8(r);
	return len;
}

/* Nothing is left, and nothing was missing. */
static bool
is_read(const struct reader *r)
{
	return !r->is_short && reader_left(r) == 0;
}

static bool
next_is(const struct reader *r, uint8_t tag)
{
	return !r->is_short && r->pos < r->len && r->base[r->pos] == tag;
}

/* The element with this tag at r's position; anything else makes both short. */
static struct reader
enter(struct reader *r, uint8_t tag)
{
	struct reader inner = {.is_short = true};
	const uint8_t *octets;
	size_t len;

	if (!next_is(r, tag)) {
		r->is_short = true;
		return inner;
	}
	reader_skip(r, 1);
	len = read_length(r);
	octets = reader_octets(r, len);
	if (octets != NULL)
		reader_init(&inner, octets, len);
	return inner;
}

/* The same behind other elements: skips until the tag comes. */
static struct reader
find(struct reader *r, uint8_t tag)
{
	while (!r->is_short && r->pos < r->len && !next_is(r, tag)) {
		reader_skip(r, 1);
		reader_skip(r, read_length(r));
	}
	return enter(r, tag);
}

static struct clear_octets
rest_of(const struct reader *r)
{
	struct clear_octets o = {NULL, 0};

	if (!r->is_short) {
		o.octets = r->base + r->pos;
		o.len = reader_left(r);
	}
	return o;
}

/* A non-negative INTEGER or Int32 of at most four octets (a fifth may be 0). */
static bool
read_integer(struct reader r, int64_t *value_out)
{
	struct reader in = enter(&r, TAG_INTEGER);
	size_t len = reader_left(&in);
	int64_t v;

	*value_out = 0;
	if (in.is_short || len == 0 || len > 5)
		return false;
	v = (int8_t)reader_u8(&in);
	while (--len > 0)
		v = (int64_t)((uint64_t)v << 8 | reader_u8(&in));
	*value_out = v;
	return true;
}

/* PrincipalName: [1] SEQUENCE OF GeneralString. */
static bool
read_sname(struct reader outer, struct clear_ap_req *ap)
{
	struct reader name = enter(&outer, TAG_SEQUENCE);
	struct reader tagged = find(&name, CONTEXT(1));
	struct reader list = enter(&tagged, TAG_SEQUENCE);

	while (!list.is_short && reader_left(&list) > 0) {
		struct reader s = enter(&list, TAG_GENERAL_STRING);

		if (s.is_short || ap->n_components == CLEAR_COMPONENTS_MAX)
			return false;
		ap->components[ap->n_components++] = rest_of(&s);
	}
	return !list.is_short && ap->n_components > 0;
}

/* EncryptedData: [0] etype, [1] kvno OPTIONAL, [2] cipher. */
static bool
read_encrypted(struct reader outer, int64_t *enctype_out, bool *has_kvno_out,
    int64_t *kvno_out, struct clear_octets *cipher_out)
{
	struct reader data = enter(&outer, TAG_SEQUENCE);
	struct reader cipher;
	bool ok;

	ok = read_integer(enter(&data, CONTEXT(0)), enctype_out);
	*has_kvno_out = next_is(&data, CONTEXT(1));
	if (*has_kvno_out)
		ok = ok && read_integer(enter(&data, CONTEXT(1)), kvno_out);
	cipher = enter(&data, CONTEXT(2));
	cipher = enter(&cipher, TAG_OCTETS);
	*cipher_out = rest_of(&cipher);
	return ok && !cipher.is_short && !data.is_short;
}

/* Ticket: [0] vno, [1] realm, [2] sname, [3] EncryptedData. */
static bool
read_ticket(struct reader outer, struct clear_ap_req *ap)
{
	struct clear_octets whole = rest_of(&outer);
	struct reader application = enter(&outer, TAG_TICKET);
	struct reader ticket = enter(&application, TAG_SEQUENCE);
	struct reader realm = find(&ticket, CONTEXT(1));
	struct clear_octets cipher;
	int64_t enctype, kvno = 0;

	ap->ticket = whole;
	realm = enter(&realm, TAG_GENERAL_STRING);
	ap->realm = rest_of(&realm);
	if (realm.is_short || !read_sname(enter(&ticket, CONTEXT(2)), ap))
		return false;
	if (!read_encrypted(enter(&ticket, CONTEXT(3)), &enctype, &ap->has_kvno,
		&kvno, &cipher))
		return false;
	ap->enctype = (int32_t)enctype;
	ap->kvno = (uint32_t)kvno;
	return true;
}

/* AP-REQ: [0] pvno, [1] msg-type, [2] options, [3] ticket, [4] authenticator.
 */
static bool
read_ap_req(const struct reader *at, struct clear_ap_req *ap)
{
	struct reader r = *at;
	struct reader application = enter(&r, TAG_AP_REQ);
	struct reader ap_req = enter(&application, TAG_SEQUENCE);
	struct reader options = find(&ap_req, CONTEXT(2));
	int64_t enctype, kvno;
	bool has_kvno;

	if (r.is_short)
		return false;
	ap->whole.octets = at->base + at->pos;
	ap->whole.len = r.pos - at->pos;
	options = enter(&options, TAG_BITS);
	reader_skip(&options, 1);                             /* unused bits */
	ap->wants_mutual = (reader_u8(&options) & 0x20) != 0; /* bit 2 */
	if (options.is_short || !read_ticket(enter(&ap_req, CONTEXT(3)), ap))
		return false;
	return read_encrypted(enter(&ap_req, CONTEXT(4)), &enctype, &has_kvno,
	    &kvno, &ap->authenticator);
}

/*
 * What follows the mechanism's OID, if that is krb5: TOK_ID 01 00 and an AP-REQ
 * (RFC 4121 section 4.1).
 */
static void
read_krb5(struct reader *r, unsigned mechanism, struct clear_token *c)
{
	if ((mechanism & (CLEAR_MECH_KRB5 | CLEAR_MECH_MS_KRB5)) == 0)
		return;
	if (reader_u16(r) != 0x0100 || r->is_short)
		return;
	c->has_ap_req = read_ap_req(r, &c->ap_req);
	if (c->has_ap_req)
		c->ap_req_mechanism = mechanism;
	else
		memset(&c->ap_req, 0, sizeof(c->ap_req));
}

/* The mechanism's own token inside SPNEGO: only krb5's is looked into. */
static void
read_inner(struct reader inner, struct clear_token *c)
{
	struct reader gss = enter(&inner, TAG_GSS);
	struct reader oid = enter(&gss, TAG_OID);
	struct clear_octets o = rest_of(&oid);

	c->is_plain = c->is_plain && is_read(&inner);
	if (!oid.is_short)
		read_krb5(&gss, mechanism_of(o.octets, o.len), c);
}

/* mechTypes; true if that is all of them. */
static bool
read_mechanisms(struct reader types, struct clear_token *c)
{
	for (int n = 0; n < MECHANISMS_MAX && reader_left(&types) > 0; n++) {
		struct reader oid = enter(&types, TAG_OID);
		struct clear_octets o = rest_of(&oid);

		if (oid.is_short)
			break;
		c->mechanisms |= mechanism_of(o.octets, o.len);
		if (n == 0)
			c->first = c->mechanisms;
	}
	return is_read(&types);
}

/*
 * NegTokenInit (RFC 4178 section 4.2.1): [0] mechTypes, [1] reqFlags,
 * [2] mechToken; [3] is a MIC, or a hint of Windows.
 */
static void
read_spnego_init(struct reader *outer, struct clear_token *c)
{
	struct reader tagged = enter(outer, CONTEXT(0));
	struct reader init = enter(&tagged, TAG_SEQUENCE);
	struct reader list = enter(&init, CONTEXT(0));
	struct reader types = enter(&list, TAG_SEQUENCE);
	struct reader token, octets;
	bool is_whole;

	if (types.is_short) {
		c->kind = CLEAR_MALFORMED;
		return;
	}
	c->kind = CLEAR_SPNEGO_INIT;
	is_whole = read_mechanisms(types, c) && is_read(&list) &&
	    is_read(&tagged) && is_read(outer);
	if (next_is(&init, CONTEXT(1)))
		(void)enter(&init, CONTEXT(1));
	is_whole = is_whole && next_is(&init, CONTEXT(2));
	token = find(&init, CONTEXT(2));
	octets = enter(&token, TAG_OCTETS);
	c->is_plain =
	    c->is_plain && is_whole && is_read(&init) && is_read(&token);
	read_inner(octets, c);
}

/* NegTokenResp (section 4.2.2): [2] responseToken. */
static void
read_spnego_reply(struct reader *outer, struct clear_token *c)
{
	struct reader tagged = enter(outer, CONTEXT(1));
	struct reader reply = enter(&tagged, TAG_SEQUENCE);
	struct reader token;

	if (reply.is_short) {
		c->kind = CLEAR_MALFORMED;
		return;
	}
	c->kind = CLEAR_SPNEGO_REPLY;
	token = find(&reply, CONTEXT(2));
	read_inner(enter(&token, TAG_OCTETS), c);
}

static void
read_gss(struct reader *r, struct clear_token *c)
{
	struct reader gss = enter(r, TAG_GSS);
	struct reader oid = enter(&gss, TAG_OID);
	struct clear_octets o = rest_of(&oid);

	c->kind = CLEAR_MALFORMED;
	c->is_plain = is_read(r);
	if (oid.is_short)
		return;
	if (o.len == sizeof(oid_spnego) &&
	    memcmp(o.octets, oid_spnego, o.len) == 0) {
		read_spnego_init(&gss, c);
		return;
	}
	c->mechanisms = mechanism_of(o.octets, o.len);
	c->kind = CLEAR_OTHER;
	if ((c->mechanisms & (CLEAR_MECH_KRB5 | CLEAR_MECH_MS_KRB5)) != 0) {
		c->kind = CLEAR_KRB5;
		read_krb5(&gss, c->mechanisms, c);
	}
}

void
clear_read(const uint8_t *token, size_t len, struct clear_token *c_out)
{
	struct reader r;

	memset(c_out, 0, sizeof(*c_out));
	reader_init(&r, token, len);
	if (len == 0) {
		c_out->kind = CLEAR_EMPTY;
	} else if (len >= sizeof(ntlm_magic) &&
	    memcmp(token, ntlm_magic, sizeof(ntlm_magic)) == 0) {
		c_out->kind = CLEAR_NTLM;
		c_out->mechanisms = CLEAR_MECH_NTLM;
	} else if (next_is(&r, CONTEXT(1))) {
		read_spnego_reply(&r, c_out);
	} else if (next_is(&r, CONTEXT(0))) {
		read_spnego_init(&r, c_out); /* Windows: without the frame */
	} else {
		read_gss(&r, c_out);
	}
}

/* Appends escaped octets; text stays ended. */
static void
append(char *text, size_t size, const char *octets, size_t len)
{
	size_t at = strlen(text);

	if (at + 1 < size)
		(void)log_escape(octets, len, text + at, size - at);
}

char *
clear_sname_text(const struct clear_ap_req *ap, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned i = 0; i < ap->n_components; i++) {
		if (i > 0)
			append(text, size, "/", 1);
		append(text, size, (const char *)ap->components[i].octets,
		    ap->components[i].len);
	}
	append(text, size, "@", 1);
	append(text, size, (const char *)ap->realm.octets, ap->realm.len);
	return text;
}

/* "20261231235959Z" */
static int64_t
read_time(struct reader *r)
{
	static const uint8_t digits[] = {4, 2, 2, 2, 2, 2};
	int fields[6] = {0};
	struct tm tm = {.tm_sec = 0};

	for (size_t i = 0; i < sizeof(digits); i++)
		for (uint8_t n = 0; n < digits[i]; n++) {
			uint8_t c = reader_u8(r);

			if (c < '0' || c > '9')
				return 0;
			fields[i] = fields[i] * 10 + (c - '0');
		}
	tm.tm_year = fields[0] - 1900;
	tm.tm_mon = fields[1] - 1;
	tm.tm_mday = fields[2];
	tm.tm_hour = fields[3];
	tm.tm_min = fields[4];
	tm.tm_sec = fields[5];
	return r->is_short ? 0 : (int64_t)timegm(&tm);
}

int64_t
clear_authenticator_time(const uint8_t *octets, size_t len)
{
	struct reader r, application, authenticator, time;

	reader_init(&r, octets, len);
	application = enter(&r, TAG_AUTHENTICATOR);
	authenticator = enter(&application, TAG_SEQUENCE);
	time = find(&authenticator, CONTEXT(5));
	time = enter(&time, TAG_GENERALIZED_TIME);
	return time.is_short ? 0 : read_time(&time);
}
