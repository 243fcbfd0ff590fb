/*
 * test_load.c - zones at start, and their files
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/store/keeper.h"
#include "tests/unit/store_fixture.h"

/* SERIAL 0, REFRESH 1, RETRY 2, EXPIRE 3, MINIMUM 4. */
static uint32_t
soa_field(const struct rrset *soa, size_t i)
{
	struct rdata_ref r = {NULL, 0};
	const uint8_t *p;
	size_t at = 0;

	CU_ASSERT_FATAL(rrset_next(soa, &at, &r));
	p = r.octets + r.len - 20 + 4 * i;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
test_a_zone_is_made_from_soa(void)
{
	const struct zone_version *v;
	const struct rrset *soa;
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	v = store_zone_pin(f.zone);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	soa = version_soa(v);
	CU_ASSERT_PTR_NOT_NULL_FATAL(soa);
	CU_ASSERT_EQUAL(soa->ttl, 3605);
	CU_ASSERT_EQUAL(soa_field(soa, 1), 3601);
	CU_ASSERT_EQUAL(soa_field(soa, 2), 602);
	CU_ASSERT_EQUAL(soa_field(soa, 3), 604803);
	CU_ASSERT_EQUAL(soa_field(soa, 4), 304);
	CU_ASSERT_EQUAL(version_serial(v), 1);
	CU_ASSERT_PTR_NOT_NULL(zone_name_rrset(version_apex(v), TYPE_NS));
	CU_ASSERT_EQUAL(version_n_records(v), 2);
	zone_unpin(v);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).loaded_from, "soa");
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	fixture_crash(&f); /* it is in the state directory already */
	f.zones[0].soa.given = false;
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).loaded_from, "snapshot");
	fixture_clear(&f);
}

static void
test_a_zone_is_filled_from_its_file_once(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_use_file(&f, 0, fixture_zone_text);
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).loaded_from, "zone file");
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 100);
	CU_ASSERT_EQUAL(fixture_status(f.zone).dumped_serial, 100);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f);
	/* The stop dumped it. */
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).loaded_from, "snapshot");
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);
	fixture_clear(&f);
}

static void
test_sync_dumps_and_a_missing_file_comes_back(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	f.zones[0].file = f.files[0]; /* beside soa{} */
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_NOERROR);
	CU_ASSERT_FALSE(file_has(f.files[0], "SOA"));
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.9"));
	CU_ASSERT_EQUAL(fixture_status(f.zone).dumped_serial, 2);
	CU_ASSERT_EQUAL(unlink(f.files[0]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, NULL, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.9"));
	fixture_clear(&f);
}

/* The keeper comes to the zones in their order, each second. */
static void
test_dump_interval_0_is_only_when_told_to(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;

	fixture_init(&f);
	f.zones[0].file = f.files[0];
	f.zones[1].file = f.files[1];
	f.zones[0].dump_interval_s = 0;
	f.zones[1].dump_interval_s = 1;
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 9), RCODE_NOERROR);
	for (int i = 0; i < 6000 && !file_has(f.files[1], "0.0.0.9"); i++)
		(void)usleep(10000);
	CU_ASSERT_TRUE(file_has(f.files[1], "0.0.0.9"));
	CU_ASSERT_FALSE(file_has(f.files[0], "SOA"));
	CU_ASSERT_TRUE(fixture_status(f.zone).dump_pending);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.9"));
	fixture_clear(&f);
}

static void
test_a_dump_that_fails_is_said_until_one_succeeds(void)
{
	struct fixture f;
	struct reason reason = {""};
	char folder[96], file[128];

	fixture_init(&f);
	(void)snprintf(folder, sizeof(folder), "%s/folder", f.dir);
	(void)snprintf(file, sizeof(file), "%s/ad.zone", folder);
	f.zones[0].file = file;
	fixture_must_open(&f);
	CU_ASSERT_NOT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, file));
	CU_ASSERT_TRUE(fixture_status(f.zone).loaded);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	CU_ASSERT_TRUE(file_has(file, "0.0.0.8"));
	fixture_clear(&f);
}

