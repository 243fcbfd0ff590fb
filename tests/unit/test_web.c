/*
 * test_web.c - the unit tests of web
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo token_tests[];
extern CU_TestInfo connections_tests[];
extern CU_TestInfo http_tests[];
extern CU_TestInfo metrics_tests[];
extern CU_TestInfo route_tests[];
extern CU_TestInfo sessions_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"token", NULL, NULL, NULL, NULL, token_tests},
	    {"connections", NULL, NULL, NULL, NULL, connections_tests},
	    {"http", NULL, NULL, NULL, NULL, http_tests},
	    {"metrics", NULL, NULL, NULL, NULL, metrics_tests},
	    {"route", NULL, NULL, NULL, NULL, route_tests},
	    {"sessions", NULL, NULL, NULL, NULL, sessions_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("web", suites, argc, argv);
}
