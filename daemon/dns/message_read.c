/*
 * message_read.c - a DNS message, read once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/dns/message_read.h"
#include "daemon/dns/rdata.h"

/* The least that a question or an RR can take: counts cannot lie by more. */
#define QUESTION_LEN_MIN 5
#define RR_LEN_MIN 11

static enum rcode
rcode_of(int err)
{
	if (err == 0)
		return RCODE_NOERROR;
	return err == ERR_NOMEM ? RCODE_SERVFAIL : RCODE_FORMERR;
}

static enum rcode
read_questions(struct reader *r, uint16_t n, struct message *m)
{
	struct question q, *to = &m->question;
	size_t start;

	if (n > reader_left(r) / QUESTION_LEN_MIN)
		return RCODE_FORMERR;
	for (uint16_t i = 0; i < n; i++) {
		start = r->pos;
		(void)name_read(r, &to->name);
		/* Nothing to point to is before the first name. */
		if (i == 0 && r->pos - start != to->name.len)
			return RCODE_FORMERR;
		to->type = reader_u16(r);
		to->class = reader_u16(r);
		to = &q;
	}
	if (reader_short(r))
		return RCODE_FORMERR;
	m->n_questions = n;
	m->question_end = r->pos;
	return RCODE_NOERROR;
}

/*
 * An owner name; it stays in the message if it stands whole there, as most
 * do: at r's position, or where a pointer at that position leads.
 */
static int
read_owner(struct reader *r, struct arena *a, const uint8_t **owner_out)
{
	size_t at = r->pos;
	struct name name;
	int ret;

	*owner_out = NULL;
	ret = name_read(r, &name);
	if (ret != 0)
		return ret;
	if (r->base[at] > LABEL_LEN_MAX)
		at = get_u16(r->base + at) & NAME_POINTER_MAX;
	if (r->len - at >= name.len &&
	    memcmp(r->base + at, name.octets, name.len) == 0)
		*owner_out = r->base + at;
	else
		*owner_out = arena_copy(a, name.octets, name.len);
	return *owner_out == NULL ? ERR_NOMEM : 0;
}

/* RFC 2136 sections 2.4 and 2.5: an UPDATE has RRs without RDATA. */
static bool
may_be_empty(const struct message *m, const struct rr *rr)
{
	return message_opcode(m) == OPCODE_UPDATE &&
	    (rr->class == CLASS_ANY || rr->class == CLASS_NONE);
}

static int
read_rr(struct reader *r, struct arena *a, const struct message *m,
    struct rr *rr)
{
	struct rdata rdata;
	uint16_t len;
	int ret;

	memset(rr, 0, sizeof(*rr));
	ret = read_owner(r, a, &rr->owner);
	if (ret != 0)
		return ret;
	rr->type = reader_u16(r);
	rr->class = reader_u16(r);
	rr->ttl = reader_u32(r);
	len = reader_u16(r);
	if (reader_short(r))
		return ERR_MALFORMED;
	rr->rdata = r->base + r->pos;
	if (len == 0 && may_be_empty(m, rr))
		return 0;
	ret = rdata_read(r, rr->type, len, a, &rdata);
	rr->rdata = rdata.octets;
	rr->rdata_len = rdata.len;
	return ret;
}

static bool
are_options(const uint8_t *octets, size_t len)
{
	struct reader r;

	reader_init(&r, octets, len);
	while (reader_left(&r) > 0 && !reader_short(&r)) {
		reader_skip(&r, 2);
		reader_skip(&r, reader_u16(&r));
	}
	return !reader_short(&r);
}

/* RFC 6891 section 6.1; other versions may have another form of options. */
static enum rcode
take_opt(const struct rr *rr, struct edns *e)
{
	if (e->present || rr->owner[0] != 0)
		return RCODE_FORMERR;
	e->version = (uint8_t)(rr->ttl >> 16);
	e->dnssec_ok = (rr->ttl & EDNS_FLAG_DO) != 0;
	e->udp_size = rr->class;
	if (e->udp_size < UDP_PLAIN_LEN_MAX)
		e->udp_size = UDP_PLAIN_LEN_MAX;
	if (e->version == 0) {
		if (!are_options(rr->rdata, rr->rdata_len))
			return RCODE_FORMERR;
		e->options = rr->rdata;
		e->options_len = rr->rdata_len;
	}
	e->present = true;
	return RCODE_NOERROR;
}

