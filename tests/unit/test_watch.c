/*
 * test_watch.c - files that change
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/watch.h"
#include "tests/unit/suites.h"

#define PATH_SIZE 300

static char dir[64];
static struct watch *w;

static const char *
path_of(const char *name)
{
	static char paths[4][PATH_SIZE];
	static int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, PATH_SIZE, "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

/* Watches the file of that name in a new folder. */
static void
set_up(const char *name)
{
	const char *file;

	(void)strcpy(dir, "/tmp/kddns-watch.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	w = watch_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	file = path_of(name);
	CU_ASSERT_EQUAL_FATAL(watch_files(w, &file, 1), 0);
}

static void
tear_down(void)
{
	char command[PATH_SIZE];

	watch_destroy(w);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

/* Inotify says that something happened, and something did. */
static bool
is_noticed(void)
{
	struct pollfd p = {.fd = watch_fd(w), .events = POLLIN};

	return poll(&p, 1, 1000) == 1 && watch_changed(w);
}

static void
test_a_rewritten_file_has_changed(void)
{
	set_up("file");
	CU_ASSERT(!watch_changed(w));
	CU_ASSERT(!watch_is_due(w));
	put("file", "one");
	CU_ASSERT(watch_is_due(w));
	CU_ASSERT(is_noticed());
	CU_ASSERT(!watch_is_due(w));
	CU_ASSERT(!watch_changed(w));
	put("file", "two and more");
	CU_ASSERT(is_noticed());
	CU_ASSERT(!watch_changed(w));
	tear_down();
}

static void
test_a_file_renamed_into_place_has_changed(void)
{
	set_up("file");
	put("file", "one");
	CU_ASSERT(is_noticed());
	put("other", "one");
	CU_ASSERT(!watch_changed(w)); /* another file in the folder */
	CU_ASSERT_EQUAL(rename(path_of("other"), path_of("file")), 0);
	CU_ASSERT(is_noticed());
	tear_down();
}

static void
test_a_removed_file_has_changed(void)
{
	set_up("file");
	put("file", "one");
	CU_ASSERT(is_noticed());
	CU_ASSERT_EQUAL(unlink(path_of("file")), 0);
	CU_ASSERT(is_noticed());
	CU_ASSERT(!watch_changed(w));
	tear_down();
}

static void
test_a_mode_that_changes_is_a_change(void)
{
	set_up("file");
	put("file", "one");
	CU_ASSERT(is_noticed());
	CU_ASSERT_EQUAL(chmod(path_of("file"), 0400), 0);
	CU_ASSERT(is_noticed());
	tear_down();
}

static void
test_folders_may_come_later(void)
{
	set_up("a/b/file");
	CU_ASSERT_EQUAL(mkdir(path_of("a"), 0700), 0);
	CU_ASSERT(!is_noticed()); /* only that it is worth while to follow */
	CU_ASSERT_EQUAL(mkdir(path_of("a/b"), 0700), 0);
	CU_ASSERT(!is_noticed());
	put("a/b/file", "one");
	CU_ASSERT(is_noticed());
	tear_down();
}

/* Both folders come at once: the second was not watched when it came. */
static void
test_folders_that_come_together_are_followed(void)
{
	set_up("a/b/file");
	CU_ASSERT_EQUAL(mkdir(path_of("x"), 0700), 0);
	CU_ASSERT_EQUAL(mkdir(path_of("x/b"), 0700), 0);
	put("x/b/file", "one");
	(void)watch_changed(w);
	CU_ASSERT_EQUAL(rename(path_of("x"), path_of("a")), 0);
	CU_ASSERT(is_noticed());
	put("a/b/file", "another");
	CU_ASSERT(is_noticed());
	tear_down();
}

static void
test_links_are_followed(void)
{
	set_up("file");
	CU_ASSERT_EQUAL(mkdir(path_of("one"), 0700), 0);
	put("one/file", "one");
	CU_ASSERT_EQUAL(symlink("one/file", path_of("file")), 0);
	CU_ASSERT(is_noticed());
	put("one/file", "another");
	CU_ASSERT(is_noticed());
	tear_down();
}

static void
test_files_may_be_replaced_by_others(void)
{
	const char *file;

	set_up("one");
	file = path_of("two");
	CU_ASSERT_EQUAL(watch_files(w, &file, 1), 0);
	put("one", "one");
	CU_ASSERT(!watch_changed(w));
	put("two", "two");
	CU_ASSERT(is_noticed());
	CU_ASSERT_EQUAL(watch_files(w, NULL, 0), 0);
	put("two", "another");
	CU_ASSERT(!watch_changed(w));
	tear_down();
}

CU_TestInfo watch_tests[] = {
    {"rewritten", test_a_rewritten_file_has_changed},
    {"renamed", test_a_file_renamed_into_place_has_changed},
    {"removed", test_a_removed_file_has_changed},
    {"mode", test_a_mode_that_changes_is_a_change},
    {"folders", test_folders_may_come_later},
    {"together", test_folders_that_come_together_are_followed},
    {"links", test_links_are_followed},
    {"others", test_files_may_be_replaced_by_others},
    CU_TEST_INFO_NULL,
};
