/*
 * message_write.c - a DNS message being composed
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compression: w->offsets is an open hash of the suffixes written so far.
 * A suffix is found in one of a few neighbouring slots or not at all; when
 * those are taken a new one is not remembered, so the oldest, which are the
 * shortest and most useful, stay.  Suffixes are compared with case: the case
 * of every owner name comes through.
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/dns/message_write.h"

#define POINTER_MARK 0xc000 /* RFC 1035 section 4.1.4 */
#define PROBES 4            /* slots that a suffix may be in */

/* Cuts the message off at len, and forgets the names remembered after it. */
static void
go_back(struct message_writer *w, size_t len)
{
	w->w.len = len;
	w->w.is_full = false;
	for (unsigned i = 0; i < COMPRESSION_SLOTS; i++)
		if (w->offsets[i] >= len)
			w->offsets[i] = 0;
}

/* Ends the writing of n RRs that began at start: all counted, or none there. */
static int
settle(struct message_writer *w, size_t start, unsigned count, uint16_t n)
{
	if (writer_full(&w->w)) {
		go_back(w, start);
		return ERR_NOSPACE;
	}
	w->counts[count] = (uint16_t)(w->counts[count] + n);
	return 0;
}

/* True if the name written at offset at is name, octet by octet. */
static bool
stands_at(const struct message_writer *w, size_t at, const uint8_t *name)
{
	const uint8_t *base = w->w.base;

	for (;;) {
		while (base[at] > LABEL_LEN_MAX)
			at = get_u16(base + at) & NAME_POINTER_MAX;
		if (base[at] != *name ||
		    memcmp(base + at + 1, name + 1, *name) != 0)
			return false;
		if (*name == 0)
			return true;
		at += *name + 1u;
		name += *name + 1;
	}
}

/* The offset where suffix was written, or 0. */
static uint16_t
find_suffix(const struct message_writer *w, uint32_t hash,
    const uint8_t *suffix)
{
	uint16_t at;

	for (unsigned i = 0; i < PROBES; i++) {
		at = w->offsets[(hash + i) % COMPRESSION_SLOTS];
		if (at == 0 || stands_at(w, at, suffix))
			return at;
	}
	return 0;
}

static void
remember_suffix(struct message_writer *w, uint32_t hash, size_t at)
{
	uint16_t *slot;

	if (at > NAME_POINTER_MAX)
		return;
	for (unsigned i = 0; i < PROBES; i++) {
		slot = &w->offsets[(hash + i) % COMPRESSION_SLOTS];
		if (*slot == 0) {
			*slot = (uint16_t)at;
			return;
		}
	}
}

/* A name's suffixes, longest first, without the root. */
struct suffixes {
	unsigned n;
	const uint8_t *at[NAME_LABELS_MAX];
	uint32_t hash[NAME_LABELS_MAX];
};

static void
find_suffixes(const uint8_t *name, struct suffixes *s)
{
	uint32_t hash = 0;

	s->n = 0;
	for (; *name != 0; name += *name + 1)
		s->at[s->n++] = name;
	for (unsigned i = s->n; i-- > 0;) {
		for (unsigned j = 0; j <= *s->at[i]; j++)
			hash = (hash ^ s->at[i][j]) * 0x01000193;
		s->hash[i] = hash ^ hash >> 16;
	}
}

static void
write_name(struct message_writer *w, const uint8_t *name)
{
	size_t start = w->w.len;
	uint16_t pointer = 0;
	struct suffixes s;
	unsigned n; /* labels before the suffix that is there already */

	if (!w->compress) {
		writer_octets(&w->w, name, name_len(name));
		return;
	}
	find_suffixes(name, &s);
	for (n = 0; n < s.n; n++) {
		pointer = find_suffix(w, s.hash[n], s.at[n]);
		if (pointer != 0)
			break;
	}
	if (pointer == 0) {
		writer_octets(&w->w, name, name_len(name));
	} else {
		writer_octets(&w->w, name, (size_t)(s.at[n] - name));
		writer_u16(&w->w, POINTER_MARK | pointer);
	}
	if (writer_full(&w->w))
		return;
	for (unsigned i = 0; i < n; i++)
		remember_suffix(w, s.hash[i], start + (size_t)(s.at[i] - name));
}

/* Writes the name that RDATA begins with; returns what follows it. */
static const uint8_t *
write_rdata_name(struct message_writer *w, const uint8_t *rdata)
{
	write_name(w, rdata);
	return rdata + name_len(rdata);
}

/* RFC 3597 section 4: only what RFC 1035 describes may be compressed. */
static void
write_rdata_octets(struct message_writer *w, uint16_t type,
    const uint8_t *rdata, size_t len)
{
	const uint8_t *end;

	if (len == 0)
		return; /* class ANY or NONE in an UPDATE */
	end = rdata + len;
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		rdata = write_rdata_name(w, rdata);
		break;
	case TYPE_MX:
		writer_octets(&w->w, rdata, 2);
		rdata = write_rdata_name(w, rdata + 2);
		break;
	case TYPE_SOA:
		rdata = write_rdata_name(w, rdata);
		rdata = write_rdata_name(w, rdata);
		break;
	default:
		break;
	}
	writer_octets(&w->w, rdata, (size_t)(end - rdata));
}

