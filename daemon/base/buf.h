/*
 * buf.h - bounded octet buffers: read and write without overrunning
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A reader walks octets that somebody sent; a read past the end gives zeros
 * and is remembered, so a caller reads all fields and asks once.  A writer
 * fills octets of ours in the same manner.  Numbers are in network order;
 * "le" in a name says little-endian.
 *
 * Owns:    nothing; the octets stay the caller's.
 * Threads: one at a time.
 * Errors:  none returned: ask reader_short() or writer_full().
 * Units:   octets.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *base;
	size_t len;
	size_t pos;
	bool is_short; /* a read went past the end */
};

static inline void
reader_init(struct reader *r, const void *octets, size_t len)
{
	r->base = octets;
	r->len = len;
	r->pos = 0;
	r->is_short = false;
}

/* True once any read asked for more than there was. */
static inline bool
reader_short(const struct reader *r)
{
	return r->is_short;
}

static inline size_t
reader_left(const struct reader *r)
{
	return r->len - r->pos;
}

/* The next n octets, or NULL (and short) if there are fewer; n may be 0. */
static inline const uint8_t *
reader_octets(struct reader *r, size_t n)
{
	const uint8_t *at;

	if (r->is_short || n > r->len - r->pos) {
		r->is_short = true;
		return NULL;
	}
	at = r->base + r->pos;
	r->pos += n;
	return at;
}

static inline void
reader_skip(struct reader *r, size_t n)
{
	(void)reader_octets(r, n);
}

static inline uint8_t
reader_u8(struct reader *r)
{
	const uint8_t *p = reader_octets(r, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
reader_u16(struct reader *r)
{
	const uint8_t *p = reader_octets(r, 2);

	if (p == NULL)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
reader_u32(struct reader *r)
{
	const uint8_t *p = reader_octets(r, 4);

	return p == NULL ? 0
			 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3];
}

/* 48 bits: the TSIG time (RFC 8945 section 4.2). */
static inline uint64_t
reader_u48(struct reader *r)
{
	uint64_t high = reader_u16(r);

	return high << 32 | reader_u32(r);
}

static inline uint64_t
reader_u64(struct reader *r)
{
	uint64_t high = reader_u32(r);

	return high << 32 | reader_u32(r);
}

static inline uint16_t
reader_le_u16(struct reader *r)
{
	const uint8_t *p = reader_octets(r, 2);

	if (p == NULL)
		return 0;
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
reader_le_u32(struct reader *r)
{
	uint32_t low = reader_le_u16(r);

	return low | (uint32_t)reader_le_u16(r) << 16;
}

struct writer {
	uint8_t *base;
	size_t size; /* room */
	size_t len;  /* written */
	bool is_full; /* a write did not fit, and was left out */
};

static inline void
writer_init(struct writer *w, void *octets, size_t size)
{
	w->base = octets;
	w->size = size;
	w->len = 0;
	w->is_full = false;
}

/* True once any write did not fit. */
static inline bool
writer_full(const struct writer *w)
{
	return w->is_full;
}

static inline size_t
writer_left(const struct writer *w)
{
	return w->size - w->len;
}

/* Room for n octets that the caller fills, or NULL (and full). */
static inline uint8_t *
writer_room(struct writer *w, size_t n)
{
	uint8_t *at;

	if (w->is_full || n > w->size - w->len) {
		w->is_full = true;
		return NULL;
	}
	at = w->base + w->len;
	w->len += n;
	return at;
}

static inline void
writer_octets(struct writer *w, const void *octets, size_t n)
{
	uint8_t *p = writer_room(w, n);

	if (p != NULL && n > 0)
		memcpy(p, octets, n);
}

static inline void
put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, (uint16_t)(v >> 16));
	put_u16(p + 2, (uint16_t)v);
}

static inline uint16_t
get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}

static inline void
writer_u8(struct writer *w, uint8_t v)
{
	writer_octets(w, &v, 1);
}

static inline void
writer_u16(struct writer *w, uint16_t v)
{
	uint8_t *p = writer_room(w, 2);

	if (p != NULL)
		put_u16(p, v);
}

static inline void
writer_u32(struct writer *w, uint32_t v)
{
	uint8_t *p = writer_room(w, 4);

	if (p != NULL)
		put_u32(p, v);
}

static inline void
writer_u48(struct writer *w, uint64_t v)
{
	writer_u16(w, (uint16_t)(v >> 32));
	writer_u32(w, (uint32_t)v);
}

static inline void
writer_u64(struct writer *w, uint64_t v)
{
	writer_u32(w, (uint32_t)(v >> 32));
	writer_u32(w, (uint32_t)v);
}

#endif
