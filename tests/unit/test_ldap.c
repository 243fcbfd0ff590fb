/*
 * test_ldap.c - the unit tests of ldap
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <signal.h>

#include "tests/unit/slapd.h"
#include "tests/unit/suites.h"

extern CU_TestInfo answers_tests[], directory_tests[], facts_tests[],
    filter_tests[], follow_tests[], servers_tests[], sync_control_tests[];

/* A GSSAPI bind within TLS loses a credential, in a library below us. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:gss_acquire_cred_from\n";
}

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"filter", NULL, NULL, NULL, NULL, filter_tests},
	    {"servers", NULL, NULL, NULL, NULL, servers_tests},
	    {"sync_control", NULL, NULL, NULL, NULL, sync_control_tests},
	    {"directory", NULL, NULL, NULL, NULL, directory_tests},
	    {"follow", NULL, NULL, NULL, NULL, follow_tests},
	    {"facts", NULL, NULL, NULL, NULL, facts_tests},
	    {"answers", NULL, NULL, NULL, NULL, answers_tests},
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
