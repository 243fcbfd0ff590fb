/*
 * test_changeset.c - what a zone gains and loses between two serials
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/zone/changeset.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

/* Adds the difference of all names of both versions. */
static void
add_all(struct changeset_builder *b, const struct zone_version *before,
    const struct zone_version *after)
{
	struct zone_iter it;

	for (const struct zone_name *n = zone_first(&it, before); n != NULL;
	     n = zone_next(&it)) {
		const struct zone_name *other =
		    zone_get(after, zone_name_owner(n));

		for (unsigned i = 0; i < zone_name_n_rrsets(n); i++) {
			const struct rrset *s = zone_name_rrset_at(n, i);

			CU_ASSERT_EQUAL_FATAL(changeset_add_difference(b,
						  zone_name_owner(n), s,
						  other == NULL
						      ? NULL
						      : zone_name_rrset(other,
							    s->type),
						  3),
			    0);
		}
	}
	for (const struct zone_name *n = zone_first(&it, after); n != NULL;
	     n = zone_next(&it)) {
		const struct zone_name *other =
		    zone_get(before, zone_name_owner(n));

		for (unsigned i = 0; i < zone_name_n_rrsets(n); i++) {
			const struct rrset *s = zone_name_rrset_at(n, i);

			if (other == NULL ||
			    zone_name_rrset(other, s->type) == NULL)
				CU_ASSERT_EQUAL_FATAL(
				    changeset_add_difference(b,
					zone_name_owner(n), NULL, s, 3),
				    0);
		}
	}
}

/* Two zones with the same first version. */
struct pair {
	struct zone *a, *b;
	struct zone_txn *txn; /* of a */
	struct arena arena;
	struct changeset cs;
	struct changeset_builder builder;
};

static void
fill(struct zone_txn *txn)
{
	put_apex(txn, 10);
	for (unsigned i = 0; i < 20; i++) {
		char owner[] = "a.ad.test.";

		owner[0] = (char)('a' + i);
		put_a(txn, owner, 1 + i % 4);
	}
	put_target(txn, "x.ad.test.", TYPE_CNAME, "b.ad.test.");
}

static void
pair_init(struct pair *p)
{
	struct zone_txn *txn;

	p->a = zone_of_test(NULL);
	p->b = zone_of_test(NULL);
	CU_ASSERT_EQUAL_FATAL(zone_begin(p->a, &txn), 0);
	fill(txn);
	(void)publish(p->a, txn);
	CU_ASSERT_EQUAL_FATAL(zone_begin(p->b, &txn), 0);
	fill(txn);
	(void)publish(p->b, txn);
	CU_ASSERT_EQUAL_FATAL(zone_begin(p->a, &p->txn), 0);
	arena_init(&p->arena, 0);
	changeset_start(&p->builder, &p->arena, &p->cs);
}

/* The changeset of what was done to a. */
static void
pair_difference(struct pair *p)
{
	add_all(&p->builder, zone_current(p->a), zone_view(p->txn));
	p->cs.serial_from = version_serial(zone_current(p->a));
	p->cs.serial_to = version_serial(zone_view(p->txn));
}

/* Applies the changeset to b; on success it must be as a is. */
static int
pair_apply(struct pair *p)
{
	struct zone_txn *txn;
	int ret;

	CU_ASSERT_EQUAL_FATAL(zone_begin(p->b, &txn), 0);
	ret = changeset_apply(txn, &p->cs);
	if (ret == 0)
		CU_ASSERT(versions_equal(zone_view(p->txn), zone_view(txn)));
	zone_abort(txn);
	return ret;
}

static void
pair_clear(struct pair *p)
{
	zone_abort(p->txn);
	zone_destroy(p->a);
	zone_destroy(p->b);
	arena_clear(&p->arena);
}

