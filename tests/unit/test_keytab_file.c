/*
 * test_keytab_file.c - keytabs on disk
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ktutils/access.h"
#include "ktutils/keytab_file.h"
#include "tests/unit/made_keytab.h"
#include "tests/unit/suites.h"

static const struct made_entry one[] = {{"x", 1, MADE_AES256, 5, 1}, MADE_END};
static const struct made_entry two[] = {{"x", 1, MADE_AES256, 5, 1},
    {"x", 2, MADE_AES256, 5, 2}, MADE_END};

static char reason[KEYTAB_REASON_SIZE];

static const char *
put(const char *name, unsigned mode)
{
	struct made m;

	made_begin(&m);
	made_add(&m, &one[0]);
	return made_file(name, &m, mode);
}

static size_t
count(const char *path)
{
	struct keytab *k;
	struct stat st;
	size_t n;

	if (keytab_file_read(path, reason, &k, &st) != KEYTAB_FILE_OK)
		return 0;
	n = k->n;
	keytab_destroy(k);
	return n;
}

static enum keytab_file_result
write_two(const char *path, enum keytab_file_care care,
    const struct stat *as_read)
{
	struct keytab_file_target target = {
	    .path = path,
	    .care = care,
	    .as_read = as_read,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	};
	struct keytab *k = made_keytab(two);
	enum keytab_file_result ret = keytab_file_write(&target, k, reason);

	keytab_destroy(k);
	return ret;
}

/* Nothing beside the files themselves: a temporary one begins with a dot. */
static bool
is_tidy(void)
{
	DIR *d = opendir(made_folder());
	struct dirent *e;
	bool is_clean = true;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((e = readdir(d)) != NULL)
		is_clean &= e->d_name[0] != '.' || e->d_name[1] == '\0' ||
		    strcmp(e->d_name, "..") == 0;
	(void)closedir(d);
	return is_clean;
}

static void
test_names_of_files_are_told_from_others(void)
{
	CU_ASSERT_STRING_EQUAL(keytab_file_path("FILE:/a"), "/a");
	CU_ASSERT_STRING_EQUAL(keytab_file_path("WRFILE:a"), "a");
	CU_ASSERT_STRING_EQUAL(keytab_file_path("/a:b"), "/a:b");
	CU_ASSERT_STRING_EQUAL(keytab_file_path("a"), "a");
	CU_ASSERT_PTR_NULL(keytab_file_path("MEMORY:a"));
}

static void
test_what_cannot_be_read_is_told_apart(void)
{
	struct keytab *k;
	struct stat st;
	struct made m = {.len = 0};

	CU_ASSERT_EQUAL(keytab_file_read(made_path("none"), reason, &k, &st),
	    KEYTAB_FILE_MISSING);
	CU_ASSERT_EQUAL(keytab_file_read(made_folder(), reason, &k, &st),
	    KEYTAB_FILE_MALFORMED);
	CU_ASSERT_EQUAL(keytab_file_read(made_file("empty", &m, 0600), reason,
			    &k, &st),
	    KEYTAB_FILE_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "the file is empty"));
	CU_ASSERT_EQUAL(mkfifo(made_path("fifo"), 0600), 0);
	CU_ASSERT_EQUAL(keytab_file_read(made_path("fifo"), reason, &k, &st),
	    KEYTAB_FILE_MALFORMED);
	(void)unlink(made_path("fifo"));
}

static void
test_a_new_file_is_ours_alone_and_replaces_none(void)
{
	const char *path = made_path("new");
	struct stat st;

	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_NEW, NULL), KEYTAB_FILE_OK);
	CU_ASSERT_EQUAL(count(path), 2);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	put("new", 0600);
	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_NEW, NULL),
	    KEYTAB_FILE_EXISTS);
	CU_ASSERT_EQUAL(count(path), 1);
	CU_ASSERT_TRUE(is_tidy());
}

/* user::rw- user:4711:r-- group::--- mask::r-- other::--- */
static const uint8_t acl[] = {2, 0, 0, 0,   /* version */
    1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,     /* user:: */
    2, 0, 4, 0, 0x67, 0x12, 0, 0,           /* 4711 */
    4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,     /* group:: */
    0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,  /* mask */
    0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}; /* other */

static void
test_a_replaced_file_keeps_mode_and_acl(void)
{
	const char *path = put("kept", 0640);
	bool has_acl =
	    setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0) == 0;
	uint8_t now[128];
	struct stat before, after;

	CU_ASSERT_EQUAL(stat(path, &before), 0);
	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_REPLACE, NULL),
	    KEYTAB_FILE_OK);
	CU_ASSERT_EQUAL(stat(path, &after), 0);
	CU_ASSERT_EQUAL(after.st_mode, before.st_mode);
	CU_ASSERT_EQUAL(after.st_uid, before.st_uid);
	CU_ASSERT_NOT_EQUAL(after.st_ino, before.st_ino);
	CU_ASSERT_EQUAL(count(path), 2);
	if (has_acl) {
		CU_ASSERT_EQUAL(getxattr(path, "system.posix_acl_access", now,
				    sizeof(now)),
		    sizeof(acl));
		CU_ASSERT_EQUAL(memcmp(now, acl, sizeof(acl)), 0);
	}
}

