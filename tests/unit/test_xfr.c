/*
 * test_xfr.c - the unit tests of daemon/xfr
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo axfr_tests[], ixfr_tests[], notify_tests[],
    transfers_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"axfr", NULL, NULL, NULL, NULL, axfr_tests},
	    {"ixfr", NULL, NULL, NULL, NULL, ixfr_tests},
	    {"notify", NULL, NULL, NULL, NULL, notify_tests},
	    {"transfers", NULL, NULL, NULL, NULL, transfers_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("xfr", suites, argc, argv);
}
