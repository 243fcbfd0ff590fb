/*
 * test_zone_freeze.c - zones whose file is edited
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "tests/unit/store_fixture.h"

/* A store whose first zone came from its file. */
static void
open_with_file(struct fixture *f)
{
	fixture_init(f);
	fixture_use_file(f, 0, fixture_zone_text);
	fixture_must_open(f);
}

static void
must_freeze(struct fixture *f)
{
	struct reason reason = {""};

	CU_ASSERT_EQUAL_FATAL(store_freeze_zone(f->store, f->zone, &reason), 0);
	CU_ASSERT_TRUE(fixture_status(f->zone).frozen);
}

static void
must_thaw(struct fixture *f)
{
	struct reason reason = {""};

	CU_ASSERT_EQUAL_FATAL(store_thaw_zone(f->store, f->zone, &reason), 0);
	CU_ASSERT_FALSE(fixture_status(f->zone).frozen);
	CU_ASSERT_STRING_EQUAL(fixture_status(f->zone).reason.text, "");
}

static void
test_freeze_edit_thaw_makes_one_changeset(void)
{
	struct fixture f;
	struct job j;

	open_with_file(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc2", 8), RCODE_NOERROR);
	CU_ASSERT_FALSE(file_has(f.files[0], "0.0.0.8"));
	must_freeze(&f);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	job_init(&j, f.zone, "pc3", 9);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(j.job.reason.text, "frozen"));
	CU_ASSERT_PTR_NOT_NULL(strstr(j.job.reason.text, "kddnsctl thaw"));
	job_clear(&j);

	/* The serial was forgotten: it is raised all the same. */
	file_append(f.files[0], "pc9 300 A 0.0.0.99\npc10 300 A 0.0.0.98\n");
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 8);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 102);
	CU_ASSERT_EQUAL(fixture_status(f.zone).n_changesets, 2);
	CU_ASSERT_FALSE(fixture_status(f.zone).dump_pending);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc3", 9), RCODE_NOERROR);
	fixture_crash(&f); /* it is durable, as any change */
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc3"), 9);
	CU_ASSERT_FALSE(fixture_status(f.zone).frozen);
	fixture_clear(&f);
}

static void
test_a_serial_that_was_raised_is_taken(void)
{
	struct fixture f;

	open_with_file(&f);
	must_freeze(&f);
	file_write(f.files[0],
	    "@ 3600 IN SOA ns1 admin 2026112100 900 300 1209600 300\n"
	    "@ 3600 IN NS ns1\n"
	    "ns1 60 IN A 192.0.2.1\n");
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 2026112100);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 0);
	fixture_clear(&f);
}

static void
test_a_file_with_a_mistake_leaves_the_zone_frozen(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	must_freeze(&f);
	file_write(f.files[0], "; edited\n@ SOA nonsense\n");
	CU_ASSERT_EQUAL(store_thaw_zone(f.store, f.zone, &reason),
	    ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, ":2: "));
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, reason.text);
	CU_ASSERT_TRUE(fixture_status(f.zone).frozen);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_REFUSED);
	/* Nothing overwrites what somebody is at work on. */
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "; edited"));
	fixture_stop(&f);
	CU_ASSERT_TRUE(file_has(f.files[0], "; edited"));
	fixture_must_open(&f);
	CU_ASSERT_TRUE(fixture_status(f.zone).frozen);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, ":2: "));

	file_write(f.files[0], fixture_zone_text);
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	fixture_clear(&f);
}

static void
test_a_zone_stays_frozen_over_a_restart(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc2", 8), RCODE_NOERROR);
	must_freeze(&f);
	CU_ASSERT_EQUAL(store_freeze_zone(f.store, f.zone, &reason),
	    ERR_EXISTS);
	fixture_crash(&f);
	/* Edited while the server was down: read at the start. */
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_REFUSED);
	/* And at a reload. */
	file_append(f.files[0], "pc8 300 A 0.0.0.88\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc8"), 88);
	CU_ASSERT_TRUE(fixture_status(f.zone).frozen);
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 8);
	fixture_clear(&f);
}

