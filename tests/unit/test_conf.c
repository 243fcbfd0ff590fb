/*
 * test_conf.c - the unit tests of daemon/conf
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_conf --manual writes the part of docs/kddnsd.conf.5 that comes from the
 * table of statements.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/conf/conf.h"
#include "tests/unit/suites.h"

extern CU_TestInfo check_tests[], manual_tests[], override_tests[],
    tree_tests[], value_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"check", NULL, NULL, NULL, NULL, check_tests},
	    {"manual", NULL, NULL, NULL, NULL, manual_tests},
	    {"override", NULL, NULL, NULL, NULL, override_tests},
	    {"tree", NULL, NULL, NULL, NULL, tree_tests},
	    {"value", NULL, NULL, NULL, NULL, value_tests},
	    CU_SUITE_INFO_NULL,
	};

	if (argc == 2 && strcmp(argv[1], "--manual") == 0) {
		conf_manual(stdout);
		return 0;
	}
	return suites_run("conf", suites, argc, argv);
}
