/*
 * made_keytab.h - keytabs made by tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: one.
 */
#ifndef TESTS_UNIT_MADE_KEYTAB_H
#define TESTS_UNIT_MADE_KEYTAB_H

#include "ktutils/keytab.h"

#define MADE_AES128 17
#define MADE_AES256 18
#define MADE_RC4 23

struct made_entry {
	const char *principal; /* "DNS/ns1.ad.test", in the realm AD.TEST */
	uint32_t kvno;
	int enctype;
	time_t written;
	uint8_t key; /* every octet of it */
};

#define MADE_END                                                               \
	{                                                                      \
		.principal = NULL                                              \
	}

struct made {
	uint8_t octets[8192];
	size_t len;
};

void made_begin(struct made *m); /* the version */
void made_add(struct made *m, const struct made_entry *e);
void made_hole(struct made *m, size_t len);
void made_number(struct made *m, uint32_t n, size_t len);

/* The same, read; up to MADE_END. */
struct keytab *made_keytab(const struct made_entry *entries);

/* A folder of its own for this process, removed when it ends. */
const char *made_folder(void);

/* A file there; path is good until the next call. */
const char *made_file(const char *name, const struct made *m, unsigned mode);
const char *made_path(const char *name);

#endif
