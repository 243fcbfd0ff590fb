/*
 * test_update.c - the unit tests of daemon/update
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo apply_tests[];
extern CU_TestInfo overlay_tests[];
extern CU_TestInfo permit_tests[];
extern CU_TestInfo prerequisite_tests[];
extern CU_TestInfo read_update_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"read_update", NULL, NULL, NULL, NULL, read_update_tests},
	    {"prerequisite", NULL, NULL, NULL, NULL, prerequisite_tests},
	    {"permit", NULL, NULL, NULL, NULL, permit_tests},
	    {"apply", NULL, NULL, NULL, NULL, apply_tests},
	    {"overlay", NULL, NULL, NULL, NULL, overlay_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("update", suites, argc, argv);
}
