/*
 * test_mnemonic.c - names of types, classes, RCODEs and opcodes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/dns/mnemonic.h"
#include "tests/unit/suites.h"

static void
test_known_numbers_have_names(void)
{
	char text[MNEMONIC_SIZE];

	CU_ASSERT_STRING_EQUAL(type_to_text(TYPE_AAAA, text), "AAAA");
	CU_ASSERT_STRING_EQUAL(type_to_text(TYPE_NSEC3PARAM, text),
	    "NSEC3PARAM");
	CU_ASSERT_STRING_EQUAL(class_to_text(CLASS_NONE, text), "NONE");
	CU_ASSERT_STRING_EQUAL(rcode_to_text(RCODE_NOTIMP, text), "NOTIMP");
	CU_ASSERT_STRING_EQUAL(rcode_to_text(RCODE_BADVERS, text), "BADVERS");
	CU_ASSERT_STRING_EQUAL(tsig_error_to_text(16, text), "BADSIG");
	CU_ASSERT_STRING_EQUAL(tsig_error_to_text(22, text), "BADTRUNC");
	CU_ASSERT_STRING_EQUAL(opcode_to_text(OPCODE_UPDATE, text), "UPDATE");
}

static void
test_unknown_numbers_are_written_out(void)
{
	char text[MNEMONIC_SIZE];

	CU_ASSERT_STRING_EQUAL(type_to_text(TYPE_WINS, text), "TYPE65281");
	CU_ASSERT_STRING_EQUAL(type_to_text(UINT16_MAX, text), "TYPE65535");
	CU_ASSERT_STRING_EQUAL(class_to_text(UINT16_MAX, text), "CLASS65535");
	CU_ASSERT_STRING_EQUAL(rcode_to_text((enum rcode)11, text), "RCODE11");
	CU_ASSERT_STRING_EQUAL(tsig_error_to_text(99, text), "ERROR99");
	CU_ASSERT_STRING_EQUAL(opcode_to_text(3, text), "OPCODE3");
}

static void
test_types_are_read_without_case(void)
{
	uint16_t type;

	CU_ASSERT(type_from_text("aaaa", &type) && type == TYPE_AAAA);
	CU_ASSERT(type_from_text("type65281", &type) && type == TYPE_WINS);
	CU_ASSERT(type_from_text("ANY", &type) && type == TYPE_ANY);
	CU_ASSERT(!type_from_text("AAAAA", &type) && type == 0);
	CU_ASSERT(!type_from_text("TYPE65536", &type));
	CU_ASSERT(!type_from_text("", &type));
}

CU_TestInfo mnemonic_tests[] = {
    {"known", test_known_numbers_have_names},
    {"unknown", test_unknown_numbers_are_written_out},
    {"from text", test_types_are_read_without_case},
    CU_TEST_INFO_NULL,
};
