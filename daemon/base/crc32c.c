/*
 * crc32c.c - CRC-32C (Castagnoli)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#ifdef __x86_64__
#include <nmmintrin.h>
#endif

#include "daemon/base/crc32c.h"

#define POLYNOMIAL 0x82f63b78u /* bits reversed */
#define SLICES 8               /* octets a step */

/* tables[k][b]: the CRC of octet b followed by k zeros. */
static uint32_t tables[SLICES][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void
make_tables(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][b] = crc;
	}
	for (uint32_t b = 0; b < 256; b++)
		for (int k = 1; k < SLICES; k++)
			tables[k][b] = tables[k - 1][b] >> 8 ^
			    tables[0][tables[k - 1][b] & 255];
}

static uint32_t
step_octet(uint32_t crc, uint8_t octet)
{
	return crc >> 8 ^ tables[0][(crc ^ octet) & 255];
}

static uint32_t
step_eight(uint32_t crc, const uint8_t p[SLICES])
{
	return tables[7][(crc ^ p[0]) & 255] ^
	    tables[6][(crc >> 8 ^ p[1]) & 255] ^
	    tables[5][(crc >> 16 ^ p[2]) & 255] ^ tables[4][crc >> 24 ^ p[3]] ^
	    tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
	    tables[0][p[7]];
}

uint32_t
crc32c_by_table(uint32_t seed, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint32_t crc = ~seed;

	(void)pthread_once(&tables_once, make_tables);
	for (; len >= SLICES; len -= SLICES, p += SLICES)
		crc = step_eight(crc, p);
	for (; len > 0; len--, p++)
		crc = step_octet(crc, *p);
	return ~crc;
}

#ifdef __x86_64__

static bool
have_instruction(void)
{
	return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t seed, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint64_t crc = ~seed;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t eight;

		memcpy(&eight, p, sizeof(eight));
		crc = _mm_crc32_u64(crc, eight);
	}
	for (; len > 0; len--, p++)
		crc = _mm_crc32_u8((uint32_t)crc, *p);
	return ~(uint32_t)crc;
}

#else

static bool
have_instruction(void)
{
	return false;
}

static uint32_t
by_instruction(uint32_t seed, const void *octets, size_t len)
{
	return crc32c_by_table(seed, octets, len);
}

#endif

uint32_t
crc32c(uint32_t seed, const void *octets, size_t len)
{
	if (have_instruction())
		return by_instruction(seed, octets, len);
	return crc32c_by_table(seed, octets, len);
}
