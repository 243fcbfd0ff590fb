/*
 * logon_info.c - logon information of PACs, for tests
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/logon_info.h"
#include "tests/unit/suites.h"

#define SIZE_MAX_OF_SEED 16384

struct logon_info
logon_info_load(const char *seed)
{
	const char *top = getenv("KDDNS_SRCDIR");
	struct logon_info info = {.octets = malloc(SIZE_MAX_OF_SEED)};
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/ndr/%s",
	    top == NULL ? "." : top, seed);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(info.octets);
	info.len = fread(info.octets, 1, SIZE_MAX_OF_SEED, f);
	CU_ASSERT_FATAL(info.len > 0 && info.len < SIZE_MAX_OF_SEED);
	(void)fclose(f);
	return info;
}