static void
test_a_difference_applied_gives_the_same_version(void)
{
	struct pair p;

	pair_init(&p);
	put_a(p.txn, "a.ad.test.", 0);
	put_a(p.txn, "b.ad.test.", 4);
	put_a(p.txn, "d.ad.test.", 1);
	put_a(p.txn, "new.ad.test.", 2);
	put_target(p.txn, "d.ad.test.", TYPE_PTR, "a.test.");
	/* another case of the target is the same RR (RFC 2136, 1.1.1), but kept
	 */
	put_target(p.txn, "x.ad.test.", TYPE_CNAME, "B.ad.test.");
	CU_ASSERT_EQUAL(zone_put_serial(p.txn, 11), 0);
	pair_difference(&p);
	CU_ASSERT_EQUAL(p.cs.n_deleted, 1 + 3 + 1);
	CU_ASSERT_EQUAL(p.cs.n_added, 2 + 2 + 1 + 1);
	CU_ASSERT_EQUAL(p.cs.flags, 0);
	CU_ASSERT_EQUAL(p.cs.deleted[0].source, 3);
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

static void
test_a_new_serial_alone_is_an_empty_changeset(void)
{
	struct pair p;

	pair_init(&p);
	CU_ASSERT_EQUAL(zone_put_serial(p.txn, 99), 0);
	pair_difference(&p);
	CU_ASSERT(changeset_is_empty(&p.cs));
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

static void
test_another_soa_is_there_in_full(void)
{
	uint8_t rdata[22] = {0};
	struct pair p;

	pair_init(&p);
	put_u32(rdata + 2, 12);
	put_u32(rdata + 18, 300); /* minimum */
	put_rdata(p.txn, "ad.test.", TYPE_SOA, rdata, sizeof(rdata));
	pair_difference(&p);
	CU_ASSERT_EQUAL(p.cs.flags, CHANGESET_SOA_FULL);
	CU_ASSERT_EQUAL(p.cs.n_deleted, 1);
	CU_ASSERT_EQUAL(p.cs.n_added, 1);
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

static void
test_a_new_ttl_deletes_all_and_adds_all(void)
{
	struct name name = name_of("d.ad.test.");
	struct rdata_ref refs[4];
	struct pair p;
	const struct rrset *s;
	unsigned n = 0;

	pair_init(&p);
	s = zone_name_rrset(zone_get(zone_view(p.txn), name.octets), TYPE_A);
	CU_ASSERT_EQUAL_FATAL(s->n_rrs, 4);
	for (size_t at = 0; rrset_next(s, &at, &refs[n]);)
		n++;
	CU_ASSERT_EQUAL(zone_put(p.txn,
			    &(struct rrset_change){.owner = name.octets,
				.type = TYPE_A,
				.ttl = 60,
				.n = 4,
				.rdatas = refs}),
	    0);
	pair_difference(&p);
	CU_ASSERT_EQUAL(p.cs.n_deleted, 4);
	CU_ASSERT_EQUAL(p.cs.n_added, 4);
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

static void
test_the_first_changeset_makes_the_zone(void)
{
	struct zone *empty = zone_of_test(NULL);
	struct zone_txn *txn, *none;
	struct pair p;

	pair_init(&p);
	CU_ASSERT_EQUAL_FATAL(zone_begin(empty, &none), 0);
	add_all(&p.builder, zone_view(none), zone_view(p.txn));
	p.cs.flags |= CHANGESET_ZONE_ADDED;
	p.cs.serial_to = 10;
	CU_ASSERT((p.cs.flags & CHANGESET_SOA_FULL) != 0);
	txn = none;
	CU_ASSERT_EQUAL(changeset_apply(txn, &p.cs), 0);
	CU_ASSERT(versions_equal(zone_view(p.txn), zone_view(txn)));
	zone_abort(txn);
	zone_destroy(empty);
	pair_clear(&p);
}

static void
test_the_order_of_rrs_does_not_matter(void)
{
	struct changeset_rr rr;
	struct pair p;

	pair_init(&p);
	put_a(p.txn, "a.ad.test.", 3);
	put_a(p.txn, "b.ad.test.", 4);
	CU_ASSERT_EQUAL(zone_put_serial(p.txn, 11), 0);
	pair_difference(&p);
	CU_ASSERT_EQUAL_FATAL(p.cs.n_added, 4);
	for (unsigned i = 0; i < 2; i++) {
		rr = p.cs.added[i];
		p.cs.added[i] = p.cs.added[3 - i];
		p.cs.added[3 - i] = rr;
	}
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

static void
test_what_does_not_fit_is_a_mismatch(void)
{
	struct pair p;

	pair_init(&p);
	put_a(p.txn, "a.ad.test.", 2);
	put_a(p.txn, "d.ad.test.", 3);
	CU_ASSERT_EQUAL(zone_put_serial(p.txn, 11), 0);
	pair_difference(&p);
	CU_ASSERT_EQUAL(p.cs.n_added, 1);
	CU_ASSERT_EQUAL(p.cs.n_deleted, 1);
	CU_ASSERT_EQUAL(pair_apply(&p), 0);

	p.cs.serial_from = 9;
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	p.cs.serial_from = 10;
	p.cs.deleted[0].rr.ttl++;
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	p.cs.deleted[0].rr.ttl--;
	p.cs.added[0].rr.ttl++;
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	p.cs.added[0].rr.ttl--;
	p.cs.deleted[0].rr.rdata = (const uint8_t *)"gone";
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	p.cs.deleted[0] = p.cs.added[0]; /* not there yet */
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	p.cs.n_deleted = 0;
	p.cs.added[0].rr.rdata = (const uint8_t *)"\12\0\0\1"; /* there */
	CU_ASSERT_EQUAL(pair_apply(&p), ERR_MISMATCH);
	pair_clear(&p);
}

static void
test_metadata_changes_no_rr(void)
{
	struct pair p;

	pair_init(&p);
	p.cs.flags = CHANGESET_METADATA;
	p.cs.serial_from = p.cs.serial_to = 10;
	CU_ASSERT_EQUAL(pair_apply(&p), 0);
	pair_clear(&p);
}

CU_TestInfo changeset_tests[] = {
    {"round trip", test_a_difference_applied_gives_the_same_version},
    {"serial", test_a_new_serial_alone_is_an_empty_changeset},
    {"SOA in full", test_another_soa_is_there_in_full},
    {"TTL", test_a_new_ttl_deletes_all_and_adds_all},
    {"first", test_the_first_changeset_makes_the_zone},
    {"order", test_the_order_of_rrs_does_not_matter},
    {"mismatch", test_what_does_not_fit_is_a_mismatch},
    {"metadata", test_metadata_changes_no_rr},
    CU_TEST_INFO_NULL,
};
