/*
 * test_txn.c - transactions, publishing, pins and what they keep alive
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/epoch.h"
#include "daemon/base/err.h"
#include "daemon/dns/rdata.h"
#include "tests/unit/suites.h"
#include "tests/unit/zone_helper.h"

static struct zone_txn *
begin(struct zone *z)
{
	struct zone_txn *txn;

	CU_ASSERT_EQUAL_FATAL(zone_begin(z, &txn), 0);
	return txn;
}

static unsigned
n_a(const struct zone_version *v, const char *owner)
{
	struct name name = name_of(owner);
	const struct zone_name *n = zone_get(v, name.octets);
	const struct rrset *s = n == NULL ? NULL : zone_name_rrset(n, TYPE_A);

	return s == NULL ? 0 : s->n_rrs;
}

static size_t
octets_retired(const struct zone *z)
{
	struct zone_memory m;

	zone_memory(z, &m);
	return m.octets_retired;
}

/* n hosts h000 and so on, each with one A. */
static void
put_hosts(struct zone_txn *txn, unsigned n, unsigned n_rrs)
{
	char owner[64];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(owner, sizeof(owner), "h%03u.ad.test.", i);
		put_a(txn, owner, n_rrs);
	}
}

static void
test_an_abort_leaves_nothing_behind(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	const struct zone_version *v;
	size_t before;

	put_apex(txn, 7);
	put_hosts(txn, 50, 1);
	v = publish(z, txn);
	zone_reclaim(z);
	before = octets_in_use(z);
	txn = begin(z);
	put_hosts(txn, 50, 3);
	put_hosts(txn, 30, 0);
	put_a(txn, "new.ad.test.", 200);
	zone_abort(txn);
	CU_ASSERT_EQUAL(octets_in_use(z), before);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	CU_ASSERT_PTR_EQUAL(zone_current(z), v);
	CU_ASSERT_EQUAL(n_a(v, "h049.ad.test."), 1);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

static void
test_nothing_shows_before_it_is_published(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	const struct zone_version *first, *second;

	put_a(txn, "a.ad.test.", 1);
	CU_ASSERT_PTR_NULL(zone_current(z));
	CU_ASSERT_EQUAL(n_a(zone_view(txn), "a.ad.test."), 1);
	first = zone_seal(txn);
	CU_ASSERT_PTR_NULL(zone_current(z));
	txn = begin(z);
	put_a(txn, "a.ad.test.", 2);
	put_a(txn, "b.ad.test.", 1);
	second = zone_seal(txn);
	zone_publish(z, first);
	CU_ASSERT_PTR_EQUAL(zone_current(z), first);
	CU_ASSERT_EQUAL(n_a(first, "a.ad.test."), 1);
	CU_ASSERT_EQUAL(n_a(first, "b.ad.test."), 0);
	zone_publish(z, second);
	CU_ASSERT_EQUAL(n_a(zone_current(z), "a.ad.test."), 2);
	zone_reclaim(z);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

static void
test_sealed_versions_can_be_dropped_together(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	size_t before;

	put_hosts(txn, 100, 1);
	(void)publish(z, txn);
	zone_reclaim(z);
	before = octets_in_use(z);
	for (unsigned i = 2; i < 6; i++) {
		txn = begin(z);
		put_hosts(txn, 40, i);
		put_a(txn, "new.ad.test.", i % 2);
		(void)zone_seal(txn);
	}
	zone_drop_sealed(z);
	CU_ASSERT_EQUAL(octets_in_use(z), before);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	/* and go on as if nothing had been */
	txn = begin(z);
	CU_ASSERT_EQUAL(n_a(zone_view(txn), "h000.ad.test."), 1);
	CU_ASSERT_EQUAL(n_a(zone_view(txn), "new.ad.test."), 0);
	put_hosts(txn, 10, 2);
	(void)publish(z, txn);
	zone_reclaim(z);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

/* Publishes n versions, each changing all 100 hosts. */
static void
churn(struct zone *z, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct zone_txn *txn = begin(z);

		put_hosts(txn, 100, 1 + i % 2);
		(void)publish(z, txn);
		zone_reclaim(z);
	}
}

static void
test_a_stalled_pin_keeps_one_old_copy(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	const struct zone_version *pinned;
	size_t alone, once;

	put_hosts(txn, 100, 1);
	pinned = publish(z, txn);
	zone_reclaim(z);
	alone = octets_in_use(z);
	zone_pin(pinned);
	churn(z, 1);
	once = octets_retired(z);
	CU_ASSERT_EQUAL(once, alone); /* every vector and name, once */
	churn(z, 200);
	CU_ASSERT_EQUAL(octets_retired(z), once);
	CU_ASSERT_EQUAL(n_a(pinned, "h007.ad.test."), 1);
	zone_unpin(pinned);
	zone_reclaim(z);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

static void
test_what_a_dropped_pin_kept_goes_to_the_one_before(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	const struct zone_version *first, *second;

	put_hosts(txn, 100, 1);
	put_a(txn, "still.ad.test.", 1);
	first = publish(z, txn);
	zone_pin(first);
	txn = begin(z);
	put_hosts(txn, 50, 2);
	second = publish(z, txn);
	zone_pin(second);
	churn(z, 3);
	/* kept for second now: its own hosts, and those first has too */
	zone_unpin(second);
	zone_reclaim(z);
	for (unsigned i = 0; i < 100; i++) {
		char owner[64];

		(void)snprintf(owner, sizeof(owner), "h%03u.ad.test.", i);
		CU_ASSERT_EQUAL(n_a(first, owner), 1);
	}
	zone_unpin(first);
	zone_reclaim(z);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

static void
test_a_reader_inside_the_epoch_keeps_what_it_saw(void)
{
	struct epoch *e = epoch_create(2);
	struct zone *z = zone_of_test(e);
	struct zone_txn *txn = begin(z);
	const struct zone_version *seen;

	put_hosts(txn, 100, 1);
	(void)publish(z, txn);
	zone_reclaim(z);
	epoch_enter(e, 1);
	seen = zone_current(z);
	churn(z, 5);
	CU_ASSERT(octets_retired(z) > 0);
	CU_ASSERT_EQUAL(n_a(seen, "h099.ad.test."), 1);
	epoch_leave(e, 1);
	zone_reclaim(z); /* what the mark stood for, and a mark for the rest */
	zone_reclaim(z);
	CU_ASSERT_EQUAL(octets_retired(z), 0);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
	epoch_destroy(e);
}

static void
test_removing_the_last_rrset_removes_the_name(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);

	put_a(txn, "a.b.ad.test.", 2);
	put_target(txn, "a.b.ad.test.", TYPE_NS, "ns.test.");
	CU_ASSERT_EQUAL(version_n_names(zone_view(txn)), 1);
	CU_ASSERT_EQUAL(version_n_records(zone_view(txn)), 3);
	put_a(txn, "a.b.ad.test.", 0);
	put_a(txn, "a.b.ad.test.", 0); /* not there: nothing happens */
	CU_ASSERT_EQUAL(version_n_names(zone_view(txn)), 1);
	CU_ASSERT_EQUAL(zone_put(txn,
			    &(struct rrset_change){.owner =
						       name_of("A.b.ad.test.")
							   .octets,
				.type = TYPE_NS}),
	    0);
	CU_ASSERT_EQUAL(version_n_names(zone_view(txn)), 0);
	CU_ASSERT_EQUAL(version_n_records(zone_view(txn)), 0);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_abort(txn);
	zone_destroy(z);
}

static void
test_the_serial_follows_the_soa(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	struct name apex = name_of("ad.test.");
	const struct zone_version *v;
	struct rdata_ref rdata = {0};
	size_t at = 0;

	CU_ASSERT_EQUAL(version_serial(zone_view(txn)), 0);
	put_apex(txn, 2026010100);
	v = publish(z, txn);
	CU_ASSERT_EQUAL(version_serial(v), 2026010100);
	txn = begin(z);
	CU_ASSERT_EQUAL(zone_put_serial(txn, 5), 0);
	CU_ASSERT_EQUAL(version_serial(zone_view(txn)), 5);
	CU_ASSERT_EQUAL(version_serial(v), 2026010100);
	CU_ASSERT_PTR_EQUAL(version_apex(zone_view(txn)),
	    zone_get(zone_view(txn), apex.octets));
	CU_ASSERT_FATAL(rrset_next(version_soa(zone_view(txn)), &at, &rdata));
	CU_ASSERT_EQUAL(soa_serial(rdata.octets, rdata.len), 5);
	zone_abort(txn);
	zone_destroy(z);
}

static void
test_the_case_of_the_first_owner_is_kept(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	struct name first = name_of("WWW.ad.test."),
		    n = name_of("www.AD.test.");
	const struct zone_name *found;

	put_a(txn, "WWW.ad.test.", 1);
	put_a(txn, "www.ad.test.", 2);
	found = zone_get(zone_view(txn), n.octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_EQUAL(memcmp(zone_name_owner(found), first.octets, first.len),
	    0);
	CU_ASSERT_EQUAL(zone_name_rrset(found, TYPE_A)->n_rrs, 2);
	zone_abort(txn);
	zone_destroy(z);
}

/* It has no effect but on time: it must go well wherever names are. */
static void
test_names_may_be_walked_to_at_once(void)
{
	static const char *const texts[ZONE_WARM_MAX] = {"h000.ad.test.",
	    "h001.ad.test.", "h049.ad.test.", "h0490.ad.test.", "h04.ad.test.",
	    "ad.test.", "test.", ".", "zz.ad.test.", "a.h000.ad.test.",
	    "*.ad.test.", "H002.AD.TEST.", "elsewhere.example.", "-.ad.test.",
	    "h003.ad.test.", "h003.ad.test."};
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);
	const struct zone_version *v;
	const uint8_t *names[ZONE_WARM_MAX];
	struct name owners[ZONE_WARM_MAX];

	for (size_t i = 0; i < ZONE_WARM_MAX; i++) {
		owners[i] = name_of(texts[i]);
		names[i] = owners[i].octets;
	}
	zone_warm(zone_view(txn), names, ZONE_WARM_MAX); /* without a name */
	put_apex(txn, 7);
	zone_warm(zone_view(txn), names, ZONE_WARM_MAX);
	put_hosts(txn, 50, 1);
	v = publish(z, txn);
	zone_warm(v, names, 0);
	zone_warm(v, names, ZONE_WARM_MAX);
	CU_ASSERT_EQUAL(n_a(v, "h000.ad.test."), 1);
	CU_ASSERT_EQUAL(n_a(v, "h0490.ad.test."), 0);
	zone_destroy(z);
}

static void
test_a_large_name_is_no_special_case(void)
{
	struct zone *z = zone_of_test(NULL);
	struct zone_txn *txn = begin(z);

	put_a(txn, "many.ad.test.", 256);
	put_a(txn, "few.ad.test.", 1);
	(void)publish(z, txn);
	txn = begin(z);
	put_a(txn, "many.ad.test.", 255);
	CU_ASSERT_EQUAL(n_a(zone_view(txn), "many.ad.test."), 255);
	CU_ASSERT_EQUAL(n_a(zone_current(z), "many.ad.test."), 256);
	(void)publish(z, txn);
	zone_reclaim(z);
	empty_zone(z);
	CU_ASSERT_EQUAL(octets_in_use(z), 0);
	zone_destroy(z);
}

/*
 * A writer and readers at once.  Every host of a version has as many A RRs as
 * the version's serial says: a reader that finds another number saw memory
 * of another version.
 */
#define N_READERS 2
#define N_HOSTS 100
#define N_ROUNDS 400

struct race {
	struct zone *zone;
	struct epoch *epoch;
	atomic_bool stop;
	atomic_uint wrong, batches;
};

struct race_reader {
	struct race *race;
	size_t reader;
};

static unsigned
rrs_of_serial(uint32_t serial)
{
	return 1 + serial % 7;
}

static bool
version_is_right(const struct zone_version *v)
{
	unsigned n = rrs_of_serial(version_serial(v)), n_names = 0;
	struct zone_iter it;

	for (const struct zone_name *x = zone_first(&it, v); x != NULL;
	     x = zone_next(&it)) {
		const struct rrset *s = zone_name_rrset(x, TYPE_A);

		if (s != NULL && s->n_rrs != n)
			return false;
		n_names++;
	}
	return n_names == version_n_names(v);
}

static void *
read_all_the_time(void *arg)
{
	struct race_reader *r = arg;
	struct race *race = r->race;
	const struct zone_version *pinned = NULL;

	while (!atomic_load(&race->stop)) {
		const struct zone_version *v;

		epoch_enter(race->epoch, r->reader);
		v = zone_current(race->zone);
		if (!version_is_right(v))
			atomic_fetch_add(&race->wrong, 1);
		if (pinned == NULL && r->reader == 0) {
			zone_pin(v);
			pinned = v;
		}
		epoch_leave(race->epoch, r->reader);
		if (atomic_fetch_add(&race->batches, 1) % 8 == 0 &&
		    pinned != NULL) {
			if (!version_is_right(pinned))
				atomic_fetch_add(&race->wrong, 1);
			zone_unpin(pinned);
			pinned = NULL;
		}
	}
	if (pinned != NULL)
		zone_unpin(pinned);
	return NULL;
}

static void
write_serial(struct zone *z, uint32_t serial)
{
	struct zone_txn *txn = begin(z);

	put_apex(txn, serial);
	put_hosts(txn, N_HOSTS, rrs_of_serial(serial));
	if (serial % 5 == 0) {
		zone_abort(txn);
		return;
	}
	(void)publish(z, txn);
	zone_reclaim(z);
}

static void
test_readers_and_the_writer_do_not_disturb_each_other(void)
{
	struct race race = {.epoch = epoch_create(N_READERS)};
	struct race_reader readers[N_READERS];
	pthread_t threads[N_READERS];

	race.zone = zone_of_test(race.epoch);
	write_serial(race.zone, 1);
	for (size_t i = 0; i < N_READERS; i++) {
		readers[i] = (struct race_reader){&race, i};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL,
					  read_all_the_time, &readers[i]),
		    0);
	}
	for (uint32_t serial = 2;
	     serial < N_ROUNDS || atomic_load(&race.batches) < 100; serial++)
		write_serial(race.zone, serial);
	atomic_store(&race.stop, true);
	for (size_t i = 0; i < N_READERS; i++)
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
	CU_ASSERT_EQUAL(atomic_load(&race.wrong), 0);
	zone_reclaim(race.zone);
	empty_zone(race.zone);
	zone_reclaim(race.zone);
	CU_ASSERT_EQUAL(octets_in_use(race.zone), 0);
	zone_destroy(race.zone);
	epoch_destroy(race.epoch);
}

CU_TestInfo txn_tests[] = {
    {"abort", test_an_abort_leaves_nothing_behind},
    {"publish", test_nothing_shows_before_it_is_published},
    {"drop sealed", test_sealed_versions_can_be_dropped_together},
    {"stalled pin", test_a_stalled_pin_keeps_one_old_copy},
    {"two pins", test_what_a_dropped_pin_kept_goes_to_the_one_before},
    {"epoch", test_a_reader_inside_the_epoch_keeps_what_it_saw},
    {"last RRset", test_removing_the_last_rrset_removes_the_name},
    {"serial", test_the_serial_follows_the_soa},
    {"case", test_the_case_of_the_first_owner_is_kept},
    {"at once", test_names_may_be_walked_to_at_once},
    {"large name", test_a_large_name_is_no_special_case},
    {"threads", test_readers_and_the_writer_do_not_disturb_each_other},
    CU_TEST_INFO_NULL,
};
