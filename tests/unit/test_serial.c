/*
 * test_serial.c - the next serial
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "daemon/dns/types.h"
#include "daemon/store/serial.h"
#include "tests/unit/suites.h"

#define NOON_2026_11_21 1795262400u

static void
test_increment_adds_one_and_leaves_out_zero(void)
{
	CU_ASSERT_EQUAL(serial_next(SERIAL_INCREMENT, 1, 0), 2);
	CU_ASSERT_EQUAL(serial_next(SERIAL_INCREMENT, UINT32_MAX, 0), 1);
}

static void
test_unixtime_never_goes_back(void)
{
	CU_ASSERT_EQUAL(serial_next(SERIAL_UNIXTIME, 5, NOON_2026_11_21),
	    NOON_2026_11_21);
	CU_ASSERT_EQUAL(serial_next(SERIAL_UNIXTIME, NOON_2026_11_21,
			    NOON_2026_11_21),
	    NOON_2026_11_21 + 1);
	CU_ASSERT_EQUAL(serial_next(SERIAL_UNIXTIME, NOON_2026_11_21 + 50,
			    NOON_2026_11_21),
	    NOON_2026_11_21 + 51);
}

static void
test_date_is_of_today_or_one_more(void)
{
	CU_ASSERT_EQUAL(serial_next(SERIAL_DATE, 5, NOON_2026_11_21),
	    2026112100u);
	CU_ASSERT_EQUAL(serial_next(SERIAL_DATE, 2026112100u, NOON_2026_11_21),
	    2026112101u);
	CU_ASSERT_EQUAL(serial_next(SERIAL_DATE, 2026112207u, NOON_2026_11_21),
	    2026112208u);
}

CU_TestInfo serial_tests[] = {
    {"increment", test_increment_adds_one_and_leaves_out_zero},
    {"unixtime", test_unixtime_never_goes_back},
    {"date", test_date_is_of_today_or_one_more},
    CU_TEST_INFO_NULL,
};