static void
write_rdata(struct message_writer *w, uint16_t type, const uint8_t *rdata,
    size_t len)
{
	uint8_t *rdlength = writer_room(&w->w, 2);
	size_t start = w->w.len;

	write_rdata_octets(w, type, rdata, len);
	if (rdlength != NULL && !writer_full(&w->w))
		put_u16(rdlength, (uint16_t)(w->w.len - start));
}

/* Sections are counted behind the question, and come in their order. */
static unsigned
count_of(const struct message_writer *w, enum section section)
{
	for (unsigned s = section + 2; s <= SECTIONS; s++)
		assert(w->counts[s] == 0);
	(void)w;
	return section + 1;
}

void
message_write_start(struct message_writer *w, uint8_t *octets, size_t size,
    uint16_t id, uint16_t flags)
{
	assert(size >= MESSAGE_HEADER_LEN);
	memset(w, 0, sizeof(*w));
	writer_init(&w->w, octets,
	    size < MESSAGE_LEN_MAX ? size : MESSAGE_LEN_MAX);
	writer_u16(&w->w, id);
	writer_u16(&w->w, flags);
	memset(writer_room(&w->w, 8), 0, 8);
	w->question_end = w->w.len;
	w->compress = true;
}

void
message_write_reserve(struct message_writer *w, size_t n)
{
	size_t left = writer_left(&w->w) + w->reserved;

	if (n > left)
		n = left;
	w->w.size = w->w.len + left - n;
	w->reserved = n;
}

int
message_write_question(struct message_writer *w, const uint8_t *name,
    uint16_t type, uint16_t class)
{
	size_t start = w->w.len;
	int ret;

	write_name(w, name);
	writer_u16(&w->w, type);
	writer_u16(&w->w, class);
	ret = settle(w, start, 0, 1);
	w->question_end = w->w.len;
	return ret;
}

int
message_write_rr(struct message_writer *w, enum section section,
    const struct rr *rr)
{
	size_t start = w->w.len;

	write_name(w, rr->owner);
	writer_u16(&w->w, rr->type);
	writer_u16(&w->w, rr->class);
	writer_u32(&w->w, rr->ttl);
	write_rdata(w, rr->type, rr->rdata, rr->rdata_len);
	return settle(w, start, count_of(w, section), 1);
}

/* The pointer that stands for the name just written at offset at; 0: none. */
static uint16_t
pointer_to(const struct message_writer *w, size_t at)
{
	if (!w->compress || writer_full(&w->w) || w->w.base[at] == 0)
		return 0;
	if (w->w.base[at] > LABEL_LEN_MAX)
		return get_u16(w->w.base + at);
	return at > NAME_POINTER_MAX ? 0 : (uint16_t)(POINTER_MARK | at);
}

int
message_write_rendered(struct message_writer *w, enum section section,
    const uint8_t *owner, const uint8_t *rendered, size_t len, uint16_t n)
{
	size_t start = w->w.len, written;
	const uint8_t *at = rendered;
	uint16_t pointer = 0, rdata_len;

	for (uint16_t i = 0; i < n && !writer_full(&w->w); i++) {
		if (pointer != 0) {
			writer_u16(&w->w, pointer);
		} else {
			written = w->w.len;
			write_name(w, owner);
			pointer = pointer_to(w, written);
		}
		rdata_len = get_u16(at + 8);
		writer_octets(&w->w, at, 8);
		write_rdata(w, get_u16(at), at + 10, rdata_len);
		at += 10 + rdata_len;
	}
	assert(writer_full(&w->w) || at == rendered + len);
	(void)len;
	return settle(w, start, count_of(w, section), n);
}

int
message_write_edns(struct message_writer *w, uint16_t size, enum rcode rcode,
    const uint8_t *options, size_t len)
{
	size_t start = w->w.len;

	writer_u8(&w->w, 0);
	writer_u16(&w->w, TYPE_OPT);
	writer_u16(&w->w, size);
	writer_u8(&w->w, (uint8_t)((unsigned)rcode >> 4));
	writer_u8(&w->w, 0); /* version */
	writer_u16(&w->w, w->dnssec_ok ? EDNS_FLAG_DO : 0);
	writer_u16(&w->w, (uint16_t)len);
	writer_octets(&w->w, options, len);
	return settle(w, start, count_of(w, SECTION_ADDITIONAL), 1);
}

void
message_write_rcode(struct message_writer *w, enum rcode rcode)
{
	message_write_flags(w, rcode & FLAG_RCODE_MASK, FLAG_RCODE_MASK);
}

void
message_write_flags(struct message_writer *w, uint16_t set, uint16_t clear)
{
	uint8_t *flags = w->w.base + 2;

	put_u16(flags, (uint16_t)((get_u16(flags) & ~clear) | set));
}

void
message_write_truncate(struct message_writer *w)
{
	go_back(w, w->question_end);
	memset(w->counts + 1, 0, sizeof(w->counts) - sizeof(w->counts[0]));
	message_write_flags(w, FLAG_TC, 0);
}

size_t
message_write_end(struct message_writer *w)
{
	for (unsigned i = 0; i < 4; i++)
		put_u16(w->w.base + 4 + (size_t)2 * i, w->counts[i]);
	return w->w.len;
}
