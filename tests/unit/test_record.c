/*
 * test_record.c - changesets as octets
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/journal/record.h"
#include "tests/unit/suites.h"

static const uint8_t owner[] = "\3pc1\2ad\7EXAMPLE";
static const uint8_t address[4] = {192, 0, 2, 1};

static struct changeset_source sources[2] = {
    {.signer = "PC1$@AD.EXAMPLE", .time_us = 1234567890123456ull},
    {.signer = "", .time_us = 7},
};
static struct changeset_rr deleted[1], added[2];

static struct changeset
example(void)
{
	struct changeset cs = {.zone_id = 3,
	    .serial_from = 4294967295u,
	    .serial_to = 1,
	    .time_us = 99,
	    .flags = CHANGESET_SOA_FULL,
	    .n_deleted = 1,
	    .deleted = deleted,
	    .n_added = 2,
	    .added = added,
	    .n_sources = 2,
	    .sources = sources,
	    .metadata = (const uint8_t *)"abc",
	    .metadata_len = 3};

	deleted[0].rr = (struct rr){owner, TYPE_A, CLASS_IN, 300, 4, address};
	deleted[0].source = 0;
	added[0].rr = (struct rr){owner, TYPE_TXT, CLASS_IN, 0, 0, address};
	added[0].source = 1;
	added[1] = deleted[0];
	sources[0].address.family = AF_INET;
	memcpy(sources[0].address.octets, address, sizeof(address));
	return cs;
}

static size_t
write_example(uint8_t *octets, size_t size)
{
	struct changeset cs = example();
	struct writer w;

	writer_init(&w, octets, size);
	record_write(&cs, &w);
	CU_ASSERT_FALSE(writer_full(&w));
	CU_ASSERT_EQUAL(w.len, record_len(&cs));
	return w.len;
}

static void
test_a_record_reads_as_it_was_written(void)
{
	uint8_t octets[512];
	size_t len = write_example(octets, sizeof(octets));
	struct record_head head;
	struct changeset cs;
	struct reader r;
	struct arena a;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(record_read(octets, len, &a, &cs), 0);
	CU_ASSERT_EQUAL(cs.zone_id, 3);
	CU_ASSERT_EQUAL(cs.serial_from, 4294967295u);
	CU_ASSERT_EQUAL(cs.serial_to, 1);
	CU_ASSERT_EQUAL(cs.time_us, 99);
	CU_ASSERT_EQUAL(cs.flags, CHANGESET_SOA_FULL);
	CU_ASSERT_EQUAL_FATAL(cs.n_deleted, 1);
	CU_ASSERT_EQUAL_FATAL(cs.n_added, 2);
	CU_ASSERT_EQUAL_FATAL(cs.n_sources, 2);
	CU_ASSERT_STRING_EQUAL(cs.sources[0].signer, "PC1$@AD.EXAMPLE");
	CU_ASSERT(addr_equal(&cs.sources[0].address, &sources[0].address));
	CU_ASSERT_STRING_EQUAL(cs.sources[1].signer, "");
	CU_ASSERT_EQUAL(memcmp(cs.deleted[0].rr.owner, owner, sizeof(owner)),
	    0);
	CU_ASSERT_EQUAL(cs.deleted[0].rr.ttl, 300);
	CU_ASSERT_EQUAL(cs.added[0].source, 1);
	CU_ASSERT_EQUAL(cs.added[0].rr.rdata_len, 0);
	CU_ASSERT_EQUAL(memcmp(cs.added[1].rr.rdata, address, 4), 0);
	CU_ASSERT_EQUAL(cs.metadata_len, 3);
	CU_ASSERT_EQUAL(memcmp(cs.metadata, "abc", 3), 0);
	arena_clear(&a);

	reader_init(&r, octets, len);
	CU_ASSERT_EQUAL(record_head_read(&r, &head), 0);
	CU_ASSERT_EQUAL(head.len, len);
	CU_ASSERT_EQUAL(head.serial_to, 1);
	CU_ASSERT_EQUAL(reader_left(&r), 0);
}

static void
test_a_cut_record_is_malformed(void)
{
	uint8_t octets[512], *cut;
	size_t len = write_example(octets, sizeof(octets));
	struct changeset cs;
	struct arena a;

	arena_init(&a, 0);
	for (size_t n = 0; n < len; n++) {
		cut = malloc(n + 1); /* its end is the sanitizer's business */
		memcpy(cut, octets, n);
		CU_ASSERT_EQUAL(record_read(cut, n, &a, &cs), ERR_MALFORMED);
		free(cut);
	}
	arena_clear(&a);
}

static void
test_a_flipped_bit_is_malformed(void)
{
	uint8_t octets[512];
	size_t len = write_example(octets, sizeof(octets));
	struct changeset cs;
	struct arena a;

	arena_init(&a, 0);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(record_read(octets, len, &a, &cs),
		    ERR_MALFORMED);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	arena_clear(&a);
}

CU_TestInfo record_tests[] = {
    {"round trip", test_a_record_reads_as_it_was_written},
    {"cut", test_a_cut_record_is_malformed},
    {"bit flip", test_a_flipped_bit_is_malformed},
    CU_TEST_INFO_NULL,
};