/* An acknowledged update is never undone by an edit. */
static void
test_an_edit_that_lacks_updates_is_not_read(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	file_append(f.files[0], "; edited\npc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "freeze"));
	CU_ASSERT_EQUAL(store_thaw_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "undo"));
	CU_ASSERT_FALSE(fixture_status(f.zone).frozen);
	CU_ASSERT_EQUAL(store_freeze_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_FALSE(fixture_status(f.zone).frozen);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "sync -force"));
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 0);
	fixture_stop(&f);
	CU_ASSERT_TRUE(file_has(f.files[0], "; edited"));
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "edited"));

	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, STORE_SYNC_FORCE, &reason),
	    0);
	CU_ASSERT_FALSE(file_has(f.files[0], "; edited"));
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	must_freeze(&f);
	must_thaw(&f);
	fixture_clear(&f);
}

static void
test_an_edit_that_lacks_nothing_waits_for_thaw(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 0);
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	must_thaw(&f); /* nothing to do */
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);

	/* Or the edit comes before the freeze. */
	file_append(f.files[0], "pc8 300 A 0.0.0.88\n");
	must_freeze(&f);
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc8"), 88);

	/* A mistake in it does not freeze the zone. */
	file_write(f.files[0], "nonsense\n");
	CU_ASSERT_EQUAL(store_thaw_zone(f.store, f.zone, &reason),
	    ERR_MALFORMED);
	CU_ASSERT_FALSE(fixture_status(f.zone).frozen);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_clear(&f);
}

/* Taken back, an edit is none; nor is one that says what the zone is. */
static void
test_an_edit_taken_back_is_none(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	file_append(f.files[0], "pc2 300 A 0.0.0.8\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	file_write(f.files[0], fixture_zone_text);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");

	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc2", 8), RCODE_NOERROR);
	file_append(f.files[0], "pc2 60 A 0.0.0.8\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	CU_ASSERT_FALSE(fixture_status(f.zone).dump_pending);
	fixture_clear(&f);
}

/* A crash between the changeset and the note of what the file is like. */
static void
test_an_edit_that_was_read_before_a_crash_is_none(void)
{
	struct fixture f;
	struct reason reason = {""};
	char note[128], old[128];

	open_with_file(&f);
	(void)snprintf(note, sizeof(note), "%s/zones/%u/dump", f.state,
	    f.zone->id);
	(void)snprintf(old, sizeof(old), "%s/old", f.state);
	must_freeze(&f);
	CU_ASSERT_EQUAL_FATAL(link(note, old), 0);
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	must_thaw(&f);
	fixture_crash(&f);
	CU_ASSERT_EQUAL_FATAL(rename(old, note), 0);
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	fixture_clear(&f);
}

/* Taken before: the file has it.  Taken later: it is refused. */
static void
test_freezing_waits_for_updates_under_way(void)
{
	struct fixture f;
	struct job first, second;

	open_with_file(&f);
	job_init(&first, f.zone, "pc2", 8);
	job_init(&second, f.zone, "pc3", 9);
	first.is_slow = true; /* until the second is queued */
	job_submit(&f, &first);
	job_submit(&f, &second);
	must_freeze(&f);
	CU_ASSERT_TRUE(job_is_done(&first));
	(void)job_wait(&second); /* its signer's turn may come after ours */
	CU_ASSERT_EQUAL(first.job.rcode == RCODE_NOERROR,
	    file_has(f.files[0], "0.0.0.8"));
	CU_ASSERT_EQUAL(second.job.rcode == RCODE_NOERROR,
	    file_has(f.files[0], "0.0.0.9"));
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"),
	    first.job.rcode == RCODE_NOERROR ? 8 : 0);
	job_clear(&first);
	job_clear(&second);
	fixture_clear(&f);
}

#define MANY 2000

/* More than a group of the log takes in these small segments. */
static void
add_many(const char *file)
{
	char line[64];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(line, sizeof(line), "many%u 60 A 0.0.1.%u\n", i,
		    i % 256);
		file_append(file, line);
	}
}

/* All of them are there. */
static bool
has_many(struct store_zone *z)
{
	return fixture_status(z).n_names == MANY + 3 &&
	    fixture_get(z, "many1999") == 256 + 1999 % 256;
}

