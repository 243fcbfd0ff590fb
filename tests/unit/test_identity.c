/*
 * test_identity.c - the unit tests of daemon/identity
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo pac_tests[];
extern CU_TestInfo principal_tests[];
extern CU_TestInfo sid_tests[];
extern CU_TestInfo sid_list_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"sid", NULL, NULL, NULL, NULL, sid_tests},
	    {"sid_list", NULL, NULL, NULL, NULL, sid_list_tests},
	    {"pac", NULL, NULL, NULL, NULL, pac_tests},
	    {"principal", NULL, NULL, NULL, NULL, principal_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("identity", suites, argc, argv);
}
