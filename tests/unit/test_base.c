/*
 * test_base.c - the unit tests of daemon/base
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo addr_tests[], arena_tests[], buf_tests[], crc32c_tests[],
    epoch_tests[], err_tests[], histogram_tests[], log_tests[], ring_tests[],
    watch_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"addr", NULL, NULL, NULL, NULL, addr_tests},
	    {"arena", NULL, NULL, NULL, NULL, arena_tests},
	    {"buf", NULL, NULL, NULL, NULL, buf_tests},
	    {"crc32c", NULL, NULL, NULL, NULL, crc32c_tests},
	    {"epoch", NULL, NULL, NULL, NULL, epoch_tests},
	    {"err", NULL, NULL, NULL, NULL, err_tests},
	    {"histogram", NULL, NULL, NULL, NULL, histogram_tests},
	    {"log", NULL, NULL, NULL, NULL, log_tests},
	    {"ring", NULL, NULL, NULL, NULL, ring_tests},
	    {"watch", NULL, NULL, NULL, NULL, watch_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("base", suites, argc, argv);
}
