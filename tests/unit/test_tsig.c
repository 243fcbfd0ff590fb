/*
 * test_tsig.c - the unit tests of daemon/tsig
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/realm.h"
#include "tests/unit/suites.h"

extern CU_TestInfo keyring_tests[], sign_tests[], state_tests[], verify_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"keyring", NULL, NULL, NULL, NULL, keyring_tests},
	    {"sign", NULL, NULL, NULL, NULL, sign_tests},
	    {"state", NULL, NULL, NULL, NULL, state_tests},
	    {"verify", NULL, NULL, NULL, NULL, verify_tests},
	    CU_SUITE_INFO_NULL,
	};

	realm_enter(argv);
	return suites_run("tsig", suites, argc, argv);
}
