/*
 * test_store_check.c - a state directory looked at without touching it
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/journal/segment_index.h"
#include "daemon/store/check.h"
#include "tests/unit/store_fixture.h"

/* What the last check said, a line a finding: "weight where: what". */
static char said[65536];
static char meant[65536]; /* what a start would do about it */
static struct store_check_result result;
static struct reason why;

static void
note(void *arg, const struct check_finding *f)
{
	size_t len = strlen(said);

	(void)arg;
	CU_ASSERT_TRUE(f->meaning[0] != '\0');
	(void)strncat(meant, f->meaning, sizeof(meant) - strlen(meant) - 1);
	(void)snprintf(said + len, sizeof(said) - len, "%s %s: %s\n",
	    f->weight == CHECK_NOTE ? "note" : "damage", f->where, f->what);
}

static int
check(const struct fixture *f)
{
	said[0] = meant[0] = '\0';
	why.text[0] = '\0';
	return store_check(f->state, note, NULL, &result, &why);
}

static bool
says(const char *text)
{
	if (strstr(said, text) != NULL)
		return true;
	(void)fprintf(stderr, "not said: %s\n%s", text, said);
	return false;
}

static bool
means(const char *text)
{
	return strstr(meant, text) != NULL;
}

static void
run(const struct fixture *f, const char *command)
{
	char whole[512];

	(void)snprintf(whole, sizeof(whole), "cd %s && %s", f->state, command);
	CU_ASSERT_EQUAL(system(whole), 0);
}

/*
 * A store with some segments, two zones, a snapshot each in the middle and
 * changes that only the log has; stopped as by kill -9.
 */
static void
make(struct fixture *f)
{
	struct reason reason = {""};
	struct store_zone *ptr;

	fixture_init(f);
	fixture_must_open(f);
	ptr = store_find_apex(f->store, f->zones[1].apex.octets);
	for (uint32_t i = 1; i <= 20; i++) {
		CU_ASSERT_EQUAL(fixture_put(f, f->zone, "pc1", i),
		    RCODE_NOERROR);
		CU_ASSERT_EQUAL(fixture_put(f, ptr, "1", i), RCODE_NOERROR);
	}
	CU_ASSERT_EQUAL(store_sync(f->store, NULL, 0, &reason), 0);
	for (uint32_t i = 1; i <= 20; i++)
		CU_ASSERT_EQUAL(fixture_put(f, f->zone, "pc2", i),
		    RCODE_NOERROR);
	fixture_crash(f);
}

static void
test_a_sound_store_is_said_to_be_sound(void)
{
	struct fixture f;

	make(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(result.n_damages, 0);
	CU_ASSERT_EQUAL(result.n_notes, 0);
	CU_ASSERT_EQUAL(result.n_zones, 2);
	CU_ASSERT_TRUE(result.log.n_segments >= 4);
	CU_ASSERT_TRUE(result.log.last_lsn >= 60);
	CU_ASSERT_TRUE(result.log.n_changesets >= 60);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 20);
	fixture_stop(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	fixture_clear(&f);
}

static void
test_a_store_in_use_is_not_looked_at(void)
{
	struct fixture f;
	char pid[32];

	fixture_init(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(check(&f), ERR_BUSY);
	(void)snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, pid));
	fixture_stop(&f);
	run(&f, "mv log zones ..");
	CU_ASSERT_EQUAL(check(&f), ERR_NOTFOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "no state directory"));
	run(&f, "mv ../log ../zones .");
	CU_ASSERT_EQUAL(store_check("/nonexistent/state", note, NULL, &result,
			    &why),
	    ERR_NOTFOUND);
	fixture_clear(&f);
}

/* Contents and times of all files, as one number. */
static unsigned
fingerprint(const struct fixture *f)
{
	char command[256], line[64] = "";
	FILE *p;

	(void)snprintf(command, sizeof(command),
	    "cd %s && { find . -printf '%%p %%T@ %%s\\n' | sort; "
	    "find . -type f | sort | xargs cat; } | cksum",
	    f->state);
	p = popen(command, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), p));
	(void)pclose(p);
	return (unsigned)strtoul(line, NULL, 10);
}