static void
test_a_large_edit_is_read_in_parts(void)
{
	struct fixture f;
	uint32_t serial;

	open_with_file(&f);
	must_freeze(&f);
	add_many(f.files[0]);
	must_thaw(&f);
	CU_ASSERT_TRUE(has_many(f.zone));
	CU_ASSERT_TRUE(fixture_status(f.zone).n_changesets > 1);
	CU_ASSERT_FALSE(fixture_status(f.zone).dump_pending);
	serial = fixture_serial(f.zone);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), serial);
	CU_ASSERT_TRUE(has_many(f.zone));
	CU_ASSERT_STRING_EQUAL(fixture_status(f.zone).reason.text, "");
	fixture_clear(&f);
}

/* The disk fails, and then the power, between its parts. */
static void
test_half_of_a_large_edit_is_completed_at_the_start(void)
{
	struct fixture f;
	struct reason reason = {""};
	unsigned n_halves = 0;

	for (unsigned long at = 4; at < 24; at += 5) {
		open_with_file(&f);
		must_freeze(&f);
		add_many(f.files[0]);
		shim_fail(&f.shim, SHIM_FAULT_EIO, at);
		CU_ASSERT_NOT_EQUAL(store_thaw_zone(f.store, f.zone, &reason),
		    0);
		CU_ASSERT_TRUE(fixture_status(f.zone).frozen);
		n_halves += fixture_status(f.zone).n_names > 3;
		fixture_crash(&f);
		shim_fail(&f.shim, SHIM_FAULT_NONE, 0);
		fixture_must_open(&f);
		CU_ASSERT_TRUE(has_many(f.zone));
		must_thaw(&f);
		fixture_clear(&f);
	}
	CU_ASSERT_TRUE(n_halves > 0);
}

/* Edited while nobody served it. */
static void
test_an_edited_file_of_a_zone_that_comes_back_waits(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	fixture_use_file(&f, 1, fixture_zone_text);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 1, STORE_FILES_LOOK,
			    &reason),
	    0);
	file_append(f.files[1], "pc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 2, STORE_FILES_LOOK,
			    &reason),
	    0);
	f.zone = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.zone);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 0);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(fixture_status(f.zone).reason.text, "edited"));
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	fixture_clear(&f);
}

/* rndc reconfig: configuration and new zones only. */
static void
test_reconfig_leaves_files_alone(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	must_freeze(&f);
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	f.zones[2].file = f.files[2];
	file_write(f.files[2], fixture_zone_text);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 3,
			    STORE_FILES_LEAVE, &reason),
	    0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 0);
	CU_ASSERT_EQUAL(fixture_get(store_find_apex(f.store,
					f.zones[2].apex.octets),
			    "pc1"),
	    7);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 3, STORE_FILES_LOOK,
			    &reason),
	    0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	fixture_clear(&f);
}

/* An old copy under another name would undo what was acknowledged since. */
static void
test_another_path_is_no_edit(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f); /* file and zone are in step */
	file_write(f.files[1], fixture_zone_text);
	f.zones[0].file = f.files[1];
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(store_thaw_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_TRUE(file_has(f.files[1], "0.0.0.7"));
	/* Removed, it is written from the zone. */
	CU_ASSERT_EQUAL(unlink(f.files[1]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[1], "0.0.0.8"));
	fixture_clear(&f);
}

/* 0 is a serial like any other (RFC 1982 section 3.2). */
static void
test_a_zone_at_serial_0_is_written_anew(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	fixture_use_file(&f, 0,
	    "@ 3600 IN SOA ns1 admin 0 900 300 1209600 300\n"
	    "@ 3600 IN NS ns1\nns1 60 IN A 192.0.2.1\n");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 0);
	CU_ASSERT_FALSE(fixture_status(f.zone).dump_pending);
	CU_ASSERT_EQUAL(unlink(f.files[0]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "192.0.2.1"));
	fixture_clear(&f);
}

