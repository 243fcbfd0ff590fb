/*
 * made_keytab.c - keytabs made by tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/made_keytab.h"
#include "tests/unit/suites.h"

#define REALM "AD.TEST"

void
made_number(struct made *m, uint32_t n, size_t len)
{
	CU_ASSERT_FATAL(m->len + len <= sizeof(m->octets));
	while (len-- > 0)
		m->octets[m->len++] = (uint8_t)(n >> (8 * len));
}

static void
add_counted(struct made *m, const char *text, size_t len)
{
	made_number(m, (uint32_t)len, 2);
	for (size_t i = 0; i < len; i++)
		made_number(m, (uint8_t)text[i], 1);
}

void
made_begin(struct made *m)
{
	m->len = 0;
	made_number(m, 0x0502, 2);
}

static void
add_principal(struct made *m, const char *name)
{
	uint32_t n = 1;

	for (const char *p = name; *p != '\0'; p++)
		n += *p == '/';
	made_number(m, n, 2);
	add_counted(m, REALM, strlen(REALM));
	for (;;) {
		size_t len = strcspn(name, "/");

		add_counted(m, name, len);
		if (name[len] == '\0')
			break;
		name += len + 1;
	}
	made_number(m, 1, 4);
}

void
made_add(struct made *m, const struct made_entry *e)
{
	size_t at = m->len, key_len = e->enctype == MADE_AES256 ? 32 : 16, len;

	made_number(m, 0, 4);
	add_principal(m, e->principal);
	made_number(m, (uint32_t)e->written, 4);
	made_number(m, e->kvno & 0xff, 1);
	made_number(m, (uint32_t)e->enctype, 2);
	made_number(m, (uint32_t)key_len, 2);
	for (size_t i = 0; i < key_len; i++)
		made_number(m, e->key, 1);
	made_number(m, e->kvno, 4);
	len = m->len;
	m->len = at;
	made_number(m, (uint32_t)(len - at - 4), 4);
	m->len = len;
}

void
made_hole(struct made *m, size_t len)
{
	made_number(m, (uint32_t)-len, 4);
	for (size_t i = 0; i < len; i++)
		made_number(m, 0xee, 1);
}

struct keytab *
made_keytab(const struct made_entry *entries)
{
	char reason[KEYTAB_REASON_SIZE];
	struct keytab *k;
	struct made m;

	made_begin(&m);
	for (; entries->principal != NULL; entries++)
		made_add(&m, entries);
	CU_ASSERT_EQUAL_FATAL(keytab_parse(m.octets, m.len, reason, &k), 0);
	return k;
}

/* --- Files --- */

static char folder[64];

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void
remove_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
made_folder(void)
{
	if (folder[0] != '\0')
		return folder;
	(void)strcpy(folder, "/tmp/kddns-keytab.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	(void)atexit(remove_folder);
	return folder;
}

const char *
made_path(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", made_folder(), name);
	return path;
}

const char *
made_file(const char *name, const struct made *m, unsigned mode)
{
	const char *path = made_path(name);
	int fd;

	(void)unlink(path); /* it may be for reading only */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd != -1);
	CU_ASSERT_EQUAL(write(fd, m->octets, m->len), (ssize_t)m->len);
	CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
	(void)close(fd);
	return path;
}
