/*
 * test_store.c - the unit tests of daemon/store
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo commit_tests[], crash_tests[], crash_admin_tests[],
    history_tests[], load_tests[], limits_tests[], queue_tests[],
    serial_tests[], store_check_tests[], zone_freeze_tests[],
    zone_purge_tests[], zones_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"serial", NULL, NULL, NULL, NULL, serial_tests},
	    {"history", NULL, NULL, NULL, NULL, history_tests},
	    {"zones", NULL, NULL, NULL, NULL, zones_tests},
	    {"limits", NULL, NULL, NULL, NULL, limits_tests},
	    {"queue", NULL, NULL, NULL, NULL, queue_tests},
	    {"commit", NULL, NULL, NULL, NULL, commit_tests},
	    {"load", NULL, NULL, NULL, NULL, load_tests},
	    {"crash", NULL, NULL, NULL, NULL, crash_tests},
	    {"crash, admin", NULL, NULL, NULL, NULL, crash_admin_tests},
	    {"freeze", NULL, NULL, NULL, NULL, zone_freeze_tests},
	    {"purge", NULL, NULL, NULL, NULL, zone_purge_tests},
	    {"check", NULL, NULL, NULL, NULL, store_check_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("store", suites, argc, argv);
}
