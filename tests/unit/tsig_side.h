/*
 * tsig_side.h - messages and keys for the tests of daemon/tsig
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef TESTS_UNIT_TSIG_SIDE_H
#define TESTS_UNIT_TSIG_SIDE_H

#include "daemon/base/arena.h"
#include "daemon/dns/message_read.h"
#include "daemon/tsig/sign.h"
#include "daemon/tsig/verify.h"

#define WIRE_SIZE 1024

/* A message as octets, and as read. */
struct wire {
	uint8_t octets[WIRE_SIZE];
	size_t len;
	struct arena arena;
	struct message m;
};

/* Octets of hexadecimal text, not read yet. */
void wire_init(struct wire *w, const char *hex);
void wire_clear(struct wire *w);

/* Reads (again) what the octets say now; fatal unless NOERROR. */
void wire_read(struct wire *w);

/* True if both have the same octets. */
bool wire_equal(const struct wire *a, const struct wire *b);

/* A ring with the vectors' key for an algorithm (RFC 8945's name). */
struct keyring *vector_ring(const char *algorithm, unsigned mac_bits);
const struct shared_key *vector_key(const struct keyring *ring);

/* The clock of the vectors, and delta_s more; clock_test_set(0, 0) ends it. */
void vector_clock(long delta_s);

#endif
