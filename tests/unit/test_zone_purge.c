/*
 * test_zone_purge.c - directories of zones: thrown away, doubled
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/store/zones.h"
#include "tests/unit/store_fixture.h"

static void
reconfigure(struct fixture *f, size_t n)
{
	struct reason reason = {""};

	CU_ASSERT_EQUAL(store_reconfigure(f->store, f->zones, n,
			    STORE_FILES_LOOK, &reason),
	    0);
}

static int
purge(struct fixture *f, size_t i, struct reason *reason)
{
	return store_purge_zone(f->store, &f->zones[i].apex, reason);
}

static void
run(const struct fixture *f, const char *command)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "cd %s && %s", f->state, command);
	CU_ASSERT_EQUAL(system(whole), 0);
}

static bool
has_dir(const struct fixture *f, uint32_t id)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/zones/%u", f->state, id);
	return access(path, F_OK) == 0;
}

static void
test_a_purged_zone_is_a_new_one_when_it_comes_back(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;
	uint32_t id;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	id = ptr->id;
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "is configured"));
	CU_ASSERT_PTR_NULL(store_zone_kept_at(f.store, 0));
	reconfigure(&f, 1);
	CU_ASSERT_PTR_EQUAL(store_zone_kept_at(f.store, 0), ptr);
	CU_ASSERT_TRUE(has_dir(&f, id));
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), 0);
	CU_ASSERT_FALSE(has_dir(&f, id));
	CU_ASSERT_PTR_NULL(store_zone_kept_at(f.store, 0));
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(purge(&f, 2, &reason), ERR_NOTFOUND);

	reconfigure(&f, 2);
	CU_ASSERT_PTR_EQUAL(store_find_apex(f.store, f.zones[1].apex.octets),
	    ptr);
	CU_ASSERT_NOT_EQUAL(ptr->id, id);
	CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 0);
	CU_ASSERT_EQUAL(fixture_serial(ptr), 1);
	CU_ASSERT_EQUAL(fixture_status(ptr).n_changesets, 0);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "2", 6), RCODE_NOERROR);
	fixture_crash(&f); /* the log still has changes of the old id */
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 0);
	CU_ASSERT_EQUAL(fixture_get(ptr, "2"), 6);
	fixture_clear(&f);
}

static void
test_a_zone_of_an_earlier_life_can_be_purged(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	fixture_crash(&f);
	f.n_zones = 1;
	fixture_must_open(&f);
	ptr = store_zone_kept_at(f.store, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ptr);
	/* Put away: what only the log had is in a snapshot. */
	CU_ASSERT_PTR_NULL(store_zone_version(ptr));
	CU_ASSERT_EQUAL(history_unsaved_segment(&ptr->history), 0);
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), 0);
	CU_ASSERT_EQUAL(history_first_segment(&ptr->history), 0);
	fixture_clear(&f);
}

/* A transfer that had begun goes on. */
static void
test_a_purged_zone_stays_for_who_reads_it(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;
	const struct zone_version *v;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	v = store_zone_pin(ptr);
	reconfigure(&f, 1);
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), 0);
	for (int i = 0; i < 3; i++)
		zones_reclaim_gone(f.store); /* as the writer does */
	CU_ASSERT_PTR_NOT_NULL(atomic_load(&f.store->gone));
	CU_ASSERT_EQUAL(version_serial(v), 1);
	CU_ASSERT_PTR_NOT_NULL(version_soa(v));
	zone_unpin(v);
	zones_reclaim_gone(f.store);
	CU_ASSERT_PTR_NULL(atomic_load(&f.store->gone));
	fixture_clear(&f);
}

/* A zone that cannot be loaded holds the log, until it is mended or goes. */
static void
test_purging_frees_the_log(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	fixture_crash(&f);
	run(&f, "rm zones/2/*.snap");
	f.n_zones = 1;
	fixture_must_open(&f);
	ptr = store_zone_kept_at(f.store, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ptr);
	CU_ASSERT_EQUAL(history_unsaved_segment(&ptr->history), 1);
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), 0);
	CU_ASSERT_EQUAL(history_first_segment(&ptr->history), 0);
	fixture_clear(&f);
}

/* Whichever call fails, what is acknowledged afterwards stays. */
static void
test_a_purge_that_fails_half_way_loses_no_update(void)
{
	struct reason reason = {""};
	bool struck = true;

	for (unsigned long at = 1; struck; at++) {
		struct fixture f;
		struct store_zone *ptr;

		fixture_init(&f);
		fixture_must_open(&f);
		reconfigure(&f, 1);
		shim_fail_once_here(&f.shim, at);
		(void)purge(&f, 1, &reason);
		struck = f.shim.n_faults > 0;
		shim_fail(&f.shim, SHIM_FAULT_NONE, 0);
		reconfigure(&f, 2);
		ptr = store_find_apex(f.store, f.zones[1].apex.octets);
		CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
		fixture_crash(&f);
		fixture_must_open(&f);
		ptr = store_find_apex(f.store, f.zones[1].apex.octets);
		CU_ASSERT_EQUAL(fixture_get(ptr, "1"), 5);
		fixture_clear(&f);
	}
}

