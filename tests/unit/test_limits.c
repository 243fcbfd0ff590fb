/*
 * test_limits.c - how much one update may change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/store/limits.h"
#include "tests/unit/store_fixture.h"

#define MANY 5000
#define RR_LEN (16 + 16 + 4) /* pc1.ad.example., an A RR in a changeset */

static const uint8_t owner[] = "\3pc1\2ad\7example";

/* Addresses from first on; stepping back: not in canonical order. */
struct addresses {
	uint8_t octets[MANY + 1][4];
	struct rdata_ref rdatas[MANY + 1];
	struct rrset_change change;
};

static void
fill(struct addresses *a, uint32_t first, uint16_t n, bool backwards)
{
	for (uint16_t i = 0; i < n; i++) {
		put_u32(a->octets[i],
		    backwards ? first + n - 1 - i : first + i);
		a->rdatas[i] = (struct rdata_ref){a->octets[i], 4};
	}
	a->change = (struct rrset_change){.owner = owner,
	    .type = TYPE_A,
	    .ttl = 60,
	    .n = n,
	    .rdatas = a->rdatas};
}

static void
test_what_stays_does_not_count(void)
{
	struct addresses *a = calloc(1, sizeof(*a));
	struct name apex;
	struct zone_txn *txn;
	struct zone *z;

	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.example.", NULL, &apex), 0);
	CU_ASSERT_EQUAL_FATAL(zone_create(&apex, NULL, &z), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	fill(a, 1000, MANY, false);
	CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn), &a->change),
	    MANY * RR_LEN);
	CU_ASSERT_EQUAL(zone_put(txn, &a->change), 0);
	CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn), &a->change), 0);
	for (int backwards = 0; backwards < 2; backwards++) {
		fill(a, 1000, MANY + 1, backwards != 0); /* one comes */
		CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn),
				    &a->change),
		    RR_LEN);
		fill(a, 1002, MANY - 1, backwards != 0); /* 2 go, 1 comes */
		CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn),
				    &a->change),
		    3 * RR_LEN);
	}
	a->change.ttl = 61;
	CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn), &a->change),
	    (2 * MANY - 1) * RR_LEN);
	a->change.n = 0;
	CU_ASSERT_EQUAL(limits_change_octets(zone_view(txn), &a->change),
	    MANY * RR_LEN);
	zone_destroy(z);
	free(a);
}

static void
test_an_rr_that_cannot_be_transferred_is_refused(void)
{
	static uint8_t octets[65535];
	struct rdata_ref rdata = {octets, 0};
	struct rrset_change change = {.owner = owner,
	    .type = 65400,
	    .ttl = 60,
	    .n = 1,
	    .rdatas = &rdata};
	struct limits l = {.octets = 1 << 20};
	struct limits_verdict v;
	struct zone_txn *txn;
	struct name apex;
	struct arena a;
	struct zone *z;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(name_from_text("ad.example.", NULL, &apex), 0);
	CU_ASSERT_EQUAL_FATAL(zone_create(&apex, NULL, &z), 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	l.arena = &a;
	l.view = zone_view(txn);
	rdata.len = (uint16_t)(RR_TRANSFER_LEN_MAX - 10 - name_len(owner));
	CU_ASSERT_EQUAL(limits_check(&l, &change, 1, &v), 0);
	CU_ASSERT_EQUAL(v.rcode, RCODE_NOERROR);
	rdata.len++;
	CU_ASSERT_EQUAL(limits_check(&l, &change, 1, &v), 0);
	CU_ASSERT_EQUAL(v.rcode, RCODE_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(v.reason.text, "cannot be transferred"));
	/* It is there already, from before: other changes go on. */
	CU_ASSERT_EQUAL(zone_put(txn, &change), 0);
	CU_ASSERT_EQUAL(limits_check(&l, &change, 1, &v), 0);
	CU_ASSERT_EQUAL(v.rcode, RCODE_NOERROR);
	zone_destroy(z);
	arena_clear(&a);
}

CU_TestInfo limits_tests[] = {
    {"difference", test_what_stays_does_not_count},
    {"transfer", test_an_rr_that_cannot_be_transferred_is_refused},
    CU_TEST_INFO_NULL,
};
