/*
 * test_pac.c - logon information of PACs
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/identity/pac.h"
#include "tests/unit/logon_info.h"
#include "tests/unit/suites.h"

/* Octets of the fields in every seed: the headers are 16, a pointer 4. */
#define ORDER_AT 1
#define HEADER_LEN_AT 2
#define OBJECT_LEN_AT 8
#define OBJECT_AT 16
#define NAME_LEN_AT 68
#define GROUP_COUNT_AT 128
#define EXTRA_COUNT_AT 216
#define RESOURCE_COUNT_AT 228

static int
read_seed(const char *seed, struct pac_logon *pac)
{
	struct logon_info info = logon_info_load(seed);
	struct reason reason = {.text = ""};
	int ret = pac_read(info.octets, info.len, pac, &reason);

	/* pac points into what is freed: only its counts are looked at. */
	CU_ASSERT((ret == 0) == (reason.text[0] == '\0'));
	free(info.octets);
	return ret;
}

static bool
next_is(struct pac_sids *walk, const char *text)
{
	char got[SID_TEXT_SIZE];
	const struct sid *base;
	struct sid sid;
	uint32_t rid;

	return pac_sids_next(walk, &base, &rid) && sid_join(base, rid, &sid) &&
	    strcmp(sid_to_text(&sid, got), text) == 0;
}

static bool
has_no_more(struct pac_sids *walk)
{
	const struct sid *base;
	uint32_t rid;

	return !pac_sids_next(walk, &base, &rid);
}

static void
test_all_facts_are_read(void)
{
	struct logon_info info = logon_info_load("full");
	struct pac_logon pac;
	struct pac_sids walk;
	char text[SID_TEXT_SIZE];

	CU_ASSERT_EQUAL_FATAL(pac_read(info.octets, info.len, &pac, NULL), 0);
	CU_ASSERT_STRING_EQUAL(pac.account_name, "PC1$");
	CU_ASSERT_STRING_EQUAL(pac.domain_name, "AD");
	CU_ASSERT_EQUAL(pac.account_flags, PAC_ACCOUNT_WORKSTATION);
	CU_ASSERT_EQUAL(pac.primary_group, PAC_RID_DOMAIN_COMPUTERS);
	CU_ASSERT_STRING_EQUAL(sid_to_text(&pac.domain, text), LOGON_DOMAIN);
	CU_ASSERT_STRING_EQUAL(sid_to_text(&pac.account, text),
	    LOGON_DOMAIN "-1104");
	pac_sids_start(&walk, &pac);
	CU_ASSERT(next_is(&walk, LOGON_DOMAIN "-515"));
	CU_ASSERT(next_is(&walk, LOGON_DOMAIN "-1200"));
	/* 1201 is there, not enabled */
	CU_ASSERT(next_is(&walk, "S-1-18-1"));
	CU_ASSERT(next_is(&walk, LOGON_DOMAIN "-1300"));
	CU_ASSERT(next_is(&walk, "S-1-5-32-544"));
	CU_ASSERT(next_is(&walk, "S-1-5-32-545"));
	CU_ASSERT(has_no_more(&walk));
	free(info.octets);
}

static void
test_pointers_may_be_null(void)
{
	struct pac_logon pac;
	struct pac_sids walk;

	CU_ASSERT_EQUAL(read_seed("no_groups", &pac), 0);
	pac_sids_start(&walk, &pac);
	CU_ASSERT(has_no_more(&walk));
	CU_ASSERT_EQUAL(read_seed("null_strings", &pac), 0);
	CU_ASSERT_EQUAL(pac.groups.n, 1);
	CU_ASSERT_EQUAL(read_seed("null_domain", &pac), ERR_MALFORMED);
}

/* Strings of an odd number of units end between two multiples of four. */
static void
test_what_follows_a_string_is_aligned(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("odd_strings", &pac), 0);
	CU_ASSERT_STRING_EQUAL(pac.domain_name, "AD");
	CU_ASSERT_EQUAL(pac.groups.n, 1);
}

