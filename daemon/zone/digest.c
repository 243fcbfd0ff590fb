/*
 * digest.c - 128 bits that tell files apart
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Austin Appleby's MurmurHash3_x64_128, which he put in the public domain.
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/zone/digest.h"

#define BLOCK sizeof(((struct digest *)0)->partial)

static uint64_t
rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static uint64_t
get_u64_le(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t
scramble1(uint64_t k)
{
	return rotate(k * 0x87c37b91114253d5u, 31) * 0x4cf5ad432745937fu;
}

static uint64_t
scramble2(uint64_t k)
{
	return rotate(k * 0x4cf5ad432745937fu, 33) * 0x87c37b91114253d5u;
}

static void
mix_block(struct digest *d, const uint8_t *p)
{
	d->h1 ^= scramble1(get_u64_le(p));
	d->h1 = (rotate(d->h1, 27) + d->h2) * 5 + 0x52dce729;
	d->h2 ^= scramble2(get_u64_le(p + 8));
	d->h2 = (rotate(d->h2, 31) + d->h1) * 5 + 0x38495ab5;
}

static uint64_t
avalanche(uint64_t k)
{
	k = (k ^ k >> 33) * 0xff51afd7ed558ccdu;
	k = (k ^ k >> 33) * 0xc4ceb9fe1a85ec53u;
	return k ^ k >> 33;
}

void
digest_start(struct digest *d)
{
	memset(d, 0, sizeof(*d));
}

void
digest_update(struct digest *d, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	size_t have = d->len % BLOCK, n;

	d->len += len;
	if (have > 0) {
		n = len < BLOCK - have ? len : BLOCK - have;
		memcpy(d->partial + have, p, n);
		p += n;
		len -= n;
		if (have + n < BLOCK)
			return;
		mix_block(d, d->partial);
	}
	for (; len >= BLOCK; len -= BLOCK, p += BLOCK)
		mix_block(d, p);
	if (len > 0)
		memcpy(d->partial, p, len);
}

void
digest_finish(const struct digest *d, uint8_t digest_out[DIGEST_LEN])
{
	uint8_t tail[BLOCK] = {0};
	uint64_t h1, h2;
	struct writer w;

	memcpy(tail, d->partial, d->len % BLOCK);
	h1 = d->h1 ^ scramble1(get_u64_le(tail)) ^ d->len;
	h2 = d->h2 ^ scramble2(get_u64_le(tail + 8)) ^ d->len;
	h1 += h2;
	h2 += h1;
	h1 = avalanche(h1);
	h2 = avalanche(h2);
	h1 += h2;
	h2 += h1;
	writer_init(&w, digest_out, DIGEST_LEN);
	writer_u64(&w, h1);
	writer_u64(&w, h2);
}
