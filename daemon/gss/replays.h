/*
 * replays.h - what must not come a second time
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * AP-REQs that have made a context, MACs of updates that were made: their
 * digests are kept for twice the clock skew; when the table is full the oldest
 * goes first.
 *
 * Owns:    its table.
 * Threads: any.
 */
#ifndef GSS_REPLAYS_H
#define GSS_REPLAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replays;

#define REPLAY_DIGEST_LEN 32 /* SHA-256 */
#define REPLAY_LIFE_MS (10 * 60 * 1000)

/* A table of at least size places; NULL: no memory. */
struct replays *replays_create(size_t size);
void replays_destroy(struct replays *r); /* NULL is fine */

/* True if the digest is there, since age_ms ago or longer. */
bool replays_has(struct replays *r, const uint8_t digest[REPLAY_DIGEST_LEN],
    uint64_t age_ms);

/* Puts it there; false: it is already. */
bool replays_add(struct replays *r, const uint8_t digest[REPLAY_DIGEST_LEN]);

#endif
