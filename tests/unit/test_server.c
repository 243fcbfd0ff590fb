/*
 * test_server.c - the unit tests of daemon/server
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo decisions_tests[];
extern CU_TestInfo dn_tests[];
extern CU_TestInfo facts_cache_tests[];
extern CU_TestInfo feed_tests[];
extern CU_TestInfo grant_rules_tests[];
extern CU_TestInfo groups_tests[];
extern CU_TestInfo health_view_tests[];
extern CU_TestInfo helper_wire_tests[];
extern CU_TestInfo helpers_tests[];
extern CU_TestInfo log_limit_tests[];
extern CU_TestInfo own_names_tests[];
extern CU_TestInfo repeats_tests[];
extern CU_TestInfo tally_tests[];
extern CU_TestInfo zone_book_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"decisions", NULL, NULL, NULL, NULL, decisions_tests},
	    {"dn", NULL, NULL, NULL, NULL, dn_tests},
	    {"facts cache", NULL, NULL, NULL, NULL, facts_cache_tests},
	    {"feed", NULL, NULL, NULL, NULL, feed_tests},
	    {"grant rules", NULL, NULL, NULL, NULL, grant_rules_tests},
	    {"groups", NULL, NULL, NULL, NULL, groups_tests},
	    {"health view", NULL, NULL, NULL, NULL, health_view_tests},
	    {"helper wire", NULL, NULL, NULL, NULL, helper_wire_tests},
	    {"helpers", NULL, NULL, NULL, NULL, helpers_tests},
	    {"log limit", NULL, NULL, NULL, NULL, log_limit_tests},
	    {"own names", NULL, NULL, NULL, NULL, own_names_tests},
	    {"repeats", NULL, NULL, NULL, NULL, repeats_tests},
	    {"tally", NULL, NULL, NULL, NULL, tally_tests},
	    {"zone book", NULL, NULL, NULL, NULL, zone_book_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("server", suites, argc, argv);
}
