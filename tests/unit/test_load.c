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
#include "tests/unit/store_fixture.h"

static const char good[] = "@ 3600 IN SOA ns1 admin 100 900 300 1209600 300\n"
			   "@ 3600 IN NS ns1\n"
			   "ns1 60 IN A 192.0.2.1\n"
			   "pc1 60 IN A 0.0.0.7\n";

static void
append_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_TRUE(fputs(text, file) >= 0);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static bool
file_has(const char *path, const char *what)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	size_t n;

	if (file == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	return strstr(text, what) != NULL;
}

static struct store_zone_status
status(struct store_zone *z)
{
	struct store_zone_status st;

	store_zone_status(z, &st);
	return st;
}

/* A zone that is filled from its file. */
static void
use_file(struct fixture *f, size_t i, const char *text)
{
	f->zones[i].file = f->files[i];
	f->zones[i].soa.given = false;
	if (text != NULL)
		write_file(f->files[i], text);
}

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
	CU_ASSERT_STRING_EQUAL(status(f.zone).loaded_from, "soa");
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
	fixture_crash(&f); /* it is in the state directory already */
	f.zones[0].soa.given = false;
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(status(f.zone).loaded_from, "snapshot");
	fixture_clear(&f);
}

static void
test_a_zone_is_filled_from_its_file_once(void)
{
	struct fixture f;

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(status(f.zone).loaded_from, "zone file");
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 100);
	CU_ASSERT_EQUAL(status(f.zone).dumped_serial, 100);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f);
	/* The stop dumped it. */
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(status(f.zone).loaded_from, "snapshot");
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
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
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.9"));
	CU_ASSERT_EQUAL(status(f.zone).dumped_serial, 2);
	CU_ASSERT_EQUAL(unlink(f.files[0]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, NULL, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.9"));
	fixture_clear(&f);
}

static void
test_an_edited_file_becomes_a_changeset(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	/* The serial was forgotten: it is raised all the same. */
	append_file(f.files[0], "pc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_STRING_EQUAL(reason.text, "");
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);
	CU_ASSERT_EQUAL(status(f.zone).n_changesets, 1);
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);

	/* Edited while the server was down. */
	fixture_stop(&f);
	append_file(f.files[0], "pc8 300 A 0.0.0.88\n");
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc8"), 88);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 102);
	fixture_crash(&f); /* it is durable, as any change */
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc8"), 88);
	fixture_clear(&f);
}

/* Edited while nobody served it, first in memory, then put away. */
static void
test_an_edited_file_of_a_zone_that_comes_back_is_read(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	use_file(&f, 1, NULL);
	write_file(f.files[1], good);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 1, &reason), 0);
	append_file(f.files[1], "pc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 2, &reason), 0);
	f.zone = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.zone);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");

	fixture_stop(&f);
	f.n_zones = 1;
	fixture_must_open(&f);
	append_file(f.files[1], "pc8 300 A 0.0.0.88\n");
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 2, &reason), 0);
	f.zone = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.zone);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc8"), 88);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	fixture_clear(&f);
}

/* A crash between the changeset and the note of what the file is like. */
static void
test_a_file_that_says_what_the_zone_is_is_no_edit(void)
{
	struct fixture f;
	struct reason reason = {""};
	char note[128], old[128];

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	(void)snprintf(note, sizeof(note), "%s/zones/%u/dump", f.state,
	    f.zone->id);
	(void)snprintf(old, sizeof(old), "%s/old", f.state);
	CU_ASSERT_EQUAL_FATAL(link(note, old), 0);
	append_file(f.files[0], "pc9 300 A 0.0.0.99\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	fixture_crash(&f);
	CU_ASSERT_EQUAL_FATAL(rename(old, note), 0);
	fixture_must_open(&f);
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	fixture_clear(&f);
}

/* An update in the group of the edit: the file lacks it. */
static void
test_an_edit_does_not_hide_what_came_with_it(void)
{
	struct fixture f;
	struct job update;
	struct reason reason = {""};

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	append_file(f.files[0], "pc9 300 A 0.0.0.99\n");
	job_init(&update, f.zone, "pc2", 8);
	update.is_slow = true;
	job_submit(&f, &update);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_EQUAL(job_wait(&update), RCODE_NOERROR);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 8);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc9"), 99);
	CU_ASSERT_EQUAL(fixture_serial(f.zone), 101);

	append_file(f.files[0], "pc9 300 A 0.0.0.98\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 8);
	CU_ASSERT_EQUAL(unlink(f.files[0]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
	job_clear(&update);
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
	CU_ASSERT_NOT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(status(f.zone).reason.text, file));
	CU_ASSERT_TRUE(status(f.zone).loaded);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
	CU_ASSERT_TRUE(file_has(file, "0.0.0.8"));
	fixture_clear(&f);
}

/* An old copy under another name would undo what was acknowledged since. */
static void
test_another_path_is_no_edit(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_stop(&f); /* file and zone are in step */
	write_file(f.files[1], good);
	f.zones[0].file = f.files[1];
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_TRUE(file_has(f.files[1], "0.0.0.7"));
	/* Removed, it is written from the zone. */
	CU_ASSERT_EQUAL(unlink(f.files[1]), 0);
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[1], "0.0.0.8"));
	fixture_clear(&f);
}

