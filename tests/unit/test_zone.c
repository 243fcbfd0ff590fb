/*
 * test_zone.c - the unit tests of daemon/zone
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo changeset_tests[], key_tests[], outfile_tests[],
    snapshot_tests[], trie_tests[], txn_tests[], zone_file_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"changeset", NULL, NULL, NULL, NULL, changeset_tests},
	    {"key", NULL, NULL, NULL, NULL, key_tests},
	    {"outfile", NULL, NULL, NULL, NULL, outfile_tests},
	    {"snapshot", NULL, NULL, NULL, NULL, snapshot_tests},
	    {"trie", NULL, NULL, NULL, NULL, trie_tests},
	    {"txn", NULL, NULL, NULL, NULL, txn_tests},
	    {"zone_file", NULL, NULL, NULL, NULL, zone_file_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("zone", suites, argc, argv);
}
