/*
 * test_overlay.c - RRsets laid over a zone version
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/update/overlay.h"
#include "tests/unit/suites.h"
#include "tests/unit/update_helper.h"

#define MANY 5000

static struct name
name(const char *text)
{
	struct name n;

	CU_ASSERT_EQUAL_FATAL(name_from_text(text, NULL, &n), 0);
	return n;
}

static struct overlay_set *
set_at(struct overlay *o, const struct name *owner, uint16_t type)
{
	struct overlay_name *n = overlay_name(o, owner->octets);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	return overlay_set(o, n, type);
}

static void
test_a_sheet_shows_the_version_below(void)
{
	struct name multi = name("multi.ad.test"),
		    upper = name("MULTI.ad.test");
	struct zone *z = update_zone();
	struct rrset_change *changes;
	struct overlay_set *s;
	struct overlay o;
	struct arena a;
	size_t n;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(overlay_init(&o, zone_current(z), 1, &a), 0);
	s = set_at(&o, &multi, TYPE_A);
	CU_ASSERT_PTR_EQUAL(s, set_at(&o, &upper, TYPE_A));
	CU_ASSERT_EQUAL(s->n, 2);
	CU_ASSERT_EQUAL(s->name->n_rrsets, 2);
	CU_ASSERT_EQUAL(overlay_load(&o, s), 0);
	CU_ASSERT(overlay_equals(&o, s, s->before));
	CU_ASSERT_EQUAL(overlay_whole_name(&o, s->name), 0);
	CU_ASSERT_EQUAL(o.n_sets, 2);
	CU_ASSERT_EQUAL(overlay_changes(&o, &changes, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
	overlay_clear(s);
	CU_ASSERT_EQUAL(s->name->n_rrsets, 1);
	overlay_clear(s);
	CU_ASSERT_EQUAL(s->name->n_rrsets, 1);
	CU_ASSERT_EQUAL(overlay_changes(&o, &changes, &n), 0);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(changes[0].n, 0);
	arena_clear(&a);
	zone_destroy(z);
}

/* Deletions first: no RRset stands beside what it takes the place of. */
static void
test_what_goes_away_comes_first(void)
{
	struct name x = name("x.ad.test"), alias = name("alias.ad.test");
	uint8_t octets[4] = {10, 0, 0, 1};
	struct rdata_ref rdata = {octets, 4};
	struct zone *z = update_zone();
	struct rrset_change *changes;
	struct overlay o;
	struct arena a;
	size_t n;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(overlay_init(&o, zone_current(z), 1, &a), 0);
	CU_ASSERT_EQUAL(overlay_add(&o, set_at(&o, &x, TYPE_A), &rdata, 60), 0);
	overlay_clear(set_at(&o, &alias, TYPE_CNAME));
	CU_ASSERT_EQUAL(overlay_changes(&o, &changes, &n), 0);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(changes[0].type, TYPE_CNAME);
	CU_ASSERT_EQUAL(changes[1].type, TYPE_A);
	arena_clear(&a);
	zone_destroy(z);
}

#define TYPE_FOUR 65280 /* opaque; here of four octets, as A */

static void
put_fours(struct zone_txn *txn, const struct name *owner, uint16_t type,
    uint8_t first, uint16_t n)
{
	uint8_t octets[8][4] = {{0}};
	struct rdata_ref rdatas[8];

	for (uint16_t i = 0; i < n; i++) {
		octets[i][3] = (uint8_t)(first + i);
		rdatas[i] = (struct rdata_ref){octets[i], 4};
	}
	CU_ASSERT_EQUAL_FATAL(zone_put(txn,
				  &(struct rrset_change){.owner = owner->octets,
				      .type = type,
				      .ttl = 60,
				      .n = n,
				      .rdatas = rdatas}),
	    0);
}

static void
expect_fours(const struct zone_version *v, const struct name *owner,
    uint16_t type, uint8_t first, uint16_t n)
{
	const struct zone_name *at = zone_get(v, owner->octets);
	const struct rrset *set = zone_name_rrset(at, type);
	struct rdata_ref rdata;
	size_t pos = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_EQUAL(set->n_rrs, n);
	while (rrset_next(set, &pos, &rdata))
		CU_ASSERT_EQUAL(get_u32(rdata.octets), first++);
}

/*
 * A name that the transaction made itself is freed by the first change of it:
 * what the second one keeps must not lie there.
 */
