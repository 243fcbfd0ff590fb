/*
 * test_axfr.c - a whole zone version as a stream of messages
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "tests/unit/secondary.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"
#include "tests/unit/zone_text.h"

extern CU_TestInfo axfr_tests[];

#define APEX_TEXT                                                              \
	"$TTL 3600\n@ SOA ns1 hostmaster 7 3600 600 86400 300\n"               \
	"@ NS ns1\nns1 A 192.0.2.1\n"

/* Everything there is, some of it large. */
static struct zone *
zone_of_everything(void)
{
	static char text[400000];
	size_t len;

	(void)snprintf(text, sizeof(text),
	    "%s"
	    "MiXeD A 192.0.2.2\n@ MX 10 MiXeD\n@ TXT \"apex\"\n"
	    "*.w CNAME MiXeD\na.b.ent TXT \"x\"\nsub NS ns.sub\n"
	    "ns.sub AAAA 2001:db8::1\nold DNAME new\n"
	    "_ldap._tcp SRV 0 100 389 MiXeD\n",
	    APEX_TEXT);
	for (unsigned i = 0; i < 1000; i++) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len,
		    "many A 10.1.%u.%u\nh%u A 10.2.%u.%u\n"
		    "texts TXT \"%0100u\"\n",
		    i / 256, i % 256, i, i / 256, i % 256, i);
	}
	return zone_from_text("Example.", text);
}

static void
check_axfr(const struct zone *z, size_t size, unsigned n_messages_min)
{
	struct transfer_query q = query_of(z, TYPE_AXFR);
	struct received r;
	struct zone *copy;

	receive_axfr(&r, &q, zone_current(z), size);
	CU_ASSERT(r.n_messages >= n_messages_min);
	CU_ASSERT(r.longest <= size);
	CU_ASSERT_EQUAL(r.n, version_n_records(zone_current(z)) + 1);
	copy = zone_of_axfr(&r, zone_apex(z));
	CU_ASSERT(versions_equal(zone_current(z), zone_current(copy)));
	zone_destroy(copy);
	received_clear(&r);
}

static void
test_what_is_sent_is_the_version(void)
{
	struct zone *z = zone_of_everything();

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	check_axfr(z, 65535, 2);
	check_axfr(z, 16384, 4);
	check_axfr(z, 512, 100);
	check_axfr(z, 200, 500);
	zone_destroy(z);
}

static void
test_a_small_zone_is_one_message(void)
{
	struct zone *z = zone_from_text("example.", APEX_TEXT);
	struct transfer_query q;
	struct received r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	q = query_of(z, TYPE_AXFR);
	receive_axfr(&r, &q, zone_current(z), 16384);
	CU_ASSERT_EQUAL(r.n_messages, 1);
	CU_ASSERT_EQUAL(r.n, 4);
	received_clear(&r);
	zone_destroy(z);
}

static void
test_opt_is_in_the_first_message_only(void)
{
	struct zone *z = zone_of_everything();
	struct transfer_query q;
	struct received r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	q = query_of(z, TYPE_AXFR);
	q.edns = (struct edns){.present = true, .udp_size = 1232};
	receive_axfr(&r, &q, zone_current(z), 1000); /* it is checked there */
	CU_ASSERT(r.n_messages > 1);
	received_clear(&r);
	zone_destroy(z);
}

static void
test_an_rr_too_large_can_be_tried_again_with_more_room(void)
{
	static char text[20000];
	struct zone *z;
	struct transfer_query q;
	struct received r;
	static uint8_t octets[65535];
	bool is_last = false;
	struct axfr x;
	size_t len;

	(void)snprintf(text, sizeof(text), "%sbig TXT", APEX_TEXT);
	for (unsigned i = 0; i < 80; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    " \"%0240u\"", i);
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n");
	z = zone_from_text("example.", text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	q = query_of(z, TYPE_AXFR);
	received_init(&r);
	axfr_start(&x, &q, zone_current(z));
	CU_ASSERT_EQUAL_FATAL(axfr_next(&x, octets, 16384, &len, &is_last), 0);
	received_add(&r, &q, octets, len);
	CU_ASSERT_EQUAL(axfr_next(&x, octets, 16384, &len, &is_last),
	    ERR_NOSPACE);
	CU_ASSERT_EQUAL(len, 0);
	while (!is_last) {
		CU_ASSERT_EQUAL_FATAL(axfr_next(&x, octets, 65535, &len,
					  &is_last),
		    0);
		received_add(&r, &q, octets, len);
	}
	CU_ASSERT_EQUAL(r.n, version_n_records(zone_current(z)) + 1);
	received_clear(&r);
	zone_destroy(z);
}

CU_TestInfo axfr_tests[] = {
    {"what is sent is the version", test_what_is_sent_is_the_version},
    {"a small zone is one message", test_a_small_zone_is_one_message},
    {"OPT is in the first message only", test_opt_is_in_the_first_message_only},
    {"an RR too large can be tried again with more room",
	test_an_rr_too_large_can_be_tried_again_with_more_room},
    CU_TEST_INFO_NULL,
};