static void
test_names_become_utf_8(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("user", &pac), 0);
	CU_ASSERT_STRING_EQUAL(pac.account_name,
	    "J\xc3\xbcrgen\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void
test_an_account_without_rid_is_the_first_extra_sid(void)
{
	struct logon_info info = logon_info_load("account_is_extra");
	struct pac_logon pac;
	char text[SID_TEXT_SIZE];

	CU_ASSERT_EQUAL(pac_read(info.octets, info.len, &pac, NULL), 0);
	CU_ASSERT_STRING_EQUAL(sid_to_text(&pac.account, text),
	    "S-1-5-21-7-8-9-1000");
	CU_ASSERT_STRING_EQUAL(sid_to_text(&pac.domain, text), LOGON_DOMAIN);
	free(info.octets);
}

static bool
is_nothing(const struct pac_logon *pac)
{
	static const struct pac_logon nothing;

	return memcmp(pac, &nothing, sizeof(nothing)) == 0;
}

static void
test_every_cut_is_refused(void)
{
	static const char *const seeds[] = {"full", "no_groups", "null_strings",
	    "controller", "account_is_extra"};
	struct logon_info info;
	struct pac_logon pac;
	uint8_t *copy;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		info = logon_info_load(seeds[i]);
		for (size_t len = 0; len < info.len; len++) {
			copy = malloc(len + 1);
			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy, info.octets, len);
			CU_ASSERT_EQUAL(pac_read(copy, len, &pac, NULL),
			    ERR_MALFORMED);
			CU_ASSERT(is_nothing(&pac));
			free(copy);
		}
		free(info.octets);
	}
}

/* As above, but the header agrees with the cut; only padding may go. */
static void
test_every_shorter_object_is_refused(void)
{
	struct logon_info info = logon_info_load("full");
	struct pac_logon pac;

	for (size_t len = 0; len < info.len - OBJECT_AT; len++) {
		info.octets[OBJECT_LEN_AT] = (uint8_t)len;
		info.octets[OBJECT_LEN_AT + 1] = (uint8_t)(len >> 8);
		CU_ASSERT_EQUAL(pac_read(info.octets, OBJECT_AT + len, &pac,
				    NULL),
		    ERR_MALFORMED);
	}
	free(info.octets);
}

/* What reading "full" gives after octet at was set to value. */
static int
read_changed(size_t at, uint8_t value)
{
	struct logon_info info = logon_info_load("full");
	struct reason reason = {.text = ""};
	struct pac_logon pac;
	int ret;

	info.octets[at] = value;
	ret = pac_read(info.octets, info.len, &pac, &reason);
	CU_ASSERT(ret == 0 || (is_nothing(&pac) && reason.text[0] != '\0'));
	free(info.octets);
	return ret;
}

static void
test_headers_are_checked(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("big_endian", &pac), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(read_changed(0, 2), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(ORDER_AT, 0x11), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(HEADER_LEN_AT, 16), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(OBJECT_LEN_AT + 1, 2), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(OBJECT_LEN_AT + 3, 0xff), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(OBJECT_AT + 2, 0), ERR_MALFORMED);
}

static void
test_counts_must_agree(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("missing_groups", &pac), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(GROUP_COUNT_AT, 4), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(GROUP_COUNT_AT, 0), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(EXTRA_COUNT_AT, 3), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(RESOURCE_COUNT_AT, 1), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(NAME_LEN_AT, 6), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_changed(NAME_LEN_AT, 7), ERR_MALFORMED);
}

static void
test_groups_are_bounded(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("900_groups", &pac), 0);
	CU_ASSERT_EQUAL(pac.groups.n, 900);
	CU_ASSERT_EQUAL(read_changed(GROUP_COUNT_AT + 1, 4), ERR_RANGE);
	CU_ASSERT_EQUAL(read_changed(GROUP_COUNT_AT + 3, 0xff), ERR_RANGE);
	CU_ASSERT_EQUAL(read_changed(EXTRA_COUNT_AT + 3, 0xff), ERR_RANGE);
	CU_ASSERT_EQUAL(read_changed(RESOURCE_COUNT_AT + 3, 0xff), ERR_RANGE);
}

static void
test_a_group_for_denials_is_not_understood(void)
{
	struct pac_logon pac;

	CU_ASSERT_EQUAL(read_seed("deny_only", &pac), ERR_UNSUPPORTED);
}

CU_TestInfo pac_tests[] = {
    {"facts", test_all_facts_are_read},
    {"NULL", test_pointers_may_be_null},
    {"alignment", test_what_follows_a_string_is_aligned},
    {"UTF-8", test_names_become_utf_8},
    {"no RID", test_an_account_without_rid_is_the_first_extra_sid},
    {"cuts", test_every_cut_is_refused},
    {"shorter objects", test_every_shorter_object_is_refused},
    {"headers", test_headers_are_checked},
    {"counts", test_counts_must_agree},
    {"bounds", test_groups_are_bounded},
    {"deny only", test_a_group_for_denials_is_not_understood},
    CU_TEST_INFO_NULL,
};
