/*
 * test_outfile.c - a large new file, and a disk that says no
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/storage.h"
#include "daemon/zone/outfile.h"
#include "tests/unit/suites.h"

#define LARGE ((size_t)5 << 20) /* more than one step */

static int step_errno; /* what each step fails with; 0: it does not */

static int
failing_step(void *arg, int fd, off_t from, off_t len)
{
	if (step_errno == 0)
		return storage_system.sync_range(arg, fd, from, len);
	errno = step_errno;
	return -1;
}

/* Writes a large file whose steps fail so; what outfile_finish() says. */
static int
finish_with(int error)
{
	char folder[] = "/tmp/kddns-out-XXXXXX";
	uint8_t *octets = calloc(1, LARGE);
	struct storage storage = storage_system;
	struct outfile *f = NULL;
	int dirfd, ret;

	CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	storage.sync_range = failing_step;
	dirfd = open(folder, O_RDONLY | O_DIRECTORY);
	CU_ASSERT_EQUAL_FATAL(outfile_open(&storage, dirfd, "out", &f), 0);
	step_errno = error;
	outfile_put(f, octets, LARGE);
	step_errno = 0;
	ret = outfile_finish(f);
	outfile_close(f);
	(void)unlinkat(dirfd, "out", 0);
	(void)close(dirfd);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	free(octets);
	return ret;
}

/* The kernel says it once: a sync after it would succeed without the data. */
static void
test_a_step_that_fails_is_not_tried_again(void)
{
	CU_ASSERT_EQUAL(finish_with(0), 0);
	CU_ASSERT_EQUAL(finish_with(EIO), ERR_IO);
	CU_ASSERT_EQUAL(finish_with(ENOSPC), ERR_DISKFULL);
}

static void
test_a_system_without_steps_syncs_the_file(void)
{
	CU_ASSERT_EQUAL(finish_with(ENOSYS), 0);
	CU_ASSERT_EQUAL(finish_with(EINVAL), 0);
}

CU_TestInfo outfile_tests[] = {
    {"steps", test_a_step_that_fails_is_not_tried_again},
    {"no steps", test_a_system_without_steps_syncs_the_file},
    CU_TEST_INFO_NULL,
};