static void
test_nothing_is_touched(void)
{
	struct fixture f;
	unsigned before;

	make(&f);
	run(&f, "rm zones/1/*.snap");
	before = fingerprint(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(result.n_damages > 0);
	CU_ASSERT_EQUAL(fingerprint(&f), before);
	fixture_clear(&f);
}

static void
flip(const struct fixture *f, const char *file, long at, unsigned bit)
{
	char path[256];
	FILE *file_;
	int octet;

	(void)snprintf(path, sizeof(path), "%s/%s", f->state, file);
	file_ = fopen(path, "r+e");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file_);
	CU_ASSERT_EQUAL(fseek(file_, at, SEEK_SET), 0);
	octet = fgetc(file_);
	CU_ASSERT_NOT_EQUAL_FATAL(octet, EOF);
	CU_ASSERT_EQUAL(fseek(file_, at, SEEK_SET), 0);
	CU_ASSERT_NOT_EQUAL(fputc(octet ^ (1 << bit), file_), EOF);
	CU_ASSERT_EQUAL(fclose(file_), 0);
}

/* Each bit of a group that is not the last; the check says where. */
static void
test_each_flipped_bit_of_the_log_is_found(void)
{
	struct fixture f;
	unsigned seed = 1;

	make(&f);
	for (int i = 0; i < 300; i++) {
		long at = JOURNAL_BLOCK + rand_r(&seed) % (12 * JOURNAL_BLOCK);
		unsigned bit = (unsigned)rand_r(&seed) % 8;

		/* Snapshots have what is in the first, not all of the third. */
		flip(&f, "log/00000001.log", at, bit);
		CU_ASSERT_EQUAL(check(&f), 0);
		CU_ASSERT_EQUAL(result.n_damages, 1);
		CU_ASSERT_TRUE(says("damage log/00000001.log offset "));
		CU_ASSERT_TRUE(means("snapshots have all of it"));
		CU_ASSERT_FALSE(result.log.is_damaged);
		flip(&f, "log/00000001.log", at, bit);
		flip(&f, "log/00000003.log", at, bit);
		CU_ASSERT_EQUAL(check(&f), 0);
		CU_ASSERT_TRUE(result.n_damages >= 2);
		CU_ASSERT_TRUE(says("damage log/00000003.log offset "));
		CU_ASSERT_TRUE(says("groups behind the damage are whole"));
		CU_ASSERT_TRUE(means("read-only"));
		flip(&f, "log/00000003.log", at, bit);
	}
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	flip(&f, "log/00000002.log", 8, 0);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(result.n_damages > 0);
	fixture_clear(&f);
}

static void
only_snapshot(const struct fixture *f, unsigned id, char *path, size_t size)
{
	char folder[160];
	struct dirent *e;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%s/zones/%u", f->state, id);
	dir = opendir(folder);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	path[0] = '\0';
	while ((e = readdir(dir)) != NULL)
		if (strstr(e->d_name, ".snap") != NULL)
			(void)snprintf(path, size, "zones/%u/%.64s", id,
			    e->d_name);
	(void)closedir(dir);
	CU_ASSERT_TRUE_FATAL(path[0] != '\0');
}

static void
test_each_flipped_bit_of_a_snapshot_is_found(void)
{
	struct fixture f;
	char path[160], whole[320];
	struct stat meta;

	make(&f);
	only_snapshot(&f, 1, path, sizeof(path));
	(void)snprintf(whole, sizeof(whole), "%s/%s", f.state, path);
	CU_ASSERT_EQUAL_FATAL(stat(whole, &meta), 0);
	for (long at = 0; at < meta.st_size; at += 7) {
		flip(&f, path, at, (unsigned)at % 8);
		CU_ASSERT_EQUAL(check(&f), 0);
		CU_ASSERT_EQUAL(result.n_damages, 1);
		CU_ASSERT_TRUE(says(path));
		flip(&f, path, at, (unsigned)at % 8);
	}
	CU_ASSERT_EQUAL(truncate(whole, meta.st_size - 1), 0);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 1);
	fixture_clear(&f);
}

