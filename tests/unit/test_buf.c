/*
 * test_buf.c - bounded buffers
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/base/buf.h"
#include "tests/unit/suites.h"

static void
test_a_shortfall_is_remembered(void)
{
	const uint8_t octets[] = {0x12, 0x34, 0x56};
	struct reader r;

	reader_init(&r, octets, sizeof(octets));
	CU_ASSERT_EQUAL(reader_u16(&r), 0x1234);
	CU_ASSERT(!reader_short(&r));
	CU_ASSERT_EQUAL(reader_u16(&r), 0);
	CU_ASSERT(reader_short(&r));
	CU_ASSERT_EQUAL(reader_u8(&r), 0); /* even though one is left */
}

static void
test_numbers_come_back_as_written(void)
{
	uint8_t octets[21];
	struct writer w;
	struct reader r;

	writer_init(&w, octets, sizeof(octets));
	writer_u8(&w, 0xab);
	writer_u16(&w, 0xcdef);
	writer_u32(&w, 0x01234567);
	writer_u48(&w, 0xa1b2c3d4e5f6);
	writer_u64(&w, 0xfedcba9876543210);
	CU_ASSERT(!writer_full(&w));
	CU_ASSERT_EQUAL(w.len, 21);
	reader_init(&r, octets, w.len);
	CU_ASSERT_EQUAL(reader_u8(&r), 0xab);
	CU_ASSERT_EQUAL(reader_u16(&r), 0xcdef);
	CU_ASSERT_EQUAL(reader_u32(&r), 0x01234567);
	CU_ASSERT_EQUAL(reader_u48(&r), 0xa1b2c3d4e5f6);
	CU_ASSERT_EQUAL(reader_u64(&r), 0xfedcba9876543210);
	CU_ASSERT(!reader_short(&r));
	writer_u8(&w, 1);
	CU_ASSERT(writer_full(&w));
	CU_ASSERT_EQUAL(w.len, 21);
}

static void
test_little_endian_numbers_are_read(void)
{
	static const uint8_t octets[] = {1, 2, 3, 4, 5, 0xff, 7};
	struct reader r;

	reader_init(&r, octets, sizeof(octets));
	CU_ASSERT_EQUAL(reader_le_u16(&r), 0x0201);
	CU_ASSERT_EQUAL(reader_le_u32(&r), 0xff050403);
	CU_ASSERT(!reader_short(&r));
	CU_ASSERT_EQUAL(reader_le_u16(&r), 0);
	CU_ASSERT(reader_short(&r));
}

CU_TestInfo buf_tests[] = {
    {"short", test_a_shortfall_is_remembered},
    {"numbers", test_numbers_come_back_as_written},
    {"little-endian", test_little_endian_numbers_are_read},
    CU_TEST_INFO_NULL,
};
