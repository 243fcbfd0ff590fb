/*
 * digest.h - 128 bits that tell files apart
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MurmurHash3_x64_128 with seed 0, taken piece by piece.  It finds out whether
 * somebody edited a zone file, by accident or honestly: who wants to make two
 * files of one digest can.  No signature rests on it.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 */
#ifndef ZONE_DIGEST_H
#define ZONE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN 16

struct digest {
	uint64_t h1, h2;
	uint64_t len;        /* of all octets */
	uint8_t partial[16]; /* the last len % 16 of them */
};

void digest_start(struct digest *d);
void digest_update(struct digest *d, const void *octets, size_t len);
void digest_finish(const struct digest *d, uint8_t digest_out[DIGEST_LEN]);

#endif