static void
test_an_edited_file_that_may_not_be_read_stays_as_it_is(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	use_file(&f, 0, good);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	write_file(f.files[0], "; edited\n@ SOA nonsense\n");
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason),
	    ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, ":2: "));
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, reason.text);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	/* Now it lacks an update, too. */
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "sync, edit"));
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), ERR_BUSY);
	CU_ASSERT_TRUE(file_has(f.files[0], "; edited"));
	fixture_stop(&f);
	CU_ASSERT_TRUE(file_has(f.files[0], "; edited"));
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 8);
	CU_ASSERT_PTR_NOT_NULL(strstr(status(f.zone).reason.text, "edited"));
	/* The edit taken back: all is well. */
	write_file(f.files[0], good);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_STRING_EQUAL(status(f.zone).reason.text, "");
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), 0);
	CU_ASSERT_TRUE(file_has(f.files[0], "0.0.0.8"));
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
	use_file(&f, 0, "@ IN SOA ns1 admin 1 2 3 4 5\npc1 IN A 1.2.3\n");
	fixture_must_open(&f);
	ptr = store_find_apex(f.store, f.zones[1].apex.octets);
	CU_ASSERT_FALSE(status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(strstr(status(f.zone).reason.text, "0.zone:2"));
	CU_ASSERT_PTR_NULL(store_zone_version(f.zone));
	job_init(&j, f.zone, "pc1", 1);
	job_submit(&f, &j);
	CU_ASSERT_EQUAL(job_wait(&j), RCODE_SERVFAIL);
	CU_ASSERT_TRUE(status(ptr).loaded);
	CU_ASSERT_EQUAL(fixture_put(&f, ptr, "1", 5), RCODE_NOERROR);
	CU_ASSERT_NOT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "0.zone:2"));
	write_file(f.files[0], good);
	CU_ASSERT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 7);
	/* Broken at a reload: the old zone goes on. */
	write_file(f.files[0], "@ IN SOA broken\n");
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, f.n_zones, &reason),
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
	use_file(&f, 0, NULL);
	fixture_must_open(&f);
	CU_ASSERT_FALSE(status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(strstr(status(f.zone).reason.text, "0.zone"));
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
	CU_ASSERT_EQUAL(store_sync(f.store, f.zone, &reason), ERR_MALFORMED);
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
	use_file(&f, 0, good);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 8), RCODE_NOERROR);
	fixture_crash(&f);
	run(&f, "rm zones/*/*.snap");
	fixture_must_open(&f);
	CU_ASSERT_FALSE(status(f.zone).loaded);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(status(f.zone).reason.text, "snapshot is missing"));
	CU_ASSERT_NOT_EQUAL(store_reload_zone(f.store, f.zone, &reason), 0);
	fixture_clear(&f);
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
	CU_ASSERT_EQUAL(status(f.zone).n_changesets, 1);
	fixture_clear(&f);
}

CU_TestInfo load_tests[] = {
    {"soa", test_a_zone_is_made_from_soa},
    {"file", test_a_zone_is_filled_from_its_file_once},
    {"sync", test_sync_dumps_and_a_missing_file_comes_back},
    {"edited", test_an_edited_file_becomes_a_changeset},
    {"read before a crash", test_a_file_that_says_what_the_zone_is_is_no_edit},
    {"edited out of service",
	test_an_edited_file_of_a_zone_that_comes_back_is_read},
    {"edited beside an update", test_an_edit_does_not_hide_what_came_with_it},
    {"another path", test_another_path_is_no_edit},
    {"edited in vain", test_an_edited_file_that_may_not_be_read_stays_as_it_is},
    {"dump fails", test_a_dump_that_fails_is_said_until_one_succeeds},
    {"broken", test_a_broken_file_is_its_zone_s_trouble_alone},
    {"missing", test_a_missing_file_without_soa_is_said},
    {"in use", test_a_second_store_is_refused},
    {"J5: damage", test_a_damaged_log_is_served_read_only},
    {"lost snapshot", test_a_zone_whose_snapshot_is_gone_is_not_filled_anew},
    {"log taken away", test_a_log_taken_away_begins_after_the_snapshots},
    {"old log", test_a_log_older_than_a_snapshot_is_damage},
    {"clean stop", test_a_clean_stop_needs_no_replay},
    CU_TEST_INFO_NULL,
};
