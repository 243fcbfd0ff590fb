/*
 * test_journal.c - the unit tests of daemon/journal
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo journal_tests[], journal_crash_tests[],
    journal_index_tests[], record_tests[], recover_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"record", NULL, NULL, NULL, NULL, record_tests},
	    {"recover", NULL, NULL, NULL, NULL, recover_tests},
	    {"journal", NULL, NULL, NULL, NULL, journal_tests},
	    {"index", NULL, NULL, NULL, NULL, journal_index_tests},
	    {"crash", NULL, NULL, NULL, NULL, journal_crash_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("journal", suites, argc, argv);
}
