/*
 * test_dns.c - the unit tests of daemon/dns
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo message_read_tests[], message_write_tests[],
    mnemonic_tests[], name_tests[], rdata_tests[], tkey_rr_tests[],
    tsig_rr_tests[], zone_scan_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"message_read", NULL, NULL, NULL, NULL, message_read_tests},
	    {"message_write", NULL, NULL, NULL, NULL, message_write_tests},
	    {"mnemonic", NULL, NULL, NULL, NULL, mnemonic_tests},
	    {"name", NULL, NULL, NULL, NULL, name_tests},
	    {"rdata", NULL, NULL, NULL, NULL, rdata_tests},
	    {"tkey_rr", NULL, NULL, NULL, NULL, tkey_rr_tests},
	    {"tsig_rr", NULL, NULL, NULL, NULL, tsig_rr_tests},
	    {"zone_scan", NULL, NULL, NULL, NULL, zone_scan_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("dns", suites, argc, argv);
}
