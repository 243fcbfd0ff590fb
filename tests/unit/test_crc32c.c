/*
 * test_crc32c.c - CRC-32C
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/crc32c.h"
#include "tests/unit/suites.h"

/* RFC 3720 appendix B.4; the last is the usual check value. */
static void
test_known_values(void)
{
	uint8_t octets[32];

	memset(octets, 0, sizeof(octets));
	CU_ASSERT_EQUAL(crc32c(0, octets, 32), 0x8a9136aa);
	memset(octets, 0xff, sizeof(octets));
	CU_ASSERT_EQUAL(crc32c(0, octets, 32), 0x62a8ab43);
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(crc32c(0, octets, 32), 0x46dd794e);
	CU_ASSERT_EQUAL(crc32c(0, "123456789", 9), 0xe3069283);
	CU_ASSERT_EQUAL(crc32c(0, "", 0), 0);
}

static void
test_instruction_and_table_agree_at_every_length_and_alignment(void)
{
	uint8_t octets[300];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 131 + 7);
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; len + from <= sizeof(octets); len++)
			CU_ASSERT_EQUAL_FATAL(crc32c(77, octets + from, len),
			    crc32c_by_table(77, octets + from, len));
}

static void
test_pieces_chain(void)
{
	static const char text[] = "the CRC of a followed by b";

	for (size_t cut = 0; cut <= sizeof(text); cut++)
		CU_ASSERT_EQUAL(crc32c(crc32c(0, text, cut), text + cut,
				    sizeof(text) - cut),
		    crc32c(0, text, sizeof(text)));
}

CU_TestInfo crc32c_tests[] = {
    {"known values", test_known_values},
    {"instruction and table agree",
	test_instruction_and_table_agree_at_every_length_and_alignment},
    {"pieces chain", test_pieces_chain},
    CU_TEST_INFO_NULL,
};