static void
test_a_broken_file_is_its_zone_s_trouble_alone(void)
{
	struct fixture f;
	struct reason reason = {""};
	struct store_zone *ptr;
	struct job j;

	fixture_init(&f);
	fixture_use_file(&f, 0,
	    "@ IN SOA ns1 admin 1 2 3 4 5\npc1 IN A 1.2.3\n");
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_FALSE(fixture_status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "0.zone:2"));
	CU_ASSERT_PTR_NULL(store_zone_version(f.zone));
	job_init(&j, f.zone, "pc1", 1);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_SERVFAIL);
	CU_ASSERT_TRUE(fixture_status(ptr).loaded);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	CU_ASSERT_NOT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "0.zone:2"));
	file_write(f.files[0], fixture_zone_text);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	/* Broken at a reload: the old zone goes on. */
	file_write(f.files[0], "@ IN SOA broken\n");
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, f.n_zones,
			    STORE_FILES_LOOK, &reason),
	    0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_clear(&f);
}

static void
test_a_missing_file_without_soa_is_said(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_use_file(&f, 0, NULL);
	fixture_must_open(&f);
	CU_ASSERT_FALSE(fixture_status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "0.zone"));
	fixture_clear(&f);
}

static void
test_a_second_store_is_refused(void)
{
	struct fixture f;
	struct store *second;
	struct reason reason;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_open(&f.config, f.zones, 2, &second, &reason),
	    ERR_BUSY);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "in use by process"));
	fixture_clear(&f);
}

static void
damage(struct fixture *f, const char *file, long at)
{
	char path[256];
	FILE *file_;

	(void)snprintf(path, sizeof(path), "%s/%s", f->state, file);
	file_ = fopen(path, "r+e");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file_);
	CU_ASSERT_EQUAL(fseek(file_, at, SEEK_SET), 0);
	CU_ASSERT_NOT_EQUAL(fputc('X', file_), EOF);
	CU_ASSERT_EQUAL(fclose(file_), 0);
}

static void
remove_file(struct fixture *f, const char *file)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", f->state, file);
	CU_ASSERT_EQUAL(unlink(path), 0);
}

/* J5 */
static void
test_a_damaged_log_is_served_read_only(void)
{
	struct fixture f;
	struct store_status st;
	struct reason reason;

	fixture_init(&f);
	fixture_must_open(&f);
	for (uint32_t i = 1; i <= 5; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	fixture_crash(&f);
	damage(&f, "log/00000001.log", 3 * JOURNAL_BLOCK + 50);
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_FALSE(st.writable);
	CU_ASSERT_PTR_NOT_NULL(strstr(st.reason.text, "log/00000001.log"));
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 2);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), ERR_MALFORMED);
	fixture_clear(&f);
}

/*
 * In a part of the log that only history needs: it is said, history goes, and
 * updates go on.
 */
static void
test_damage_that_snapshots_cover_costs_history(void)
{
	struct fixture f;
	struct store_status st;
	uint32_t last;

	fixture_init(&f);
	fixture_must_open(&f);
	for (uint32_t i = 1; i <= 60; i++) /* several segments */
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	fixture_stop(&f);
	damage(&f, "log/00000002.log", JOURNAL_BLOCK + 50);
	fixture_must_open(&f); /* it is not read: the index is */
	store_status(f.store, &st);
	CU_ASSERT_TRUE(st.writable);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 60);
	/* The keeper comes to it. */
	while (fixture_status(f.zone).journal_first_serial < 16)
		wake_up(&f.store->keeper.wake);
	last = 61 - fixture_status(f.zone).n_changesets;
	CU_ASSERT_EQUAL(fixture_status(f.zone).journal_first_serial, last);
	CU_ASSERT_TRUE(fixture_status(f.zone).n_changesets > 10);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 61), RCODE_NOERROR);
	fixture_crash(&f);
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_TRUE(st.writable);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 61);
	fixture_clear(&f);
}

/*
 * 60 updates of the first zone over several segments, the last ten behind the
 * snapshots; the second zone never changes.  Then the index of segment 2 is
 * lost and the segment damaged.
 */