static void
test_truncated_and_missing_segments_are_found(void)
{
	struct fixture f;

	make(&f);
	run(&f, "cp -a log keep; truncate -s 12288 log/00000002.log");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage log/00000002.log offset 12288: "));
	run(&f, "rm -r log; cp -a keep log; rm log/00000002.log");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(
	    says("damage log/00000002.log offset 0: the segment is missing"));
	run(&f, "rm -r log; cp -a keep log; rm log/00000001.log");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(
	    says("damage log/00000001.log offset 0: the segment is missing"));
	/* Of the last one control knows that it was there. */
	run(&f, "rm -r log; cp -a keep log; rm log/00000003.log");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(result.n_damages > 0);
	fixture_clear(&f);
}

static void
test_a_torn_end_is_no_damage(void)
{
	struct fixture f;
	char path[256];

	make(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	/* The last group, which no sync was promised for. */
	(void)snprintf(path, sizeof(path),
	    "for s in log/*.log; do last=$s; done; rm control; "
	    "printf 'kdGR torn' | dd of=$last bs=1 seek=61440 conv=notrunc "
	    "status=none");
	run(&f, path);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 0);
	CU_ASSERT_TRUE(says("note control: it is not there"));
	fixture_clear(&f);
}

static void
test_strangers_are_found(void)
{
	struct fixture f, other;
	char path[160], command[512];

	make(&f);
	make(&other);
	/* Another zone's snapshot, in this one's clothes. */
	only_snapshot(&f, 2, path, sizeof(path));
	(void)snprintf(command, sizeof(command), "cp %s zones/1/99-61.snap",
	    path);
	run(&f, command);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(
	    says("damage zones/1/99-61.snap: it is of another zone"));
	run(&f, "rm zones/1/99-61.snap");
	/* One that says something else than its name. */
	only_snapshot(&f, 1, path, sizeof(path));
	(void)snprintf(command, sizeof(command), "mv %s zones/1/22-40.snap",
	    path);
	run(&f, command);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage zones/1/22-40.snap: it was made as "));
	fixture_clear(&f);

	/* A segment of another store. */
	fixture_init(&f);
	fixture_must_open(&f);
	fixture_stop(&f);
	(void)snprintf(command, sizeof(command), "cp %s/log/00000002.log log/",
	    other.state);
	run(&f, command);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("the segment of another store"));
	run(&f, "rm log/00000002.log");
	/* A later snapshot of another store: log and it do not belong. */
	only_snapshot(&other, 1, path, sizeof(path));
	CU_ASSERT_EQUAL(fixture_open(&f, &why), 0);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 1), RCODE_NOERROR);
	fixture_stop(&f);
	(void)snprintf(command, sizeof(command), "cp %s/%s zones/1/",
	    other.state, path);
	run(&f, command);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("but the log ends with group"));
	fixture_clear(&other);
	fixture_clear(&f);
}

static void
test_what_the_log_has_and_the_zones_have_not_is_found(void)
{
	struct fixture f;
	struct reason reason = {""};

	make(&f);
	run(&f, "rm zones/1/*.snap");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says(
	    "damage zones/1: the snapshot of ad.example is missing: the log"));
	run(&f, "rm zones/1/name");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage zones/1: its name is missing: the log"));
	run(&f, "rm -r zones/1");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage zones/1: it is missing: the log has"));
	fixture_clear(&f);

	/* But not what was purged. */
	make(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_reconfigure(f.store, f.zones, 1, STORE_FILES_LOOK,
			    &reason),
	    0);
	CU_ASSERT_EQUAL(store_purge_zone(f.store, &f.zones[1].apex, &reason),
	    0);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 99), RCODE_NOERROR);
	fixture_stop(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(result.n_zones, 1);
	fixture_clear(&f);
}

