/*
 * logon_info.h - logon information of PACs, for tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The seeds of fuzz_ndr; tests/fuzz/make_ndr_corpus.py says what is in them.
 */
#ifndef TESTS_UNIT_LOGON_INFO_H
#define TESTS_UNIT_LOGON_INFO_H

#include <stddef.h>
#include <stdint.h>

/* The domain of them all. */
#define LOGON_DOMAIN "S-1-5-21-1000000001-2000000002-3000000003"

struct logon_info {
	uint8_t *octets; /* malloc */
	size_t len;
};

/* Fatal for the test if there is no such seed. */
struct logon_info logon_info_load(const char *seed);

#endif