static void
test_a_link_stays_and_its_file_is_replaced(void)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s", put("real", 0600));
	CU_ASSERT_EQUAL(symlink("real", made_path("link")), 0);
	CU_ASSERT_EQUAL(write_two(made_path("link"), KEYTAB_FILE_REPLACE, NULL),
	    KEYTAB_FILE_OK);
	CU_ASSERT_EQUAL(lstat(made_path("link"), &st), 0);
	CU_ASSERT_TRUE(S_ISLNK(st.st_mode));
	CU_ASSERT_EQUAL(count(path), 2);
	CU_ASSERT_EQUAL(symlink("nowhere", made_path("lost")), 0);
	CU_ASSERT_EQUAL(write_two(made_path("lost"), KEYTAB_FILE_REPLACE, NULL),
	    KEYTAB_FILE_FAILED);
}

static void
test_an_update_of_what_has_changed_is_refused(void)
{
	struct keytab *k;
	struct stat st;
	const char *path = put("changed", 0600);

	CU_ASSERT_EQUAL(keytab_file_read(path, reason, &k, &st),
	    KEYTAB_FILE_OK);
	keytab_destroy(k);
	put("changed", 0640);
	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_UPDATE, &st),
	    KEYTAB_FILE_CHANGED);
	CU_ASSERT_EQUAL(count(path), 1);
	CU_ASSERT_TRUE(is_tidy());
}

/* Somebody who holds libkrb5's lock, until the descriptor is closed. */
static int
hold(const char *path, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL_FATAL(fcntl(fd, F_OFD_SETLK, &whole), 0);
	return fd;
}

static void
test_a_lock_is_honoured_and_not_for_ever(void)
{
	const char *path = put("locked", 0600);
	int fd = hold(path, F_RDLCK);

	CU_ASSERT_EQUAL(count(path), 1); /* readers do not mind readers */
	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_REPLACE, NULL),
	    KEYTAB_FILE_LOCKED);
	(void)close(fd);
	CU_ASSERT_EQUAL(write_two(path, KEYTAB_FILE_REPLACE, NULL),
	    KEYTAB_FILE_OK);
	CU_ASSERT_TRUE(is_tidy());
}

static void
test_the_first_part_in_the_way_is_named(void)
{
	char path[256], expected[300];

	if (geteuid() == 0)
		return; /* nothing is in root's way: see the flow test */
	CU_ASSERT_EQUAL(mkdir(made_path("shut"), 0700), 0);
	(void)snprintf(path, sizeof(path), "%s", put("shut/k", 0600));
	CU_ASSERT_EQUAL(access_to_read(path, NULL, reason), ACCESS_OK);
	CU_ASSERT_EQUAL(chmod(made_path("shut"), 0), 0);
	CU_ASSERT_EQUAL(access_to_read(path, NULL, reason), ACCESS_DENIED);
	(void)snprintf(expected, sizeof(expected),
	    "uid %u cannot enter %s/shut: Permission denied",
	    (unsigned)geteuid(), made_folder());
	CU_ASSERT_STRING_EQUAL(reason, expected);
	CU_ASSERT_EQUAL(chmod(made_path("shut"), 0700), 0);
	CU_ASSERT_EQUAL(chmod(path, 0), 0);
	CU_ASSERT_EQUAL(access_to_read(path, NULL, reason), ACCESS_DENIED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "cannot read"));
	CU_ASSERT_EQUAL(access_to_read("/none/k", NULL, reason),
	    ACCESS_MISSING);
	CU_ASSERT_STRING_EQUAL(reason, "/none: No such file or directory");
}

static void
test_root_asks_for_others_and_is_root_again(void)
{
	struct access_user user;

	CU_ASSERT_EQUAL(access_find_user("no-such-user", reason, &user), -1);
	CU_ASSERT_EQUAL_FATAL(access_find_user("nobody", reason, &user), 0);
	if (geteuid() != 0) {
		if (geteuid() != user.uid)
			CU_ASSERT_EQUAL(access_to_read("/etc/passwd", &user,
					    reason),
			    ACCESS_UNKNOWN);
		return;
	}
	CU_ASSERT_EQUAL(access_to_read("/etc/passwd", &user, reason),
	    ACCESS_OK);
	CU_ASSERT_EQUAL(access_to_read(put("roots", 0600), &user, reason),
	    ACCESS_DENIED);
	CU_ASSERT_EQUAL(access_to_read(put("roots", 0600), NULL, reason),
	    ACCESS_OK);
}

CU_TestInfo keytab_file_tests[] = {
    {"names", test_names_of_files_are_told_from_others},
    {"unreadable", test_what_cannot_be_read_is_told_apart},
    {"new", test_a_new_file_is_ours_alone_and_replaces_none},
    {"replaced", test_a_replaced_file_keeps_mode_and_acl},
    {"link", test_a_link_stays_and_its_file_is_replaced},
    {"changed meanwhile", test_an_update_of_what_has_changed_is_refused},
    {"lock", test_a_lock_is_honoured_and_not_for_ever},
    {"first part in the way", test_the_first_part_in_the_way_is_named},
    {"another user", test_root_asks_for_others_and_is_root_again},
    CU_TEST_INFO_NULL,
};