static void
test_small_files_are_looked_at(void)
{
	struct fixture f;
	struct reason reason = {""};

	fixture_init(&f);
	fixture_use_file(&f, 0, fixture_zone_text);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_freeze_zone(f.store, f.zone, &reason), 0);
	fixture_stop(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	flip(&f, "zones/1/dump", 20, 3);
	run(&f, "mkdir zones/8 zones/9; cp zones/1/name zones/9");
	flip(&f, "control", 4096 + 20, 0);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 0);
	CU_ASSERT_TRUE(says("note zones/1/dump: "));
	CU_ASSERT_TRUE(says("note zones/8: it is nobody's"));
	CU_ASSERT_TRUE(says("note zones/9: it is of ad.example, as another"));
	run(&f, "cp zones/1/*.snap zones/9; echo kddns zone 2 >zones/2/name");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage zones/9: zones/1 is also of ad.example"));
	CU_ASSERT_TRUE(says("damage zones/2/name: it is not of format 1"));
	fixture_clear(&f);
}

/* Its first changeset is of another zone, says the index of segment 1. */
static void
make_index_lie(const struct fixture *f)
{
	uint8_t octets[4096];
	struct segment_index x;
	char path[160];
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/log/00000001.index", f->state);
	file = fopen(path, "r+e");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	len = fread(octets, 1, sizeof(octets), file);
	CU_ASSERT_EQUAL_FATAL(segment_index_read(octets, len, &x), 0);
	x.entries[0].zone_id++;
	segment_index_write(&x, octets);
	segment_index_clear(&x);
	CU_ASSERT_EQUAL(fseek(file, 0, SEEK_SET), 0);
	CU_ASSERT_EQUAL(fwrite(octets, 1, len, file), len);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

/* An index that says something else than its segment would be believed. */
static void
test_an_index_is_compared_with_its_segment(void)
{
	struct fixture f;
	struct stat meta;
	char path[160];

	make(&f);
	fixture_must_open(&f);
	(void)snprintf(path, sizeof(path), "%s/log/00000002.index", f.state);
	for (int i = 0; i < 6000 && stat(path, &meta) != 0; i++) {
		wake_up(&f.store->keeper.wake); /* it makes them */
		(void)usleep(10000);
	}
	fixture_crash(&f);
	CU_ASSERT_EQUAL_FATAL(stat(path, &meta), 0);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	flip(&f, "log/00000002.index", 60, 1);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 0);
	CU_ASSERT_TRUE(says("note log/00000002.index: the index is damaged"));
	run(&f, "cp log/00000001.index log/00000002.index");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 0);
	CU_ASSERT_TRUE(says("note log/00000002.index: the index is of "));
	make_index_lie(&f);
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_TRUE(says("damage log/00000001.index: the index does not"));
	fixture_clear(&f);
}

/* What it did to the directory: for the message. */
static void
damage_something(const struct fixture *f, unsigned *seed, char text[256])
{
	static const char *const files[] = {"control", "log/00000001.log",
	    "log/00000002.log", "log/00000003.log", "log/00000004.log",
	    "log/00000001.index", "log/00000002.index", "zones/1/name",
	    "zones/2/name", "zones/1/*.snap", "zones/2/*.snap", "zones/1/dump",
	    "zones/1", "zones/2", "log", "zones"};
	unsigned file = (unsigned)rand_r(seed) % 16;
	unsigned at = (unsigned)rand_r(seed) % 65536;

	switch (file >= 12 ? 0 : rand_r(seed) % 4) {
	case 0:
		(void)snprintf(text, 256, "rm -rf %s", files[file]);
		break;
	case 1:
		(void)snprintf(text, 256,
		    "for f in %s; do [ ! -e $f ] || truncate -s "
		    "$(($(stat -c %%s $f) * %u / 65536)) $f; done",
		    files[file], at);
		break;
	default: /* of the part that is in use */
		(void)snprintf(text, 256,
		    "for f in %s; do [ ! -e $f ] || printf x | dd of=$f bs=1 "
		    "seek=$(($(stat -c %%s $f) * %u / 65536)) conv=notrunc "
		    "status=none; done",
		    files[file], at);
	}
	run(f, text);
}