/* Puts one RR where it belongs; n_left RRs of the section follow it. */
static enum rcode
take_rr(struct message *m, enum section section, const struct rr *rr,
    size_t start, unsigned n_left)
{
	if (rr->type != TYPE_OPT && rr->type != TYPE_TSIG) {
		m->rrs[section][m->n_rrs[section]++] = *rr;
		return RCODE_NOERROR;
	}
	if (section != SECTION_ADDITIONAL)
		return RCODE_FORMERR;
	if (rr->type == TYPE_OPT)
		return take_opt(rr, &m->edns);
	if (n_left != 0)
		return RCODE_FORMERR;
	m->has_tsig = true;
	m->tsig = *rr;
	m->tsig_offset = start;
	return RCODE_NOERROR;
}

static enum rcode
read_section(struct reader *r, struct arena *a, enum section section,
    uint16_t n, struct message *m)
{
	enum rcode rcode;
	struct rr rr;
	size_t start;

	if (n == 0)
		return RCODE_NOERROR;
	if (n > reader_left(r) / RR_LEN_MIN)
		return RCODE_FORMERR;
	m->rrs[section] = arena_alloc(a, n * sizeof(struct rr));
	if (m->rrs[section] == NULL)
		return RCODE_SERVFAIL;
	for (uint16_t i = 0; i < n; i++) {
		start = r->pos;
		rcode = rcode_of(read_rr(r, a, m, &rr));
		if (rcode == RCODE_NOERROR)
			rcode = take_rr(m, section, &rr, start, n - i - 1u);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	return RCODE_NOERROR;
}

/* Everything after the header. */
static enum rcode
read_body(struct reader *r, struct arena *a, struct message *m)
{
	const uint8_t *counts = m->octets + 4;
	enum rcode rcode;

	rcode = read_questions(r, get_u16(counts), m);
	for (unsigned s = 0; s < SECTIONS && rcode == RCODE_NOERROR; s++)
		rcode = read_section(r, a, (enum section)s,
		    get_u16(counts + 2 * (s + 1)), m);
	if (rcode == RCODE_NOERROR && reader_left(r) > 0)
		rcode = RCODE_FORMERR;
	return rcode;
}

/* What is in front of the RRs answers a bad message; the RRs are no use. */
static void
forget_rrs(struct message *m)
{
	memset(m->rrs, 0, sizeof(m->rrs));
	memset(m->n_rrs, 0, sizeof(m->n_rrs));
	memset(&m->edns, 0, sizeof(m->edns));
	memset(&m->tsig, 0, sizeof(m->tsig));
	m->has_tsig = false;
	m->tsig_offset = 0;
}

enum rcode
message_read(const uint8_t *octets, size_t len, struct arena *a,
    struct message *m_out)
{
	struct reader r;
	enum rcode rcode;

	memset(m_out, 0, sizeof(*m_out));
	if (len < MESSAGE_HEADER_LEN)
		return RCODE_FORMERR;
	reader_init(&r, octets, len);
	m_out->octets = octets;
	m_out->len = len;
	m_out->id = get_u16(octets);
	m_out->flags = get_u16(octets + 2);
	m_out->question_end = MESSAGE_HEADER_LEN;
	reader_skip(&r, MESSAGE_HEADER_LEN);

	switch (message_opcode(m_out)) {
	case OPCODE_QUERY:
	case OPCODE_NOTIFY:
	case OPCODE_UPDATE:
		rcode = read_body(&r, a, m_out);
		if (rcode != RCODE_NOERROR)
			forget_rrs(m_out);
		return rcode;
	}
	return RCODE_NOTIMP;
}

bool
message_is_request(const uint8_t *octets, size_t len)
{
	return len >= MESSAGE_HEADER_LEN &&
	    (get_u16(octets + 2) & FLAG_QR) == 0;
}

const uint8_t *
edns_option(const struct edns *e, uint16_t code, uint16_t *len_out)
{
	struct reader r;
	uint16_t found, len;
	const uint8_t *option;

	*len_out = 0;
	reader_init(&r, e->options, e->options_len);
	while (reader_left(&r) > 0) {
		found = reader_u16(&r);
		len = reader_u16(&r);
		option = reader_octets(&r, len);
		if (found == code) {
			*len_out = len;
			return option;
		}
	}
	return NULL;
}