/* Its changesets would be taken for those of the new zone. */
static void
test_an_id_that_the_log_knows_is_not_given_again(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;
	uint32_t id;

	fixture_init(&f);
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	id = ptr->id;
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	reconfigure(&f, 1);
	CU_ASSERT_EQUAL(purge(&f, 1, &reason), 0);
	fixture_crash(&f);
	f.n_zones = 1;
	fixture_must_open(&f);
	reconfigure(&f, 2);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_NOT_EQUAL(ptr->id, id);
	fixture_clear(&f);
}

struct visitor {
	struct fixture *f;
	pthread_t thread;
	atomic_bool stop;
};

/* What the control socket asks for, all the time. */
static void *
visit(void *arg)
{
	struct visitor *v = arg;
	struct store *s = v->f->store;
	struct store_zone *z;

	while (!atomic_load(&v->stop)) {
		for (size_t i = 0; (z = store_zone_at(s, i)) != NULL; i++)
			(void)fixture_status(z);
		for (size_t i = 0; (z = store_zone_kept_at(s, i)) != NULL; i++)
			(void)fixture_status(z);
	}
	return NULL;
}

/* Under ThreadSanitizer: nobody looks at what is half changed. */
static void
test_zones_come_and_go_while_others_look(void)
{
	struct fixture f;
	struct visitor v = {.f = &f};
	struct reason reason = {""};

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&v.thread, NULL, visit, &v), 0);
	for (uint32_t i = 1; i <= 20; i++) {
		struct store_zone *z;

		reconfigure(&f, 3);
		z = store_find_apex(f.store, f.zones[2].apex.octets);
		CU_ASSERT_EQUAL(fixture_put(&f, z, "pc1", i), RCODE_NOERROR);
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
		reconfigure(&f, 2);
		wake_up(&f.store->keeper.segments_wake);
		CU_ASSERT_EQUAL(purge(&f, 2, &reason), 0);
	}
	atomic_store(&v.stop, true);
	(void)pthread_join(v.thread, NULL);
	fixture_clear(&f);
}

/* Any call fails while a zone is made: the next attempt, and start, succeed. */
static void
test_a_zone_half_made_is_made_again(void)
{
	struct reason reason = {""};
	struct store_zone *z;

	for (unsigned long at = 1; at <= 16; at++) {
		struct fixture f;

		fixture_init(&f);
		fixture_must_open(&f);
		shim_fail(&f.shim, SHIM_FAULT_EIO, at);
		(void)store_reconfigure(f.store, f.zones, 3, STORE_FILES_LOOK,
		    &reason);
		shim_fail(&f.shim, SHIM_FAULT_NONE, 0);
		reconfigure(&f, 3);
		z = store_find_apex(f.store, f.zones[2].apex.octets);
		CU_ASSERT_EQUAL(fixture_serial(z), 1);
		if (!atomic_load(&f.store->is_read_only))
			CU_ASSERT_EQUAL(fixture_put(&f, z, "pc1", 7),
			    RCODE_NOERROR);
		fixture_crash(&f);
		f.n_zones = 3;
		fixture_must_open(&f);
		z = store_find_apex(f.store, f.zones[2].apex.octets);
		CU_ASSERT_EQUAL(fixture_get(z, "pc1"), 7);
		fixture_clear(&f);
	}
}

static void
test_two_directories_of_a_zone_are_its_trouble_alone(void)
{
	struct fixture f;
	struct store_zone *ptr;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 7), RCODE_NOERROR);
	fixture_stop(&f);
	/* What a failed attempt left. */
	run(&f, "mkdir zones/9 && cp zones/1/name zones/9");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(f.zone->id, 1);
	fixture_stop(&f);
	/* Two of them with data: we do not choose. */
	run(&f, "cp zones/1/*.snap zones/9");
	fixture_must_open(&f);
	CU_ASSERT_FALSE(fixture_status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "zones/9"));
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	fixture_stop(&f);
	run(&f, "rm -r zones/9");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	fixture_clear(&f);
}

CU_TestInfo zone_purge_tests[] = {
    {"comes back", test_a_purged_zone_is_a_new_one_when_it_comes_back},
    {"earlier life", test_a_zone_of_an_earlier_life_can_be_purged},
    {"readers", test_a_purged_zone_stays_for_who_reads_it},
    {"log", test_purging_frees_the_log},
    {"fails half way", test_a_purge_that_fails_half_way_loses_no_update},
    {"ids", test_an_id_that_the_log_knows_is_not_given_again},
    {"come and go", test_zones_come_and_go_while_others_look},
    {"half made", test_a_zone_half_made_is_made_again},
    {"two directories", test_two_directories_of_a_zone_are_its_trouble_alone},
    CU_TEST_INFO_NULL,
};
