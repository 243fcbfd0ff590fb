/*
 * test_control.c - the unit tests of daemon/control
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo ctl_tests[], key_gen_tests[], lines_tests[], request_tests[],
    socket_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"request", NULL, NULL, NULL, NULL, request_tests},
	    {"lines", NULL, NULL, NULL, NULL, lines_tests},
	    {"socket", NULL, NULL, NULL, NULL, socket_tests},
	    {"ctl", NULL, NULL, NULL, NULL, ctl_tests},
	    {"key_gen", NULL, NULL, NULL, NULL, key_gen_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("control", suites, argc, argv);
}
