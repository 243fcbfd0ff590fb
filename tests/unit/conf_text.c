/*
 * conf_text.c - configurations in tests: read from a text, in one line
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/errors.h"
#include "tests/unit/conf_text.h"
#include "tests/unit/suites.h"

static char *
lines_of(const struct conf_errors *errors)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	conf_errors_print(errors, f);
	(void)fclose(f);
	return text;
}

/* Shows both when they differ: CUnit would show neither. */
static void
compare(const struct conf_errors *errors, const char *lines)
{
	char *is = lines_of(errors);

	if (strcmp(is, lines) != 0)
		(void)fprintf(stderr, "--- expected\n%s--- is\n%s---\n", lines,
		    is);
	CU_ASSERT_STRING_EQUAL(is, lines);
	free(is);
}

struct conf *
conf_of(const char *text)
{
	struct conf_errors errors;
	struct conf *c;

	conf_errors_init(&errors);
	(void)conf_read_text("t", text, strlen(text), &errors, &c);
	compare(&errors, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	conf_errors_clear(&errors);
	return c;
}

void
expect_lines(const char *text, const char *lines)
{
	struct conf_errors errors;
	struct conf *c;
	int ret;

	conf_errors_init(&errors);
	ret = conf_read_text("t", text, strlen(text), &errors, &c);
	compare(&errors, lines);
	CU_ASSERT_EQUAL(ret == 0, errors.n_errors == 0);
	CU_ASSERT_EQUAL(ret == 0 || ret == ERR_MALFORMED, c != NULL);
	conf_destroy(c);
	conf_errors_clear(&errors);
}

void
expect_file_lines(const char *path, const char *const *overrides,
    size_t n_overrides, const char *lines)
{
	struct conf_errors errors;
	struct conf *c;
	int ret;

	conf_errors_init(&errors);
	ret = conf_read(path, overrides, n_overrides, &errors, &c);
	compare(&errors, lines);
	CU_ASSERT_EQUAL(ret == 0, errors.n_errors == 0);
	CU_ASSERT_EQUAL(ret == 0 || ret == ERR_MALFORMED, c != NULL);
	conf_destroy(c);
	conf_errors_clear(&errors);
}

char *
dump_of(const struct conf *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	conf_dump(c, f);
	(void)fclose(f);
	return text;
}

const char *
new_folder(void)
{
	static char name[32];

	(void)strcpy(name, "/tmp/kddns-conf-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(name));
	return name;
}

const char *
put_file(const char *folder, const char *name, unsigned mode, const char *text)
{
	static char path[128];
	ssize_t n = (ssize_t)strlen(text);
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CU_ASSERT_FATAL(fd != -1 && write(fd, text, (size_t)n) == n);
	CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
	(void)close(fd);
	return path;
}

void
remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}
