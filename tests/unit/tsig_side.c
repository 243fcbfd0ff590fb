/*
 * tsig_side.c - messages and keys for the tests of daemon/tsig
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "tests/unit/suites.h"
#include "tests/unit/tsig_side.h"
#include "tests/unit/tsig_vectors.h"

void
wire_init(struct wire *w, const char *hex)
{
	unsigned octet;

	w->len = 0;
	for (; *hex != '\0'; hex += 2) {
		CU_ASSERT_EQUAL_FATAL(sscanf(hex, "%2x", &octet), 1);
		w->octets[w->len++] = (uint8_t)octet;
	}
	arena_init(&w->arena, 0);
}

void
wire_clear(struct wire *w)
{
	arena_clear(&w->arena);
}

void
wire_read(struct wire *w)
{
	arena_reset(&w->arena);
	CU_ASSERT_EQUAL_FATAL(message_read(w->octets, w->len, &w->arena, &w->m),
	    RCODE_NOERROR);
}

bool
wire_equal(const struct wire *a, const struct wire *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

struct keyring *
vector_ring(const char *algorithm, unsigned mac_bits)
{
	uint8_t octets[VECTOR_SECRET_LEN];
	struct keyring_secret secret = {
	    .mac_bits = mac_bits,
	    .secret = octets,
	    .secret_len = sizeof(octets),
	};
	struct keyring *ring;
	struct name name;

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i + 1);
	CU_ASSERT_EQUAL_FATAL(name_from_text(VECTOR_KEY, NULL, &secret.name),
	    0);
	CU_ASSERT_EQUAL_FATAL(name_from_text(algorithm, NULL, &name), 0);
	CU_ASSERT_FATAL(
	    tsig_algorithm_from_name(name.octets, &secret.algorithm));
	CU_ASSERT_EQUAL_FATAL(keyring_create(&secret, 1, &ring, NULL), 0);
	return ring;
}

const struct shared_key *
vector_key(const struct keyring *ring)
{
	struct name name;

	(void)name_from_text(VECTOR_KEY, NULL, &name);
	return keyring_find(ring, name.octets);
}

void
vector_clock(long delta_s)
{
	clock_test_set((VECTOR_TIME_S + (uint64_t)delta_s) * 1000000,
	    1000000000);
}
