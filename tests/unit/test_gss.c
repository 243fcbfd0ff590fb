/*
 * test_gss.c - the unit tests of daemon/gss
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

extern CU_TestInfo acceptor_tests[], choose_tests[], clear_tests[],
    contexts_tests[], explain_tests[], initiator_tests[], negotiate_tests[],
    negotiators_tests[], one_leg_tests[], recorded_tests[], replays_tests[],
    window_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"acceptor", NULL, NULL, NULL, NULL, acceptor_tests},
	    {"choose", NULL, NULL, NULL, NULL, choose_tests},
	    {"clear", NULL, NULL, NULL, NULL, clear_tests},
	    {"contexts", NULL, NULL, NULL, NULL, contexts_tests},
	    {"explain", NULL, NULL, NULL, NULL, explain_tests},
	    {"initiator", NULL, NULL, NULL, NULL, initiator_tests},
	    {"negotiate", NULL, NULL, NULL, NULL, negotiate_tests},
	    {"negotiators", NULL, NULL, NULL, NULL, negotiators_tests},
	    {"one leg", NULL, NULL, NULL, NULL, one_leg_tests},
	    {"recorded", NULL, NULL, NULL, NULL, recorded_tests},
	    {"replays", NULL, NULL, NULL, NULL, replays_tests},
	    {"window", NULL, NULL, NULL, NULL, window_tests},
	    CU_SUITE_INFO_NULL,
	};

	realm_enter(argv);
	return suites_run("gss", suites, argc, argv);
}
