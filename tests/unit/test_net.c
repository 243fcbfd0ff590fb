/*
 * test_net.c - the unit tests of daemon/net
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "tests/unit/suites.h"

extern CU_TestInfo clients_tests[], listen_tests[], outbuf_tests[],
    slots_tests[], tcp_tests[], udp_tests[], worker_tests[];

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
	    {"clients", NULL, NULL, NULL, NULL, clients_tests},
	    {"listen", NULL, NULL, NULL, NULL, listen_tests},
	    {"outbuf", NULL, NULL, NULL, NULL, outbuf_tests},
	    {"slots", NULL, NULL, NULL, NULL, slots_tests},
	    {"tcp", NULL, NULL, NULL, NULL, tcp_tests},
	    {"udp", NULL, NULL, NULL, NULL, udp_tests},
	    {"worker", NULL, NULL, NULL, NULL, worker_tests},
	    CU_SUITE_INFO_NULL,
	};

	return suites_run("net", suites, argc, argv);
}