/* A zone that is configured and not loaded. */
static bool
is_one_missing(struct fixture *f)
{
	for (size_t i = 0; i < f->n_zones; i++) {
		struct store_zone *z =
		    store_find_apex(f->store, f->zones[i].apex.octets);

		if (z == NULL || !fixture_status(z).loaded)
			return true;
	}
	return false;
}

/* Whatever is damaged: what it says is what a start does. */
static void
test_it_says_what_a_start_does(void)
{
	struct fixture f;
	unsigned seed = 7, n_wrong = 0;

	make(&f);
	run(&f, "cp -a . ../keep");
	for (int i = 0; i < 300; i++) {
		struct store_status st = {.writable = true};
		bool refuses, read_only, missing = false;
		char text[256];

		damage_something(&f, &seed, text);
		(void)check(&f); /* there may be nothing left to look at */
		refuses = fixture_load(&f, &why) != 0;
		if (!refuses) {
			store_status(f.store, &st);
			missing = is_one_missing(&f);
			store_close(f.store);
			f.store = NULL;
		}
		read_only = !refuses && !st.writable;
		if (refuses != means("does not start") ||
		    (!refuses && read_only != means("read-only")) ||
		    (missing && result.n_damages == 0 && !read_only) ||
		    (!refuses && !missing && means("does not load"))) {
			(void)fprintf(stderr, "%s\nstart: %s%s%s\nsaid: %s\n",
			    text, refuses ? why.text : "",
			    read_only ? st.reason.text : "",
			    missing ? " a zone is missing" : "", said);
			n_wrong++;
		}
		run(&f, "rm -rf control log zones && cp -a ../keep/. .");
	}
	CU_ASSERT_EQUAL(n_wrong, 0);
	fixture_clear(&f);
}

/* What docs/store.md tells to copy from a running kddnsd. */
static void
test_snapshots_alone_are_a_backup(void)
{
	struct fixture f;
	struct reason reason = {""};

	make(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(store_sync(f.store, NULL, 0, &reason), 0);
	run(&f, "cp -r zones ../copy");
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 99), RCODE_NOERROR);
	fixture_crash(&f);
	run(&f, "rm -r log zones control && mv ../copy zones");
	CU_ASSERT_EQUAL(check(&f), 0);
	CU_ASSERT_EQUAL(result.n_damages, 0);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 20);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc2"), 20);
	CU_ASSERT_EQUAL(fixture_put(&f, f.zone, "pc1", 21), RCODE_NOERROR);
	fixture_crash(&f);
	fixture_must_open(&f);
	CU_ASSERT_EQUAL(fixture_get(f.zone, "pc1"), 21);
	fixture_clear(&f);
}

CU_TestInfo store_check_tests[] = {
    {"sound", test_a_sound_store_is_said_to_be_sound},
    {"in use", test_a_store_in_use_is_not_looked_at},
    {"read-only", test_nothing_is_touched},
    {"bits of the log", test_each_flipped_bit_of_the_log_is_found},
    {"bits of a snapshot", test_each_flipped_bit_of_a_snapshot_is_found},
    {"segments", test_truncated_and_missing_segments_are_found},
    {"torn", test_a_torn_end_is_no_damage},
    {"strangers", test_strangers_are_found},
    {"log and zones", test_what_the_log_has_and_the_zones_have_not_is_found},
    {"small files", test_small_files_are_looked_at},
    {"index", test_an_index_is_compared_with_its_segment},
    {"as a start", test_it_says_what_a_start_does},
    {"backup", test_snapshots_alone_are_a_backup},
    CU_TEST_INFO_NULL,
};
