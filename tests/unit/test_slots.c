/*
 * test_slots.c - slots
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/net/slots.h"
#include "tests/unit/suites.h"

#define MANY 200

static void
test_an_old_number_finds_nothing(void)
{
	struct slots s;
	int one, two;
	uint32_t slot, generation, slot2, generation2;

	slots_init(&s);
	CU_ASSERT_EQUAL_FATAL(slots_put(&s, &one, &slot, &generation), 0);
	CU_ASSERT_PTR_EQUAL(slots_get(&s, slot, generation), &one);
	slots_remove(&s, slot);
	CU_ASSERT_PTR_NULL(slots_get(&s, slot, generation));
	CU_ASSERT_EQUAL_FATAL(slots_put(&s, &two, &slot2, &generation2), 0);
	CU_ASSERT_EQUAL(slot2, slot);
	CU_ASSERT_PTR_NULL(slots_get(&s, slot, generation));
	CU_ASSERT_PTR_EQUAL(slots_get(&s, slot2, generation2), &two);
	CU_ASSERT_PTR_NULL(slots_get(&s, UINT32_MAX, generation));
	slots_clear(&s);
}

static void
test_slots_keep_their_things_when_the_table_grows(void)
{
	struct slots s;
	int things[MANY];
	uint32_t slot[MANY], generation[MANY];

	slots_init(&s);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL_FATAL(slots_put(&s, &things[i], &slot[i],
					  &generation[i]),
		    0);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_PTR_EQUAL(slots_get(&s, slot[i], generation[i]),
		    &things[i]);
	slots_clear(&s);
}

CU_TestInfo slots_tests[] = {
    {"old number", test_an_old_number_finds_nothing},
    {"growth", test_slots_keep_their_things_when_the_table_grows},
    CU_TEST_INFO_NULL,
};
