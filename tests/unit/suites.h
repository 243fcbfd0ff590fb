/*
 * suites.h - what the test programs of all rooms share
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A test file defines its suite's cases in a table and one CU_SuiteInfo; the
 * room's test program lists the suites and calls suites_run().
 */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

/*
 * Runs all suites (ended by CU_SUITE_INFO_NULL), or the one named by argv[1];
 * prints a line for each failure and "room: N passed, M failed".  Returns the
 * exit status: 0 only if at least one test ran and none failed.
 */
int suites_run(const char *room, CU_SuiteInfo *suites, int argc, char **argv);

#endif
