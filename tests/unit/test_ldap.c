/*
 * test_ldap.c - the unit tests of ldap
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <signal.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

extern CU_TestInfo directory_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"directory", NULL, NULL, NULL, NULL, directory_tests},
	    CU_SUITE_INFO_NULL,
	};
	int status;

	slapd_enter(argv);
	(void)signal(SIGPIPE, SIG_IGN);
	status = suites_run("ldap", suites, argc, argv);
	slapd_stop(SLAPD_ONE);
	slapd_stop(SLAPD_TWO);
	return status;
}