static void
test_changes_of_one_name_do_not_rest_on_each_other(void)
{
	struct name x = name("x.ad.test");
	uint8_t one[4] = {0, 0, 0, 1}, zero[4] = {0};
	struct rdata_ref gone = {one, 4}, new = {zero, 4};
	struct zone *z = update_zone();
	struct rrset_change *changes;
	struct zone_txn *txn;
	struct overlay o;
	struct arena a;
	size_t n;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	put_fours(txn, &x, TYPE_A, 1, 3);
	put_fours(txn, &x, TYPE_FOUR, 1, 2);
	CU_ASSERT_EQUAL_FATAL(overlay_init(&o, zone_view(txn), 1, &a), 0);
	CU_ASSERT_EQUAL(overlay_remove(&o, set_at(&o, &x, TYPE_A), &gone), 0);
	CU_ASSERT_EQUAL(overlay_add(&o, set_at(&o, &x, TYPE_FOUR), &new, 60),
	    0);
	CU_ASSERT_EQUAL_FATAL(overlay_changes(&o, &changes, &n), 0);
	CU_ASSERT_EQUAL(n, 2);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(zone_put(txn, &changes[i]), 0);
	expect_fours(zone_view(txn), &x, TYPE_A, 2, 2);
	expect_fours(zone_view(txn), &x, TYPE_FOUR, 0, 3);
	zone_abort(txn);
	arena_clear(&a);
	zone_destroy(z);
}

static void
test_thousands_of_rrs_come_and_go(void)
{
	struct name x = name("x.ad.test");
	static uint8_t octets[MANY][4];
	struct rrset_change *changes;
	struct overlay_set *s;
	struct rdata_ref rdata;
	struct overlay o;
	struct arena a;
	size_t n;

	arena_init(&a, 0);
	CU_ASSERT_EQUAL_FATAL(overlay_init(&o, NULL, MANY, &a), 0);
	s = set_at(&o, &x, TYPE_A);
	for (uint32_t i = 0; i < MANY; i++) {
		put_u32(octets[i], i);
		rdata = (struct rdata_ref){octets[i], 4};
		CU_ASSERT_EQUAL(overlay_add(&o, s, &rdata, 60), 0);
		CU_ASSERT_EQUAL(overlay_collect(&o, s, &rdata), 0);
	}
	CU_ASSERT_EQUAL(s->n, MANY);
	for (uint32_t i = 0; i < MANY; i += 2) {
		rdata = (struct rdata_ref){octets[i], 4};
		CU_ASSERT_EQUAL(overlay_remove(&o, s, &rdata), 0);
		CU_ASSERT_PTR_NULL(overlay_find(&o, s, &rdata));
		CU_ASSERT_EQUAL(overlay_remove(&o, s, &rdata), 0);
	}
	CU_ASSERT_EQUAL(s->n, MANY / 2);
	CU_ASSERT_EQUAL(overlay_changes(&o, &changes, &n), 0);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(changes[0].n, MANY / 2);
	CU_ASSERT_EQUAL(get_u32(changes[0].rdatas[0].octets), 1);
	arena_clear(&a);
}

/* Every allocation may be the one that fails. */
static void
test_no_memory_is_an_error_and_no_more(void)
{
	struct name x = name("x.ad.test");
	bool is_done = false;

	for (size_t limit = 1; !is_done && limit < 4000000; limit += 8192) {
		uint8_t octets[400][4];
		struct overlay_name *n;
		struct overlay_set *s;
		struct overlay o;
		struct arena a;
		int ret = 0;

		arena_init(&a, limit);
		if (overlay_init(&o, NULL, 10, &a) == 0 &&
		    (n = overlay_name(&o, x.octets)) != NULL &&
		    (s = overlay_set(&o, n, TYPE_A)) != NULL) {
			for (uint32_t i = 0; i < 400 && ret == 0; i++) {
				struct rdata_ref rdata = {octets[i], 4};

				put_u32(octets[i], i);
				ret = overlay_add(&o, s, &rdata, 60);
				CU_ASSERT(ret == 0 || ret == ERR_NOMEM);
			}
			is_done = ret == 0;
		}
		arena_clear(&a);
	}
	CU_ASSERT(is_done);
}

CU_TestInfo overlay_tests[] = {
    {"a sheet shows the version below", test_a_sheet_shows_the_version_below},
    {"what goes away comes first", test_what_goes_away_comes_first},
    {"changes of one name do not rest on each other",
	test_changes_of_one_name_do_not_rest_on_each_other},
    {"thousands of RRs come and go", test_thousands_of_rrs_come_and_go},
    {"no memory is an error, and no more",
	test_no_memory_is_an_error_and_no_more},
    CU_TEST_INFO_NULL,
};
