/*
 * test_arena.c - arenas
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdint.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "tests/unit/suites.h"

static void
test_pieces_do_not_overlap(void)
{
	struct arena a;
	char *pieces[200];

	arena_init(&a, 0);
	for (size_t i = 0; i < 200; i++) {
		pieces[i] = arena_alloc(&a, i * 13);
		CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
		CU_ASSERT_EQUAL((uintptr_t)pieces[i] % 8, 0);
		memset(pieces[i], (int)i, i * 13);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < i * 13; k++)
			CU_ASSERT_FATAL(pieces[i][k] == (char)i);
	arena_clear(&a);
}

static void
test_the_limit_holds_and_reset_gives_room_again(void)
{
	struct arena a;

	arena_init(&a, 20000);
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 8000));
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 8000));
	CU_ASSERT_PTR_NULL(arena_alloc(&a, 8000));
	CU_ASSERT_PTR_NULL(arena_alloc(&a, SIZE_MAX));
	CU_ASSERT_PTR_NULL(arena_calloc(&a, SIZE_MAX / 2, 3));
	arena_reset(&a);
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 8000));
	CU_ASSERT_STRING_EQUAL(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	arena_clear(&a);
}

CU_TestInfo arena_tests[] = {
    {"pieces", test_pieces_do_not_overlap},
    {"limit", test_the_limit_holds_and_reset_gives_room_again},
    CU_TEST_INFO_NULL,
};
