/*
 * suites.c - what the test programs of all rooms share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "tests/unit/suites.h"

int
suites_run(const char *room, CU_SuiteInfo *suites, int argc, char **argv)
{
	CU_SuiteInfo one[2] = {CU_SUITE_INFO_NULL, CU_SUITE_INFO_NULL};
	unsigned failed, run;

	log_open(room, LOG_TO_NOWHERE);
	if (argc > 1) {
		for (CU_SuiteInfo *s = suites; s->pName != NULL; s++)
			if (strcmp(s->pName, argv[1]) == 0)
				one[0] = *s;
		if (one[0].pName == NULL) {
			(void)fprintf(
			    stderr, "%s: %s: no such suite\n", room, argv[1]);
			return 2;
		}
		suites = one;
	}
	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS) {
		(void)fprintf(stderr, "%s: %s\n", room, CU_get_error_msg());
		return 2;
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	(void)CU_basic_run_tests();
	failed = CU_get_number_of_tests_failed() +
	    CU_get_number_of_suites_failed();
	run = CU_get_number_of_tests_run();
	(void)printf("%s: %u passed, %u failed\n", room,
	    run - CU_get_number_of_tests_failed(), failed);
	CU_cleanup_registry();
	return failed == 0 && run > 0 ? 0 : 1;
}
