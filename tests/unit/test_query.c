/*
 * test_query.c - the unit tests of daemon/query
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo answer_tests[], edns_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"answer", NULL, NULL, NULL, NULL, answer_tests},
	    {"edns", NULL, NULL, NULL, NULL, edns_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("query", suites, argc, argv);
}
