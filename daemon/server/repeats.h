/*
 * repeats.h - requests sent again: the same answer, carried out once
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A client that hears nothing sends the identical message again.  Executed
 * twice, an update would fail its own prerequisites, and a MIC seen twice is a
 * replay.  So every UPDATE and TKEY is looked up here, before any
 * cryptography, by its source address and its octets: those of a signed
 * message and of a TKEY are never the same twice.  Of an unsigned UPDATE they
 * may be (net ads has three message IDs, the same in every run), so there the
 * port belongs to the address.
 *
 * Owns:    copies of answers, REPEATS_LIFE_MS long, bounded in number and size.
 * Threads: any; a mutex a shard.
 * Units:   milliseconds of clock_mono_ms(); octets.
 */
#ifndef SERVER_REPEATS_H
#define SERVER_REPEATS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/addr.h"

#define REPEATS_LIFE_MS 15000
#define REPEAT_KEY_LEN 32

struct repeats;

struct repeat_key {
	uint8_t octets[REPEAT_KEY_LEN];
};

enum repeat_found {
	REPEAT_NEW,      /* not seen: now noted as in hand */
	REPEAT_IN_HAND,  /* being worked on: drop this one */
	REPEAT_FINISHED, /* here is what was answered */
};

/* At most max_entries notes and max_octets of answers; NULL: no memory. */
struct repeats *repeats_create(size_t max_entries, size_t max_octets);
void repeats_destroy(struct repeats *r);

/* What one thread needs to make keys. */
struct repeat_digest;
struct repeat_digest *repeat_digest_create(void); /* NULL: no memory */
void repeat_digest_destroy(struct repeat_digest *d);

/* The key of a message from this address, and port if not 0.  ERR_CRYPTO. */
int repeats_key(struct repeat_digest *d, const struct addr *from,
    const uint8_t *octets, size_t len, struct repeat_key *key_out);

/*
 * Asks and, if it is new, notes.  REPEAT_FINISHED: the answer is copied to
 * answer (size octets; an answer that does not fit counts as in hand).
 */
enum repeat_found repeats_begin(struct repeats *r, const struct repeat_key *key,
    uint8_t *answer, size_t size, size_t *len_out);

/* The answer that was sent; a full table forgets its oldest notes. */
void repeats_finish(struct repeats *r, const struct repeat_key *key,
    const uint8_t *answer, size_t len);

/* No answer to keep (SERVFAIL, dropped): the next try is new again. */
void repeats_forget(struct repeats *r, const struct repeat_key *key);

/* How many notes there are. */
size_t repeats_count(struct repeats *r);

#endif
