/*
 * test_route.c - which part of the site a request is for
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "tests/unit/suites.h"
#include "web/route.h"

static void
leads_to(const char *path, enum route_kind kind, const char *name,
    const char *item)
{
	struct route r;

	route_find(path, &r);
	CU_ASSERT_EQUAL(r.kind, kind);
	if (kind == ROUTE_NONE)
		return;
	CU_ASSERT_STRING_EQUAL(r.name, name);
	CU_ASSERT_STRING_EQUAL(r.item, item);
}

static void
test_paths_lead_to_their_parts(void)
{
	leads_to("/", ROUTE_FILE, "index.html", "");
	leads_to("/app.js", ROUTE_FILE, "app.js", "");
	leads_to("/metrics", ROUTE_METRICS, "", "");
	leads_to("/healthz", ROUTE_HEALTH, "", "");
	leads_to("/api/v1/zones", ROUTE_DOCUMENT, "zones", "");
	leads_to("/api/v1/zones/a.test", ROUTE_DOCUMENT, "zones", "a.test");
	leads_to("/api/v1/zones/0/25.2.0.192.in-addr.arpa", ROUTE_DOCUMENT,
	    "zones", "0/25.2.0.192.in-addr.arpa");
}

static void
test_other_paths_lead_nowhere(void)
{
	char path[4096];

	leads_to("", ROUTE_NONE, "", "");
	leads_to("x", ROUTE_NONE, "", "");
	leads_to("/api/v1/", ROUTE_NONE, "", "");
	leads_to("/api/v1/zones/", ROUTE_NONE, "", "");
	leads_to("/api/v1//x", ROUTE_NONE, "", "");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	path[0] = '/';
	leads_to(path, ROUTE_NONE, "", "");
	memcpy(path, "/api/v1/zones/", 14);
	leads_to(path, ROUTE_NONE, "", "");
}

static void
test_only_this_machine_is_loopback(void)
{
	static const char *const yes[] = {"localhost", "LOCALHOST:8053",
	    "127.0.0.1", "127.0.0.1:8053", "127.8.9.1", "[::1]", "[::1]:80"};
	static const char *const no[] = {"", "evil.example", "localhost.evil",
	    "127.0.0.1.evil.example", "128.0.0.1", "::1", "[::2]", "[::1",
	    "[::1]x", "localhost:80x", "1", "0x7f.1", "[127.0.0.1", ":80",
	    "127.0.0.1@evil"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		CU_ASSERT(route_is_loopback_host(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		CU_ASSERT(!route_is_loopback_host(no[i]));
	CU_ASSERT(!route_is_loopback_host(NULL));
}

CU_TestInfo route_tests[] = {
    {"paths lead to their parts", test_paths_lead_to_their_parts},
    {"other paths lead nowhere", test_other_paths_lead_nowhere},
    {"only this machine is loopback", test_only_this_machine_is_loopback},
    CU_TEST_INFO_NULL,
};
