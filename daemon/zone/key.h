/*
 * key.h - domain names as the trie sorts them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The labels from the root downwards, lower-cased; each octet one symbol
 * (letters, digits, '-', '_' and a few more) or two (an escape and a symbol
 * that is not 0); symbol 0 ends a label.  What follows the last label reads as
 * 0 too, so no key is the beginning of another.  Keys compare as names do in
 * canonical order (RFC 4034 section 6.1).
 *
 * Threads: any.
 */
#ifndef ZONE_KEY_H
#define ZONE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SYMBOLS 47   /* 0 to 46 may occur */
#define KEY_LEN_MAX 508u /* 254 octets, two symbols each */

struct key {
	unsigned len;
	uint8_t symbols[KEY_LEN_MAX];
};

/* The key of a valid name. */
void key_make(struct key *k, const uint8_t *name);

static inline uint8_t
key_at(const struct key *k, unsigned offset)
{
	return offset < k->len ? k->symbols[offset] : 0;
}

/* True if offset is where a label of k, or its end, starts. */
static inline bool
key_starts_label(const struct key *k, unsigned offset)
{
	return offset <= k->len && (offset == 0 || k->symbols[offset - 1] == 0);
}

/* The first offset where a and b differ; they must not be equal. */
unsigned key_difference(const struct key *a, const struct key *b);

/* 32 bits that tell most keys apart. */
uint32_t key_hash(const struct key *k);

#endif
