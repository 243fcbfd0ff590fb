/*
 * crc32c.h - CRC-32C (Castagnoli, RFC 3720 appendix B.4)
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What guards log segments and snapshots against torn and rotten octets; not
 * against an adversary.
 *
 * Threads: any.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC of len octets after those that gave seed; seed 0 starts:
 * crc32c(crc32c(0, a), b) is the CRC of a followed by b.
 */
uint32_t crc32c(uint32_t seed, const void *octets, size_t len);

/* The same without the processor's instruction: what the tests compare with. */
uint32_t crc32c_by_table(uint32_t seed, const void *octets, size_t len);

#endif