/* What was frozen though the disk said no would be so until a restart. */
static void
test_a_freeze_that_fails_leaves_the_zone_as_it_was(void)
{
	struct fixture f;
	struct reason reason = {""};
	char folder[96], file[128];

	fixture_init(&f);
	(void)snprintf(folder, sizeof(folder), "%s/folder", f.dir);
	(void)snprintf(file, sizeof(file), "%s/ad.zone", folder);
	f.zones[0].file = file; /* its folder is missing */
	fixture_must_open(&f);
	CU_ASSERT_NOT_EQUAL(store_freeze_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, file));
	CU_ASSERT_FALSE(fixture_status(f.zone).frozen);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_clear(&f);
}

/*
 * Whichever call fails: what is acknowledged after a freeze that was not one
 * is not undone by an old file at the next start.
 */
static void
test_a_freeze_that_fails_half_way_undoes_no_update(void)
{
	struct reason reason = {""};
	bool struck = true;

	for (unsigned long at = 1; struck; at++) {
		struct fixture f;
		bool acknowledged;

		open_with_file(&f);
		CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc2", 8),
		    RCODE_NOERROR);
		shim_fail_once_here(&f.shim, at);
		(void)store_freeze_zone(f.store, f.zone, &reason);
		struck = f.shim.n_faults > 0;
		shim_fail(&f.shim, SHIM_FAULT_NONE, 0);
		acknowledged =
		    fixture_put(&f, f.zone, "pc3", 9) == RCODE_NOERROR;
		CU_ASSERT_NOT_EQUAL(acknowledged,
		    fixture_status(f.zone).frozen);
		fixture_crash(&f);
		file_write(f.files[0], fixture_zone_text); /* without it */
		fixture_must_open(&f);
		CU_ASSERT_EQUAL(fixture_get(f.zone, "pc3"),
		    acknowledged ? 9 : 0);
		fixture_clear(&f);
	}
}

static void
test_limits_are_for_updates(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_use_file(&f, 0, fixture_zone_text);
	f.zones[0].max_records = 4;
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc2", 8), RCODE_REFUSED);
	must_freeze(&f);
	file_append(f.files[0], "pc9 300 A 0.0.0.99\n");
	must_thaw(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	fixture_clear(&f);
}

static void
test_sync_clean_forgets_the_history(void)
{
	struct fixture f;
	struct reason reason = {""};

	open_with_file(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, 0, &reason), 0);
	CU_ASSERT_EQUAL(fixture_status(f.zone).n_changesets, 1);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, STORE_SYNC_CLEAN, &reason),
	    0);
	CU_ASSERT_EQUAL(fixture_status(f.zone).n_changesets, 0);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 9), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_status(f.zone).n_changesets, 1);
	CU_ASSERT_EQUAL(fixture_status(f.zone).journal_first_serial, 101);
	fixture_clear(&f);
}

CU_TestInfo zone_freeze_tests[] = {
    {"freeze, edit, thaw", test_freeze_edit_thaw_makes_one_changeset},
    {"serial", test_a_serial_that_was_raised_is_taken},
    {"mistake", test_a_file_with_a_mistake_leaves_the_zone_frozen},
    {"restart", test_a_zone_stays_frozen_over_a_restart},
    {"lacks updates", test_an_edit_that_lacks_updates_is_not_read},
    {"lacks nothing", test_an_edit_that_lacks_nothing_waits_for_thaw},
    {"taken back", test_an_edit_taken_back_is_none},
    {"read before a crash", test_an_edit_that_was_read_before_a_crash_is_none},
    {"updates under way", test_freezing_waits_for_updates_under_way},
    {"large", test_a_large_edit_is_read_in_parts},
    {"half", test_half_of_a_large_edit_is_completed_at_the_start},
    {"out of service", test_an_edited_file_of_a_zone_that_comes_back_waits},
    {"reconfig", test_reconfig_leaves_files_alone},
    {"another path", test_another_path_is_no_edit},
    {"serial 0", test_a_zone_at_serial_0_is_written_anew},
    {"freeze fails", test_a_freeze_that_fails_leaves_the_zone_as_it_was},
    {"freeze fails half way",
	test_a_freeze_that_fails_half_way_undoes_no_update},
    {"limits", test_limits_are_for_updates},
    {"clean", test_sync_clean_forgets_the_history},
    CU_TEST_INFO_NULL,
};