static void
damage_without_index(struct fixture *f)
{
	struct reason reason = {""};

	fixture_init(f);
	fixture_must_open(f);
	for (uint32_t i = 1; i <= 60; i++) {
		CU_ASSERT_EQUAL(fixture_put(f, f->zone, "pc1", i),
		    RCODE_NOERROR);
		if (i == 50)
			CU_ASSERT_EQUAL(store_sync(f->store, NULL, 0, &reason),
			    0);
	}
	(void)pthread_mutex_lock(&f->store->upkeep);
	keeper_index_segments(f->store);
	(void)pthread_mutex_unlock(&f->store->upkeep);
	fixture_crash(f);
	damage(f, "log/00000002.log", JOURNAL_BLOCK + 50);
	remove_file(f, "log/00000002.index");
}

static void
test_damage_that_a_start_reads_costs_history_too(void)
{
	struct fixture f;
	struct store_status st;

	damage_without_index(&f);
	for (uint32_t i = 0; i < 2; i++) {
		fixture_must_open(&f);
		store_status(f.store, &st);
		CU_ASSERT_TRUE(st.writable);
		CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 60 + i);
		/* Segments 3 on are there, and history with them. */
		CU_ASSERT_TRUE(
		    fixture_status(f.zone).journal_first_serial > 30);
		CU_ASSERT_TRUE(fixture_status(f.zone).n_changesets > 20);
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 61 + i),
		    RCODE_NOERROR);
		fixture_crash(&f);
	}
	fixture_clear(&f);
}

/* A snapshot is older than the damage: who knows that its zone was idle? */
static void
test_damage_that_may_have_changed_a_zone_is_damage(void)
{
	struct fixture f;
	struct store_status st;

	damage_without_index(&f);
	remove_file(&f, "control");
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_FALSE(st.writable);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 61), RCODE_SERVFAIL);
	fixture_clear(&f);
}

/* A zone that is not loaded may have its only data in the log. */
static void
test_damage_beside_a_lost_snapshot_is_damage(void)
{
	struct fixture f;
	struct store_status st;

	damage_without_index(&f);
	remove_file(&f, "zones/2/1-0.snap");
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_FALSE(st.writable);
	fixture_clear(&f);
}

/* What no snapshot has is saved before the damage could cost it. */
static void
test_damage_found_in_time_costs_no_update(void)
{
	struct fixture f;
	struct store_status st;

	fixture_init(&f);
	fixture_must_open(&f);
	(void)pthread_mutex_lock(&f.store->upkeep); /* the keeper waits */
	for (uint32_t i = 1; i <= 40; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	damage(&f, "log/00000001.log", JOURNAL_BLOCK + 50);
	keeper_index_segments(f.store);
	CU_ASSERT_EQUAL(f.zone->snapshot_lsn, 40);
	CU_ASSERT_EQUAL(history_unsaved_segment(&f.zone->history), 0);
	(void)pthread_mutex_unlock(&f.store->upkeep);
	do {
		wake_up(&f.store->keeper.segments_wake);
		store_status(f.store, &st);
	} while (st.n_segments > 2); /* 2 and 3 stay */
	fixture_crash(&f);
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_TRUE(st.writable);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 40);
	fixture_clear(&f);
}

static void
run(const struct fixture *f, const char *command)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "cd %s && %s", f->state, command);
	CU_ASSERT_EQUAL(system(whole), 0);
}

/* Losing a snapshot must not bring back an old zone file. */
static void
test_a_zone_whose_snapshot_is_gone_is_not_filled_anew(void)
{
	struct fixture f;
	struct reason reason;

	fixture_init(&f);
	fixture_use_file(&f, 0, fixture_zone_text);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_crash(&f);
	run(&f, "rm zones/*/*.snap");
	fixture_must_open(&f);
	CU_ASSERT_FALSE(fixture_status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "snapshot is missing"));
	CU_ASSERT_NOT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	fixture_clear(&f);
}

/* Not even when no log says that there was more than the file. */
static void
test_a_zone_that_lost_everything_is_not_filled_anew(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_use_file(&f, 0, fixture_zone_text);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f);
	run(&f, "rm -r zones/*/*.snap log control");
	fixture_must_open(&f);
	CU_ASSERT_FALSE(fixture_status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(strstr(fixture_status(f.zone).reason.text,
	    "zones/1: its snapshot is missing"));
	fixture_clear(&f);
}

