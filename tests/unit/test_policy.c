/*
 * test_policy.c - the unit tests of daemon/policy
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo acl_tests[];
extern CU_TestInfo book_tests[];
extern CU_TestInfo lint_tests[];
extern CU_TestInfo match_tests[];
extern CU_TestInfo rule_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"acl", NULL, NULL, NULL, NULL, acl_tests},
	    {"book", NULL, NULL, NULL, NULL, book_tests},
	    {"lint", NULL, NULL, NULL, NULL, lint_tests},
	    {"match", NULL, NULL, NULL, NULL, match_tests},
	    {"rule", NULL, NULL, NULL, NULL, rule_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("policy", suites, argc, argv);
}
