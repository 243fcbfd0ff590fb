/*
 * test_ktutils.c - the unit tests of ktutils
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo keytab_tests[], keytab_file_tests[], edit_tests[],
    exchange_tests[], report_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"keytab", NULL, NULL, NULL, NULL, keytab_tests},
	    {"keytab_file", NULL, NULL, NULL, NULL, keytab_file_tests},
	    {"edit", NULL, NULL, NULL, NULL, edit_tests},
	    {"exchange", NULL, NULL, NULL, NULL, exchange_tests},
	    {"report", NULL, NULL, NULL, NULL, report_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("ktutils", suites, argc, argv);
}