/* Whatever cannot be read at a start: nothing is filled anew for it. */
static void
test_a_start_that_cannot_read_loses_nothing(void)
{
	bool struck = true;

	for (unsigned long at = 1; struck; at++) {
		struct fixture f;
		struct reason reason = {""};
		int ret;

		fixture_init(&f);
		fixture_use_file(&f, 0, fixture_zone_text);
		fixture_must_open(&f);
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8),
		    RCODE_NOERROR);
		fixture_stop(&f);
		shim_fail_once_here(&f.shim, at);
		ret = fixture_load(&f, &reason);
		struck = f.shim.n_faults > 0;
		shim_fail(&f.shim, SHIM_FAULT_NONE, 0);
		if (ret == 0) {
			CU_ASSERT(!fixture_status(f.zone).loaded ||
			    fixture_get(f.zone, "pc1") == 8);
			store_close(f.store);
			f.store = NULL;
		}
		fixture_must_open(&f);
		CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
		fixture_clear(&f);
	}
}

static void
test_a_log_taken_away_begins_after_the_snapshots(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	for (uint32_t i = 1; i <= 5; i++)
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", i),
		    RCODE_NOERROR);
	fixture_stop(&f);
	run(&f, "rm -r log control");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 5);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 6), RCODE_NOERROR);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 6);
	fixture_clear(&f);
}

static void
test_a_log_older_than_a_snapshot_is_damage(void)
{
	struct fixture f;
	struct store_status st;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 1), RCODE_NOERROR);
	fixture_crash(&f);
	run(&f, "cp -r log old");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 2), RCODE_NOERROR);
	fixture_stop(&f);
	run(&f, "rm -r log control && mv old log");
	fixture_must_open(&f);
	store_status(f.store, &st);
	CU_ASSERT_FALSE(st.writable);
	CU_ASSERT_PTR_NOT_NULL(strstr(st.reason.text, "snapshot"));
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 2);
	fixture_clear(&f);
}

static void
test_a_clean_stop_needs_no_replay(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f);
	fixture_must_open(&f);
	CU_ASSERT_TRUE(journal_was_clean(f.store->journal));
	CU_ASSERT_EQUAL(f.zone->snapshot_lsn, 1);
	CU_ASSERT_EQUAL(f.zone->history.last_lsn, 1);
	CU_ASSERT_EQUAL(fixture_status(f.zone).n_changesets, 1);
	fixture_clear(&f);
}

CU_TestInfo load_tests[] = {
    {"soa", test_a_zone_is_made_from_soa},
    {"file", test_a_zone_is_filled_from_its_file_once},
    {"sync", test_sync_dumps_and_a_missing_file_comes_back},
    {"dump interval 0", test_dump_interval_0_is_only_when_told_to},
    {"dump fails", test_a_dump_that_fails_is_said_until_one_succeeds},
    {"broken", test_a_broken_file_is_its_zone_s_trouble_alone},
    {"missing", test_a_missing_file_without_soa_is_said},
    {"in use", test_a_second_store_is_refused},
    {"J5: damage", test_a_damaged_log_is_served_read_only},
    {"damaged history", test_damage_that_snapshots_cover_costs_history},
    {"damaged history, read", test_damage_that_a_start_reads_costs_history_too},
    {"damage, idle zone", test_damage_that_may_have_changed_a_zone_is_damage},
    {"damage, lost snapshot", test_damage_beside_a_lost_snapshot_is_damage},
    {"damage in time", test_damage_found_in_time_costs_no_update},
    {"lost snapshot", test_a_zone_whose_snapshot_is_gone_is_not_filled_anew},
    {"lost everything", test_a_zone_that_lost_everything_is_not_filled_anew},
    {"start fails", test_a_start_that_cannot_read_loses_nothing},
    {"log taken away", test_a_log_taken_away_begins_after_the_snapshots},
    {"old log", test_a_log_older_than_a_snapshot_is_damage},
    {"clean stop", test_a_clean_stop_needs_no_replay},
    CU_TEST_INFO_NULL,
};
